"""The world: what moves in it, and its thirty days of history."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from bot.demo.em import EnterpriseManager, ReplicaJob, World
from bot.demo.em.activity import Activity
from bot.demo.em.history import add_history
from tests.demo.em.visitors import Visitor


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def past() -> World:
    world = World()
    add_history(world)
    return world


@pytest.fixture
def job(world: World) -> ReplicaJob:
    return world.add_job("SQL Replica", world.add_server("vbr01"), vms=("a", "b"))


def outcome(world: World, job: ReplicaJob, reasons: dict[str, str] | None) -> list[tuple[str, str]]:
    session = world.add_session(job, result="Failed", reasons=reasons)
    return [(task.vm.name, task.result) for task in session.tasks]


def test_the_vms_with_reasons_fail_and_the_others_succeed(world: World, job: ReplicaJob) -> None:
    assert outcome(world, job, {"b": "no space"}) == [("a", "Success"), ("b", "Failed")]


def test_without_reasons_the_first_vm_fails(world: World, job: ReplicaJob) -> None:
    assert outcome(world, job, None) == [("a", "Failed"), ("b", "Success")]


def test_with_no_reason_at_all_the_job_came_to_no_vm(world: World, job: ReplicaJob) -> None:
    assert outcome(world, job, {}) == []


def test_a_reason_may_name_a_vm_that_a_container_brought_in(world: World, job: ReplicaJob) -> None:
    assert outcome(world, job, {"new": "no space"})[-1] == ("new", "Failed")


def test_a_session_keeps_its_task_sessions_when_it_ends(world: World, job: ReplicaJob) -> None:
    session = world.start_session(job)
    before = [task.uid for task in session.tasks]
    world.finish_session(session, "Warning")
    assert [task.uid for task in session.tasks] == before
    assert [task.state for task in session.tasks] == ["Completed", "Completed"]


def test_a_clock_that_runs_ahead_stamps_its_sessions(world: World) -> None:
    server = world.add_server("vbr02", drift=timedelta(minutes=3))
    session = world.start_session(world.add_job("Web", server))
    assert session.created_at > world.now() + timedelta(minutes=2)


def test_past_sessions_keep_the_name_of_their_job(world: World, job: ReplicaJob) -> None:
    old = world.add_session(job)
    world.rename_job(job, "New")
    assert (old.job_name, world.add_session(job).job_name) == ("SQL Replica", "New")


def test_a_session_can_vanish(world: World, job: ReplicaJob) -> None:
    world.remove_session(world.add_session(job))
    assert not world.sessions


def test_only_what_a_session_has_can_be_changed(world: World, job: ReplicaJob) -> None:
    session = world.add_session(job)
    world.update_session(session, result="Failed")
    assert session.result == "Failed"
    with pytest.raises(AttributeError, match="colour"):
        world.update_session(session, colour="red")


def test_history_is_24_jobs_on_two_servers_over_30_days(past: World) -> None:
    assert Counter(job.server.name for job in past.jobs.values()) == {
        "vbr01.demo.local": 12,
        "vbr02.demo.local": 12,
    }
    oldest = min(session.created_at for session in past.sessions.values())
    assert timedelta(days=28) < past.now() - oldest <= timedelta(days=31)


def test_history_is_mostly_good_with_some_of_everything(past: World) -> None:
    results = Counter(session.result for session in past.sessions.values())
    assert results["Success"] > 0.85 * results.total()
    assert min(results["Failed"], results["Warning"]) > 10
    assert any(session.is_retry for session in past.sessions.values())


def test_history_has_what_makes_a_bot_stumble(past: World) -> None:
    names = Counter(job.name for job in past.jobs.values())
    assert names["SQL Replica"] == 2
    assert any('"' in name and "&" in name and ";" in name and "@" in name for name in names)
    assert any(vm.name == "<!channel>" for job in past.jobs.values() for vm in job.vms)
    assert any(session.visible_at for session in past.sessions.values())
    assert any(server.drift for server in past.servers.values())


def test_some_jobs_are_failing_now_and_nothing_runs(past: World) -> None:
    last = [past.last_session(job) for job in past.jobs.values()]
    assert sum(session is not None and session.result == "Failed" for session in last) >= 2
    assert not past.running()


def test_every_failed_session_of_history_says_why(past: World) -> None:
    bad = [row for row in past.sessions.values() if row.result in ("Failed", "Warning")]
    assert all(any(task.reason for task in row.tasks) for row in bad)


def test_the_same_seed_gives_the_same_shape() -> None:
    one, two = World(), World()
    add_history(one, seed=7)
    add_history(two, seed=7)
    assert [row.result for row in one.sessions.values()] == [
        row.result for row in two.sessions.values()
    ]


def test_activity_has_a_failure_at_its_fourth_step_and_recoveries_later(past: World) -> None:
    before = set(past.sessions)
    activity = Activity(past, Random(1))
    for _ in range(4):
        activity.step()
    first = [row for uid, row in past.sessions.items() if uid not in before and row.ended_at]
    assert [row.result for row in first] == ["Failed"]
    for _ in range(20):
        activity.step()
    results = Counter(row.result for uid, row in past.sessions.items() if uid not in before)
    assert min(results["Failed"], results["Warning"], results["Success"]) >= 2


def test_activity_finishes_what_others_have_started(world: World, job: ReplicaJob) -> None:
    session = world.start_session(job)
    activity = Activity(world, Random(1))
    for _ in range(3):
        activity.step()
    assert (session.state, session.result) == ("Stopped", "Success")


async def test_an_error_in_the_activity_is_raised_by_stop(
    em: EnterpriseManager, watcher: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    job = em.world.add_job("SQL Replica", em.world.add_server("vbr01"))
    job.every = None  # type: ignore[assignment]  # breaks whatever reckons with it
    em.play(60)
    assert await watcher.status("") == 200
    with pytest.raises(TypeError):
        await em.stop()
    assert "activity has ended" in caplog.text


async def test_an_em_may_start_with_its_history() -> None:
    manager = await EnterpriseManager.start(history=True)
    try:
        assert len(manager.world.sessions) > 1000
    finally:
        await manager.stop()


async def test_reports_agree_with_the_sessions(em: EnterpriseManager, watcher: Visitor) -> None:
    server = em.world.add_server("vbr01")
    job = em.world.add_job("Web", server, vms=("a", "b"))
    em.world.add_session(job, created_at=em.world.now() - timedelta(days=2))
    for result in ("Success", "Failed"):
        em.world.add_session(job, result=result)
    em.world.start_session(em.world.add_job("Mail", server))
    statistics = await watcher.json("reports/summary/job_statistics")
    assert (statistics["TotalJobRuns"], statistics["FailedJobRuns"]) == (2, 1)
    assert (statistics["MaxReplicaJobDuration"], statistics["RunningJobs"]) == (600, 1)
    overview = await watcher.json("reports/summary/overview")
    assert (overview["FailedVmLastestStates"], overview["SuccessfulVmLastestStates"]) == (1, 1)
    room = await watcher.json("reports/summary/repository")
    assert room["Periods"][0]["Name"] == "Default Backup Repository"
