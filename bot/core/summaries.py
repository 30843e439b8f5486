"""The daily summary, computed from plain facts: which period, and what is worth saying of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.checks import missed_at
from bot.core.facts import JobFacts
from bot.core.habits import Run, learn_habit, rpo_of
from bot.core.rpo import RpoPolicy, median_span
from bot.core.schedules import FEWEST_RUNS
from bot.core.sessions import EPOCH, Verdict
from bot.core.views import (
    DayCount,
    IncidentView,
    MissedRun,
    OddDuration,
    RpoBreach,
    SummaryView,
)

AUTOMATIC = RpoPolicy()
PICTURE_DAYS = 14
ODD_RUNS = 5
"""A duration is called odd only beside so many finished runs of the job."""
ODD_FACTOR = 2
ODD_AT_LEAST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SummaryFacts:
    """All that a summary is computed from.

    `runs` reach back over the picture and beyond, `jobs` maps job uids to what people call them,
    `known` to what else is known of a job, `blind` holds the spans in which EM could not be read,
    cut to the period. What ended at or before `baseline_at` is history: it was there at the first
    start and is never late.
    """

    runs: tuple[Run, ...]
    jobs: Mapping[str, str]
    server_count: int
    attention: tuple[IncidentView, ...]
    recovered: tuple[IncidentView, ...]
    blind: tuple[timedelta, ...]
    unsent: int
    is_blind: bool
    baseline_at: datetime = EPOCH
    known: Mapping[str, JobFacts] = field(default_factory=dict)


def moment_of(on: date, at: time, zone: ZoneInfo) -> datetime:
    """Say when a wall-clock time is on a date.

    A time that the clocks skip on that day is moved past the gap, and one that comes twice is the
    first of both.
    """
    naive = datetime.combine(on, at, tzinfo=zone)
    return naive.astimezone(ZoneInfo("UTC"))


def latest_due_date(now: datetime, at: time, zone: ZoneInfo) -> date:
    """Tell the date of the summary that was due last."""
    today = now.astimezone(zone).date()
    return today if moment_of(today, at, zone) <= now else today - timedelta(days=1)


def summarize(
    facts: SummaryFacts,
    on: date,
    period: tuple[datetime, datetime],
    zone: ZoneInfo,
    policy: RpoPolicy = AUTOMATIC,
) -> SummaryView:
    """Compute the summary of a period from its facts."""
    start, end = period
    inside = [run for run in facts.runs if start <= run.ended_at < end]
    by_job = _group_by_job(run for run in facts.runs if run.created_at < end)
    counts = {verdict: sum(1 for r in inside if r.verdict is verdict) for verdict in Verdict}
    jobs = _learn_jobs(facts, by_job, zone)
    breaches, known = _find_breaches(facts.jobs, jobs, policy, end)
    return SummaryView(
        on=on,
        period_start=start,
        period_end=end,
        timezone=zone.key,
        job_count=len(facts.jobs),
        server_count=facts.server_count,
        run_count=sum(counts.values()) - counts[Verdict.UNFINISHED],
        succeeded=counts[Verdict.SUCCESS],
        warned=counts[Verdict.WARNING],
        failed=counts[Verdict.FAILED],
        attention=facts.attention,
        recovered=facts.recovered,
        missed=_find_missed(facts.jobs, jobs, end),
        breaches=breaches,
        rpo_kept=known - len(breaches),
        rpo_known=known,
        odd=_find_odd(facts.jobs, by_job, start, end),
        days=_count_days(facts.runs, end, zone),
        late_count=_count_late(facts, start, end),
        longest_blind=max(facts.blind, default=timedelta(0)),
        unsent=facts.unsent,
        is_blind=facts.is_blind,
    )


def _group_by_job(runs: Iterable[Run]) -> dict[str, list[Run]]:
    by_job: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_job[run.job_uid].append(run)
    for of_job in by_job.values():
        of_job.sort(key=lambda run: run.created_at)
    return by_job


def _learn_jobs(
    facts: SummaryFacts, by_job: Mapping[str, Sequence[Run]], zone: ZoneInfo
) -> list[JobFacts]:
    return [
        replace(
            facts.known.get(job_uid)
            or JobFacts(job_uid, facts.jobs.get(job_uid, job_uid), "", None),
            habit=learn_habit(runs, zone),
        )
        for job_uid, runs in by_job.items()
    ]


def _find_breaches(
    names: Mapping[str, str], jobs: Iterable[JobFacts], policy: RpoPolicy, now: datetime
) -> tuple[tuple[RpoBreach, ...], int]:
    breaches, known = [], 0
    for job in jobs:
        habit = job.habit
        rpo = rpo_of(habit, policy, job.name, job.backup_server) if habit else None
        if habit is None or rpo is None or habit.is_gone(now):
            continue
        known += 1
        age = now - habit.last_good_at if habit.last_good_at else None
        if age is None or age > rpo:
            breaches.append(RpoBreach(names.get(job.job_uid, job.name), age, rpo))
    return tuple(sorted(breaches, key=lambda b: b.age or timedelta.max, reverse=True)), known


def _find_missed(
    names: Mapping[str, str], jobs: Iterable[JobFacts], now: datetime
) -> tuple[MissedRun, ...]:
    missed = [(job, missed_at(job, now)) for job in jobs]
    runs = [MissedRun(names.get(job.job_uid, job.name), at) for job, at in missed if at]
    return tuple(sorted(runs, key=lambda each: each.expected_at))


def _find_odd(
    jobs: Mapping[str, str], by_job: Mapping[str, Sequence[Run]], start: datetime, end: datetime
) -> tuple[OddDuration, ...]:
    odd = []
    for job_uid, runs in by_job.items():
        good = [r for r in runs if r.verdict in (Verdict.SUCCESS, Verdict.WARNING)]
        earlier = [r.duration for r in good if r.ended_at < start]
        if len(earlier) < max(ODD_RUNS, FEWEST_RUNS):
            continue
        usual = median_span(earlier)
        longest = max((r.duration for r in good if start <= r.ended_at < end), default=usual)
        if longest > ODD_FACTOR * usual and longest - usual >= ODD_AT_LEAST:
            odd.append(OddDuration(jobs.get(job_uid, job_uid), longest, usual))
    return tuple(sorted(odd, key=lambda each: each.duration - each.usual, reverse=True))


def _count_days(runs: Iterable[Run], end: datetime, zone: ZoneInfo) -> tuple[DayCount, ...]:
    last = (end - timedelta(microseconds=1)).astimezone(zone).date()
    dates = [last - timedelta(days=back) for back in reversed(range(PICTURE_DAYS))]
    counts = {on: dict.fromkeys(Verdict, 0) for on in dates}
    for run in runs:
        on = run.ended_at.astimezone(zone).date()
        if on in counts and run.ended_at < end:
            counts[on][run.verdict] += 1
    return tuple(
        DayCount(on, of[Verdict.SUCCESS], of[Verdict.WARNING], of[Verdict.FAILED])
        for on, of in counts.items()
    )


def _count_late(facts: SummaryFacts, start: datetime, end: datetime) -> int:
    """Count bad sessions that ended before the period but were reported within it."""
    return sum(
        facts.baseline_at < run.ended_at < start and start <= run.reported_at < end
        for run in facts.runs
        if run.verdict.is_bad
    )
