"""Whoever watches a healthy estate is told nothing; what breaks in it is told soon."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.findings import Check
from bot.core.habits import Run
from bot.core.sessions import Verdict
from tests.builders import DAY, HOUR
from tests.core.estates import HISTORY, Jobs, Watch, a_healthy_estate, checks_of

BERLIN = ZoneInfo("Europe/Berlin")
FORWARD, BACK = datetime(2031, 3, 30, 1, tzinfo=UTC), datetime(2031, 10, 26, 1, tzinfo=UTC)
"""The clocks change in the night of a Sunday: the days around it have a weekend too."""

BEFORE, AFTER = 28 * HOUR, 46 * HOUR
QUIET_WEEK = datetime(2031, 5, 14, 9, tzinfo=UTC)  # a Wednesday

OTHERS = ("two-hourly", "ten-hourly", "every two days", "hourly but at night")

Change = Callable[[list[Run]], list[Run]]


def estate_around(moment: datetime, seed: int, after: timedelta = AFTER) -> Jobs:
    return a_healthy_estate(moment - BEFORE - HISTORY, moment + after, BERLIN, seed)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC"])
@pytest.mark.parametrize("changes_at", [FORWARD, BACK], ids=["forward", "back"])
def test_a_healthy_estate_is_never_reported(changes_at: datetime, zone: str) -> None:
    start = changes_at - BEFORE
    watch = Watch(estate_around(changes_at, seed=1), ZoneInfo(zone), start)
    assert list(watch.look_from(start, changes_at + AFTER)) == []


def what_is_found(job: str, change: Change) -> dict[Check, timedelta]:
    """Break one job of a healthy estate: what is told of it, and how much later."""
    estate = estate_around(QUIET_WEEK, seed=5)
    jobs = {name: estate[name] for name in OTHERS} | {job: estate[job]}
    later = [run for run in estate[job] if run.created_at >= QUIET_WEEK]
    jobs[job] = [*(run for run in estate[job] if run not in later), *change(later)]
    watch = Watch(jobs, BERLIN, QUIET_WEEK - HOUR)
    found = list(watch.look_from(QUIET_WEEK, QUIET_WEEK + AFTER))
    assert {each.job_uid for _, each in found} <= {job}
    return {check: at - QUIET_WEEK for check, at in checks_of(found, job).items()}


def stop(_later: list[Run]) -> list[Run]:
    return []


def fail(later: list[Run]) -> list[Run]:
    return [replace(run, verdict=Verdict.FAILED) for run in later]


def hang(later: list[Run]) -> list[Run]:
    return [replace(later[0], ended_at=later[0].ended_at + 10 * DAY)]


@pytest.mark.parametrize(
    ("job", "within"),
    [
        ("quarter-hourly", 2 * HOUR),
        ("hourly", 4 * HOUR),
        ("four-hourly", 10 * HOUR),
        ("hourly at work", 3 * HOUR),
        ("nightly", 16 * HOUR),
        ("on working days", 14 * HOUR),
        ("back to back", 3 * HOUR),
    ],
)
def test_a_job_that_runs_no_more_has_missed_its_run(job: str, within: timedelta) -> None:
    assert what_is_found(job, stop)[Check.MISSED] <= within


@pytest.mark.parametrize(
    ("job", "within"), [("hourly", 5 * HOUR), ("hourly at work", 4 * HOUR), ("nightly", 42 * HOUR)]
)
def test_a_job_that_fails_on_breaks_its_rpo_and_has_missed_nothing(
    job: str, within: timedelta
) -> None:
    found = what_is_found(job, fail)
    assert found.keys() == {Check.RPO}
    assert found[Check.RPO] <= within


@pytest.mark.parametrize(("job", "within"), [("hourly", 5 * HOUR), ("nightly", 20 * HOUR)])
def test_a_job_that_hangs_is_stuck_and_has_missed_nothing(job: str, within: timedelta) -> None:
    found = what_is_found(job, hang)
    assert Check.MISSED not in found
    assert found[Check.STUCK] <= within
