"""Jobs that people had retried or started, and collections that they asked for."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.actions import Action, ActionState, JobAction, KnownServer, ServerCollection
from bot.core.sessions import Verdict
from bot.core.views import ActionView
from bot.store import rows
from bot.store.databases import Database
from bot.store.ledgers import Ledger
from bot.store.tables import collections, job_actions, jobs, sessions

_FIELDS = (
    "job_uid",
    "job_name",
    "user_id",
    "channel",
    "thread_ts",
    "asked_at",
    "after_at",
    "detail",
    "session_uid",
    "ended_at",
)


class ActionLedger(Ledger):
    """`bot.core.ledgers.ActingLedger` on one connection."""

    async def load_actions_of(self, job_uid: str) -> list[JobAction]:
        """Load the actions on a job of which something is still to be told, oldest first."""
        of_job = _open_actions(self.em).where(job_actions.c.job_uid == job_uid)
        return [_to_action(row) for row in await self.connection.execute(of_job)]

    async def load_open_actions(self) -> list[JobAction]:
        """Load all actions of which something is still to be told, oldest first."""
        return [_to_action(row) for row in await self.connection.execute(_open_actions(self.em))]

    async def save_action(self, action: JobAction) -> JobAction:
        """Insert (id 0) or replace an action."""
        values: dict[str, Any] = {name: getattr(action, name) for name in _FIELDS}
        values |= {"kind": action.action.value, "state": action.state.value}
        return replace(action, id=await self.keep_row(job_actions, action.id, values))

    async def load_run_after(self, job_uid: str, after_at: datetime) -> str:
        """Name the first session of a job that was created after then; "" if there is none yet."""
        of_job = (sessions.c.em == self.em, sessions.c.job_uid == job_uid)
        query = select(sessions.c.uid).where(
            *of_job, sessions.c.sorted_at > after_at, sessions.c.created_at > after_at
        )
        found = await self.connection.execute(query.order_by(sessions.c.created_at).limit(1))
        return str(found.scalar_one_or_none() or "")

    async def is_run_over(self, session_uid: str) -> bool:
        """Whether a session has ended, or nobody can say any more how it does."""
        query = select(sessions.c.verdict, sessions.c.is_vanished).where(
            sessions.c.em == self.em, sessions.c.uid == session_uid
        )
        row = (await self.connection.execute(query)).one_or_none()
        return row is None or row.is_vanished or row.verdict != int(Verdict.UNFINISHED)

    async def load_collection(self, server_uid: str) -> ServerCollection | None:
        """Load when EM was last asked to collect from a backup server, and by whom."""
        same = (collections.c.em == self.em, collections.c.server_uid == server_uid)
        row = (await self.connection.execute(select(collections).where(*same))).one_or_none()
        return ServerCollection(row.server_uid, row.asked_at, row.asked_by) if row else None

    async def save_collection(self, collection: ServerCollection) -> None:
        """Insert or replace that."""
        values = {
            "server_uid": collection.server_uid,
            "asked_at": collection.asked_at,
            "asked_by": collection.asked_by,
        }
        await self.upsert(collections, ["em", "server_uid"], [values])

    async def delete_collection(self, collection: ServerCollection) -> None:
        """Forget it, unless it was asked for again since."""
        await self.connection.execute(
            delete(collections).where(
                collections.c.em == self.em,
                collections.c.server_uid == collection.server_uid,
                collections.c.asked_at == collection.asked_at,
            )
        )


class SqlActingStore:
    """`bot.core.ledgers.ActingStore` for one EM."""

    def __init__(self, database: Database, em: str) -> None:
        self._database = database
        self._em = em

    async def has_open_actions(self) -> bool:
        """Whether anything is still to be told of an action."""
        async with self._database.read_once() as connection:
            return (await connection.execute(_open_actions(self._em).limit(1))).first() is not None

    async def load_servers(self) -> tuple[KnownServer, ...]:
        """Load the backup servers whose sessions were seen, by name: one session of each job."""
        newest = (
            select(sessions.c.backup_server_uid)
            .where(sessions.c.em == jobs.c.em, sessions.c.job_uid == jobs.c.job_uid)
            .order_by(sessions.c.sorted_at.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = select(jobs.c.backup_server, newest.label("uid")).where(jobs.c.em == self._em)
        async with self._database.read_once() as connection:
            found = {row.uid: row.backup_server for row in await connection.execute(query)}
        known = (KnownServer(uid, name) for uid, name in found.items() if uid and name)
        return tuple(sorted(known, key=lambda server: server.name.casefold()))


async def load_action_view(connection: AsyncConnection, em: str, action_id: int) -> ActionView:
    """Load what became of an action, as it is now."""
    query = select(job_actions).where(job_actions.c.id == action_id)
    action = _to_action((await connection.execute(query)).one())
    of_session = (sessions.c.em == em, sessions.c.uid == action.session_uid)
    row = (await connection.execute(select(sessions).where(*of_session))).one_or_none()
    if row is None:
        return ActionView(action)
    return ActionView(action, rows.to_session(row), Verdict(row.verdict), row.is_vanished)


def _open_actions(em: str) -> Select[Any]:
    is_open = (job_actions.c.em == em, job_actions.c.ended_at.is_(None))
    return select(job_actions).where(*is_open).order_by(job_actions.c.id)


def _to_action(row: Row[Any]) -> JobAction:
    fields = {name: getattr(row, name) for name in _FIELDS}
    return JobAction(id=row.id, action=Action(row.kind), state=ActionState(row.state), **fields)
