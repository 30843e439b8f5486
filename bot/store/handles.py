"""The short handles of sessions: made once, kept for ever."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from bot.core.handles import candidates
from bot.core.ports import Clock
from bot.store.databases import Database
from bot.store.ledgers import Ledger
from bot.store.tables import handles


class SqlHandles:
    """`bot.core.stores.Handles` for one EM."""

    def __init__(self, database: Database, em: str, clock: Clock) -> None:
        self._database = database
        self._em = em
        self._clock = clock

    async def give(self, subjects: Collection[str]) -> dict[str, str]:
        """Name these subjects, those that have no handle yet with a new one.

        Raises `bot.errors.DatabaseUnavailable` where one cannot be kept: it would not be stable.
        """
        known = await self.load(subjects)
        missing = sorted(set(subjects) - known.keys())
        if missing:
            async with self._database.write() as connection:
                ledger = HandleLedger(connection, self._em)
                for subject in missing:
                    known[subject] = await ledger.make(subject, self._clock())
        return known

    async def load(self, subjects: Collection[str]) -> dict[str, str]:
        """Load the handles of those of these subjects that have one."""
        query = select(handles.c.subject, handles.c.handle)
        async with self._database.read() as connection:
            found = Ledger(connection, self._em).select_in(
                query, handles.c.subject, sorted(set(subjects))
            )
            return {row.subject: row.handle async for row in found}

    async def find(self, handle: str) -> str | None:
        """Find whom a handle names."""
        query = select(handles.c.subject).where(
            handles.c.em == self._em, handles.c.handle == handle
        )
        async with self._database.read_once() as connection:
            subject: str | None = (await connection.execute(query)).scalar()
            return subject


class HandleLedger(Ledger):
    """Makes handles within a writing transaction."""

    async def make(self, subject: str, at: datetime) -> str:
        """Keep the first free handle of a subject, unless another has been quicker to."""
        for handle in candidates(subject):
            kept = await self.connection.execute(
                insert(handles)
                .values(em=self.em, handle=handle, subject=subject, made_at=at)
                .on_conflict_do_nothing()
                .returning(handles.c.handle)
            )
            if kept.scalar() is not None:
                return handle
            mine = await self.connection.execute(
                select(handles.c.handle).where(
                    handles.c.em == self.em, handles.c.subject == subject
                )
            )
            found: str | None = mine.scalar()
            if found is not None:
                return found
        raise AssertionError(f"no handle is left for {subject}")
