"""How the emulator misbehaves, seen from a client's end of a real socket."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from bot.demo.em import EnterpriseManager
from tests.demo.em.visitors import Visitor

PATH = "query?type=ReplicaJobSession&format=Entities"
MEMBER = 'JobSessionUid=="%s"'
HOUR = timedelta(hours=1)


@pytest.fixture
def rows(em: EnterpriseManager) -> None:
    job = em.world.add_job("SQL Replica", em.world.add_server("vbr01"))
    for _ in range(3):
        em.world.add_session(job)


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
async def test_a_status_is_answered_once_with_an_error_body(
    em: EnterpriseManager, watcher: Visitor, status: int
) -> None:
    em.faults.answer(status, message="Out of order.")
    response = await watcher.ask(PATH, accept="application/json")
    assert (response.status_code, response.json()["Message"]) == (status, "Out of order.")
    assert await watcher.status(PATH) == 200


async def test_a_status_may_come_without_a_body(em: EnterpriseManager, watcher: Visitor) -> None:
    em.faults.answer(503, body=False)
    assert (await watcher.ask(PATH)).content == b""


async def test_a_fault_meets_only_what_it_matches_and_as_often_as_it_says(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    fault = em.faults.answer(503, times=2, method="GET", path="type=ReplicaJobSession")
    assert await watcher.status("backupServers") == 200
    assert [await watcher.status(PATH) for _ in range(3)] == [503, 503, 200]
    assert fault.used == 2


async def test_a_fault_without_times_lasts_until_cleared(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    em.faults.answer(500, times=None)
    assert [await watcher.status(PATH) for _ in range(3)] == [500, 500, 500]
    em.faults.clear()
    assert await watcher.status(PATH) == 200


async def test_a_dropped_connection_gives_no_answer(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    em.faults.drop()
    with pytest.raises(httpx.TransportError):
        await watcher.ask(PATH)


async def test_a_cut_connection_gives_half_an_answer(
    em: EnterpriseManager, watcher: Visitor, rows: None
) -> None:
    em.faults.cut()
    with pytest.raises(httpx.TransportError):
        await watcher.ask(PATH)
    assert await watcher.status(PATH) == 200


async def test_a_held_request_goes_on_when_released(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    hold = em.faults.hold(path="replicaSessions")
    asking = asyncio.create_task(watcher.status("replicaSessions"))
    await hold.held.wait()
    assert not asking.done()
    hold.release()
    assert await asking == 200


async def test_a_held_answer_leaves_the_action_done(em: EnterpriseManager, admin: Visitor) -> None:
    job = em.world.add_job("SQL Replica", em.world.add_server("vbr01"))
    hold = em.faults.hold(answered=True, method="POST")
    asking = asyncio.create_task(admin.status(f"jobs/{job.id}?action=start", "POST"))
    await hold.held.wait()
    assert len(em.world.sessions) == 1
    hold.release()
    assert await asking == 202


async def test_stopping_frees_held_requests(em: EnterpriseManager, watcher: Visitor) -> None:
    hold = em.faults.hold()
    asking = asyncio.create_task(watcher.ask(PATH))
    await hold.held.wait()
    await em.stop()
    await asyncio.wait([asking])
    assert asking.exception() is None or isinstance(asking.exception(), httpx.TransportError)


async def test_a_proxy_answers_with_a_login_page(em: EnterpriseManager, watcher: Visitor) -> None:
    em.faults.login_page()
    response = await watcher.ask(PATH)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert "<form" in response.text


async def test_a_body_may_be_under_a_wrong_name(em: EnterpriseManager, watcher: Visitor) -> None:
    em.faults.content_type("text/plain")
    response = await watcher.ask(PATH, accept="application/json")
    assert response.headers["Content-Type"] == "text/plain"
    assert response.json()["PagingInfo"]


async def test_a_body_may_be_half_of_itself(
    em: EnterpriseManager, watcher: Visitor, rows: None
) -> None:
    whole = (await watcher.ask(PATH)).content
    em.faults.truncate()
    assert (await watcher.ask(PATH)).content == whole[: len(whole) // 2]


async def test_a_body_may_be_empty(em: EnterpriseManager, watcher: Visitor) -> None:
    em.faults.empty()
    response = await watcher.ask(PATH, accept="application/json")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
async def test_a_body_may_be_as_large_as_you_like(
    em: EnterpriseManager, watcher: Visitor, accept: str
) -> None:
    em.faults.huge(3)
    response = await watcher.ask(PATH, accept=accept)
    assert len(response.content) > 3 * 1024 * 1024
    assert response.headers["Content-Type"] == accept


async def test_a_client_that_hangs_up_on_a_large_body_leaves_no_error(
    em: EnterpriseManager, watcher: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    em.faults.huge(50)
    async with watcher.client.stream("GET", "/api/") as response:
        await anext(response.aiter_raw())
    assert await watcher.status("replicaSessions") == 200
    assert not [record for record in caplog.records if record.name.startswith("aiohttp")]


async def test_xml_may_be_a_bomb_or_point_elsewhere(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    em.faults.entity_bomb()
    em.faults.external_entity("https://elsewhere.example/x", path="type=Replica&")
    assert b"&e10;" in (await watcher.ask(PATH)).content
    answer = await watcher.ask("query?type=Replica&format=Entities")
    assert b'SYSTEM "https://elsewhere.example/x"' in answer.content


async def test_links_may_point_to_another_host(
    em: EnterpriseManager, watcher: Visitor, rows: None
) -> None:
    em.faults.foreign_links("https://elsewhere.example:9398")
    answer = (await watcher.ask(PATH)).text
    assert "https://elsewhere.example:9398/api/query" in answer
    assert em.url not in answer


async def test_faults_add_up(em: EnterpriseManager, watcher: Visitor, rows: None) -> None:
    em.faults.foreign_links()
    em.faults.content_type("text/plain")
    response = await watcher.ask(PATH)
    assert response.headers["Content-Type"] == "text/plain"
    assert em.url not in response.text


async def test_logons_may_expire_all_at_once_and_be_refused(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    em.faults.expire_logons()
    assert await watcher.status(PATH) == 401
    em.faults.refuse_logons()
    again = await watcher.client.post("/api/sessionMngr", auth=(em.username, em.password))
    assert (again.status_code, again.headers["WWW-Authenticate"]) == (
        401,
        "Basic Realm=RestSvc",
    )


async def test_the_door_closes_and_opens_on_the_same_port(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    url = em.url
    await em.faults.go_down()
    with pytest.raises(httpx.TransportError):
        await watcher.ask(PATH)
    await em.faults.come_back()
    assert em.url == url
    assert await watcher.status(PATH) == 200


async def test_a_logon_may_end_in_the_middle_of_pages(
    em: EnterpriseManager, watcher: Visitor, rows: None
) -> None:
    em.faults.expire_logons_at(path="page=2")
    pages = [f"{PATH}&pageSize=1&page={number}" for number in (1, 2, 3)]
    assert [await watcher.status(page) for page in pages] == [200, 401, 401]
    await watcher.log_on(em.username, em.password)
    assert await watcher.status(pages[1]) == 200


async def test_a_401_in_the_middle_of_pages_may_be_but_a_hiccup(
    em: EnterpriseManager, watcher: Visitor, rows: None
) -> None:
    em.faults.answer(401, method="GET", path="page=2")
    pages = [f"{PATH}&pageSize=1&page={number}" for number in (1, 2, 2)]
    assert [await watcher.status(page) for page in pages] == [200, 401, 200]


async def test_an_upgrade_while_it_runs_changes_the_keys_and_ends_the_logons(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    assert "PagingInfo" in await watcher.json(PATH)
    em.faults.upgrade()
    assert await watcher.status(PATH) == 401
    response = await watcher.client.post("/api/sessionMngr", auth=(em.username, em.password))
    watcher.token = response.headers["X-RestSvcSessionId"]
    answer = await watcher.ask(PATH, accept="application/json")
    assert answer.content.startswith(b"\xef\xbb\xbf{")
    assert b'"pagingInfo":' in answer.content


async def trusts(em: EnterpriseManager, ca_file: Path) -> bool:
    """Whether a newcomer who trusts this CA gets through to EM."""
    trust = ssl.create_default_context(cafile=ca_file)
    async with httpx.AsyncClient(verify=trust, trust_env=False) as newcomer:
        try:
            return (await newcomer.get(f"{em.url}/api/")).status_code == 200
        except httpx.ConnectError:
            return False


async def test_a_new_certificate_of_the_same_ca_differs_but_is_trusted(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    url, ca_file, fingerprint = em.url, em.ca_file, em.fingerprint
    await em.faults.change_certificate()
    assert (em.url, em.ca_file, await trusts(em, ca_file)) == (url, ca_file, True)
    assert em.fingerprint != fingerprint
    assert await watcher.status(PATH) == 200


async def test_a_certificate_of_another_ca_is_trusted_by_that_alone_until_it_is_taken_back(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    first, fingerprint = em.ca_file, em.fingerprint
    await em.faults.change_certificate(other_authority=True)
    assert (await trusts(em, first), await trusts(em, em.ca_file)) == (False, True)
    with pytest.raises(httpx.ConnectError):
        await watcher.ask(PATH)
    await em.faults.restore_certificate()
    assert (em.ca_file, em.fingerprint, await trusts(em, first)) == (first, fingerprint, True)
    assert await watcher.status(PATH) == 200


async def test_a_certificate_that_changes_while_the_door_is_closed_leaves_it_closed(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    await em.faults.go_down()
    await em.faults.change_certificate()
    assert not await trusts(em, em.ca_file)
    await em.faults.come_back()
    assert await trusts(em, em.ca_file)


async def test_an_answer_may_be_slower_than_a_client_waits(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    em.faults.slow(3600)
    headers = {"X-RestSvcSessionId": watcher.token}
    with pytest.raises(httpx.ReadTimeout):
        await watcher.client.get(f"/api/{PATH}", headers=headers, timeout=0.05)
    assert await watcher.status(PATH) == 200


async def test_a_slow_answer_is_the_right_one(em: EnterpriseManager, watcher: Visitor) -> None:
    em.faults.slow(0.001)
    assert await watcher.status(PATH) == 200


async def test_a_body_may_trickle_but_is_whole(em: EnterpriseManager, watcher: Visitor) -> None:
    whole = (await watcher.ask("backupServers")).content
    em.faults.trickle(0)
    assert (await watcher.ask("backupServers")).content == whole


async def test_em_and_a_backup_server_may_each_have_a_clock_hours_off(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    behind = em.world.add_server("vbr02", drift=-5 * HOUR)
    em.world.skew = 7 * HOUR
    session = em.world.add_session(em.world.add_job("Behind", behind))
    response = await watcher.ask(PATH, accept="application/json")
    date = parsedate_to_datetime(response.headers["Date"])
    assert abs(date - datetime.now(UTC) - 7 * HOUR) < HOUR
    assert session.ended_at is not None
    assert abs(date - session.ended_at - 5 * HOUR) < HOUR


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
@pytest.mark.parametrize(
    ("ended_at", "shown"),
    [
        (datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59.999999Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    ],
)
async def test_a_session_may_end_at_either_end_of_time(
    em: EnterpriseManager, watcher: Visitor, ended_at: datetime, shown: str, accept: str
) -> None:
    job = em.world.add_job("SQL Replica", em.world.add_server("vbr01"))
    begun = em.world.now()
    em.world.add_session(job, result="Failed", created_at=begun, ended_at=ended_at)
    em.world.add_session(job, created_at=ended_at, ended_at=ended_at)
    since = quote(f'EndTime>="{shown}"', safe="")
    answer = await watcher.ask(f"{PATH}&filter={since}&sortAsc=EndTime", accept=accept)
    assert answer.status_code == 200
    assert answer.text.count(shown) >= 2


async def test_em_may_be_restored_from_a_backup_and_collect_again(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    world = em.world
    job = world.add_job("SQL Replica", world.add_server("vbr01"))
    old, running = world.add_session(job), world.start_session(job)
    backup = world.snapshot()
    world.finish_session(running, "Failed")
    new = world.add_session(job, result="Failed")
    lost = world.restore(backup)
    assert {row["UID"] for row in await watcher.query("ReplicaJobSession")} == {
        old.uid,
        running.uid,
    }
    [still_runs] = await watcher.query("ReplicaJobSession", "State!=Stopped")
    assert (still_runs["UID"], still_runs["Result"]) == (running.uid, "None")
    assert {
        row["State"] for row in await watcher.query("ReplicaTaskSession", MEMBER % running.uid)
    } == {"InProgress"}
    meanwhile = world.add_session(job, result="Warning")
    world.recollect(lost)
    failed = await watcher.query("ReplicaJobSession", "Result==Failed")
    assert {row["UID"] for row in failed} == {running.uid, new.uid}
    assert meanwhile.uid in world.sessions
