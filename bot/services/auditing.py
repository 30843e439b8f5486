"""Auditing: every deed is recorded in the transaction that does it, and is a line in the log."""

from collections.abc import Sequence

import structlog

from bot.core.audits import Audit, AuditLedger, AuditPage, AuditStore

PAGE = 15  # deeds of one answer

log = structlog.get_logger()


async def record(ledger: AuditLedger, deeds: Sequence[Audit]) -> None:
    """Record what a person did, together with what it changes."""
    await ledger.save_audits(deeds)
    for each in deeds:
        log.info(
            "audited",
            user_id=each.user_id,
            action=each.action.value,
            subject=each.subject,
            subject_name=each.subject_name,
            outcome=each.outcome,
        )


class Auditing:
    """Tells who did what."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store

    async def list_newest(self, text: str, before_id: int = 0) -> AuditPage:
        """List the newest deeds in which all these words stand, a page at a time."""
        words = [word.strip("<>@") for word in text.split()]
        return await self._store.load_audits([word for word in words if word], before_id, PAGE)
