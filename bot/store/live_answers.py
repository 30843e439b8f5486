"""Shared answers that move until their session's end."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from bot.core.live_answers import LiveAnswer
from bot.store.databases import Database
from bot.store.tables import live_answers

_FIELDS = (
    "channel",
    "message_ts",
    "session_uid",
    "shown",
    "shared_by",
    "shared_at",
    "due_at",
)


class SqlLiveStore:
    """`bot.core.live_answers.LiveStore` for one EM."""

    def __init__(self, database: Database, em: str) -> None:
        self._database = database
        self._em = em

    async def add(self, live: LiveAnswer) -> None:
        """Keep one more; its id is the store's to give."""
        values = {name: getattr(live, name) for name in _FIELDS}
        async with self._database.write() as connection:
            await connection.execute(insert(live_answers).values(em=self._em, **values))

    async def load_due(self, now: datetime) -> list[LiveAnswer]:
        """Load those that still move and may be edited now, oldest first."""
        query = select(live_answers).where(
            live_answers.c.em == self._em,
            live_answers.c.ended_at.is_(None),
            live_answers.c.due_at <= now,
        )
        async with self._database.read_once() as connection:
            found = await connection.execute(query.order_by(live_answers.c.id))
            return [_to_live(row) for row in found]

    async def save(self, live: LiveAnswer) -> None:
        """Note what it shows, and when it may be edited again."""
        await self._update(live, shown=live.shown, due_at=live.due_at)

    async def end(self, live: LiveAnswer, now: datetime) -> None:
        """Note that it moves no more."""
        await self._update(live, ended_at=now)

    async def _update(self, live: LiveAnswer, **values: object) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(live_answers).where(live_answers.c.id == live.id).values(**values)
            )


def _to_live(row: Row[Any]) -> LiveAnswer:
    return LiveAnswer(id=row.id, **{name: getattr(row, name) for name in _FIELDS})
