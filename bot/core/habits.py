"""What a job's past runs say of it: how often and how long it runs, when next, how good it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.rpo import AUTOMATIC, RpoPolicy, median_span
from bot.core.schedules import COLLECTION_LAG, FEWEST_RUNS, Rhythm, learn_rhythm
from bot.core.sessions import Verdict

SILENT_JOB_AFTER = timedelta(days=7)
SILENT_INTERVALS = 3
"""A job silent for so many usual intervals, at least so long, no longer runs (DESIGN §2)."""

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
    attempt with Success.
    """

    rhythm: Rhythm | None
    last_run_at: datetime
    is_running: bool
    last_good_at: datetime | None = None
    after_good_at: datetime | None = None
    usual_duration: timedelta | None = None
    last_green: Run | None = None
    gone_at: datetime | None = None

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
    rhythm = learn_rhythm(first_attempts, zone)
    last_good_at = good[-1].created_at if good else None
    after_good = rhythm
    if last_good_at and first_attempts and last_good_at < first_attempts[-1]:
        until_then = [created_at for created_at in first_attempts if created_at <= last_good_at]
        after_good = learn_rhythm(until_then, zone)
    green = [run for run in good if run.verdict is Verdict.SUCCESS and not run.is_retry]
    return Habit(
        rhythm,
        last_run_at=runs[-1].created_at,
        is_running=not runs[-1].verdict,
        last_good_at=last_good_at,
        after_good_at=after_good.expected_at if after_good and last_good_at else None,
        usual_duration=_usual_duration(good),
        last_green=green[-1] if green else None,
        gone_at=_gone_at(runs[-1], rhythm),
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

    By habit it is never so short that a healthy job breaks it before EM tells of its next run, nor
    so short that a day off does.
    """
    rule = policy.rule_for(job_name, backup_server)
    if rule.is_off or rule.limit or habit.interval is None:
        return None if rule.is_off else rule.limit
    known_late = (habit.usual_duration or timedelta(0)) + COLLECTION_LAG
    limit = max(habit.interval * AUTOMATIC, habit.interval + known_late)
    if habit.after_good_at is None or habit.last_good_at is None:
        return limit
    return max(limit, habit.after_good_at + habit.interval / 2 - habit.last_good_at)


def _usual_duration(good: Sequence[Run]) -> timedelta | None:
    if len(good) < FEWEST_RUNS:
        return None
    return median_span(run.duration for run in good)
