"""The options of jobs, as EM tells them in each of its layouts and speeches (reference §7, §9)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.actions import Action
from bot.core.jobs import JobOptions, RetryOptions
from bot.core.ports import JobPage, JobSource
from bot.demo.em import EmOptions, EnterpriseManager, ReplicaJob
from bot.errors import LogonRefused, NotAllowed
from bot.veeam import wire
from bot.veeam.client import EnterpriseManagerClient
from bot.veeam.fields import Model
from bot.veeam.translate import job_options_from
from tests.veeam.conftest import as_administrator, as_portal_user

WireFormat = Literal["json", "xml"]
SPEECHES = [
    pytest.param("json", EmOptions(), id="json of EM 12"),
    pytest.param("json", EmOptions(json_case="camel", bom=True), id="json of EM 13"),
    pytest.param("json", EmOptions(nulls=False), id="json of 2019"),
    pytest.param("json", EmOptions(schedule_layout="direct"), id="json, older layout"),
    pytest.param("xml", EmOptions(), id="xml"),
    pytest.param("xml", EmOptions(schedule_layout="direct"), id="xml, older layout"),
]
speeches = pytest.mark.parametrize(("wire_format", "options"), SPEECHES)
SECOND = timedelta(seconds=1)
JOB_UID = "urn:veeam:Job:b04c217b-0538-4650-bec4-19deff4ea1ac"


def an_adapter(client: EnterpriseManagerClient) -> JobSource:
    """Fails in mypy if the client is not what the services expect."""
    return client


def a_job(em: EnterpriseManager, name: str, **of: Any) -> ReplicaJob:
    server = next(iter(em.world.servers.values()), None) or em.world.add_server("vbr-jobs")
    return em.world.add_job(name, server, **of)


def options_of(**fields: object) -> JobOptions:
    return job_options_from(wire.Job.model_validate({"uid": JOB_UID, **fields}))


def retry_of(**fields: object) -> RetryOptions | None:
    given = {"retrytimes": 3, "retrytimeout": 10, "retryspecified": True, **fields}
    return options_of(jobscheduleoptions={"retryoptions": given}).retry


@speeches
async def test_a_job_says_when_it_runs_how_it_retries_and_what_it_holds(
    em: EnterpriseManager, wire_format: WireFormat, options: EmOptions
) -> None:
    job = a_job(em, "Mail", vms=("mx1", "mx2"))
    job.retry_times, job.retry_minutes = 5, 20
    em.world.add_session(job)
    em.options = options
    async with as_administrator(em, wire_format=wire_format) as client:
        [found] = await an_adapter(client).fetch_job_options([job.uid])
    assert found.next_run_at is not None
    assert job.next_run_at is not None
    assert abs(found.next_run_at - job.next_run_at) < SECOND
    assert replace(found, next_run_at=None) == JobOptions(
        job_uid=job.uid,
        name="Mail",
        backup_server=job.server.name,
        is_schedule_configured=True,
        is_schedule_enabled=True,
        retry=RetryOptions(5, timedelta(minutes=20)),
        vms=("mx1", "mx2"),
        offers=frozenset(Action),
    )


@speeches
@pytest.mark.parametrize("switch", ["schedule_configured", "schedule_enabled"])
async def test_a_job_that_is_switched_off_runs_next_at_no_time(
    em: EnterpriseManager, wire_format: WireFormat, options: EmOptions, switch: str
) -> None:
    job = a_job(em, "Off", vms=())
    em.world.add_session(job)
    setattr(job, switch, False)
    em.options = options
    async with as_administrator(em, wire_format=wire_format) as client:
        [found] = await client.fetch_job_options([job.uid])
    assert (found.next_run_at, getattr(found, f"is_{switch}"), found.vms) == (None, False, ())


async def test_one_job_may_be_read_by_its_address(em: EnterpriseManager) -> None:
    em.options = EmOptions()
    job = a_job(em, "Alone", vms=("a", "b"))
    async with as_administrator(em) as client:
        found = await client.fetch_job(job.uid)
    assert (found.uid, found.name, found.vms) == (job.uid, "Alone", ("a", "b"))


async def test_a_job_is_named_as_it_was_asked_for(em: EnterpriseManager) -> None:
    em.options = EmOptions()
    jobs = [a_job(em, name) for name in ("B", "A")]
    asked = [jobs[0].id.upper(), jobs[1].uid, "urn:veeam:Job:00000000-0000-4000-8000-000000000000"]
    async with as_administrator(em) as client:
        found = await client.fetch_job_options(asked)
    assert [(each.job_uid, each.name) for each in found] == [(asked[0], "B"), (asked[1], "A")]


async def test_twenty_jobs_are_one_question_and_no_job_is_none(em: EnterpriseManager) -> None:
    em.options = EmOptions()
    uids = [a_job(em, f"Job {number}").uid for number in range(21)]
    async with as_administrator(em) as client:
        await client.log_on()
        before = len(em.requests)
        assert await client.fetch_job_options([]) == ()
        assert len(em.requests) == before
        assert len(await client.fetch_job_options(uids)) == 20
    assert sum("type=Job&" in path for _, path, _ in em.requests[before:]) == 1


@speeches
async def test_all_replication_jobs_are_listed_page_by_page_and_no_other(
    em: EnterpriseManager, wire_format: WireFormat, options: EmOptions
) -> None:
    em.world.add_backup_job("Backup", a_job(em, "Web").server)
    wanted = {a_job(em, f"Page {number}").uid for number in range(101)}
    em.options = options
    async with as_administrator(em, wire_format=wire_format) as client:
        pages: list[JobPage] = [page async for page in client.iter_job_options()]
    listed = [job.job_uid for page in pages for job in page.jobs]
    assert sorted(listed) == sorted(em.world.jobs)
    assert wanted <= set(listed)
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert len(pages) > 2


async def test_a_backup_job_is_not_told_of_even_if_asked_for(em: EnterpriseManager) -> None:
    em.options = EmOptions()
    backup = em.world.add_backup_job("Backup", a_job(em, "Web").server)
    async with as_administrator(em) as client:
        assert await client.fetch_job_options([backup.uid]) == ()


async def test_a_portal_user_may_not_read_jobs(em: EnterpriseManager) -> None:
    em.options = EmOptions()
    job = a_job(em, "Secret")
    async with as_portal_user(em) as client:
        with pytest.raises(NotAllowed, match="Portal Administrator"):
            await client.fetch_job_options([job.uid])
        with pytest.raises(NotAllowed, match="Portal Administrator"):
            await anext(client.iter_job_options())
        with pytest.raises(NotAllowed):
            await client.fetch_job(job.uid)


async def test_an_operator_beside_the_read_only_account_may(em: EnterpriseManager) -> None:
    em.options = EmOptions()
    job = a_job(em, "Open")
    async with (
        as_portal_user(em) as reader,
        EnterpriseManagerClient(
            em.url, em.operator_username, em.operator_password, ca_file=str(em.ca_file)
        ) as operator,
    ):
        with pytest.raises(NotAllowed):
            await reader.fetch_job_options([job.uid])
        assert [each.name for each in await operator.fetch_job_options([job.uid])] == ["Open"]


async def test_an_operator_with_a_wrong_password_is_a_refused_logon(em: EnterpriseManager) -> None:
    async with EnterpriseManagerClient(
        em.url, em.operator_username, "wrong", ca_file=str(em.ca_file)
    ) as operator:
        with pytest.raises(LogonRefused):
            await operator.fetch_job_options([JOB_UID])


def test_what_em_did_not_say_is_unknown() -> None:
    assert options_of() == JobOptions(job_uid=JOB_UID)


@pytest.mark.parametrize(
    ("info", "vms"),
    [
        (None, None),
        ({"replicajobinfo": None}, None),
        ({"replicajobinfo": {}}, None),
        ({"replicajobinfo": {"includes": None}}, None),
        ({"replicajobinfo": {"includes": ""}}, ()),
        ({"replicajobinfo": {"includes": {"objectinjobs": []}}}, ()),
        ({"replicajobinfo": {"includes": [{"name": "a"}, {"displayname": "b"}]}}, ("a", "b")),
        ({"replicajobinfo": {"includes": [{"objectinjobid": "1"}]}}, ("?",)),
    ],
)
def test_no_list_of_vms_is_not_an_empty_one(info: object, vms: tuple[str, ...] | None) -> None:
    assert options_of(jobinfo=info).vms == vms


@pytest.mark.parametrize(
    ("fields", "retry"),
    [
        ({}, RetryOptions(3, timedelta(minutes=10))),
        ({"retryspecified": None}, RetryOptions(3, timedelta(minutes=10))),
        ({"retryspecified": False}, RetryOptions(0, timedelta(0))),
        ({"retrytimes": 0}, RetryOptions(0, timedelta(minutes=10))),
        ({"retrytimes": None}, None),
        ({"retrytimeout": ""}, None),
        ({"retrytimes": -1}, None),
        ({"retrytimeout": 10**12}, None),
        ({"retrytimes": "many"}, None),
    ],
)
def test_retries_are_known_or_not_at_all(
    fields: dict[str, object], retry: RetryOptions | None
) -> None:
    assert retry_of(**fields) == retry


@given(
    times=st.none() | st.integers() | st.text(max_size=5),
    minutes=st.none() | st.integers() | st.text(max_size=5),
    specified=st.none() | st.booleans() | st.text(max_size=5),
    next_run=st.none() | st.datetimes().map(str) | st.text(max_size=30),
)
def test_no_options_are_too_odd_to_be_read(
    times: object, minutes: object, specified: object, next_run: object
) -> None:
    given = {"retrytimes": times, "retrytimeout": minutes, "retryspecified": specified}
    job = {"uid": JOB_UID, "nextrun": next_run, "jobscheduleoptions": {"retryoptions": given}}
    found: Model = wire.Job.model_validate(job)
    assert isinstance(found, wire.Job)
    assert job_options_from(found).job_uid == JOB_UID
