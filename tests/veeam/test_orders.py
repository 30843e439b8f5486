"""Retry, start and collect: sent once whatever happens, and followed to the end (reference §8)."""

import pytest

from bot.core.actions import Action, TaskEnd, TaskOutcome
from bot.demo.em import EmOptions, EnterpriseManager, ReplicaJob
from bot.errors import (
    EnterpriseManagerUnreachable,
    LogonRefused,
    NotAllowed,
    NotFound,
    OrderUnclear,
    UnexpectedReply,
)
from bot.veeam import wire
from bot.veeam.client import EnterpriseManagerClient
from bot.veeam.exchanges import NotSent
from bot.veeam.orders import _end_of
from tests.veeam.conftest import as_administrator, as_portal_user
from tests.veeam.servers import Handler, Server, reply

JOB_UID = "urn:veeam:Job:b04c217b-0538-4650-bec4-19deff4ea1ac"


@pytest.fixture
def job(em: EnterpriseManager) -> ReplicaJob:
    em.faults.clear()
    server = next(iter(em.world.servers.values()), None) or em.world.add_server("vbr01")
    made = em.world.add_job("SQL Replica", server)
    em.world.add_session(made, result="Failed")
    return made


def posts(em: EnterpriseManager, word: str = "action=") -> int:
    return sum(method == "POST" and word in path for method, path, _ in em.requests)


@pytest.mark.parametrize("wire_format", ["json", "xml"])
@pytest.mark.parametrize("options", [EmOptions(), EmOptions(json_case="camel", bom=True)])
async def test_a_retry_is_one_request_and_its_task_is_followed_to_the_end(
    em: EnterpriseManager, job: ReplicaJob, wire_format: str, options: EmOptions
) -> None:
    em.options = options
    before = posts(em)
    async with as_administrator(em, wire_format=wire_format) as client:
        assert await client.fetch_offers(job.uid) == {Action.RETRY, Action.START}
        end = await client.act(Action.RETRY, job.uid)
    assert end == TaskEnd(TaskOutcome.ACCEPTED, 'Job "SQL Replica" triggered to retry')
    assert posts(em) == before + 1
    running = em.world.running_session(job)
    assert running is not None
    assert running.is_retry
    em.options = EmOptions()


async def test_a_task_that_failed_is_a_refusal_although_the_status_says_200(
    em: EnterpriseManager, job: ReplicaJob
) -> None:
    em.world.start_session(job)
    async with as_administrator(em) as client:
        end = await client.act(Action.START, job.uid)
    assert end == TaskEnd(TaskOutcome.REFUSED, 'Job "SQL Replica" is already running')


async def test_links_that_em_does_not_give_are_not_offered(
    em: EnterpriseManager, job: ReplicaJob
) -> None:
    job.offered = ("Start",)
    async with as_administrator(em) as client:
        assert await client.fetch_offers(job.uid) == {Action.START}
        job.offered = ()
        assert await client.fetch_offers(job.uid) == frozenset()


async def test_a_portal_user_may_collect_but_not_start(
    em: EnterpriseManager, job: ReplicaJob
) -> None:
    async with as_portal_user(em) as client:
        with pytest.raises(NotAllowed, match="VEEAM_OPERATOR_USERNAME"):
            await client.fetch_offers(job.uid)
        with pytest.raises(NotAllowed, match="role Portal Administrator"):
            await client.act(Action.START, job.uid)
        end = await client.collect(job.server.uid)
    assert end.outcome is TaskOutcome.ACCEPTED


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (403, NotAllowed, "Portal Administrator"),
        (404, NotFound, "deleted or made anew"),
        (405, UnexpectedReply, "Veeam console"),
        (400, UnexpectedReply, "Veeam console"),
        (501, UnexpectedReply, "Veeam console"),
        (401, LogonRefused, "Nothing was done"),
    ],
)
async def test_a_refused_order_began_nothing_and_says_what_to_do(
    em: EnterpriseManager, job: ReplicaJob, status: int, error: type[Exception], words: str
) -> None:
    async with as_administrator(em) as client:
        await client.log_on()
        em.faults.answer(status, path="action=retry", times=1)
        before = posts(em)
        with pytest.raises(error, match=words) as refused:
            await client.act(Action.RETRY, job.uid)
        assert not isinstance(refused.value, OrderUnclear)
        assert posts(em) == before + 1
    assert em.world.running_session(job) is None


async def test_an_order_refused_with_an_old_logon_is_taken_when_it_is_said_again(
    em: EnterpriseManager, job: ReplicaJob
) -> None:
    async with as_administrator(em) as client:
        await client.log_on()
        em.faults.answer(401, path="action=retry", times=1)
        with pytest.raises(LogonRefused):
            await client.act(Action.RETRY, job.uid)
        assert (await client.act(Action.RETRY, job.uid)).outcome is TaskOutcome.ACCEPTED


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_an_error_of_the_server_leaves_open_whether_it_was_taken(
    em: EnterpriseManager, job: ReplicaJob, status: int
) -> None:
    async with as_administrator(em) as client:
        em.faults.answer(status, path="action=retry", times=1)
        before = posts(em)
        with pytest.raises(OrderUnclear, match="before you try again"):
            await client.act(Action.RETRY, job.uid)
    assert posts(em) == before + 1


async def test_an_answer_that_is_lost_is_unclear_and_nothing_is_sent_again(
    em: EnterpriseManager, job: ReplicaJob
) -> None:
    async with as_administrator(em) as client:
        em.faults.cut(path="action=retry", times=1)
        before = posts(em)
        with pytest.raises(OrderUnclear):
            await client.act(Action.RETRY, job.uid)
    assert posts(em) == before + 1
    assert em.world.running_session(job) is not None


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply('{"TaskId": "task-1"}', status=200), id="200 is no promise"),
        pytest.param(reply("<html>", status=202, content_type="text/html"), id="no task"),
        pytest.param(reply("", status=302), id="a redirect"),
    ],
)
async def test_an_answer_that_is_no_task_is_unclear(
    server: Server, client: EnterpriseManagerClient, answer: Handler
) -> None:
    server.answer = answer
    with pytest.raises(OrderUnclear):
        await client.act(Action.START, JOB_UID)


async def test_what_never_left_is_no_riddle(em: EnterpriseManager, job: ReplicaJob) -> None:
    async with as_administrator(em) as client:
        await client.log_on()
        await em.faults.go_down()
        with pytest.raises(NotSent):
            await client.act(Action.RETRY, job.uid)
        await em.faults.come_back()
    assert issubclass(NotSent, EnterpriseManagerUnreachable)


async def test_a_task_that_is_lost_with_its_logon_is_unclear(
    em: EnterpriseManager, job: ReplicaJob
) -> None:
    async with as_administrator(em) as client:
        em.faults.answer(401, path="/tasks/", times=1)
        end = await client.act(Action.RETRY, job.uid)
    assert end.outcome is TaskOutcome.UNCLEAR


async def test_a_passing_trouble_while_a_task_is_followed_is_waited_out(
    em: EnterpriseManager, job: ReplicaJob
) -> None:
    async with as_administrator(em) as client:
        em.faults.answer(503, path="/tasks/", times=4)
        assert (await client.act(Action.RETRY, job.uid)).outcome is TaskOutcome.ACCEPTED


async def test_a_collection_needs_no_new_logon_in_the_middle(em: EnterpriseManager) -> None:
    server = em.world.add_server("vbr-late")
    async with as_portal_user(em) as client:
        await client.log_on()
        em.faults.answer(401, path="/backupServers/", method="GET", times=1)
        assert (await client.collect(server.uid)).outcome is TaskOutcome.ACCEPTED
        with pytest.raises(NotFound, match="removed from Enterprise Manager"):
            await client.collect("urn:veeam:BackupServer:00000000-0000-0000-0000-000000000000")


def a_task(**fields: object) -> wire.RestTask:
    return wire.RestTask.model_validate({"taskid": "task-1", **fields})


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"state": "Running"}, None),
        ({"state": "OperationFinished"}, None),
        ({"state": "OperationFinished", "result": {"success": True}}, TaskOutcome.ACCEPTED),
        ({"state": "Finished", "result": {"success": True}}, TaskOutcome.ACCEPTED),
        ({"state": "Finished", "result": {"success": False}}, TaskOutcome.REFUSED),
        ({"state": "Finished"}, TaskOutcome.UNCLEAR),
        (
            {"state": "Finished", "result": {"success": True, "confirmationneeded": True}},
            TaskOutcome.REFUSED,
        ),
        (
            {"state": "Finished", "result": {"success": False, "credentialsneeded": True}},
            TaskOutcome.REFUSED,
        ),
    ],
)
def test_a_task_is_over_when_it_has_a_result(
    fields: dict[str, object], outcome: TaskOutcome | None
) -> None:
    end = _end_of(a_task(**fields))
    assert (end and end.outcome) == outcome
