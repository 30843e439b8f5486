"""Silence is an alert too: what the bot notices is told once, and told when it is over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from bot.demo.em import ReplicaJob
from bot.demo.em.server import OPERATOR
from bot.demo.slack import Message
from tests.end_to_end.stage import Stage, set_stage

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@asynccontextmanager
async def an_evening(folder: Path, **settings: str) -> AsyncIterator[Stage]:
    """Both emulators and a bot that is not started yet; EM's account may not read jobs."""
    async with set_stage(folder, settings=settings) as stage:
        yield stage


def run_daily(
    stage: Stage, name: str, server: str = "vbr01", last_ago: timedelta = HOUR
) -> ReplicaJob:
    """A job that has run every day for four weeks, the last time so long ago."""
    job = stage.job(name, server=server)
    for day in reversed(range(28)):
        begun_at = stage.em.world.now() - last_ago - day * DAY
        stage.em.world.add_session(job, result="Success", created_at=begun_at)
    return job


async def begin(stage: Stage) -> None:
    await stage.bot.start()
    await stage.wait_for_start()


async def test_a_run_that_does_not_come_is_told_once_and_so_is_the_next_one(tmp_path: Path) -> None:
    async with an_evening(tmp_path) as stage:
        job = run_daily(stage, "Web Replica", last_ago=23 * HOUR)
        await begin(stage)
        stage.em.world.skew += 4 * HOUR
        root = await stage.wait_for_root("Web Replica did not run")
        stage.em.world.add_session(job, result="Success")
        reply = await stage.wait_for_reply(root, "has run again")
        assert reply.broadcast
        await stage.wait_for_root("✅ Web Replica has run again")


async def test_an_rpo_counts_down_in_the_thread_of_the_jobs_failure(tmp_path: Path) -> None:
    async with an_evening(tmp_path, RPO="26h") as stage:
        job = run_daily(stage, "SQL Replica", last_ago=23 * HOUR)
        await begin(stage)
        stage.em.world.skew += HOUR
        stage.em.world.add_session(job, result="Failed")
        root = await stage.wait_for_root("SQL Replica failed")
        stage.em.world.skew += 1.5 * HOUR
        countdown = await stage.wait_for_reply(root, "breaks in")
        assert countdown.broadcast
        assert "30 min" in countdown.text
        stage.em.world.skew += HOUR
        await stage.wait_for_reply(root, "is broken since")
        stage.em.world.add_session(job, result="Success")
        await stage.wait_for_reply(root, "is kept again")


async def test_a_server_of_which_em_knows_nothing_is_told_and_its_jobs_are_not(
    tmp_path: Path,
) -> None:
    async with an_evening(tmp_path) as stage:
        jobs = [
            run_daily(stage, f"Job {number}", "vbr09", last_ago=23 * HOUR) for number in range(12)
        ]
        await begin(stage)
        stage.em.world.skew += 10 * HOUR
        root = await stage.wait_for_root("EM has told nothing of vbr09")
        stage.em.world.skew += 10 * HOUR
        await stage.let_a_poll_pass("Marker of the silence")
        for job in jobs:
            stage.em.world.add_session(job, result="Success")
        await stage.wait_for_reply(root, "EM tells of vbr09 again")
        assert not stage.roots("did not run")


async def test_a_job_that_no_longer_runs_is_said_once(tmp_path: Path) -> None:
    async with an_evening(tmp_path) as stage:
        run_daily(stage, "Old Replica", last_ago=6 * DAY + 23 * HOUR)
        await begin(stage)
        stage.em.world.skew += 2 * HOUR
        root = await stage.wait_for_root("Old Replica no longer runs")
        answer = await stage.slack.press(root, action_id="finding_close:0")
        assert answer.acked
        await stage.wait_for_root("Old Replica no longer runs; closed by")


async def watch_it_hang(stage: Stage) -> Message:
    """Let hours pass, each with a poll, until the bot has seen twice that nothing moves."""
    for number in range(40):
        if said := stage.roots("File Replica seems stuck"):
            return said[0]
        stage.em.world.skew += HOUR / 2
        await stage.let_a_poll_pass(f"Marker {number} of what hangs")
    raise AssertionError("not told within 20 hours")


async def test_a_session_that_hangs_is_told_until_it_ends(tmp_path: Path) -> None:
    async with an_evening(tmp_path) as stage:
        job = run_daily(stage, "File Replica")
        session = stage.em.world.start_session(job)
        await begin(stage)
        stage.em.world.skew += 3 * HOUR
        root = await watch_it_hang(stage)
        stage.em.world.finish_session(session)
        await stage.wait_for_reply(root, "is not stuck any more")


async def run_green_and_be_read(stage: Stage, job: ReplicaJob) -> None:
    hold = stage.em.faults.hold(path="ReplicaTaskSession")
    stage.em.world.add_session(job, result="Success")
    await hold.held.wait()
    hold.release()


async def test_a_green_run_without_one_of_its_vms_is_told(tmp_path: Path) -> None:
    async with an_evening(tmp_path) as stage:
        job = run_daily(stage, "ERP Replica", last_ago=23 * HOUR)
        await begin(stage)
        stage.em.world.skew += HOUR
        await run_green_and_be_read(stage, job)
        lost = job.vms.pop()
        stage.em.world.skew += DAY
        await run_green_and_be_read(stage, job)
        stage.em.world.skew += HOUR
        root = await stage.wait_for_root("ERP Replica was green")
        assert lost.name in root.text


async def test_a_schedule_that_is_switched_off_is_told(tmp_path: Path) -> None:
    """The options of a job are read anew when it fails; the first time its schedule is on."""
    async with an_evening(tmp_path, **a_portal_administrator()) as stage:
        job = run_daily(stage, "Web Replica", last_ago=23 * HOUR)
        await begin(stage)
        stage.em.world.add_session(job, result="Failed")
        root = await stage.wait_for_root("Web Replica failed")
        await stage.slack.wait_for(lambda _: "next run" in str(stage.roots("Web Rep")[0].blocks))
        job.schedule_enabled = False
        stage.em.world.add_session(job, result="Failed")
        await stage.wait_for_reply(root, "failed again")
        await stage.wait_for_root("The schedule of Web Replica is switched off")


def a_portal_administrator() -> dict[str, str]:
    return {
        "VEEAM_OPERATOR_USERNAME": OPERATOR.username,
        "VEEAM_OPERATOR_PASSWORD": OPERATOR.password,
    }
