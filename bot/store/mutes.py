"""What is muted, until when, and by whom."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Select, select

from bot.core.mutes import Mute, Scope
from bot.store.ledgers import Ledger
from bot.store.tables import mutes

_FIELDS = (
    "subject",
    "muted_by",
    "muted_at",
    "ends_at",
    "ends_with_success",
    "ended_at",
    "ended_by",
)


class MuteLedger(Ledger):
    """The mutes' part of `bot.core.transactions.PollingTransaction`."""

    async def load_mutes(self) -> list[Mute]:
        """Load the mutes in force, oldest first."""
        return [to_mute(row) for row in await self.connection.execute(mutes_in_force(self.em))]

    async def save_mute(self, mute: Mute) -> Mute:
        """Insert (id 0) or replace a mute."""
        values = {name: getattr(mute, name) for name in _FIELDS}
        values["scope"] = mute.scope.value
        return replace(mute, id=await self.keep_row(mutes, mute.id, values))


def mutes_in_force(em: str) -> Select[Any]:
    """Select the mutes that have not ended, oldest first."""
    in_force = (mutes.c.em == em, mutes.c.ended_at.is_(None))
    return select(mutes).where(*in_force).order_by(mutes.c.id)


def to_mute(row: Row[Any]) -> Mute:
    """Read a mute."""
    return Mute(id=row.id, scope=Scope(row.scope), **{name: getattr(row, name) for name in _FIELDS})
