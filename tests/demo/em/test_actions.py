"""Starting, stopping and retrying jobs, and the REST tasks that tell of it (reference §8)."""

import pytest

from bot.demo.em import EnterpriseManager, ReplicaJob
from tests.demo.em.visitors import Visitor, Welcome, shape, xml_sample


@pytest.fixture
def job(em: EnterpriseManager) -> ReplicaJob:
    return em.world.add_job("SQL Server Replication", em.world.add_server("vbr01"))


async def finished(visitor: Visitor, path: str) -> dict[str, object]:
    """Post an action and ask for its task until it is over; the task's Result."""
    task = await visitor.json(path, "POST")
    for _ in range(3):
        task = await visitor.json(f"tasks/{task['TaskId']}")
    assert task["State"] == "Finished"
    result: dict[str, object] = task["Result"]
    return result


async def test_a_start_is_202_with_a_running_task_like_the_sample(
    em: EnterpriseManager, admin: Visitor, job: ReplicaJob
) -> None:
    response = await admin.ask(f"jobs/{job.id}?action=start", "POST", "application/json")
    assert response.status_code == 202
    assert (response.json()["State"], response.json()["Result"]) == ("Running", None)
    assert shape(await admin.xml("tasks/task-1")) == shape(xml_sample("task-running-202.xml"))
    (session,) = em.world.sessions.values()
    assert (session.state, session.result, session.is_retry) == ("Working", "None", False)


async def test_a_task_runs_then_is_done_on_the_server_then_is_finished(
    admin: Visitor, job: ReplicaJob
) -> None:
    task = await admin.json(f"jobs/{job.id}?action=start", "POST")
    seen = [(await admin.json(f"tasks/{task['TaskId']}"))["State"] for _ in range(4)]
    assert seen == ["Running", "OperationFinished", "Finished", "Finished"]


async def test_a_finished_task_is_the_sample(admin: Visitor, job: ReplicaJob) -> None:
    for _ in range(2):
        await admin.ask(f"jobs/{job.id}?action=stop", "POST")
    await finished(admin, f"jobs/{job.id}?action=start")
    answer, wanted = await admin.xml("tasks/task-3"), xml_sample("task-finished-success.xml")
    assert shape(answer) == shape(wanted)


async def test_a_start_of_a_running_job_fails_with_200(
    em: EnterpriseManager, admin: Visitor, job: ReplicaJob
) -> None:
    em.world.start_session(job)
    result = await finished(admin, f"jobs/{job.id}?action=start/")
    assert result["Success"] is False
    assert len(em.world.sessions) == 1


@pytest.mark.parametrize(
    ("last", "may"), [("Failed", True), ("Warning", False), ("Success", False)]
)
async def test_a_retry_is_only_for_a_job_whose_last_run_failed(
    em: EnterpriseManager, admin: Visitor, job: ReplicaJob, last: str, may: bool
) -> None:
    em.world.add_session(job, result=last)
    result = await finished(admin, f"jobs/{job.id}?action=retry")
    assert result["Success"] is may
    assert any(session.is_retry for session in em.world.sessions.values()) is may


async def test_a_stop_ends_the_running_session(
    em: EnterpriseManager, admin: Visitor, job: ReplicaJob
) -> None:
    session = em.world.start_session(job)
    assert (await finished(admin, f"jobs/{job.id}?action=stop"))["Success"] is True
    assert (session.state, session.result) == ("Stopped", "Failed")
    assert (await finished(admin, f"jobs/{job.id}?action=stop"))["Success"] is False


@pytest.mark.parametrize("query", ["", "?action=", "?action=explode"])
async def test_an_action_that_is_not_documented_is_400(
    admin: Visitor, job: ReplicaJob, query: str
) -> None:
    """§8."""
    assert await admin.status(f"jobs/{job.id}{query}", "POST") == 400
    assert await admin.status(f"backupServers/{job.server.id}{query}", "POST") == 400


async def test_a_task_lives_in_the_logon_that_made_it(
    em: EnterpriseManager, admin: Visitor, welcome: Welcome, job: ReplicaJob
) -> None:
    task = await admin.json(f"jobs/{job.id}?action=start", "POST")
    other = await welcome(em.admin_username, em.admin_password)
    assert await other.status(f"tasks/{task['TaskId']}") == 404
    assert (await other.json("tasks"))["Tasks"] == []
    assert await other.query("Task") == []
    assert len(await admin.query("Task", "Operation==StartJob")) == 1
    assert len((await admin.json("query?type=Task"))["Refs"]["Refs"]) == 1


async def test_a_deleted_task_is_gone(admin: Visitor, job: ReplicaJob) -> None:
    task = await admin.json(f"jobs/{job.id}?action=start", "POST")
    assert await admin.status(f"tasks/{task['TaskId']}", "DELETE") == 204
    assert await admin.status(f"tasks/{task['TaskId']}") == 404


async def test_collecting_is_a_task_too(watcher: Visitor, job: ReplicaJob) -> None:
    task = await watcher.json(f"backupServers/{job.server.id}?action=collect", "POST")
    assert task["Operation"] == "CollectingBackupServer"
