"""Who did what: written with what was done, read newest first."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, or_, select

from bot.core.audits import Audit, Audited, AuditPage
from bot.store.databases import Database
from bot.store.ledgers import Ledger
from bot.store.tables import audits

_FIELDS = ("at", "user_id", "action", "subject", "subject_name", "outcome", "session_uid")
_SEARCHED = (audits.c.user_id, audits.c.action, audits.c.subject_name, audits.c.outcome)


class AuditLedger(Ledger):
    """`bot.core.audits.AuditLedger` on one connection."""

    async def save_audits(self, deeds: Sequence[Audit]) -> None:
        """Record what people did."""
        of_rows = [
            {"em": self.em} | {name: getattr(each, name) for name in _FIELDS} for each in deeds
        ]
        if of_rows:
            await self.connection.execute(insert(audits), of_rows)


class SqlAuditStore:
    """`bot.core.audits.AuditStore` for one EM."""

    def __init__(self, database: Database, em: str) -> None:
        self._database = database
        self._em = em

    async def load_audits(self, words: Sequence[str], before_id: int, limit: int) -> AuditPage:
        """Load the newest that hold all these words, older than an id (0: from the newest)."""
        query = select(audits).where(audits.c.em == self._em, *map(_holds, words))
        if before_id:
            query = query.where(audits.c.id < before_id)
        query = query.order_by(audits.c.id.desc()).limit(limit + 1)
        async with self._database.read_once() as connection:
            found = [_to_audit(row) for row in await connection.execute(query)]
        return AuditPage(tuple(found[:limit]), len(found) > limit)


def _holds(word: str) -> ColumnElement[bool]:
    """Whether any of what people can see holds this word, in whatever case."""
    return or_(
        audits.c.subject == word,
        *(func.lower(column).contains(word.lower(), autoescape=True) for column in _SEARCHED),
    )


def _to_audit(row: Row[Any]) -> Audit:
    fields = {name: getattr(row, name) for name in _FIELDS}
    return Audit(id=row.id, **(fields | {"action": Audited(row.action)}))
