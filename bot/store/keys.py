"""Naming what a notice is about in words that an older copy of the database understands too."""

from datetime import datetime

from sqlalchemy import Text, cast, select

from bot.core.decisions import Reason
from bot.core.keys import MOST_MARKS, Key, digest, key_of_group, key_of_incident, mark_news
from bot.core.notices import ACTED, Kind, Notice
from bot.store import rows
from bot.store.ledgers import Ledger
from bot.store.tables import (
    blockages,
    decisions,
    findings,
    groups,
    incidents,
    job_actions,
    mutes,
    notices,
    summaries,
)


class Keys(Ledger):
    """Computes keys on one connection, for one EM."""

    async def load(self, notice: Notice) -> Key:
        """Name what a notice is about; see `bot.core.keys`."""
        match notice.kind:
            case Kind.INCIDENT:
                return await self._of_incident(notice)
            case Kind.GROUP:
                return await self._of_group(notice)
            case Kind.REPLY:
                return Key(Kind.REPLY, await self.load_reply_marks(notice))
            case Kind.SUMMARY | Kind.BLOCKED | Kind.FINDING:
                return Key(notice.kind, await self._load_marks(notice))
            case Kind.WELCOME:
                return Key(Kind.WELCOME, (digest(notice.subject),))
        return Key(notice.kind)

    async def _of_incident(self, notice: Notice) -> Key:
        found = await self.connection.execute(
            select(incidents).where(incidents.c.id == int(notice.subject))
        )
        row = found.one_or_none()
        return key_of_incident(rows.to_incident(row)) if row else Key(Kind.INCIDENT)

    async def _of_group(self, notice: Notice) -> Key:
        query = select(groups.c.backup_server, mutes.c.ends_at)
        found = await self.connection.execute(
            query.outerjoin(mutes, mutes.c.id == groups.c.mute_id).where(
                groups.c.id == int(notice.subject)
            )
        )
        row = found.one()
        if row.ends_at:
            return Key(Kind.GROUP, (digest("mute", row.ends_at.isoformat()),))
        return key_of_group(row.backup_server, await self._load_openings(notice.id))

    async def _load_openings(self, leader_id: str) -> list[datetime]:
        found = await self.connection.execute(
            select(incidents.c.opened_at)
            .join(notices, notices.c.subject == cast(incidents.c.id, Text))
            .where(notices.c.told_by == leader_id, notices.c.kind == Kind.INCIDENT.value)
        )
        return list(found.scalars())

    async def load_reply_marks(self, notice: Notice) -> tuple[str, ...]:
        """Mark what a reply tells: its decisions, or the kind of its subject."""
        if notice.subject.startswith(ACTED):
            return await self._of_action(int(notice.subject.removeprefix(ACTED)))
        if notice.subject:
            return (digest(notice.subject.partition(":")[0]),)
        found = await self.connection.execute(
            select(decisions.c.reason, decisions.c.session_uid)
            .where(decisions.c.notice_id == notice.id)
            .order_by(decisions.c.id)
        )
        return tuple(mark_news(Reason(row.reason), row.session_uid) for row in found)

    async def _of_action(self, action_id: int) -> tuple[str, ...]:
        """Mark an action by its job and its moment: a thread may tell of several."""
        query = select(job_actions.c.job_uid, job_actions.c.asked_at)
        found = await self.connection.execute(query.where(job_actions.c.id == action_id))
        row = found.one()
        return (digest(ACTED, row.job_uid, row.asked_at.isoformat()),)

    async def _load_marks(self, notice: Notice) -> tuple[str, ...]:
        number = int(notice.subject)
        query = {
            Kind.SUMMARY: select(summaries.c.on_date).where(summaries.c.id == number),
            Kind.BLOCKED: select(blockages.c.channel).where(blockages.c.id == number),
            Kind.FINDING: select(findings.c.kind, findings.c.subject)
            .where(findings.c.told_with == number)
            .order_by(findings.c.id)
            .limit(MOST_MARKS),
        }[notice.kind]
        found = await self.connection.execute(query)
        return tuple(digest(*map(str, row)) for row in found)
