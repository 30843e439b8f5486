"""How things stand: everything at a glance, and one job with its past and its next run."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.habits import Habit, Run, learn_habit, rpo_of
from bot.core.inspections import JobRecord
from bot.core.jobs import OPTIONS_HOLD_FOR, JobOptions
from bot.core.mutes import find_mute
from bot.core.ports import Clock, SessionSource
from bot.core.references import Form, nearest_names, parse_reference
from bot.core.rpo import RpoPolicy, median_span
from bot.core.sessions import EPOCH, Verdict
from bot.core.surveys import Counts, JobAnswer, Overview, SurveyStore
from bot.core.targets import KnownJob, NoTarget, find_jobs
from bot.services.naming import Naming

TOP = 5
"""Incidents and running sessions in the overview."""

STRIP = 20
"""Runs in the strip of icons."""

COUNTED = timedelta(days=30)
"""As long as EM keeps sessions by default."""

MOST_SUGGESTED = 100  # options in a menu, reference §1.5


class Surveying:
    """Tells how things stand, from the store alone: it answers while EM cannot be asked."""

    def __init__(
        self,
        source: SessionSource,
        store: SurveyStore,
        naming: Naming,
        policy: RpoPolicy,
        zone: ZoneInfo,
        clock: Clock,
    ) -> None:
        self._source = source
        self._store = store
        self._naming = naming
        self._policy = policy
        self._zone = zone
        self._clock = clock

    async def overview(self) -> Overview:
        """Tell what is failing and what runs, and how many jobs are well."""
        state = await self._store.load_state()
        incidents = tuple((await self._store.load_open_views())[:TOP])
        stored, _ = await self._store.load_running(TOP)
        running = tuple(each.session for each in stored)
        shown = [*(view.latest.uid for view in incidents), *(each.uid for each in running)]
        return Overview(
            em_name=self._source.name,
            figures=await self._store.load_figures(),
            incidents=incidents,
            running=running,
            now=state.server_time_at,
            polled_at=state.polled_at,
            em_problem=state.problem,
            handles=await self._naming.name(shown),
        )

    async def suggest(self, typed: str) -> list[KnownJob]:
        """Propose the jobs whose names hold what was typed, those that begin with it first."""
        folded = " ".join(typed.casefold().split())
        fitting = [
            job
            for job in await self._store.load_jobs()
            if folded in job.full_name.casefold() or folded in job.backup_server.casefold()
        ]
        fitting.sort(key=lambda job: (not job.name.casefold().startswith(folded), job.full_name))
        return fitting[:MOST_SUGGESTED]

    async def find_job(self, reference: str) -> KnownJob | None:
        """Find the job of an incident (`#12`) or of a session by its handle (`#4f3a`)."""
        found = parse_reference(reference)
        job_uid = ""
        if found.form is Form.INCIDENT:
            view = await self._store.load_view(int(found.text))
            job_uid = view.incident.job_uid if view else ""
        elif found.form is Form.HANDLE:
            session_uid = await self._naming.find(found.text)
            stored = await self._store.load_session(session_uid) if session_uid else None
            job_uid = stored[0].session.job_uid if stored else ""
        jobs = await self._store.load_jobs() if job_uid else ()
        return next((job for job in jobs if job.uid == job_uid), None)

    async def describe(self, said: str) -> JobAnswer | NoTarget:
        """Tell how one job is, by its name, its uid, or a handle or number of what it did."""
        jobs = await self._store.load_jobs()
        of_reference = await self.find_job(said)
        by_uid = [job for job in jobs if job.uid == said]
        found = [of_reference] if of_reference else by_uid or find_jobs(said, jobs)
        if len(found) == 1:
            return await self._describe(found[0])
        if found:
            return NoTarget(said, tuple(job.full_name for job in found), is_ambiguous=True)
        return NoTarget(said, nearest_names(said, (job.full_name for job in jobs), 10))

    async def _describe(self, job: KnownJob) -> JobAnswer:
        state = await self._store.load_state()
        now = state.server_time_at or EPOCH
        since = max(now, EPOCH + COUNTED) - COUNTED
        runs = (await self._store.load_runs([job.uid], since)).get(job.uid, [])
        newest = (await self._store.load_newest_of([job.uid])).get(job.uid)
        latest = newest.session if newest else None
        handles = await self._naming.name([latest.uid]) if latest else {}
        record = await self._store.load_record(job.uid)
        habit = learn_habit(runs, self._zone) if runs else None
        views = await self._store.load_open_views()
        in_force = await self._store.load_mutes()
        return JobAnswer(
            job,
            now,
            runs=tuple(runs[-STRIP:]),
            counts=_count([run for run in runs if run.ended_at >= since]),
            latest=latest,
            usual_duration=_usual_duration(runs),
            last_good_at=habit.last_good_at if habit else None,
            rpo=rpo_of(habit, self._policy, job.name, job.backup_server) if habit else None,
            expected_at=_expected_at(record, habit, self._clock()),
            options=_options(record, self._clock()),
            incident=next((each for each in views if each.incident.job_uid == job.uid), None),
            mute=find_mute(in_force, job.uid, job.backup_server),
            handle=handles.get(latest.uid, "") if latest else "",
        )


def _count(runs: Sequence[Run]) -> Counts:
    counts = Counter(run.verdict for run in runs)
    return Counts(counts[Verdict.SUCCESS], counts[Verdict.WARNING], counts[Verdict.FAILED])


def _usual_duration(runs: Sequence[Run]) -> timedelta | None:
    good = [run.duration for run in runs if run.is_good]
    return median_span(good) if good else None


def _options(record: JobRecord | None, now: datetime) -> JobOptions | None:
    """Take the options as far as they were read lately."""
    if record is None or record.options_at is None or now - record.options_at > OPTIONS_HOLD_FOR:
        return None
    return record.options


def _expected_at(record: JobRecord | None, habit: Habit | None, now: datetime) -> datetime | None:
    """Tell the next run by the job's options, else by its rhythm where it has a sure one."""
    options = _options(record, now)
    if options and options.is_schedule_enabled is False:
        return None
    if options and options.next_run_at:
        return options.next_run_at
    is_sure = habit is not None and habit.rhythm is not None and habit.rhythm.is_sure
    return habit.expected_at if habit and is_sure else None
