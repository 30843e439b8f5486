"""The daily summary: its moments, its figures, and what it calls out."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.habits import Run
from bot.core.sessions import Verdict
from bot.core.summaries import SummaryFacts, latest_due_date, moment_of, summarize
from bot.core.views import MissedRun, OddDuration, RpoBreach, SummaryView
from tests.builders import DAY, HOUR, MINUTE, NOW

BERLIN, BUDDHA, ZULU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("UTC")
EIGHT = time(8, 0)
START = NOW - DAY


def a_run(ended_at: datetime, verdict: Verdict = Verdict.SUCCESS, **changes: Any) -> Run:
    """A run of ten minutes, reported when it ended."""
    run = Run("job", ended_at - 10 * MINUTE, ended_at, verdict, False, ended_at)
    return replace(run, **changes)


def daily(days: int, until: datetime = NOW - HOUR, **changes: Any) -> list[Run]:
    return [a_run(until - day * DAY, **changes) for day in reversed(range(days))]


def facts_of(*runs: Run, **changes: Any) -> SummaryFacts:
    names = {run.job_uid: run.job_uid.title() for run in runs}
    return replace(SummaryFacts(runs, names, 1, (), (), (), 0, False), **changes)


def sum_up(*runs: Run, zone: ZoneInfo = ZULU, **changes: Any) -> SummaryView:
    return summarize(facts_of(*runs, **changes), NOW.date(), (START, NOW), zone)


@pytest.mark.parametrize(
    ("on", "at", "zone", "expected"),
    [
        (date(2026, 1, 5), EIGHT, BERLIN, datetime(2026, 1, 5, 7, tzinfo=UTC)),
        (date(2026, 7, 5), EIGHT, BERLIN, datetime(2026, 7, 5, 6, tzinfo=UTC)),
        (date(2026, 3, 29), time(2, 30), BERLIN, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30), BERLIN, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 1, 5), EIGHT, BUDDHA, datetime(2026, 1, 5, 2, 15, tzinfo=UTC)),
    ],
    ids=["winter", "summer", "skipped hour", "doubled hour", "odd offset"],
)
def test_a_wall_clock_time_is_one_moment(
    on: date, at: time, zone: ZoneInfo, expected: datetime
) -> None:
    assert moment_of(on, at, zone) == expected


def test_a_skipped_time_is_moved_past_the_gap() -> None:
    moment = moment_of(date(2026, 3, 29), time(2, 30), BERLIN)
    assert moment.astimezone(BERLIN).time() == time(3, 30)


def test_the_last_summary_was_due_today_or_yesterday() -> None:
    due = datetime(2026, 7, 5, 6, tzinfo=UTC)
    assert latest_due_date(due, EIGHT, BERLIN) == date(2026, 7, 5)
    assert latest_due_date(due - timedelta(seconds=1), EIGHT, BERLIN) == date(2026, 7, 4)


def test_the_date_is_the_zones_own() -> None:
    late_in_utc = datetime(2026, 7, 4, 23, tzinfo=UTC)
    assert latest_due_date(late_in_utc, time(0, 30), BERLIN) == date(2026, 7, 5)


def test_the_start_of_the_period_is_included_and_its_end_is_not() -> None:
    view = sum_up(a_run(START), a_run(NOW), a_run(START - MINUTE))
    assert (view.run_count, view.succeeded) == (1, 1)


def test_what_has_not_ended_is_no_run() -> None:
    view = sum_up(a_run(NOW - HOUR, Verdict.UNFINISHED), a_run(NOW - HOUR, Verdict.WARNING))
    assert (view.run_count, view.warned) == (1, 1)


moments = st.integers(-3 * 24 * 60, 60).map(lambda minutes: NOW + minutes * MINUTE)
runs = st.builds(
    Run,
    job_uid=st.sampled_from(["a", "b", "c"]),
    created_at=moments,
    ended_at=moments,
    verdict=st.sampled_from(list(Verdict)),
    is_retry=st.booleans(),
    reported_at=moments,
)


@settings(deadline=None)
@given(st.lists(runs, max_size=40))
def test_the_figures_are_those_of_a_plain_recount(some: list[Run]) -> None:
    view = sum_up(*some)
    counted: Counter[Verdict] = Counter()
    for run in some:
        if START <= run.ended_at < NOW:
            counted[run.verdict] += 1
    assert (view.succeeded, view.warned, view.failed) == (
        counted[Verdict.SUCCESS],
        counted[Verdict.WARNING],
        counted[Verdict.FAILED],
    )
    assert view.run_count == view.succeeded + view.warned + view.failed
    assert view.rpo_kept + len(view.breaches) == view.rpo_known <= view.job_count


@settings(deadline=None)
@given(st.lists(runs, max_size=40), st.sampled_from([ZULU, BERLIN, BUDDHA]))
def test_the_picture_counts_each_run_on_its_local_day(some: list[Run], zone: ZoneInfo) -> None:
    shown = {
        day.on: (day.succeeded, day.warned, day.failed) for day in sum_up(*some, zone=zone).days
    }
    assert len(shown) == 14
    for on, figures in shown.items():
        of_day = [r for r in some if r.ended_at.astimezone(zone).date() == on and r.ended_at < NOW]
        wanted = (Verdict.SUCCESS, Verdict.WARNING, Verdict.FAILED)
        assert figures == tuple(sum(r.verdict is each for r in of_day) for each in wanted)


def test_the_picture_ends_with_the_day_of_the_periods_last_moment() -> None:
    midnight = datetime(2031, 5, 6, tzinfo=UTC)
    view = summarize(facts_of(), midnight.date(), (midnight - DAY, midnight), ZULU)
    assert view.days[-1].on == date(2031, 5, 5)


def test_a_job_whose_last_good_replica_is_too_old_breaks_its_rpo() -> None:
    runs = [*daily(5, NOW - 3 * DAY), *daily(2, verdict=Verdict.FAILED)]
    view = sum_up(*runs)
    age = 3 * DAY + 10 * MINUTE
    assert view.breaches == (RpoBreach("Job", age, 36 * HOUR),)
    assert (view.rpo_kept, view.rpo_known) == (0, 1)


def test_a_warning_is_a_good_replica() -> None:
    runs = daily(5, verdict=Verdict.WARNING)
    assert sum_up(*runs).breaches == ()
    assert sum_up(*runs).rpo_kept == 1


def test_a_job_without_any_good_replica_breaks_its_rpo_and_comes_first() -> None:
    never = [replace(run, job_uid="never") for run in daily(4, verdict=Verdict.FAILED)]
    late = [*daily(5, NOW - 3 * DAY), a_run(NOW - HOUR, Verdict.FAILED)]
    assert [(each.job_name, each.age is None) for each in sum_up(*late, *never).breaches] == [
        ("Never", True),
        ("Job", False),
    ]


def test_a_job_with_fewer_than_three_runs_has_no_rpo() -> None:
    assert sum_up(*daily(2, verdict=Verdict.FAILED)).rpo_known == 0


def test_retries_do_not_shorten_the_interval() -> None:
    retries = [a_run(run.ended_at + MINUTE, is_retry=True) for run in daily(5)]
    assert sum_up(*daily(5), *retries).missed == ()


def test_a_job_that_did_not_run_in_time_is_missed() -> None:
    view = sum_up(*daily(5, NOW - 2 * DAY))
    assert view.missed == (MissedRun("Job", NOW - DAY - 10 * MINUTE),)


def test_a_job_that_still_runs_is_not_missed() -> None:
    running = a_run(NOW - 2 * DAY + MINUTE, Verdict.UNFINISHED)
    assert sum_up(*daily(5, NOW - 3 * DAY), running).missed == ()


def test_a_job_that_no_longer_runs_is_neither_missed_nor_measured() -> None:
    view = sum_up(*daily(5, NOW - 8 * DAY))
    assert (view.missed, view.breaches, view.rpo_known) == ((), (), 0)


def test_a_rare_job_is_silent_for_three_intervals_before_it_no_longer_runs() -> None:
    weekly = [a_run(NOW - (14 + 7 * week) * DAY) for week in range(4)]
    assert len(sum_up(*weekly).missed) == 1


def test_a_run_that_took_over_twice_as_long_is_odd() -> None:
    slow = a_run(NOW - HOUR, created_at=NOW - 2 * HOUR)
    assert sum_up(*daily(5, START - HOUR), slow).odd == (OddDuration("Job", HOUR, 10 * MINUTE),)


@pytest.mark.parametrize(
    ("earlier", "duration"),
    [(5, 20 * MINUTE), (4, HOUR), (5, timedelta(0))],
    ids=["twice is not over twice", "too few runs to compare with", "no run at all"],
)
def test_other_durations_are_not_odd(earlier: int, duration: timedelta) -> None:
    last = a_run(NOW - HOUR, created_at=NOW - HOUR - duration)
    assert sum_up(*daily(earlier, START - HOUR), last).odd == ()


def test_a_few_minutes_more_are_never_odd() -> None:
    usual = [replace(run, created_at=run.ended_at - MINUTE) for run in daily(5, START - HOUR)]
    assert sum_up(*usual, a_run(NOW - HOUR)).odd == ()


def test_durations_are_compared_whatever_the_clocks_say() -> None:
    instant = [replace(run, created_at=run.ended_at + MINUTE) for run in daily(5, START - HOUR)]
    slow = a_run(NOW - HOUR, created_at=NOW - 2 * HOUR)
    assert sum_up(*instant, slow).odd == (OddDuration("Job", HOUR, timedelta(0)),)


def test_what_em_reported_late_is_a_line_of_its_own() -> None:
    late = a_run(START - HOUR, Verdict.FAILED, reported_at=START + HOUR)
    in_time = a_run(START - HOUR, Verdict.FAILED)
    later_still = a_run(START - HOUR, Verdict.FAILED, reported_at=NOW)
    good = a_run(START - HOUR, reported_at=START + HOUR)
    view = sum_up(late, in_time, later_still, good)
    assert (view.late_count, view.failed) == (1, 0)


def test_history_of_the_first_start_is_not_late() -> None:
    history = a_run(START - HOUR, Verdict.FAILED, reported_at=START + HOUR)
    assert sum_up(history, baseline_at=START - HOUR).late_count == 0


def test_the_longest_blind_gap_is_shown() -> None:
    assert sum_up().longest_blind == timedelta(0)
    assert sum_up(blind=(MINUTE, HOUR)).longest_blind == HOUR
