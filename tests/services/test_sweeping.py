"""Sweeps look further back than the overlap: EM may report late, by days."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.core.incidents import Status
from tests.builders import DAY, HOUR, MINUTE
from tests.services.bench import Watch


@pytest.fixture
async def old(started: Watch) -> Watch:
    """A bot that was started 40 days ago and has polled since."""
    started.later(40 * DAY)
    started.ran("Success", job="Web Replica")
    await started.poll()
    await started.polling.sweep()
    return started


def windows(watch: Watch, asked: int) -> list[str]:
    return [path for path in watch.lists(asked) if "sortAsc=EndTime" in path]


async def test_a_success_that_is_late_within_the_hour_is_found_every_15_minutes(
    old: Watch,
) -> None:
    old.ran("Failed")
    await old.poll()
    old.later(10 * MINUTE)
    old.ran("Success", job="Web Replica")
    await old.poll()
    old.ran("Success", ago=5 * MINUTE)
    await old.poll()
    assert await old.reasons() == ["FIRST_FAILURE"]
    old.later(15 * MINUTE)
    await old.polling.sweep()
    assert await old.reasons() == ["FIRST_FAILURE", "RECOVERED"]


@pytest.mark.parametrize(
    ("late_by", "wait"),
    [(47 * HOUR, HOUR), (29 * DAY, DAY)],
    ids=["two days, hourly", "a month, daily"],
)
async def test_a_failure_that_is_late_by_days_is_found(
    old: Watch, late_by: timedelta, wait: timedelta
) -> None:
    old.later(wait)
    await old.poll()
    old.ran("Failed", ago=late_by - wait)
    await old.poll()
    assert await old.reasons() == []
    await old.polling.sweep()
    assert await old.reasons() == ["FIRST_FAILURE"]


async def test_a_failure_that_is_late_and_over_is_one_green_message(old: Watch) -> None:
    old.ran("Success")
    await old.poll()
    old.later(HOUR)
    old.ran("Failed", ago=5 * HOUR)
    await old.polling.sweep()
    assert await old.reasons() == ["LATE_AND_OVER"]
    [incident] = await old.bench.incidents()
    assert (incident.status, incident.is_said) == (Status.RECOVERED, True)


async def test_a_failing_jobs_success_is_found_however_late(old: Watch) -> None:
    old.ran("Failed")
    await old.poll()
    old.later(DAY)
    old.ran("Success", job="Web Replica")
    await old.poll()
    await old.polling.sweep()
    old.ran("Success", ago=20 * HOUR)
    old.later(HOUR)
    await old.poll()
    assert await old.reasons() == ["FIRST_FAILURE"]
    await old.polling.sweep()
    assert await old.reasons() == ["FIRST_FAILURE", "RECOVERED"]


async def test_a_failing_job_that_em_has_forgotten_stays_failing(old: Watch) -> None:
    session = old.ran("Failed")
    await old.poll()
    old.world_of.world.remove_session(session)
    old.later(HOUR)
    await old.polling.sweep()
    assert await old.reasons() == ["FIRST_FAILURE"]


async def test_each_sweep_runs_at_its_own_pace(old: Watch) -> None:
    counts = []
    for wait in (14 * MINUTE, MINUTE, 45 * MINUTE, 23 * HOUR):
        old.later(wait)
        asked = len(old.world_of.requests)
        await old.polling.sweep()
        counts.append(len(windows(old, asked)))
    assert counts == [0, 1, 2, 3]


async def test_the_sweeps_of_days_leave_out_what_succeeded(old: Watch) -> None:
    old.later(DAY)
    asked = len(old.world_of.requests)
    await old.polling.sweep()
    hour, two_days, month = windows(old, asked)
    assert "Result" not in hour
    assert 'Result!="Success"' in two_days
    assert 'Result!="Success"' in month


async def test_a_long_sweep_reads_all_its_pages(old: Watch) -> None:
    old.later(DAY)
    old.ran("Success", job="Web Replica")
    await old.poll()
    for number in range(120):
        old.ran("Failed", ago=(number + 1) * MINUTE, job=f"Job {number}")
    await old.polling.sweep()
    assert len(await old.bench.incidents()) == 120


async def test_what_ended_since_the_last_poll_is_left_to_the_next_one(old: Watch) -> None:
    old.ran("Failed")
    await old.poll()
    old.later(HOUR)
    old.ran("Success")
    old.ran("Failed")
    await old.polling.sweep()
    assert await old.reasons() == ["FIRST_FAILURE"]
    await old.poll()
    first, second = await old.bench.incidents()
    assert (first.status, second.status) == (Status.RECOVERED, Status.OPEN)


async def test_a_sweep_that_fails_is_tried_again(old: Watch) -> None:
    old.later(20 * MINUTE)
    old.world_of.faults.answer(503, path="EndTime", times=1)
    await old.polling.sweep()
    asked = len(old.world_of.requests)
    await old.polling.sweep()
    assert len(windows(old, asked)) == 1


async def test_a_blind_bot_does_not_sweep(old: Watch) -> None:
    old.world_of.faults.answer(503, path="/query", times=1)
    await old.poll()
    old.later(DAY)
    asked = len(old.world_of.requests)
    await old.polling.sweep()
    assert len(old.world_of.requests) == asked


async def test_a_sweep_moves_no_watermark(old: Watch) -> None:
    before = (await old.bench.polls.load_state()).watermark_at
    old.ran("Failed")
    old.later(HOUR)
    await old.polling.sweep()
    assert (await old.bench.polls.load_state()).watermark_at == before


async def test_a_sweep_that_goes_on_failing_is_logged_once_and_so_is_its_end(old: Watch) -> None:
    old.later(20 * MINUTE)
    old.world_of.faults.answer(503, path="EndTime", times=None)
    with capture_logs() as logs:
        await old.polling.sweep()
        await old.polling.sweep()
        old.world_of.faults.clear()
        await old.polling.sweep()
        await old.polling.sweep()
    events = [line["event"] for line in logs if line["event"].startswith("sweep_")]
    assert events == ["sweep_failed", "sweep_complete_again"]
