"""When a job is expected to run next, judged by when it has run so far.

Runs are compared by the wall clock of a zone and by the absolute clock alike, because a schedule
may follow either: where the two differ, around a change of the clocks, the later one counts.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

FEWEST_RUNS = 3
"""A habit needs so many runs (DESIGN §2, RPO)."""

WEEK = timedelta(days=7)
WEEKS = 3
"""So many weeks of history decide whether a job runs at this time of this weekday."""

LONGEST_DELAY = timedelta(hours=2)
"""Half an interval late is missed, but at most this: waiting for a proxy or a previous job, and the
hour that a clock change moves a run by, is no reason to wake anybody."""

COLLECTION_LAG = timedelta(minutes=20)
"""A run may be known so late: EM collects every 15 minutes by default (DESIGN §2), then we poll."""

REGULAR = 0.75
"""Such a share of the runs makes a rhythm: a job of Monday to Friday has 4 equal gaps in 5."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A job's usual interval, when it is expected next, and how late that may be."""

    interval: timedelta
    expected_at: datetime | None
    delay: timedelta

    @property
    def patience(self) -> timedelta:
        """How long after `expected_at` a run that is not known counts as missed."""
        return max(self.delay, COLLECTION_LAG)


def usual_interval(created_at: Sequence[datetime]) -> timedelta | None:
    """Tell the median time between runs, None with fewer than 3 of them."""
    return _median_gap(sorted(created_at))


def learn_rhythm(created_at: Sequence[datetime], zone: ZoneInfo) -> Rhythm | None:
    """Learn how a job runs from its runs; None with fewer than 3, or if all began at once.

    A job that runs like in the weeks before is expected where most of these had a run, so that
    nobody misses a run on a day off. Any other is expected one interval after its last run, if its
    intervals are alike; runs without a rhythm are not expected at all.
    """
    runs = sorted(created_at)
    interval = _median_gap(runs)
    if interval is None:
        return None
    delay = min(interval / 2, LONGEST_DELAY)
    if _is_weekly(runs, interval, zone):
        return Rhythm(interval, _next_of_weeks(runs, delay, zone), delay)
    if _is_regular(runs, interval, delay):
        return Rhythm(interval, shift(runs[-1], interval, zone), delay)
    return Rhythm(interval, None, delay)


def shift(moment: datetime, span: timedelta, zone: ZoneInfo) -> datetime:
    """Move a moment on by a span of the absolute or of the wall clock, whichever is later."""
    return max(moment + span, _shift_wall(moment, span, zone))


def _shift_wall(moment: datetime, span: timedelta, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone).replace(tzinfo=None) + span
    return local.replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))


def _median_gap(runs: Sequence[datetime]) -> timedelta | None:
    if len(runs) < FEWEST_RUNS:
        return None
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(runs)]
    usual = timedelta(seconds=median(gaps))
    return usual if usual > timedelta(0) else None


def _is_weekly(runs: Sequence[datetime], interval: timedelta, zone: ZoneInfo) -> bool:
    """Whether the runs of the last week are those of the week before.

    They may be an eighth of the interval off, so that a job of every ten hours is none of these.
    """
    near = min(interval / 8, timedelta(hours=1))
    if runs[-1] - runs[0] < WEEK:
        return False
    last = [run for run in runs if run > runs[-1] - WEEK]
    repeated = sum(_ran_before(runs, run, 1, near, zone) for run in last)
    return repeated >= REGULAR * len(last)


def _next_of_weeks(runs: Sequence[datetime], delay: timedelta, zone: ZoneInfo) -> datetime | None:
    """Find the next moment at which most of the last weeks had a run."""
    after = runs[-1] + delay
    for expected_at in _candidates(runs, after, zone):
        weeks = min(WEEKS, int((expected_at - runs[0] + delay) / WEEK))
        seen = sum(
            _ran_before(runs, expected_at, back, delay, zone) for back in range(1, weeks + 1)
        )
        if 2 * seen > weeks:
            return expected_at
    return None


def _candidates(runs: Sequence[datetime], after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """List when the runs of the last two weeks would come again: one of them may be missing."""
    moved = merge(*(_moved(runs, after, back * WEEK, zone) for back in (1, 2)))
    return (each for each in moved if each > after)


def _moved(
    runs: Sequence[datetime], after: datetime, span: timedelta, zone: ZoneInfo
) -> Iterator[datetime]:
    start = bisect_left(runs, after - span - LONGEST_DELAY)
    return (shift(runs[index], span, zone) for index in range(start, len(runs)))


def _ran_before(
    runs: Sequence[datetime], moment: datetime, weeks: int, near: timedelta, zone: ZoneInfo
) -> bool:
    """Whether there was a run so many weeks before, by the wall clock or by the absolute one."""
    span = -weeks * WEEK
    return _has_near(runs, moment + span, near) or _has_near(
        runs, _shift_wall(moment, span, zone), near
    )


def _has_near(runs: Sequence[datetime], moment: datetime, near: timedelta) -> bool:
    index = bisect_left(runs, moment - near)
    return index < len(runs) and runs[index] <= moment + near


def _is_regular(runs: Sequence[datetime], interval: timedelta, near: timedelta) -> bool:
    gaps = [later - earlier for earlier, later in pairwise(runs)]
    alike = sum(abs(gap - interval) <= near for gap in gaps)
    return alike >= REGULAR * len(gaps)
