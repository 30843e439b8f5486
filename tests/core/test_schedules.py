"""When a job is expected next: by its rhythm, by its week, right when the clocks change."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.schedules import COLLECTION_LAG, Rhythm, learn_rhythm, usual_interval
from bot.core.summaries import moment_of
from tests.builders import DAY, HOUR, MINUTE, NOW

ZULU, BERLIN, APIA = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
SUNDAY = date(2031, 3, 30)
CHANGES = [(BERLIN, SUNDAY), (BERLIN, date(2031, 10, 26)), (APIA, date(2031, 4, 6))]
"""The clocks change: in Berlin forward and back by an hour, on Lord Howe back by half of one."""


def learn(runs: Iterable[datetime], zone: ZoneInfo = ZULU) -> Rhythm:
    rhythm = learn_rhythm(list(runs), zone)
    assert rhythm is not None
    return rhythm


def daily_at(at: time, until: date, zone: ZoneInfo, days: int = 30) -> list[datetime]:
    return [moment_of(until - timedelta(days=day), at, zone) for day in reversed(range(days))]


def is_missed(runs: list[datetime], next_run: datetime, zone: ZoneInfo) -> bool:
    """Whether a job that comes in time counts as missed just before EM may know of it."""
    rhythm = learn(runs, zone)
    known_at = next_run + COLLECTION_LAG
    return rhythm.expected_at is not None and rhythm.expected_at + rhythm.patience < known_at


def test_a_rhythm_needs_three_runs() -> None:
    assert usual_interval([NOW, NOW + DAY]) is None
    assert learn_rhythm([NOW, NOW + DAY], ZULU) is None


def test_runs_at_one_moment_are_no_rhythm() -> None:
    assert learn_rhythm([NOW, NOW, NOW], ZULU) is None


def test_a_new_daily_job_is_expected_a_day_after_its_last_run() -> None:
    rhythm = learn(NOW - day * DAY for day in range(4))
    assert (rhythm.expected_at, rhythm.patience) == (NOW + DAY, 2 * HOUR)


def test_a_run_may_be_half_an_interval_late_but_not_less_than_em_needs_to_tell() -> None:
    assert learn(NOW - hour * HOUR for hour in range(25)).patience == 30 * MINUTE
    assert learn(NOW - part * 15 * MINUTE for part in range(5)).patience == COLLECTION_LAG


def test_runs_without_a_rhythm_are_not_expected() -> None:
    assert learn(NOW - day * DAY for day in (0, 1, 6, 8, 15, 16, 25)).expected_at is None


@pytest.mark.parametrize("weekday", range(7))
def test_a_job_of_working_days_is_never_expected_at_the_weekend(weekday: int) -> None:
    today = date(2031, 5, 5) + timedelta(days=weekday)  # from Monday on
    days = [today - timedelta(days=back) for back in range(30)]
    runs = [moment_of(day, time(22), ZULU) for day in days if day.weekday() < 5]
    expected_at = learn(runs).expected_at
    assert expected_at is not None
    assert expected_at.weekday() < 5
    assert expected_at.time() == time(22)


def test_a_job_of_working_hours_is_expected_in_the_morning() -> None:
    hours = [NOW.replace(hour=0) - hour * HOUR for hour in range(24 * 29)]
    runs = [at for at in hours if 8 <= at.hour <= 18]
    assert learn(runs).expected_at == NOW.replace(hour=8)


def test_a_job_that_runs_twice_a_day_at_odd_times_is_expected_at_both() -> None:
    days = [NOW.replace(hour=0) - day * DAY for day in range(28)]
    runs = [day + hour * HOUR for day in days for hour in (8, 12)]
    assert learn(runs).expected_at == NOW.replace(hour=8) + DAY
    assert learn(run for run in runs if run < NOW.replace(hour=12)).expected_at == NOW.replace(
        hour=12
    )


def test_one_missed_run_does_not_make_a_day_off() -> None:
    runs = [NOW - day * DAY for day in range(28) if day != 6]
    assert learn(runs).expected_at == NOW + DAY


def test_a_job_that_has_stopped_for_weeks_on_a_weekday_is_not_expected_then() -> None:
    runs = [NOW - day * DAY for day in range(28) if day not in (6, 13, 20)]
    assert learn(runs).expected_at == NOW + 2 * DAY


def test_a_run_by_hand_does_not_move_the_next_one() -> None:
    runs = [NOW - day * DAY for day in range(28)]
    assert learn([*runs, NOW + 5 * HOUR]).expected_at == NOW + DAY


def test_a_run_by_hand_is_not_expected_again_a_week_later() -> None:
    runs = [NOW - day * DAY for day in range(28)]
    assert learn([*runs, NOW - 7 * DAY + 5 * HOUR]).expected_at == NOW + DAY


def test_an_interval_that_does_not_fit_the_week_is_followed_all_the_same() -> None:
    runs = [NOW - number * 10 * HOUR for number in range(70)]
    assert learn(runs).expected_at == NOW + 10 * HOUR


@pytest.mark.parametrize(("zone", "changes_on"), CHANGES, ids=["forward", "back", "half an hour"])
@settings(deadline=None, max_examples=30)
@given(minute=st.integers(0, 24 * 60 - 1), days_after=st.integers(-1, 8))
def test_a_daily_job_is_never_missed_when_the_clocks_change(
    zone: ZoneInfo, changes_on: date, minute: int, days_after: int
) -> None:
    at = time(minute // 60, minute % 60)
    last_on = changes_on + timedelta(days=days_after)
    runs = daily_at(at, last_on, zone)
    next_run = moment_of(last_on + timedelta(days=1), at, zone)
    assert not is_missed(runs, next_run, zone)


@pytest.mark.parametrize(("zone", "changes_on"), CHANGES, ids=["forward", "back", "half an hour"])
@pytest.mark.parametrize("every", [2, 3, 4, 6, 8, 12])
@pytest.mark.parametrize("weeks", [1, 4])
def test_a_job_of_certain_hours_is_never_missed_when_the_clocks_change(
    zone: ZoneInfo, changes_on: date, every: int, weeks: int
) -> None:
    days = [changes_on + timedelta(days=day) for day in range(-7 * weeks, 3)]
    runs = sorted(
        {moment_of(day, time(hour), zone) for day in days for hour in range(0, 24, every)}
    )
    for known in range(len(runs) - 4 * 24 // every, len(runs)):
        assert not is_missed(runs[:known], runs[known], zone)


@pytest.mark.parametrize(("zone", "changes_on"), CHANGES, ids=["forward", "back", "half an hour"])
@settings(deadline=None, max_examples=30)
@given(
    every=st.sampled_from([15, 30, 60, 120, 240, 360, 600, 720, 1440, 2160]),
    minutes=st.integers(-3 * 24 * 60, 9 * 24 * 60),
    runs_known=st.integers(3, 200),
)
def test_a_job_of_a_fixed_interval_is_never_missed_when_the_clocks_change(
    zone: ZoneInfo, changes_on: date, every: int, minutes: int, runs_known: int
) -> None:
    last = datetime.combine(changes_on, time(), UTC) + minutes * MINUTE
    runs = [last - number * every * MINUTE for number in reversed(range(runs_known))]
    assert not is_missed(runs, last + every * MINUTE, zone)


@pytest.mark.parametrize("known_zone", [BERLIN, ZULU], ids=["its own", "unknown"])
@pytest.mark.parametrize("changes_on", [SUNDAY, date(2031, 10, 26)], ids=["forward", "back"])
def test_a_job_of_working_hours_is_expected_in_no_evening_after_the_clocks_changed(
    known_zone: ZoneInfo, changes_on: date
) -> None:
    days = [changes_on + timedelta(days=day) for day in range(-27, 13)]
    working = [day for day in days if day.weekday() < 5]
    runs = [moment_of(day, time(hour), BERLIN) for day in working for hour in range(8, 19)]
    for known in range(len(runs) - 15 * 11, len(runs)):
        assert not is_missed(runs[:known], runs[known], known_zone)


def test_a_job_is_sure_after_three_days_or_eight_runs_in_a_day() -> None:
    tried = [NOW + minute * MINUTE for minute in (0, 6, 15, 40, 60, 70, 80, 90, 100)]
    assert not learn(tried).is_sure
    assert learn(tried).expected_at is None
    assert learn(NOW - hour * 4 * HOUR for hour in range(8)).is_sure
    assert learn(NOW - day * DAY for day in range(3)).is_sure


def test_a_run_that_took_longer_than_its_interval_moves_the_next_one() -> None:
    runs = [NOW - hour * HOUR for hour in reversed(range(24 * 20))]
    rhythm = learn_rhythm(runs, ZULU, NOW + 90 * MINUTE)
    assert rhythm is not None
    assert rhythm.expected_at == NOW + 3 * HOUR
    new = learn_rhythm(runs[-30:], ZULU, NOW + 90 * MINUTE)
    assert new is not None
    assert new.expected_at == NOW + 150 * MINUTE


def jitters(most: int) -> st.SearchStrategy[list[timedelta]]:
    some = st.lists(st.integers(0, most), min_size=30, max_size=30)
    return some.map(lambda minutes: [minute * MINUTE for minute in minutes])


@settings(deadline=None, max_examples=50)
@given(jitters(45))
def test_a_daily_job_that_starts_a_little_later_or_earlier_is_never_missed(
    late: list[timedelta],
) -> None:
    runs = [NOW - day * DAY + by for day, by in enumerate(reversed(late))]
    for known in range(3, 30):
        assert not is_missed(sorted(runs)[:known], sorted(runs)[known], ZULU)


@settings(deadline=None, max_examples=50)
@given(st.integers(3, 29))
def test_a_run_that_does_not_come_is_expected_once_and_stays_so(known: int) -> None:
    rhythm = learn(NOW - day * DAY for day in range(known))
    assert rhythm.expected_at == NOW + DAY
