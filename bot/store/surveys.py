"""What lists, the overview and questions about jobs read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, and_, or_, select

from bot.core.habits import GOOD, Run
from bot.core.incidents import Status
from bot.core.inspections import JobRecord
from bot.core.lists import JobLine
from bot.core.mutes import Mute
from bot.core.sessions import Verdict
from bot.core.stores import StoredSession
from bot.core.targets import KnownJob
from bot.store import rows
from bot.store.databases import Database
from bot.store.handling import load_known_jobs
from bot.store.inspections import SqlInspectingStore, to_record
from bot.store.ledgers import Ledger
from bot.store.mutes import mutes_in_force, to_mute
from bot.store.questions import SqlAskingStore
from bot.store.tables import incidents, jobs, sessions


class SqlSurveyStore(SqlAskingStore):
    """`bot.core.surveys.SurveyStore` for one EM."""

    def __init__(self, database: Database, em: str) -> None:
        super().__init__(database, em)
        self._inspections = SqlInspectingStore(database, em)

    async def load_record(self, job_uid: str) -> JobRecord | None:
        """Load one job as it is stored."""
        query = select(jobs).where(jobs.c.em == self._em, jobs.c.job_uid == job_uid)
        async with self._database.read_once() as connection:
            row = (await connection.execute(query)).one_or_none()
            return to_record(row) if row else None

    async def load_runs(self, job_uids: Sequence[str], since: datetime) -> Mapping[str, list[Run]]:
        """Load the runs of these jobs since then, and the newest before, oldest first."""
        return await self._inspections.load_runs(job_uids, since)

    async def load_job_lines(self) -> list[JobLine]:
        """Load all jobs with how they are, in no order."""
        async with self._database.read() as connection:
            known = {job.uid: job for job in await load_known_jobs(connection, self._em)}
            found = list(await connection.execute(_how_jobs_are(self._em)))
            opened: Select[Any] = select(
                incidents.c.job_uid, incidents.c.id, incidents.c.peak
            ).where(incidents.c.em == self._em, incidents.c.status == Status.OPEN.value)
            open_of: dict[str, Row[Any]] = {
                row.job_uid: row for row in await connection.execute(opened)
            }
            newest: dict[str, Row[Any]] = {
                row.uid: row
                async for row in Ledger(connection, self._em).select_in(
                    select(sessions), sessions.c.uid, [each.newest for each in found if each.newest]
                )
            }
        return [
            _line(known[each.job_uid], each, newest.get(each.newest), open_of.get(each.job_uid))
            for each in found
        ]

    async def load_bad_between(
        self, since: datetime, known_at: datetime, limit: int
    ) -> list[StoredSession]:
        """Load bad sessions that ended since then and were known at `known_at`, newest first."""
        return await self._load(
            select(sessions)
            .where(
                sessions.c.verdict >= int(Verdict.WARNING),
                sessions.c.sorted_at >= since,
                sessions.c.reported_at <= known_at,
            )
            .order_by(sessions.c.sorted_at.desc(), sessions.c.uid)
            .limit(limit)
        )

    async def load_mutes(self) -> list[Mute]:
        """Load the mutes in force, oldest first."""
        async with self._database.read_once() as connection:
            return [to_mute(row) for row in await connection.execute(mutes_in_force(self._em))]


def _how_jobs_are(em: str) -> Any:
    """Select each job with the uid of its newest session and when its last good one began."""
    is_seen = or_(sessions.c.verdict > 0, sessions.c.is_vanished.is_(False))
    return select(
        jobs.c.job_uid,
        _of_newest(sessions.c.uid, is_seen).label("newest"),
        _of_newest(sessions.c.created_at, sessions.c.verdict.in_(map(int, GOOD))).label("good_at"),
    ).where(jobs.c.em == em)


def _of_newest(column: ColumnElement[Any], condition: ColumnElement[bool]) -> ScalarSelect[Any]:
    is_of_job = and_(sessions.c.em == jobs.c.em, sessions.c.job_uid == jobs.c.job_uid)
    return (
        select(column)
        .where(is_of_job, condition)
        .order_by(sessions.c.sorted_at.desc())
        .limit(1)
        .scalar_subquery()
    )


def _line(
    job: KnownJob, found: Row[Any], newest: Row[Any] | None, incident: Row[Any] | None
) -> JobLine:
    verdicts = [Verdict(newest.verdict)] if newest else []
    verdicts += [Verdict(incident.peak)] if incident else []
    return JobLine(
        job,
        rows.to_session(newest) if newest else None,
        max(verdicts, default=Verdict.UNFINISHED),
        found.good_at,
        incident.id if incident else 0,
    )
