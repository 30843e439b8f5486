"""What questions and summaries read."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, Table, and_, func, or_, select
from sqlalchemy.dialects.sqlite import insert

from bot.core.facts import JobFacts
from bot.core.habits import Run
from bot.core.incidents import Status
from bot.core.jobs import OPTIONS_HOLD_FOR
from bot.core.notices import Kind, Notice
from bot.core.polls import EmState
from bot.core.sessions import EPOCH, TaskSession, Verdict
from bot.core.stores import Figures, Period, StoredSession
from bot.core.summaries import SummaryFacts
from bot.core.targets import KnownJob
from bot.core.views import IncidentView
from bot.store import rows
from bot.store.databases import Database
from bot.store.handling import load_known_jobs
from bot.store.jobs import options_of
from bot.store.notices import IS_DUE, NoticeLedger
from bot.store.polls import load_state
from bot.store.tables import (
    findings,
    incidents,
    jobs,
    mutes,
    notices,
    outages,
    sessions,
    summaries,
    task_sessions,
)
from bot.store.views import Views, display_name

_IS_RUNNING = and_(
    sessions.c.verdict == int(Verdict.UNFINISHED),
    func.lower(sessions.c.state) != "stopped",
    sessions.c.is_vanished.is_(False),
)
# A summary says how much is unsent, itself left out.
_IS_UNSENT = and_(IS_DUE, notices.c.kind != Kind.SUMMARY.value)


class SqlAskingStore:
    """`bot.core.stores.AskingStore` and `SummaryStore` for one EM."""

    def __init__(self, database: Database, em: str) -> None:
        self._database = database
        self._em = em

    async def load_session(self, uid: str) -> tuple[StoredSession, tuple[TaskSession, ...]] | None:
        """Load one session and what is known of its task sessions."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(sessions).where(sessions.c.em == self._em, sessions.c.uid == uid)
            )
            row = found.one_or_none()
            if row is None:
                return None
            tasks = await connection.execute(
                select(task_sessions)
                .where(task_sessions.c.em == self._em, task_sessions.c.session_uid == uid)
                .order_by(task_sessions.c.vm)
            )
            return rows.to_stored(row), tuple(rows.to_task(task) for task in tasks)

    async def find_by_prefix(self, guid_prefix: str, limit: int) -> list[StoredSession]:
        """Find sessions whose GUID begins so, newest first."""
        pattern = f"urn:veeam:ReplicaJobSession:{guid_prefix}"
        return await self._load(
            select(sessions)
            .where(sessions.c.uid.startswith(pattern, autoescape=True))
            .order_by(sessions.c.created_at.desc())
            .limit(limit)
        )

    async def find_by_name(self, name: str, limit: int) -> list[StoredSession]:
        """Find sessions by session name or, each job's newest, by job name; case is ignored."""
        of_job = sessions.alias("of_job")
        newest = (
            select(func.max(of_job.c.created_at))
            .where(of_job.c.em == jobs.c.em, of_job.c.job_uid == jobs.c.job_uid)
            .scalar_subquery()
        )
        by_job = (
            select(sessions)
            .join(jobs, and_(jobs.c.em == sessions.c.em, jobs.c.job_uid == sessions.c.job_uid))
            .where(jobs.c.folded_name == name.casefold(), sessions.c.created_at == newest)
            .order_by(sessions.c.created_at.desc())
            .limit(limit)
        )
        by_session = select(sessions).where(sessions.c.name == name).limit(limit)
        return await self._load(by_session) or await self._load(by_job)

    async def load_jobs(self) -> tuple[KnownJob, ...]:
        """Load how people call all jobs."""
        async with self._database.read_once() as connection:
            return await load_known_jobs(connection, self._em)

    async def load_newest_of(self, job_uids: Collection[str]) -> dict[str, StoredSession]:
        """Load the newest session of each of these jobs."""
        newest = func.max(sessions.c.sorted_at).label("newest_at")
        is_seen = or_(sessions.c.verdict > 0, sessions.c.is_vanished.is_(False))
        of_job = (
            select(sessions.c.job_uid, newest)
            .where(sessions.c.em == self._em, sessions.c.job_uid.in_(job_uids), is_seen)
            .group_by(sessions.c.job_uid)
            .subquery()
        )
        is_newest = and_(
            sessions.c.job_uid == of_job.c.job_uid, sessions.c.sorted_at == of_job.c.newest_at
        )
        found = await self._load(select(sessions).join(of_job, is_newest))
        return {each.session.job_uid: each for each in found}

    async def load_running(self, limit: int) -> tuple[list[StoredSession], int]:
        """Load running sessions, longest first, and how many there are."""
        query = select(sessions).where(_IS_RUNNING).order_by(sessions.c.created_at).limit(limit)
        return await self._load(query), await self._count_sessions(_IS_RUNNING)

    async def load_open_views(self) -> list[IncidentView]:
        """Load the open incidents, most urgent first."""
        async with self._database.read() as connection:
            return await Views(connection, self._em).load_open()

    async def load_view(self, incident_id: int) -> IncidentView | None:
        """Load one incident as it is now."""
        async with self._database.read() as connection:
            views = await Views(connection, self._em).load_incidents([incident_id])
            return views[0] if views else None

    async def load_figures(self) -> Figures:
        """Count things for the status."""
        counts = {
            "jobs": _count(jobs, jobs.c.em == self._em),
            "sessions": _count(sessions, sessions.c.em == self._em),
            "open_incidents": _count(
                incidents, incidents.c.em == self._em, incidents.c.status == Status.OPEN.value
            ),
            "running": _count(sessions, sessions.c.em == self._em, _IS_RUNNING),
            "unsent": _count(notices, notices.c.em == self._em, _IS_UNSENT),
            "mutes": _count(mutes, mutes.c.em == self._em, mutes.c.ended_at.is_(None)),
            "findings": _count(findings, findings.c.em == self._em, findings.c.ended_at.is_(None)),
        }
        query = select(*(count.label(name) for name, count in counts.items()))
        async with self._database.read_once() as connection:
            row = (await connection.execute(query)).one()
        return Figures(**row._mapping)  # noqa: SLF001 - the documented name of a row as a mapping

    async def load_state(self) -> EmState:
        """Load what polling remembers."""
        async with self._database.read_once() as connection:
            return await load_state(connection, self._em)

    async def load_summary_facts(
        self, period_start: datetime, period_end: datetime, days_start: datetime
    ) -> SummaryFacts:
        """Load everything a summary of this period is computed from."""
        async with self._database.read() as connection:
            views = Views(connection, self._em)
            recovered = await connection.execute(
                select(incidents.c.id)
                .where(
                    incidents.c.em == self._em,
                    incidents.c.status == Status.RECOVERED.value,
                    incidents.c.recovered_at >= period_start,
                    incidents.c.recovered_at < period_end,
                )
                .order_by(incidents.c.recovered_at)
            )
            recovered_ids = list(recovered.scalars())
            state = await load_state(connection, self._em)
            return SummaryFacts(
                runs=await self._load_runs(days_start),
                jobs=await self._name_jobs(),
                known=await self._load_known_jobs(period_end),
                server_count=await self._count_servers(),
                attention=tuple(await views.load_open()),
                recovered=tuple(await views.load_incidents(recovered_ids)),
                blind=await self._load_blind(period_start, period_end, state),
                unsent=(await self.load_figures()).unsent,
                is_blind=state.failing_since_at is not None,
                baseline_at=state.baseline_at or EPOCH,
            )

    async def _load_runs(self, since: datetime) -> tuple[Run, ...]:
        async with self._database.read() as connection:
            found = await connection.execute(
                select(
                    sessions.c.job_uid,
                    sessions.c.created_at,
                    sessions.c.sorted_at,
                    sessions.c.verdict,
                    sessions.c.is_retry,
                    sessions.c.reported_at,
                ).where(sessions.c.em == self._em, sessions.c.sorted_at >= since)
            )
            return tuple(
                Run(row[0], row[1], row[2], Verdict(row[3]), row[4], row[5]) for row in found
            )

    async def _name_jobs(self) -> dict[str, str]:
        async with self._database.read() as connection:
            found = list(await connection.execute(select(jobs).where(jobs.c.em == self._em)))
        counts = Counter(row.folded_name for row in found)
        shared = {name for name, count in counts.items() if count > 1}
        return {row.job_uid: display_name(row, shared) for row in found}

    async def _load_known_jobs(self, at: datetime) -> dict[str, JobFacts]:
        async with self._database.read() as connection:
            found = list(await connection.execute(select(jobs).where(jobs.c.em == self._em)))
        return {row.job_uid: _known_job(row, at) for row in found}

    async def _count_servers(self) -> int:
        async with self._database.read() as connection:
            counted = await connection.execute(
                select(func.count(jobs.c.backup_server.distinct())).where(jobs.c.em == self._em)
            )
            return int(counted.scalar_one())

    async def _load_blind(
        self, start: datetime, end: datetime, state: EmState
    ) -> tuple[timedelta, ...]:
        """List the spans without sight of EM, cut to the period; the bot's clock measures them."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(outages).where(
                    outages.c.em == self._em,
                    outages.c.started_at < end,
                    or_(outages.c.ended_at.is_(None), outages.c.ended_at >= start),
                )
            )
            spans = [(row.started_at, row.ended_at or end) for row in found]
        if state.failing_since_at:
            spans.append((state.failing_since_at, end))
        return tuple(
            max(min(until, end) - max(since, start), timedelta(0)) for since, until in spans
        )

    async def load_last_summary_end(self, channel: str) -> datetime | None:
        """Tell where the last promised summary's period ends."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(func.max(summaries.c.period_end)).where(
                    summaries.c.em == self._em, summaries.c.channel == channel
                )
            )
            last_end: datetime | None = found.scalar()
            return last_end

    async def load_summary_period(self, summary_id: int) -> Period:
        """Load the period of a promised summary."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(select(summaries).where(summaries.c.id == summary_id))
            ).one()
        on = date.fromisoformat(row.on_date)
        return Period(row.channel, on, row.period_start, row.period_end)

    async def save_summary(self, period: Period, notice: Notice | None) -> bool:
        """Promise the summary of a day, once per channel and day; False if it was already.

        The notice's subject becomes the id of the summary. Without a notice the day is passed over.
        """
        async with self._database.write() as connection:
            saved = await connection.execute(
                insert(summaries)
                .values(
                    em=self._em,
                    channel=period.channel,
                    on_date=period.on.isoformat(),
                    period_start=period.start_at,
                    period_end=period.end_at,
                )
                .on_conflict_do_nothing()
                .returning(summaries.c.id)
            )
            summary_id = saved.scalar_one_or_none()
            if summary_id is not None and notice is not None:
                promised = replace(notice, subject=str(summary_id))
                await NoticeLedger(connection, self._em).save_notices([promised])
            return summary_id is not None

    async def _load(self, query: Select[Any]) -> list[StoredSession]:
        async with self._database.read() as connection:
            found = await connection.execute(query.where(sessions.c.em == self._em))
            return [rows.to_stored(row) for row in found]

    async def _count_sessions(self, condition: Any) -> int:
        counted = select(_count(sessions, sessions.c.em == self._em, condition))
        async with self._database.read() as connection:
            return int((await connection.execute(counted)).scalar_one())


def _known_job(row: Row[Any], at: datetime) -> JobFacts:
    """Tell what is known of a job beside its runs; options that were read long before are not.

    The next run is not among it: by then EM names the one after what was missed.
    """
    is_fresh = row.options_at is not None and at - row.options_at <= OPTIONS_HOLD_FOR
    options = options_of(row) if is_fresh else None
    return JobFacts(row.job_uid, row.name, row.backup_server, None, row.heard_at, options)


def _count(table: Table, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(*conditions).scalar_subquery()
