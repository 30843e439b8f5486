"""The client and the emulated EM, in every way that EM speaks; the two share no code."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.ports import SessionPage, SessionSource
from bot.core.sessions import Verdict, decide_verdict
from bot.demo.em import EmOptions, EnterpriseManager
from bot.errors import LogonRefused, NotFound
from bot.veeam.client import EnterpriseManagerClient
from tests.veeam.conftest import as_portal_user
from tests.veeam.servers import Server, in_turn, reply

WireFormat = Literal["json", "xml"]
SPEECHES = [
    pytest.param("json", EmOptions(json_case="pascal"), id="json of EM 12"),
    pytest.param("json", EmOptions(json_case="camel", bom=True, fraction_digits=6), id="of EM 13"),
    pytest.param("json", EmOptions(nulls=False, fraction_digits=7), id="json of 2019"),
    pytest.param("xml", EmOptions(fraction_digits=6), id="xml"),
    pytest.param("xml", EmOptions(only_misspelt_task_path=True), id="xml, misspelt tasks"),
]
speeches = pytest.mark.parametrize(("wire_format", "options"), SPEECHES)

HOSTILE = [
    'x",(Result==Failed);Name=="y',
    '"',
    '""',
    "a;b,c(d)e",
    "a == b & c",
    "100% +1 #7 ?a=b",
    "DOMAIN\\job@2026-11-23 02:00:00",
    "<!channel> &amp; <b>",
    "naïve 東京 🔥 \u2028",
    " leading and trailing ",
    "'; DROP TABLE jobs; --",
    "/../..//",
    "True",
    "urn:veeam:Job:1",
]


def a_moment(minutes: int = 0) -> datetime:
    return datetime.now(UTC) - timedelta(days=1) + timedelta(minutes=minutes)


def uids(pages: list[SessionPage]) -> set[str]:
    return {session.uid for page in pages for session in page.sessions}


def an_adapter(client: EnterpriseManagerClient) -> SessionSource:
    """Fails in mypy if the client is not what the services expect."""
    return client


@speeches
async def test_a_session_is_the_same_in_every_speech(
    em: EnterpriseManager, wire_format: WireFormat, options: EmOptions
) -> None:
    job = em.world.add_job("ERP", em.world.add_server("vbr-erp"), vms=("app", "db"))
    sent = em.world.add_session(job, result="Failed", reasons={"db": "No space left & <lost>"})
    em.options = options
    async with as_portal_user(em, wire_format=wire_format) as client:
        session = await client.fetch_session(sent.uid)
        tasks = await client.fetch_task_sessions(sent.uid)
    assert (session.uid, session.name, session.job_uid) == (sent.uid, sent.name, job.uid)
    assert (session.job_name, session.backup_server) == ("ERP", "vbr-erp")
    assert (session.state, session.result, session.progress) == ("Stopped", "Failed", 100)
    assert session.created_at == sent.created_at
    assert decide_verdict(session) is Verdict.FAILED
    assert {task.vm: task.reason for task in tasks} == {"app": "", "db": "No space left & <lost>"}
    assert {task.session_uid for task in tasks} == {sent.uid}


@speeches
async def test_a_running_session_is_listed_until_it_ends(
    em: EnterpriseManager, wire_format: WireFormat, options: EmOptions
) -> None:
    job = em.world.add_job("CRM", em.world.add_server("vbr-crm"))
    sent = em.world.start_session(job)
    em.options = options
    async with as_portal_user(em, wire_format=wire_format) as client:
        session = await client.fetch_session(sent.uid)
        assert (session.ended_at, session.has_result) == (None, False)
        assert sent.uid in uids([page async for page in client.iter_running()])
        em.world.finish_session(sent, "Success")
        assert sent.uid not in uids([page async for page in client.iter_running()])


async def test_what_ended_is_listed_by_its_end_and_bad_ends_from_further_back(
    em: EnterpriseManager,
) -> None:
    job = em.world.add_job("Web", em.world.add_server("vbr-web"))
    old = em.world.add_session(job, ended_at=a_moment(0), result="Success")
    old_bad = em.world.add_session(job, ended_at=a_moment(5), result="Warning")
    new = em.world.add_session(job, ended_at=a_moment(60), result="Success")
    async with as_portal_user(em) as client:
        pages = [page async for page in client.iter_ended(a_moment(30), a_moment(-30))]
    assert uids(pages) >= {old_bad.uid, new.uid}
    assert old.uid not in uids(pages)
    listed = [row.ended_at for page in pages for row in page.sessions if row.ended_at]
    assert listed == sorted(listed)


async def test_a_window_holds_all_ends_or_only_the_bad_ones(em: EnterpriseManager) -> None:
    job = em.world.add_job("DNS", em.world.add_server("vbr-dns"))
    good = em.world.add_session(job, ended_at=a_moment(0))
    bad = em.world.add_session(job, ended_at=a_moment(1), result="Failed")
    async with as_portal_user(em) as client:
        since = a_moment(-5)
        everything = uids([page async for page in client.iter_window(since, only_bad=False)])
        problems = uids([page async for page in client.iter_window(since, only_bad=True)])
    assert everything >= {good.uid, bad.uid}
    assert bad.uid in problems
    assert good.uid not in problems


async def test_the_newest_session_of_a_job_is_found_by_urn_and_guid(
    em: EnterpriseManager,
) -> None:
    server = em.world.add_server("vbr-new")
    job, idle = em.world.add_job("Files", server), em.world.add_job("Never ran", server)
    em.world.add_session(job, ended_at=a_moment(0))
    newest = em.world.add_session(job, ended_at=a_moment(60))
    async with as_portal_user(em) as client:
        for uid in (job.uid, job.id.upper()):
            found = await client.fetch_newest_session(uid)
            assert found is not None
            assert found.uid == newest.uid
        assert await client.fetch_newest_session(idle.uid) is None


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("wire_format", ["json", "xml"])
async def test_a_hostile_name_finds_its_own_sessions_and_no_other(
    em: EnterpriseManager, name: str, wire_format: WireFormat
) -> None:
    em.options = EmOptions()
    sent = em.world.add_session(em.world.add_job(name, em.world.add_server("vbr-hostile")))
    async with as_portal_user(em, wire_format=wire_format) as client:
        found = await client.fetch_sessions_by_name(name)
        by_session_name = await client.fetch_sessions_by_name(sent.name)
    em.world.remove_session(sent)
    assert sent.uid in {session.uid for session in found}
    assert {session.job_name for session in found} == {name}
    assert [session.uid for session in by_session_name] == [sent.uid]


async def check_that_a_name_is_data(
    em: EnterpriseManager, name: str, wire_format: WireFormat
) -> None:
    em.options = EmOptions()
    sent = em.world.add_session(em.world.add_job(name, next(iter(em.world.servers.values()))))
    async with as_portal_user(em, wire_format=wire_format) as client:
        found = await client.fetch_sessions_by_name(name)
    em.world.remove_session(sent)
    assert [session.uid for session in found if session.job_name == name] == [sent.uid]
    assert {session.job_name for session in found} == {name}


@settings(max_examples=60, deadline=None)
@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
    | st.text('";,()=!<>%&+#\\ aé', min_size=1, max_size=30)
)
async def test_any_name_is_data(em: EnterpriseManager, name: str) -> None:
    await check_that_a_name_is_data(em, name, "json")


@settings(max_examples=30, deadline=None)
@given(
    name=st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=60)
    | st.text('";,()=!<>%&+#\\ aé', min_size=1, max_size=30)
)
async def test_any_name_that_xml_can_carry_is_data_in_xml(em: EnterpriseManager, name: str) -> None:
    await check_that_a_name_is_data(em, name, "xml")


async def test_a_name_longer_than_any_is_not_asked_for(em: EnterpriseManager) -> None:
    async with as_portal_user(em) as client:
        before = len(em.requests)
        assert await client.fetch_sessions_by_name("🔥" * 400) == ()
        assert len(em.requests) == before
        assert await client.fetch_sessions_by_name("🔥" * 300) == ()


async def test_half_a_character_finds_nothing(em: EnterpriseManager) -> None:
    async with as_portal_user(em) as client:
        assert await client.fetch_sessions_by_name("half \ud83d") == ()


@pytest.mark.parametrize("count", [1, 3, 20, 21])
async def test_bad_task_sessions_of_many_sessions_are_one_query(
    em: EnterpriseManager, count: int
) -> None:
    job = em.world.add_job(f"Storm {count}", em.world.add_server(f"vbr-storm-{count}"))
    sent = [em.world.add_session(job, result="Failed") for _ in range(count)]
    other = em.world.add_session(job, result="Failed")
    async with as_portal_user(em) as client:
        sessions = [await client.fetch_session(each.uid) for each in sent]
        before = len(em.requests)
        tasks = await client.fetch_bad_task_sessions(sessions)
        assert len(em.requests) - before == 1
    assert {task.session_uid for task in tasks} == {each.uid for each in sent}
    assert other.uid not in {task.session_uid for task in tasks}
    assert all(task.verdict.is_bad and task.reason for task in tasks)


@pytest.mark.parametrize(("count", "results"), [(5, {"Failed", "Success"}), (6, {"Failed"})])
async def test_of_few_sessions_the_good_tasks_come_too(
    em: EnterpriseManager, count: int, results: set[str]
) -> None:
    server = em.world.add_server(f"vbr-few-{count}")
    job = em.world.add_job(f"Few {count}", server, vms=("bad", "good"))
    sent = [
        em.world.add_session(job, result="Failed", reasons={"bad": "why"}) for _ in range(count)
    ]
    async with as_portal_user(em) as client:
        sessions = [await client.fetch_session(each.uid) for each in sent]
        tasks = await client.fetch_bad_task_sessions(sessions)
    assert {task.result for task in tasks} == results


async def test_no_sessions_have_no_bad_tasks(em: EnterpriseManager) -> None:
    before = len(em.requests)
    async with as_portal_user(em) as client:
        assert await client.fetch_bad_task_sessions([]) == ()
    assert len(em.requests) == before


async def test_a_session_that_ended_before_its_vms_has_no_tasks(em: EnterpriseManager) -> None:
    job = em.world.add_job("Broken", em.world.add_server("vbr-broken"))
    sent = em.world.add_session(job, result="Failed", reasons={})
    async with as_portal_user(em) as client:
        assert await client.fetch_task_sessions(sent.uid) == ()


@pytest.mark.parametrize("wire_format", ["json", "xml"])
async def test_an_unknown_session_is_not_found(
    em: EnterpriseManager, wire_format: WireFormat
) -> None:
    unknown = "urn:veeam:ReplicaJobSession:00000000-0000-4000-8000-000000000000"
    async with as_portal_user(em, wire_format=wire_format) as client:
        with pytest.raises(NotFound, match="read session 00000000…"):
            await client.fetch_session(unknown)
        with pytest.raises(NotFound, match="read the VMs of session 00000000…"):
            await client.fetch_task_sessions(unknown)


@speeches
async def test_backup_servers_are_listed(
    em: EnterpriseManager, wire_format: WireFormat, options: EmOptions
) -> None:
    server = em.world.add_server("vbr-listed")
    em.options = options
    async with as_portal_user(em, wire_format=wire_format) as client:
        found = {each.uid: each.name for each in await client.fetch_backup_servers()}
    assert found[server.uid] == "vbr-listed"


@speeches
async def test_the_api_versions_are_known_without_a_logon(
    em: EnterpriseManager, wire_format: WireFormat, options: EmOptions
) -> None:
    em.options = options
    before = em.logon_count
    async with as_portal_user(em, wire_format=wire_format) as client:
        assert (await client.fetch_api_root()).newest_version == "v1_7"
    assert em.logon_count == before


async def test_a_wrong_password_is_a_refused_logon(em: EnterpriseManager) -> None:
    async with EnterpriseManagerClient(
        em.url, em.username, "wrong", fingerprint=em.fingerprint
    ) as client:
        with pytest.raises(LogonRefused, match="user name or password is incorrect"):
            await client.log_on()


async def test_a_session_that_em_forgot_is_renewed_in_the_middle_of_a_list(
    em: EnterpriseManager,
) -> None:
    job = em.world.add_job("Long", em.world.add_server("vbr-long"))
    sent = {em.world.add_session(job, ended_at=a_moment(0)).uid for _ in range(250)}
    em.options = EmOptions()
    async with as_portal_user(em) as client:
        await client.log_on()
        em.faults.answer(401, method="GET", path="page=2", times=1)
        before = em.logon_count
        found = uids([page async for page in client.iter_window(a_moment(-5), only_bad=False)])
    assert found >= sent
    assert em.logon_count == before + 1


async def test_a_server_without_the_task_list_is_queried_instead(em: EnterpriseManager) -> None:
    job = em.world.add_job("Lists", em.world.add_server("vbr-lists"), vms=("a", "b"))
    sent = em.world.add_session(job, result="Warning", reasons={"b": "slow"})
    em.faults.answer(404, path="/rep(l)?icaTaskSessions", times=2)
    async with as_portal_user(em) as client:
        tasks = await client.fetch_task_sessions(sent.uid)
    assert {task.vm: task.result for task in tasks} == {"a": "Success", "b": "Warning"}


async def test_a_task_list_of_references_is_queried_instead(
    server: Server, client: EnterpriseManagerClient
) -> None:
    task = '{"UID": "urn:veeam:ReplicaTaskSession:1", "VmDisplayName": "a"}'
    rows = f'{{"Entities": {{"ReplicaTaskSessions": {{"ReplicaTaskSessions": [{task}]}}}}}}'
    server.answer = in_turn(reply('{"Refs": [{"UID": "1"}]}'), reply(rows))
    assert [task.vm for task in await client.fetch_task_sessions("1")] == ["a"]
    assert server.paths[1:] == ["GET /api/replicaSessions/1/replicaTaskSessions", "GET /api/query"]


async def test_the_name_of_an_em_is_its_host_and_port(em: EnterpriseManager) -> None:
    async with as_portal_user(em) as client:
        assert client.name == em.url.removeprefix("https://")
        assert an_adapter(client).name in repr(client)
