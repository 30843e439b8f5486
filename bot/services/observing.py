"""Keeping in memory what is known of each job, so that looking at all of them costs nothing.

Only jobs of which there was news are read again; their runs are worked on in a thread.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.facts import Facts, JobFacts, Running, VmSet
from bot.core.findings import Check, Finding
from bot.core.habits import Habit, Run, learn_habit
from bot.core.inspections import InspectingStore, JobRecord, RunningSession
from bot.core.jobs import OPTIONS_HOLD_FOR
from bot.core.rpo import RpoPolicy

LOOK_BACK = timedelta(days=35)
"""Habits are learnt from so long: three weeks before a job's last run, and some silence."""

JOBS_AT_ONCE = 50
"""The runs of so many jobs are read at once."""

OPTIONS_SWEPT_EVERY = timedelta(minutes=10)

OVERLAP = timedelta(minutes=2)
"""A transaction may be committed so long after the moment that its rows carry."""


class Observing:
    """Knows the jobs of one EM."""

    def __init__(self, store: InspectingStore, policy: RpoPolicy, zone: ZoneInfo) -> None:
        self._store = store
        self._policy = policy
        self._zone = zone
        self._jobs: dict[str, JobFacts] = {}
        self._records: dict[str, JobRecord] = {}
        self._stills: dict[str, tuple[RunningSession, datetime]] = {}
        self._vm_sets: dict[str, VmSet] = {}
        self._read_at: datetime | None = None
        self._swept_at: datetime | None = None

    @property
    def jobs(self) -> Collection[JobFacts]:
        """All jobs as they are known now."""
        return self._jobs.values()

    @property
    def policy(self) -> RpoPolicy:
        """How old replicas may be."""
        return self._policy

    async def refresh(self, now: datetime, server_time: datetime) -> None:
        """Read what is new; `now` is the bot's clock, `server_time` EM's."""
        if self._read_at is None:
            self._vm_sets = dict(await self._store.load_vm_sets())
        is_first = self._read_at is None or now < self._read_at
        since = None if is_first or self._read_at is None else self._read_at - OVERLAP
        records = await self._store.load_jobs(since)
        touched = [each.job_uid for each in records if self._is_touched(each)]
        habits = await self._learn(touched, server_time - LOOK_BACK)
        for record in records:
            self._jobs[record.job_uid] = self._combine(record, habits, server_time)
            self._records[record.job_uid] = record
        self._forget_options(now)
        self._read_at = now

    def _is_touched(self, record: JobRecord) -> bool:
        known = self._records.get(record.job_uid)
        return record.has_run and (known is None or known.touched_at != record.touched_at)

    async def _learn(self, job_uids: Sequence[str], since: datetime) -> dict[str, Habit]:
        habits: dict[str, Habit] = {}
        for start in range(0, len(job_uids), JOBS_AT_ONCE):
            some = job_uids[start : start + JOBS_AT_ONCE]
            runs = await self._store.load_runs(some, since)
            habits |= await asyncio.to_thread(_learn_all, runs, self._zone)
        return habits

    def _combine(
        self, record: JobRecord, habits: Mapping[str, Habit], server_time: datetime
    ) -> JobFacts:
        known = self._jobs.get(record.job_uid)
        habit = habits.get(record.job_uid) or (known.habit if known else None)
        job = JobFacts(
            record.job_uid,
            record.name,
            record.backup_server,
            habit,
            record.heard_at,
            record.options,
            was_scheduled=record.was_scheduled,
            vm_set=self._vm_sets.get(record.job_uid),
        )
        return replace(job, due_at=_carry_due(known, job, server_time))

    def _forget_options(self, now: datetime) -> None:
        """Let go of what was read too long ago; it is looked for rarely, because it is rare."""
        if self._swept_at and timedelta(0) <= now - self._swept_at < OPTIONS_SWEPT_EVERY:
            return
        self._swept_at = now
        for job_uid, record in self._records.items():
            job = self._jobs[job_uid]
            if job.options and record.options_at and now - record.options_at > OPTIONS_HOLD_FOR:
                self._jobs[job_uid] = replace(job, options=None, due_at=None)

    async def collect(
        self, known: Sequence[Finding], baseline_at: datetime, server_time: datetime
    ) -> Facts:
        """Put together all that is looked at."""
        stuck = {each.details.session_uid for each in known if each.check is Check.STUCK}
        running = self._watch_running(await self._store.load_running(), stuck, server_time)
        failing = frozenset(await self._store.load_jobs_of_open_incidents())
        return Facts(self._jobs, running, failing, known, baseline_at, self._policy)

    def _watch_running(
        self, sessions: Sequence[RunningSession], stuck: Collection[str], server_time: datetime
    ) -> dict[str, Running]:
        """Note since when a session does not move; of a job's several the newest counts.

        What was found stuck before the bot started is so until it is seen to move.
        """
        stills = {}
        running = {}
        for each in sorted(sessions, key=lambda each: each.created_at):
            first_since = each.created_at if each.uid in stuck else server_time
            before, since = self._stills.get(each.uid, (each, first_since))
            stills[each.uid] = (each, since if before == each else server_time)
            running[each.job_uid] = Running(each.uid, each.created_at, stills[each.uid][1])
        self._stills = stills
        return running

    def list_unread_greens(self, baseline_at: datetime) -> Iterator[Run]:
        """List each job's newest green run since the baseline, if its VMs are not known yet."""
        for job in self._jobs.values():
            green = job.habit.last_green if job.habit else None
            if green is None or green.created_at <= baseline_at:
                continue
            if job.vm_set is None or job.vm_set.created_at < green.created_at:
                yield green

    def vm_set_of(self, job_uid: str) -> VmSet | None:
        """Tell what the last green run of a job held."""
        return self._vm_sets.get(job_uid)

    def accept_vms(self, finding: Finding) -> dict[str, VmSet]:
        """Take the VMs of a job's last green run as all that it should hold."""
        vm_set = self._vm_sets.get(finding.job_uid)
        return {finding.job_uid: replace(vm_set, before=vm_set.vms)} if vm_set else {}

    def note_vm_sets(self, vm_sets: Mapping[str, VmSet]) -> None:
        """Note what green runs held."""
        self._vm_sets.update(vm_sets)
        for job_uid, vm_set in vm_sets.items():
            self._jobs[job_uid] = replace(self._jobs[job_uid], vm_set=vm_set)


def _learn_all(runs: Mapping[str, Sequence[Run]], zone: ZoneInfo) -> dict[str, Habit]:
    return {job_uid: learn_habit(of_job, zone) for job_uid, of_job in runs.items() if of_job}


def _carry_due(known: JobFacts | None, job: JobFacts, server_time: datetime) -> datetime | None:
    """Tell when a job runs next by its options.

    When its time has come, EM names the run after that one: the earlier stays due until it has
    begun.
    """
    next_run_at = job.options.next_run_at if job.options else None
    if next_run_at is None or known is None or known.due_at is None:
        return next_run_at
    is_overdue = known.due_at <= server_time and not job.ran_since(known.due_at)
    return known.due_at if is_overdue else next_run_at
