"""What holds now, of all that the bot looks for where EM reports nothing (DESIGN §2).

All moments are EM's. What held already at the baseline is history, and what cannot be seen, because
EM has no news of the whole backup server, is neither new nor over.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.facts import Facts, JobFacts, Running
from bot.core.findings import Check, Details, Finding, Found
from bot.core.habits import Habit, rpo_breaks_at
from bot.core.schedules import COLLECTION_LAG

STALE_AT_LEAST = timedelta(hours=1)
STALE_GAPS = 3
"""EM's silence on a backup server is told after so many usual gaps, at least so long."""

STALE_JOBS = 2
"""One late job has missed its run; with so many late at once it is EM that knows nothing."""

STALE_SOON = timedelta(hours=4)
"""If it may show so soon that a server is stale, nothing is told of its jobs before."""

STILL_FOR = timedelta(minutes=30)
"""Its progress stands still only after two collections of EM's."""

OVERDUE_OVER = timedelta(hours=1)
"""A session that runs twice its usual duration, at least so much more, owes some news."""

NEAR_AT_LEAST, NEAR_AT_MOST, NEAR_SHARE = timedelta(minutes=15), timedelta(hours=1), 0.1
"""A countdown begins with a tenth of the RPO left, within these bounds."""

MINUTE = timedelta(minutes=1)

OF_MISSING_RUNS = (Check.MISSED, Check.RPO)

Known = Mapping[tuple[Check, str], Finding]


def find(facts: Facts, now: datetime) -> tuple[Found, ...]:
    """Tell what holds now."""
    by_server: dict[str, list[JobFacts]] = defaultdict(list)
    for job in facts.jobs.values():
        by_server[job.backup_server].append(job)
    known: Known = {each.key: each for each in facts.known}
    found: list[Found] = []
    for server, jobs in by_server.items():
        heard_at = max((job.heard_at for job in jobs if job.heard_at), default=None)
        if heard_at is None:
            continue
        if is_stale(jobs, heard_at, known.get((Check.STALE, server)), facts, now):
            found.append(Found(Check.STALE, server, "", server, Details(since_at=heard_at)))
            frozen = (e for e in facts.known if e.job_uid and e.backup_server == server)
            found += [each.as_found() for each in frozen]
            continue
        lost_since = heard_at if may_be_lost(jobs, heard_at, facts, now) else None
        for job in jobs:
            found += _find_of_job(job, facts, known, lost_since, now)
    return tuple(found)


def is_stale(
    jobs: Sequence[JobFacts], heard_at: datetime, known: Finding | None, facts: Facts, now: datetime
) -> bool:
    """Tell whether EM has no news of a whole backup server though there should be some.

    A server that works at night is silent all day: it is stale only if several jobs should have
    begun or ended since its last news, at `heard_at`. It stays so until there is news.
    """
    if known and known.details.since_at == heard_at:
        return True
    stale_at = _stale_at(jobs, heard_at, facts, now)
    return stale_at is not None and facts.baseline_at < stale_at < now


def may_be_lost(jobs: Sequence[JobFacts], heard_at: datetime, facts: Facts, now: datetime) -> bool:
    """Tell whether it may show soon that EM has no news of this server, so that all else waits.

    EM tells of a run at its next collection: until then no server is silent.
    """
    silent_for = now - heard_at
    if silent_for < STALE_AT_LEAST:
        return silent_for > COLLECTION_LAG
    stale_at = _stale_at(jobs, heard_at, facts, now)
    if stale_at is None or not now <= stale_at <= now + STALE_SOON:
        return False
    owing = sum(_owes_news(job, heard_at, now) for job in jobs)
    return owing >= STALE_JOBS or silent_for < STALE_GAPS * _usual_gap(jobs, now)


def _stale_at(
    jobs: Sequence[JobFacts], heard_at: datetime, facts: Facts, now: datetime
) -> datetime | None:
    """Tell when a server is stale if there is no news of it; None while too few jobs owe any soon.

    That is after a few usual gaps, or when several jobs would have missed their runs at once.
    """
    owed = (_owed_at(job, facts.running.get(job.job_uid), heard_at) for job in jobs)
    owed_at = sorted(each for each in owed if each)[:STALE_JOBS]
    if len(owed_at) < STALE_JOBS or owed_at[-1] > now + STALE_SOON:
        return None
    due = ((job.expected_at, job.patience) for job in jobs)
    missed_at = sorted(at + patience for at, patience in due if at and at > heard_at)[:STALE_JOBS]
    silent_until = heard_at + max(STALE_AT_LEAST, STALE_GAPS * _usual_gap(jobs, now))
    if len(missed_at) == STALE_JOBS:
        silent_until = max(heard_at + STALE_AT_LEAST, min(silent_until, missed_at[-1]))
    return max(silent_until, owed_at[-1])


def _usual_gap(jobs: Sequence[JobFacts], now: datetime) -> timedelta:
    """Tell the mean time between two runs on a server: its jobs' rates add up."""
    rate = 0.0
    for job in jobs:
        if job.habit and job.habit.interval and not job.habit.is_gone(now):
            rate += 1 / job.habit.interval.total_seconds()
    return timedelta(seconds=1 / rate) if rate else timedelta(0)


def _owed_at(job: JobFacts, running: Running | None, heard_at: datetime) -> datetime | None:
    """Tell when at the latest EM should have had news of a job since its server was last heard."""
    if running:
        usual = job.habit.usual_duration if job.habit else None
        ends_at = running.created_at + usual if usual is not None else None
        return _later(ends_at, heard_at, max(usual or OVERDUE_OVER, OVERDUE_OVER))
    return _later(job.expected_at, heard_at, max(COLLECTION_LAG, job.patience / 2))


def _later(news_at: datetime | None, heard_at: datetime, by: timedelta) -> datetime | None:
    return news_at + by if news_at and news_at > heard_at else None


def _find_of_job(
    job: JobFacts, facts: Facts, known: Known, lost_since: datetime | None, now: datetime
) -> Iterator[Found]:
    """Look for everything that concerns one job that has ever run."""
    habit = job.habit
    if habit is None:
        return
    running = facts.running.get(job.job_uid)
    known_of = {check: known.get((check, job.job_uid)) for check in Check}
    checks = (
        (Check.UNSCHEDULED, find_unscheduled(job, habit)),
        (Check.GONE, find_gone(job, habit, facts.baseline_at, now)),
        (Check.MISSED, find_missed(job, known_of[Check.MISSED], facts.baseline_at, now)),
        (Check.RPO, find_rpo(job, habit, facts, known_of[Check.RPO], now)),
        (Check.STUCK, find_stuck(habit, running, facts.baseline_at, now)),
        find_empty(job, habit, known_of[Check.SHRUNK], facts.baseline_at),
    )
    waits = lost_since is not None and _owes_news(job, lost_since, now)
    for check, details in checks:
        is_unsure = waits and check in OF_MISSING_RUNS and known_of[check] is None
        if details and not is_unsure:
            yield Found(check, job.job_uid, job.job_uid, job.backup_server, details)


def _owes_news(job: JobFacts, lost_since: datetime, now: datetime) -> bool:
    """Whether a job was running, or was due, since there was news of its server.

    Then it may be that EM knows nothing, rather than that the job did nothing: that shows soon.
    """
    is_due = job.expected_at is not None and lost_since < job.expected_at <= now
    return is_due or (job.habit is not None and job.habit.is_running)


def find_unscheduled(job: JobFacts, habit: Habit) -> Details | None:
    """Tell that a schedule was switched off that was on before."""
    if job.options is None or not job.is_off or not job.was_scheduled:
        return None
    if job.options.is_schedule_configured is False:
        return None
    return Details(since_at=habit.last_run_at)


def find_gone(job: JobFacts, habit: Habit, baseline_at: datetime, now: datetime) -> Details | None:
    """Tell that a job no longer runs; nobody wonders about one whose schedule is off."""
    if habit.gone_at is None or job.is_off or not baseline_at < habit.gone_at < now:
        return None
    return Details(since_at=habit.last_run_at, span=habit.interval)


def missed_at(job: JobFacts, now: datetime) -> datetime | None:
    """Tell when a job should have run and did not; None where it did, or does."""
    habit, due_at = job.habit, job.expected_at
    if habit is None or due_at is None or habit.is_running or habit.is_gone(now):
        return None
    return due_at if due_at + job.patience < now and not job.ran_since(due_at) else None


def find_missed(
    job: JobFacts, known: Finding | None, baseline_at: datetime, now: datetime
) -> Details | None:
    """Tell that a run is missing; it stays so until there is one, whatever is due next."""
    habit = job.habit
    if habit is None or job.is_off or habit.is_gone(now):
        return None
    if known and known.details.due_at and not job.ran_since(known.details.due_at):
        return known.details
    due_at = missed_at(job, now)
    if due_at is None or due_at <= baseline_at:
        return None
    return Details(since_at=habit.last_run_at, due_at=due_at)


def find_rpo(
    job: JobFacts, habit: Habit, facts: Facts, known: Finding | None, now: datetime
) -> Details | None:
    """Tell that the RPO is broken, or that it breaks soon and the job may not save it.

    A healthy job whose run is still to come is never told: only one that is late or failing, or
    that does not run before the breach.
    """
    breaks_at = rpo_breaks_at(habit, facts.policy, job.name, job.backup_server)
    since_at = habit.last_good_at
    if breaks_at is None or since_at is None or habit.is_gone(now):
        return None
    if known and known.details.is_broken and known.details.since_at == since_at:
        return known.details
    is_failing = job.job_uid in facts.failing
    details = Details(since_at, breaks_at, breaks_at - since_at, is_failing=is_failing)
    if breaks_at <= now:
        return None if breaks_at <= facts.baseline_at else replace(details, is_broken=True)
    near = max(NEAR_AT_LEAST, min(NEAR_AT_MOST, (breaks_at - since_at) * NEAR_SHARE))
    is_by_habit = facts.policy.rule_for(job.name, job.backup_server).limit is None
    is_threatened = _is_threatened(job, breaks_at, now, is_by_habit=is_by_habit)
    if breaks_at - now > near or not (known or is_failing or is_threatened):
        return None
    saving_run_at = _saving_run(job, habit, breaks_at)
    is_late = saving_run_at is not None and saving_run_at < now and not habit.is_running
    left = -(-(breaks_at - now) // MINUTE) * MINUTE
    return replace(details, left=left, expected_at=saving_run_at, is_late=is_late)


def _is_threatened(job: JobFacts, breaks_at: datetime, now: datetime, *, is_by_habit: bool) -> bool:
    if job.habit is None or job.habit.is_running:
        return False
    expected_at = job.expected_at
    if expected_at is None or expected_at > breaks_at:
        return True
    return expected_at + (job.patience if is_by_habit else COLLECTION_LAG) < now


def _saving_run(job: JobFacts, habit: Habit, breaks_at: datetime) -> datetime | None:
    """Name the run that may keep the RPO: the one under way, or the next before the breach."""
    if habit.is_running:
        return habit.last_run_at
    expected_at = job.expected_at
    return expected_at if expected_at and expected_at <= breaks_at else None


def find_stuck(
    habit: Habit, running: Running | None, baseline_at: datetime, now: datetime
) -> Details | None:
    """Tell that a session runs far longer than usual and that nothing of it moves."""
    if running is None:
        return None
    stuck_at = running.created_at + habit.stuck_after
    if not baseline_at < stuck_at < now or now - running.still_since < STILL_FOR:
        return None
    return Details(running.created_at, span=habit.usual_duration, session_uid=running.uid)


def find_empty(
    job: JobFacts, habit: Habit, known: Finding | None, baseline_at: datetime
) -> tuple[Check, Details | None]:
    """Tell what a green run did not hold: any VM, or one that the runs before it held."""
    vm_set, green = job.vm_set, habit.last_green
    if vm_set and vm_set.created_at > baseline_at:
        seen = Details(vm_set.created_at, session_uid=vm_set.session_uid)
        if not vm_set.vms:
            return Check.EMPTY, seen
        missing = tuple(sorted(set(vm_set.before or ()) - set(vm_set.vms)))
        if missing and known and known.details.vms == missing:
            return Check.SHRUNK, known.details
        if missing:
            return Check.SHRUNK, replace(seen, vms=missing)
    has_none = job.options is not None and job.options.vms == ()
    if has_none and green and green.created_at > baseline_at:
        return Check.EMPTY, Details(green.created_at, session_uid=green.uid)
    return Check.EMPTY, None
