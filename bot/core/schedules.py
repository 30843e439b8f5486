"""When a job is expected to run next, judged by when it has run so far.

A schedule may follow the absolute clock or the wall clock of any place, and nobody tells which.
Around a change of the clocks a run at either time is the one expected, and the later one is waited
for: a run that is told a little later costs less than one that is told and was none.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
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

SURE_DAYS, SURE_RUNS, SURE_SPAN = 3, 8, timedelta(hours=24)
"""Nothing is expected of a job before it ran on so many days, or so often within at least a day:
one that is being set up is started by hand a few times."""

LATE_SHARE, LATE_MARGIN = 0.95, 1.25
"""A job is as late as it was in so many of its gaps, and a little more."""

CHANGING = tuple(ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York"))
"""Where the clocks change when most of the world's do: a backup server may follow these, whatever
zone people read."""

REGULAR = 0.75
"""Such a share of the runs makes a rhythm: a job of Monday to Friday has 4 equal gaps in 5."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A job's usual interval, when it is expected next, and how late that may be.

    `is_weekly`: it repeats its week. `is_sure`: it ran often enough to hold it to its rhythm; until
    then nothing is expected.
    """

    interval: timedelta
    expected_at: datetime | None
    delay: timedelta
    late_by: timedelta = timedelta(0)
    is_weekly: bool = False
    is_sure: bool = True

    @property
    def patience(self) -> timedelta:
        """How long after `expected_at` a run that is not known counts as missed."""
        return max(self.delay, self.late_by + COLLECTION_LAG)


def usual_interval(created_at: Sequence[datetime]) -> timedelta | None:
    """Tell the median time between runs, None with fewer than 3 of them."""
    return _median_gap(sorted(created_at))


def learn_rhythm(
    created_at: Sequence[datetime], zone: ZoneInfo, busy_until: datetime | None = None
) -> Rhythm | None:
    """Learn how a job runs from its runs; None with fewer than 3, or if all began at once.

    A job that runs like in the weeks before is expected where most of these had a run, so that
    nobody misses a run on a day off. Any other is expected one interval after its last run, if its
    intervals are alike; runs without a rhythm are not expected at all. `busy_until` is when its
    last run ended: a job does not start while it runs.
    """
    runs = sorted(created_at)
    interval = _median_gap(runs)
    if interval is None:
        return None
    delay = min(interval / 2, LONGEST_DELAY)
    if not _is_sure(runs, zone):
        return Rhythm(interval, None, delay, is_sure=False)
    busy_until = busy_until or runs[-1]
    if _is_weekly(runs, interval, zone):
        expected_at = _next_of_weeks(runs, delay, runs[-1] + delay, zone)
        if expected_at and busy_until > expected_at:
            expected_at = _next_of_weeks(runs, delay, busy_until + delay, zone)
        return Rhythm(interval, expected_at, delay, is_weekly=True)
    if not _is_regular(runs, interval, delay):
        return Rhythm(interval, None, delay)
    expected_at = shift(runs[-1], interval, zone)
    if busy_until > expected_at:
        expected_at = shift(busy_until, interval, zone)
    return Rhythm(interval, expected_at, delay, _late_by(runs, interval))


def shift(moment: datetime, span: timedelta, zone: ZoneInfo) -> datetime:
    """Move a moment on by a span of the absolute or of a wall clock, whichever is latest."""
    return max(_shifts(moment, span, zone))


def _shifts(moment: datetime, span: timedelta, zone: ZoneInfo) -> list[datetime]:
    """Move a moment by a span, by the absolute clock and by every wall clock."""
    changes = _clock_changes(moment.date(), (moment + span).date(), zone)
    return [moment + span + change for change in changes]


@lru_cache(maxsize=4096)
def _clock_changes(first: date, last: date, zone: ZoneInfo) -> tuple[timedelta, ...]:
    """Tell by how much the wall clocks differ between two days; no change is always among it."""
    changes = {timedelta(0)}
    for each in (zone, *CHANGING):
        before, after = _offsets(first, each), _offsets(last, each)
        changes |= {earlier - later for earlier in before for later in after}
    return tuple(sorted(changes))


def _offsets(day: date, zone: ZoneInfo) -> set[timedelta]:
    start = datetime.combine(day, time(), UTC)
    both = (start.astimezone(zone), (start + timedelta(days=1)).astimezone(zone))
    return {each.utcoffset() or timedelta(0) for each in both}


def _is_sure(runs: Sequence[datetime], zone: ZoneInfo) -> bool:
    if len(runs) >= SURE_RUNS and runs[-1] - runs[0] >= SURE_SPAN:
        return True
    return len({run.astimezone(zone).date() for run in runs}) >= SURE_DAYS


def _median_gap(runs: Sequence[datetime]) -> timedelta | None:
    if len(runs) < FEWEST_RUNS:
        return None
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(runs)]
    usual = timedelta(seconds=median(gaps))
    return usual if usual > timedelta(0) else None


def _late_by(runs: Sequence[datetime], interval: timedelta) -> timedelta:
    gaps = sorted(later - earlier for earlier, later in pairwise(runs))
    longest = gaps[min(int(len(gaps) * LATE_SHARE), len(gaps) - 1)]
    return max((longest - interval) * LATE_MARGIN, timedelta(0))


def _is_weekly(runs: Sequence[datetime], interval: timedelta, zone: ZoneInfo) -> bool:
    """Whether the runs of the last week are those of the week before.

    They may be an eighth of the interval off, but less than the clocks change by, so that a job of
    every ten hours is none of these.
    """
    near = min(interval / 8, timedelta(minutes=45))
    if runs[-1] - runs[0] < WEEK:
        return False
    last = [run for run in runs if run > runs[-1] - WEEK]
    repeated = sum(_ran_before(runs, run, 1, near, zone) for run in last)
    return repeated >= REGULAR * len(last)


def _next_of_weeks(
    runs: Sequence[datetime], delay: timedelta, after: datetime, zone: ZoneInfo
) -> datetime | None:
    """Find the next moment at which most of the last weeks had a run."""
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
    return merge(*(_moved(runs, after, back * WEEK, zone) for back in (1, 2)))


def _moved(
    runs: Sequence[datetime], after: datetime, span: timedelta, zone: ZoneInfo
) -> Iterator[datetime]:
    """Repeat runs by every clock: one that has come by any of them is not expected again."""
    start = bisect_left(runs, after - span - LONGEST_DELAY)
    for index in range(start, len(runs)):
        moments = _shifts(runs[index], span, zone)
        if moments[0] > after:
            yield moments[-1]


def _ran_before(
    runs: Sequence[datetime], moment: datetime, weeks: int, near: timedelta, zone: ZoneInfo
) -> bool:
    """Whether there was a run so many weeks before, by any of the clocks."""
    return any(_has_near(runs, each, near) for each in _shifts(moment, -weeks * WEEK, zone))


def _has_near(runs: Sequence[datetime], moment: datetime, near: timedelta) -> bool:
    index = bisect_left(runs, moment - near)
    return index < len(runs) and runs[index] <= moment + near


def _is_regular(runs: Sequence[datetime], interval: timedelta, near: timedelta) -> bool:
    gaps = [later - earlier for earlier, later in pairwise(runs)]
    alike = sum(abs(gap - interval) <= near for gap in gaps)
    return alike >= REGULAR * len(gaps)
