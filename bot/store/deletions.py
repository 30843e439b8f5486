"""Messages that a person deleted: none is restored, but what nobody has seen yet is told anew.

A worsening that is still to be said posts a fresh root, and what joined a group after it was last
shown is told by a message of its own (DESIGN §2, Updates).
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from bot.core.decisions import WORSENING
from bot.core.notices import (
    ACTED,
    BLOCKAGE_ENDED,
    FINDING_BROKEN,
    OUTAGE_ENDED,
    Kind,
    Notice,
    promise,
)
from bot.store import rows
from bot.store.notices import NoticeLedger
from bot.store.tables import decisions, notices

NO_ATTEMPT: dict[str, Any] = {
    "owner": "",
    "attempt_started_at": None,
    "attempt_slack_at": None,
    "error": "",
}
"""What a notice holds of attempts while none is under way."""

_TOLD_ANEW = {
    FINDING_BROKEN: Kind.FINDING,
    OUTAGE_ENDED: Kind.OUTAGE,
    BLOCKAGE_ENDED: Kind.BLOCKED,
    ACTED: Kind.ACTION,
}
"""Replies that must be heard, and the message that says the same as a fresh root."""


class Deletions(NoticeLedger):
    """Closes what was deleted, on one connection, for one EM."""

    async def close(self, notice: Notice, error: str, now: datetime) -> None:
        """Close a message that is gone, or in whose thread `notice` can not be posted.

        Replies to it that were not posted are closed with it, but for what must be heard.
        """
        carrier_id = notice.parent_id if _is_below(notice) else notice.id
        carrier = (await self.load_notices([carrier_id]))[carrier_id]
        unsent = await self._load_unsent(carrier_id)
        fresh = await self._find_worse(carrier, now)
        freed = [each for each in unsent if _may_stand_alone(each, carrier)]
        for each in freed:
            await self._stand_alone(each, notice, now)
        fresh |= {thing for each in unsent if (thing := _told_anew(each))}
        fresh -= {(each.kind, each.subject) for each in freed}
        roots = [_fresh_root(*each, carrier, now) for each in sorted(fresh)]
        if roots:  # whom a reply was to call, the first message in its place calls
            mention = next((each.mention for each in unsent if each.mention), "")
            roots[0] = replace(roots[0], mention=mention)
        await self.save_notices(roots)
        gone = [carrier_id, *(each.id for each in unsent if each not in freed)]
        await self.connection.execute(
            update(notices)
            .where(notices.c.id.in_(gone), notices.c.is_closed.is_(False))
            .values(**(NO_ATTEMPT | {"is_closed": True, "error": error}))
        )

    async def _load_unsent(self, carrier_id: str) -> Sequence[Notice]:
        found = await self.connection.execute(
            select(notices).where(
                notices.c.parent_id == carrier_id,
                notices.c.message_ts == "",
                notices.c.is_closed.is_(False),
            )
        )
        return [rows.to_notice(row) for row in found]

    async def _find_worse(self, carrier: Notice, now: datetime) -> set[tuple[Kind, str]]:
        """Free what joined a group unseen; name the others whose worsening is still to be said."""
        freed = await self.connection.execute(
            update(notices)
            .where(
                notices.c.told_by == carrier.id,
                notices.c.wanted_revision > carrier.shown_revision,
            )
            .values(told_by="", due_at=now)
            .returning(notices.c.subject)
        )
        found = await self.connection.execute(
            select(decisions.c.incident_id)
            .join(notices, decisions.c.notice_id == notices.c.id)
            .where(
                notices.c.parent_id == carrier.id,
                notices.c.message_ts == "",
                notices.c.is_closed.is_(False),
                decisions.c.reason.in_([reason.value for reason in WORSENING]),
            )
        )
        worse = {str(each) for each in found.scalars()} - set(freed.scalars())
        return {(Kind.INCIDENT, each) for each in worse}

    async def _stand_alone(self, finding: Notice, failed: Notice, now: datetime) -> None:
        """Let a message about findings be posted as a root, where its thread is gone."""
        # Slack may have another one whose attempt was never answered: that is looked for first.
        attempt = NO_ATTEMPT if finding.id == failed.id else {}
        await self.connection.execute(
            update(notices)
            .where(notices.c.id == finding.id)
            .values(**(attempt | {"parent_id": "", "due_at": now}))
        )


def _is_below(notice: Notice) -> bool:
    """Whether it fails because the message is gone in whose thread it belongs."""
    if notice.kind is Kind.REPLY:
        return True
    return notice.kind is Kind.FINDING and bool(notice.parent_id) and not notice.is_posted


def _may_stand_alone(unsent: Notice, carrier: Notice) -> bool:
    """Whether it has something to tell of its own; an heir goes on with what was deleted."""
    is_heir = (unsent.kind, unsent.subject) == (carrier.kind, carrier.subject)
    return unsent.kind is Kind.FINDING and not is_heir


def _told_anew(unsent: Notice) -> tuple[Kind, str] | None:
    prefix, colon, subject = unsent.subject.partition(":")
    kind = _TOLD_ANEW.get(prefix + colon)
    return (kind, subject) if kind and unsent.kind is Kind.REPLY else None


def _fresh_root(kind: Kind, subject: str, carrier: Notice, now: datetime) -> Notice:
    return promise(str(uuid.uuid4()), kind, subject, carrier.channel, now)
