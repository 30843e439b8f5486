"""What a job's past runs say of it: how often and how long it runs, when next, how good it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.core.rpo import AUTOMATIC, RpoPolicy, longest_usual, median_span
from bot.core.schedules import COLLECTION_LAG, FEWEST_RUNS, Rhythm, learn_rhythm
from bot.core.sessions import Verdict

SILENT_JOB_AFTER = timedelta(days=7)
SILENT_INTERVALS = 3
"""A job silent for so many usual intervals, at least so long, no longer runs (DESIGN §2)."""

STUCK_FACTOR = 3
STUCK_OVER = timedelta(hours=2)
STUCK_UNKNOWN = timedelta(hours=24)
"""A session is stuck after so many usual durations, at least so much more, or so long."""

RECENT = 500
"""So many good runs say how long a job usually takes: weeks of most, five days of every quarter."""

SPAN_MARGIN = 1.25
"""What took so long before may take a quarter more."""

GOOD = (Verdict.SUCCESS, Verdict.WARNING)


@dataclass(frozen=True, slots=True)
class Run:
    """A session, as far as figures need it. `ended_at` falls back to creation while unknown."""

    job_uid: str
    created_at: datetime
    ended_at: datetime
    verdict: Verdict
    is_retry: bool
    reported_at: datetime
    uid: str = ""

    @property
    def duration(self) -> timedelta:
        """From creation to end, never negative whatever the clocks say."""
        return max(self.ended_at - self.created_at, timedelta(0))

    @property
    def is_good(self) -> bool:
        """Whether it left a replica that can be used."""
        return self.verdict in GOOD


@dataclass(frozen=True, slots=True)
class Habit:
    """How a job runs. `rhythm` is None until it has run three times.

    `last_run_at` is when its newest session began, `gone_at` when it counts as no longer running
    unless there is another; `last_good_at` is when the newest one with Success or Warning began,
    and `after_good_at` when the run after that one was expected. `last_green` is its newest first
    attempt with Success. `longest_duration` is that of its good runs and `longest_span` the longest
    time from the creation of one to the end of the next, both without outliers; `busy_until` is
    when its last run ended. `is_failing`: a run has ended since the last good one.
    """

    rhythm: Rhythm | None
    last_run_at: datetime
    is_running: bool
    last_good_at: datetime | None = None
    after_good_at: datetime | None = None
    usual_duration: timedelta | None = None
    last_green: Run | None = None
    gone_at: datetime | None = None
    longest_duration: timedelta = timedelta(0)
    longest_span: timedelta = timedelta(0)
    busy_until: datetime | None = None
    is_failing: bool = False

    @property
    def interval(self) -> timedelta | None:
        """Its usual interval."""
        return self.rhythm.interval if self.rhythm else None

    @property
    def expected_at(self) -> datetime | None:
        """When it should run next by its rhythm; in the past when it has not."""
        return self.rhythm.expected_at if self.rhythm else None

    @property
    def patience(self) -> timedelta:
        """How late a run may be known."""
        return self.rhythm.patience if self.rhythm else COLLECTION_LAG

    @property
    def stuck_after(self) -> timedelta:
        """How long a session may run before it takes far longer than usual."""
        usual = self.usual_duration
        return STUCK_UNKNOWN if usual is None else max(STUCK_FACTOR * usual, usual + STUCK_OVER)

    def is_gone(self, now: datetime) -> bool:
        """Whether it no longer runs."""
        return self.gone_at is not None and self.gone_at < now

    def is_missing(self, now: datetime) -> bool:
        """Whether the run that its rhythm expects is missing."""
        if self.expected_at is None or self.is_running or self.is_gone(now):
            return False
        return self.expected_at + self.patience < now


def learn_habit(runs: Sequence[Run], zone: ZoneInfo) -> Habit:
    """Learn from a job's runs, oldest creation first; there must be at least one."""
    first_attempts = [run.created_at for run in runs if not run.is_retry]
    good = [run for run in runs if run.is_good]
    recent = good[-RECENT:]
    busy_until = runs[-1].ended_at if runs[-1].verdict else None
    rhythm = learn_rhythm(first_attempts, zone, busy_until)
    last_good_at = good[-1].created_at if good else None
    after_good = rhythm
    if last_good_at and first_attempts and last_good_at < first_attempts[-1]:
        until_then = [created_at for created_at in first_attempts if created_at <= last_good_at]
        after_good = learn_rhythm(until_then, zone, good[-1].ended_at)
    green = [run for run in good if run.verdict is Verdict.SUCCESS and not run.is_retry]
    return Habit(
        rhythm,
        last_run_at=runs[-1].created_at,
        is_running=not runs[-1].verdict,
        last_good_at=last_good_at,
        after_good_at=after_good.expected_at if after_good and last_good_at else None,
        usual_duration=_usual_duration(recent),
        last_green=green[-1] if green else None,
        gone_at=_gone_at(runs[-1], rhythm),
        longest_duration=longest_usual(run.duration for run in recent),
        longest_span=longest_usual(b.ended_at - a.created_at for a, b in pairwise(recent)),
        busy_until=busy_until,
        is_failing=any(
            run.verdict for run in runs if good and run.created_at > good[-1].created_at
        ),
    )


def _gone_at(last: Run, rhythm: Rhythm | None) -> datetime | None:
    if rhythm is None or not last.verdict:
        return None
    return last.created_at + max(SILENT_JOB_AFTER, SILENT_INTERVALS * rhythm.interval)


def rpo_breaks_at(
    habit: Habit, policy: RpoPolicy, job_name: str, backup_server: str
) -> datetime | None:
    """Tell when a job's RPO breaks, or broke, unless it has another good run; None if it has none.

    Its age counts from the creation of the last good run: that is the moment of the data.
    """
    limit = rpo_of(habit, policy, job_name, backup_server)
    if limit is None or habit.last_good_at is None:
        return None
    return habit.last_good_at + limit


def rpo_of(habit: Habit, policy: RpoPolicy, job_name: str, backup_server: str) -> timedelta | None:
    """Tell the RPO of a job as it is now, None where it has none or is not known yet.

    By habit it is only known of a job that ran often enough, and never so short that a healthy job
    breaks it before EM tells of its next run, however long that one takes, nor that a pause does.
    """
    rule = policy.rule_for(job_name, backup_server)
    if rule.is_off or rule.limit or habit.rhythm is None:
        return None if rule.is_off else rule.limit
    return _rpo_by_habit(habit, habit.rhythm) if habit.rhythm.is_sure else None


def _rpo_by_habit(habit: Habit, rhythm: Rhythm) -> timedelta:
    known_late = rhythm.delay + habit.longest_duration * SPAN_MARGIN + COLLECTION_LAG
    slack = max(rhythm.interval * (AUTOMATIC - 1), known_late)
    limit = rhythm.interval + slack
    if not rhythm.is_weekly:
        limit = max(limit, habit.longest_span * SPAN_MARGIN + COLLECTION_LAG)
    if habit.last_good_at is None:
        return limit
    if habit.after_good_at:
        limit = max(limit, habit.after_good_at - habit.last_good_at + slack)
    if habit.is_running and not habit.is_failing:
        # The run under way is to keep it; whether it hangs is another question.
        ends_by = habit.last_run_at + habit.stuck_after + COLLECTION_LAG
        limit = max(limit, ends_by - habit.last_good_at)
    return limit


def _usual_duration(good: Sequence[Run]) -> timedelta | None:
    if len(good) < FEWEST_RUNS:
        return None
    return median_span(run.duration for run in good)
