"""Who waits for the end of which session."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.sessions import Verdict
from bot.core.views import VmReason, WatchView
from bot.core.watches import Watch
from bot.store import rows
from bot.store.ledgers import Ledger
from bot.store.tables import jobs, sessions, task_sessions, watches

_FIELDS = (
    "user_id",
    "job_uid",
    "session_uid",
    "watched_at",
    "after_at",
    "ended_at",
    "ended_session_uid",
)


class WatchLedger(Ledger):
    """The watches' part of `bot.core.transactions.PollingTransaction`."""

    async def load_watches(
        self, session_uids: Collection[str], job_uids: Collection[str]
    ) -> list[Watch]:
        """Load the open watches on these sessions, and on the next session of these jobs.

        All open ones are read: people wait for few sessions, and a poll may bring thousands.
        """
        of_sessions, of_jobs = set(session_uids), set(job_uids)
        found = map(to_watch, await self.connection.execute(open_watches(self.em)))
        return [
            each
            for each in found
            if each.session_uid in of_sessions or (not each.session_uid and each.job_uid in of_jobs)
        ]

    async def load_watches_of(self, user_id: str) -> list[Watch]:
        """Load the open watches of one person, oldest first."""
        found = await self.connection.execute(open_watches(self.em, watches.c.user_id == user_id))
        return [to_watch(row) for row in found]

    async def load_overdue_watches(self, watched_before: datetime) -> list[Watch]:
        """Load the open watches on sessions that vanished, and those that are older than this."""
        found = await self.connection.execute(overdue_watches(self.em, watched_before))
        return [to_watch(row) for row in found]

    async def save_watch(self, watch: Watch) -> Watch:
        """Insert (id 0) or replace a watch."""
        values = {name: getattr(watch, name) for name in _FIELDS}
        return replace(watch, id=await self.keep_row(watches, watch.id, values))


def open_watches(em: str, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Select the watches that have not ended and are like this, oldest first."""
    is_open = (watches.c.em == em, watches.c.ended_at.is_(None), *conditions)
    return select(watches).where(*is_open).order_by(watches.c.id)


def overdue_watches(em: str, watched_before: datetime) -> Select[Any]:
    """Select the open watches on sessions that vanished, and those that are older than this."""
    vanished = select(sessions.c.uid).where(sessions.c.em == em, sessions.c.is_vanished)
    is_old = watches.c.watched_at < watched_before
    return open_watches(em, or_(watches.c.session_uid.in_(vanished), is_old))


def to_watch(row: Row[Any]) -> Watch:
    """Read a watch."""
    return Watch(id=row.id, **{name: getattr(row, name) for name in _FIELDS})


async def load_watch(connection: AsyncConnection, em: str, watch_id: int) -> WatchView:
    """Load what a person waited for, as it is now."""
    watch = (await connection.execute(select(watches).where(watches.c.id == watch_id))).one()
    of_job = (jobs.c.em == em, jobs.c.job_uid == watch.job_uid)
    job = (await connection.execute(select(jobs.c.name).where(*of_job))).one_or_none()
    uid = watch.ended_session_uid
    of_session = (sessions.c.em == em, sessions.c.uid == uid)
    row = (await connection.execute(select(sessions).where(*of_session))).one_or_none()
    return WatchView(
        job_name=job.name if job else "a job that is gone",
        session=rows.to_session(row) if row else None,
        verdict=Verdict(row.verdict) if row else Verdict.UNFINISHED,
        is_vanished=bool(row and row.is_vanished),
        vms=await _load_bad_vms(connection, em, uid),
    )


async def _load_bad_vms(
    connection: AsyncConnection, em: str, session_uid: str
) -> tuple[VmReason, ...]:
    query = select(task_sessions).where(
        task_sessions.c.em == em, task_sessions.c.session_uid == session_uid
    )
    found = map(rows.to_task, await connection.execute(query.order_by(task_sessions.c.vm)))
    bad = (VmReason(task.vm, task.verdict, task.reason) for task in found if task.verdict.is_bad)
    return tuple(sorted(bad, key=lambda vm: -vm.verdict))
