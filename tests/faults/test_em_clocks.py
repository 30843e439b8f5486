"""Clocks that are wrong: EM's own, or one backup server's; and an EM that goes back in time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.end_to_end.stage import Stage
from tests.faults.looking import roots_about
from tests.faults.table import fault

SETTINGS = {"ALERT_GROUP_OVER": "100", "RPO": "off"}

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clocks_are_right_again(stage: Stage) -> Iterator[None]:
    yield
    stage.em.world.skew = timedelta(0)
    for server in stage.em.world.servers.values():
        server.drift = timedelta(0)


@fault(
    "One backup server's clock is 5 hours fast",
    sees="Each failure is told once, of that server and of all others; its times are its own.",
)
async def test_one_fast_clock_hides_no_other_servers_failures(stage: Stage) -> None:
    ahead = stage.job("Fast Replica", server="fast")
    ahead.server.drift = 5 * HOUR
    stage.em.world.add_session(ahead, result="Failed")
    await stage.wait_for_root("Fast Replica failed")
    stage.em.world.add_session(stage.job("Beside the fast one"), result="Failed")
    await stage.wait_for_root("Beside the fast one failed")
    stage.em.world.add_session(ahead, result="Success")
    await stage.wait_for_root("✅ Fast Replica recovered")


@fault(
    "One backup server's clock stands in the year 9998, or its times say that there is none (9999)",
    sees="Each failure is told once, of that server and of all others; the time is then when EM "
    "first told of it. When the clock is right again, the next success recovers the job.",
)
async def test_clocks_at_the_end_of_time_stop_nothing(stage: Stage) -> None:
    jobs = [stage.job(f"In {year}", server=f"vbr{year}") for year in (9998, 9999)]
    for job in jobs:
        stage.em.world.add_session(job, result="Success")
    await stage.let_a_poll_pass("Marker before the end of time")
    for job, year in zip(jobs, (9998, 9999), strict=True):
        job.server.drift = datetime(year, 6, 1, tzinfo=UTC) - stage.em.world.now()
        stage.em.world.add_session(job, result="Failed")
    stage.em.world.add_session(stage.job("Beside them"), result="Failed")
    for name in ("In 9998", "In 9999", "Beside them"):
        await stage.wait_for_root(f"🔴 {name} failed")
    for job in jobs:
        job.server.drift = timedelta(0)
        stage.em.world.add_session(job, result="Success")
        await stage.wait_for_root(f"✅ {job.name} recovered")


@fault(
    "EM's own clock is hours off, fast or slow, and is set right again",
    sees="Each failure, meanwhile and after, is told once.",
)
@pytest.mark.parametrize("off", [6 * HOUR, -1.5 * HOUR], ids=["fast", "slow"])
async def test_a_wrong_clock_of_em_hides_nothing(stage: Stage, off: timedelta) -> None:
    for when, skew in (("while it is", off), ("after it was", timedelta(0))):
        stage.em.world.skew = skew
        name = f"Failed {when} {off} off"
        stage.em.world.add_session(stage.job(name), result="Failed")
        await stage.wait_for_root(f"{name} failed")


@fault(
    "EM is restored from an older backup: it has forgotten sessions, its clock is behind what the "
    "bot has read, and then it collects the same sessions again",
    sees="Nothing of what was told before. What fails from then on is told once.",
)
async def test_an_em_that_is_restored_repeats_nothing_and_hides_nothing(stage: Stage) -> None:
    world = stage.em.world
    told, running = stage.job("Told before"), stage.job("Ran at the backup")
    session = world.start_session(running)
    world.add_session(told, result="Failed")
    await stage.wait_for_root("Told before failed")
    backup = world.snapshot()
    world.finish_session(session, "Failed")
    await stage.wait_for_root("Ran at the backup failed")
    world.add_session(told, result="Success")
    await stage.wait_for_root("✅ Told before recovered")
    world.skew = -1.5 * HOUR
    lost = world.restore(backup)
    await stage.let_a_poll_pass("Marker of the restored EM")
    world.skew = timedelta(0)
    world.recollect(lost)
    await stage.let_a_poll_pass("Marker of the new collection")
    await stage.wait_for_root("🔴 Ran at the backup failed")
    for job in ("Told before", "Ran at the backup"):
        [root] = roots_about(stage, job)
        assert len(stage.slack.replies(root.ts)) == (job == "Told before")
