"""Recording polls: sessions, incidents, notices and groups in one transaction."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import (
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.incidents import Status
from bot.core.polls import EmState
from bot.core.sessions import Session, Verdict
from bot.store import rows
from bot.store.actions import ActionLedger
from bot.store.audits import AuditLedger
from bot.store.databases import Database
from bot.store.findings import FindingLedger
from bot.store.handling import GroupLedger
from bot.store.incidents import IncidentLedger
from bot.store.jobs import JobLedger
from bot.store.mutes import MuteLedger
from bot.store.notices import NoticeLedger
from bot.store.retries import RetryLedger
from bot.store.rows import chunked
from bot.store.sessions import SessionLedger
from bot.store.subscriptions import SubscriptionLedger
from bot.store.tables import (
    incidents,
    servers,
    sessions,
)
from bot.store.watches import WatchLedger

_STATE_FIELDS = (
    "import_started_at",
    "import_cursor_at",
    "baseline_at",
    "watermark_at",
    "server_time_at",
    "polled_at",
    "failed_polls",
    "failing_since_at",
    "problem",
)


class SqlPollingStore:
    """`bot.core.transactions.PollingStore` for one EM."""

    def __init__(self, database: Database, em: str) -> None:
        self._database = database
        self._em = em

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["SqlPollingTransaction"]:
        """Open the writing transaction."""
        async with self._database.write() as connection:
            yield SqlPollingTransaction(connection, self._em)

    async def load_state(self) -> EmState:
        """Load what polling remembers."""
        async with self._database.read_once() as connection:
            return await load_state(connection, self._em)

    async def load_running(self) -> list[str]:
        """List the uids of sessions without an end, but not those that vanished."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(sessions.c.uid).where(
                    sessions.c.em == self._em,
                    sessions.c.verdict == int(Verdict.UNFINISHED),
                    func.lower(sessions.c.state) != "stopped",
                    sessions.c.is_vanished.is_(False),
                )
            )
            return list(found.scalars())

    async def load_jobs_of_open_incidents(self) -> list[str]:
        """List the jobs that have an open incident."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(incidents.c.job_uid)
                .where(incidents.c.em == self._em, incidents.c.status == Status.OPEN.value)
                .distinct()
            )
            return list(found.scalars())

    async def load_wanting_reasons(self, since: datetime, limit: int) -> list[Session]:
        """Load the newest bad sessions of told or open incidents without known reasons."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(sessions)
                .join(incidents, sessions.c.incident_id == incidents.c.id)
                .where(
                    sessions.c.em == self._em,
                    sessions.c.verdict >= int(Verdict.WARNING),
                    sessions.c.reasons_at.is_(None),
                    sessions.c.sorted_at >= since,
                    or_(incidents.c.is_said, incidents.c.status == Status.OPEN.value),
                )
                .order_by(sessions.c.sorted_at.desc())
                .limit(limit)
            )
            return [rows.to_session(row) for row in found]

    async def mark_vanished(self, uids: Sequence[str]) -> None:
        """Note that EM no longer knows these sessions."""
        async with self._database.write() as connection:
            for some in chunked(uids):
                await connection.execute(
                    update(sessions)
                    .where(sessions.c.em == self._em, sessions.c.uid.in_(some))
                    .values(is_vanished=True)
                )


async def load_state(connection: AsyncConnection, em: str) -> EmState:
    """Load what polling remembers of an EM; a fresh state for an unknown one."""
    row = (await connection.execute(select(servers).where(servers.c.em == em))).one_or_none()
    if row is None:
        return EmState()
    swept_at = {name: datetime.fromisoformat(at) for name, at in json.loads(row.swept_at).items()}
    return EmState(**{name: getattr(row, name) for name in _STATE_FIELDS}, swept_at=swept_at)


class SqlPollingTransaction(
    SessionLedger,
    IncidentLedger,
    NoticeLedger,
    JobLedger,
    RetryLedger,
    MuteLedger,
    SubscriptionLedger,
    WatchLedger,
    GroupLedger,
    FindingLedger,
    ActionLedger,
    AuditLedger,
):
    """`bot.core.transactions.PollingTransaction` on one connection."""

    async def load_state(self) -> EmState:
        """Load what polling remembers."""
        return await load_state(self.connection, self.em)

    async def save_state(self, state: EmState) -> None:
        """Remember it."""
        swept_at = {name: at.isoformat() for name, at in (state.swept_at or {}).items()}
        of_state = {name: getattr(state, name) for name in _STATE_FIELDS}
        of_state["swept_at"] = json.dumps(swept_at)
        await self.upsert(servers, ["em"], [of_state])
