"""What every part of a writing transaction shares: its connection, its EM, and bulk statements."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Select, Table, update
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.rows import chunked


class Ledger:
    """A connection within a transaction, for one EM."""

    def __init__(self, connection: AsyncConnection, em: str) -> None:
        self.connection = connection
        self.em = em

    async def upsert(
        self,
        table: Table,
        keys: list[str],
        of_rows: Sequence[dict[str, Any]],
        only_if: Any = None,
    ) -> None:
        """Insert rows of equal shape, or replace them where their key is known."""
        if not of_rows:
            return
        statement = build_upsert(table, keys, list(of_rows[0]), only_if)
        await self.connection.execute(statement, [{"em": self.em, **row} for row in of_rows])

    async def keep_row(self, table: Table, row_id: int, values: dict[str, Any]) -> int:
        """Insert a row (id 0) of a table whose ids are ours, or change it; returns its id."""
        if row_id:
            same = (table.c.em == self.em, table.c.id == row_id)
            await self.connection.execute(update(table).where(*same).values(values))
            return row_id
        inserted = insert(table).values(em=self.em, **values).returning(table.c.id)
        saved = await self.connection.execute(inserted)
        return int(saved.scalar_one())

    async def select_in(
        self, query: Select[Any], key: Any, wanted: Sequence[Any]
    ) -> AsyncIterator[Any]:
        """Run a query for each piece of a long list of keys, for this EM where the table has it."""
        table = key.table
        if "em" in table.c:
            query = query.where(table.c.em == self.em)
        for some in chunked(wanted):
            for row in await self.connection.execute(query.where(key.in_(some))):
                yield row


def build_upsert(
    table: Table, keys: Sequence[str], names: Sequence[str], only_if: Any = None
) -> Insert:
    """Insert, or replace these columns where the key is known; `only_if` is given the new row."""
    statement = insert(table)
    new = statement.excluded
    changed = {name: new[name] for name in names if name not in keys}
    return statement.on_conflict_do_update(
        keys, set_=changed, where=only_if(new) if only_if else None
    )
