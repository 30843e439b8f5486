"""Messages found in a channel's history, and how a notice takes one of them for its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.decisions import Reason
from bot.core.keys import Key, mark_news, parse_key
from bot.core.notices import FoundMessage, Kind, Notice
from bot.store import rows
from bot.store.incidents import IncidentLedger
from bot.store.keys import Keys
from bot.store.notices import NoticeLedger
from bot.store.tables import decisions, found_messages, notices
from bot.store.threads import find_root

FROZEN = frozenset({Kind.SUMMARY, Kind.REPLY, Kind.WATCH, Kind.WELCOME})
"""What is never changed after it was sent."""


@dataclass(frozen=True, slots=True)
class Found:
    """A found message with its row, and what it is about."""

    row_id: int
    message: FoundMessage
    key: Key


class Adopting(IncidentLedger, NoticeLedger):
    """One channel's found messages and the notices that wait there, on one connection."""

    def __init__(
        self, connection: AsyncConnection, em: str, channel: str, now: datetime, *, is_fresh: bool
    ) -> None:
        super().__init__(connection, em)
        self._channel = channel
        self._now = now
        self._is_fresh = is_fresh
        self._keys = Keys(connection, em)
        self._found: list[Found] = []
        self._left: set[str] = set()
        self._adopted = 0

    async def _load_found(self) -> list[Found]:
        """Load the messages, the newest first."""
        found = await self.connection.execute(
            select(found_messages)
            .where(found_messages.c.em == self.em, found_messages.c.channel == self._channel)
            .order_by(found_messages.c.message_ts.desc())
        )
        return [Found(row.id, _message(row), key) for row in found if (key := parse_key(row.key))]

    async def _load_waiting(self) -> list[Notice]:
        """Load what is still to be posted here, by itself or by a group; oldest first."""
        found = await self.connection.execute(
            select(notices)
            .where(
                notices.c.em == self.em,
                notices.c.channel == self._channel,
                notices.c.message_ts == "",
                notices.c.is_closed.is_(False),
            )
            .order_by(notices.c.sequence)
        )
        return [rows.to_notice(row) for row in found]

    async def _meet_known(self) -> None:
        """Learn where the messages of known notices stand, and show anew what was changed."""
        known = await self.load_notices({each.message.notice_id for each in self._found})
        for found in list(self._found):
            notice = known.get(found.message.notice_id)
            if notice is None or notice.is_closed:
                continue
            if not notice.is_posted or found.message.revision > notice.wanted_revision:
                await self._adopt(notice, found)
            else:
                await self._use_up(found)

    async def _adopt(self, notice: Notice, found: Found) -> None:
        """Take a message for a notice's own; what may have changed since then is shown anew."""
        message = found.message
        is_frozen = notice.kind in FROZEN
        wanted = max(notice.wanted_revision, message.revision + (not is_frozen))
        await self.connection.execute(
            update(notices)
            .where(notices.c.id == notice.id)
            .values(
                channel_id=message.channel_id,
                message_ts=message.message_ts,
                shown_revision=wanted if is_frozen else message.revision,
                wanted_revision=wanted,
                told_by="",
                owner="",
                attempt_started_at=None,
                attempt_slack_at=None,
                error="",
            )
        )
        self._left.add(notice.told_by)
        self._adopted += 1
        await self._use_up(found)

    async def _use_up(self, found: Found) -> None:
        """A root is one notice's message, but for one about many, which others may join.

        Replies stay: several that are to be told may have been told by one, or one by several.
        """
        if found.message.thread_ts or found.key.kind is Kind.GROUP:
            return
        self._found.remove(found)
        await self.connection.execute(
            delete(found_messages).where(found_messages.c.id == found.row_id)
        )

    def _roots(self, kind: Kind) -> list[Found]:
        return [f for f in self._found if not f.message.thread_ts and f.key.kind is kind]

    def _replies(self, thread_ts: str) -> list[Found]:
        return [f for f in self._found if f.message.thread_ts == thread_ts]

    def _marks_in(self, thread_ts: str) -> set[str]:
        """Everything that the replies in a thread tell."""
        return {mark for each in self._replies(thread_ts) for mark in each.key.marks}

    async def _settle_reply(self, notice: Notice) -> None:
        """Adopt the reply that tells the same; where several told a part, tell only the rest."""
        root = await find_root(self, notice)
        replies = self._replies(root.message_ts) if root and root.is_posted else []
        if not replies:
            return
        told = {mark for each in replies for mark in each.key.marks}
        marks = await self._keys.load_reply_marks(notice)
        if marks and told.issuperset(marks) and not await self._is_another(notice):
            match = next(each for each in replies if marks[0] in each.key.marks)
            await self._adopt(notice, match)
        elif told.intersection(marks):
            await self._leave_out(notice, told)

    async def _settle_below(self, notice: Notice) -> None:
        """Adopt the message in a thread that tells of the same finding, as long as it is fresh."""
        root = await find_root(self, notice)
        marks = set((await self._keys.load(notice)).marks)
        for found in self._replies(root.message_ts) if root and self._is_fresh else []:
            if found.key.kind is notice.kind and marks & set(found.key.marks):
                await self._adopt(notice, found)
                return

    async def _is_another(self, notice: Notice) -> bool:
        """Whether a reply that no session tells from others comes again: a reminder, for one."""
        if self._is_fresh or notice.subject:
            return False
        found = await self.connection.scalars(
            select(decisions.c.session_uid).where(decisions.c.notice_id == notice.id)
        )
        return not all(found)

    async def _leave_out(self, notice: Notice, told: set[str]) -> None:
        found = await self.connection.execute(
            select(decisions).where(decisions.c.notice_id == notice.id)
        )
        again = [r.id for r in found if mark_news(Reason(r.reason), r.session_uid) in told]
        await self.connection.execute(
            update(decisions).where(decisions.c.id.in_(again)).values(notice_id=None)
        )


def _message(row: Row[Any]) -> FoundMessage:
    return FoundMessage(
        row.channel_id, row.message_ts, row.thread_ts, row.notice_id, row.revision, row.key
    )
