"""What the bot's own messages in a channel say that the database does not know: an older copy."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, delete, func, insert, or_, select

from bot.core.incidents import Status
from bot.core.notices import FoundMessage, Kind
from bot.core.stores import Known
from bot.store.adoptions import Adoption
from bot.store.databases import Database
from bot.store.polls import load_state
from bot.store.rows import chunked
from bot.store.tables import found_messages, groups, incidents, notices, outages

MOST_THREADS = 200
"""Of so many messages whose subject is not over the threads are read, the newest first."""

MOST_CHANNELS = 50


_UNDER_WAY = (
    (Kind.INCIDENT, incidents.c.id, incidents.c.status == Status.OPEN.value),
    (Kind.GROUP, groups.c.id, groups.c.ended_at.is_(None)),
    (Kind.OUTAGE, outages.c.id, outages.c.ended_at.is_(None)),
)


class SqlReconcilingStore:
    """`bot.core.stores.ReconcilingStore` for one EM."""

    def __init__(self, database: Database, em: str) -> None:
        self._database = database
        self._em = em

    async def load_channels(self) -> list[str]:
        """List the channels in which the bot has posted lately."""
        newest = func.max(notices.c.sequence)
        async with self._database.read() as connection:
            found = await connection.execute(
                select(notices.c.channel)
                .where(notices.c.em == self._em, notices.c.message_ts != "")
                .group_by(notices.c.channel)
                .order_by(newest.desc())
                .limit(MOST_CHANNELS)
            )
            return list(found.scalars())

    async def load_known(self, channel: str) -> Known:
        """Tell what the database knows of a channel's messages; where nothing, of all channels'."""
        newest = select(func.max(notices.c.message_ts))
        is_open = or_(
            *(
                and_(notices.c.kind == kind.value, _is_under_way(number, has_not_ended))
                for kind, number, has_not_ended in _UNDER_WAY
            )
        )
        threads = (
            select(notices.c.message_ts)
            .where(
                notices.c.channel == channel,
                notices.c.parent_id == "",
                notices.c.told_by == "",
                notices.c.message_ts != "",
                notices.c.is_closed.is_(False),
                or_(is_open, notices.c.shown_revision < notices.c.wanted_revision),
            )
            .order_by(notices.c.sequence.desc())
            .limit(MOST_THREADS)
        )
        async with self._database.read() as connection:
            since = await connection.scalar(newest.where(notices.c.channel == channel))
            since = since or await connection.scalar(newest)
            found = await connection.execute(threads)
            return Known(str(since or ""), tuple(found.scalars()))

    async def load_revisions(self, notice_ids: Collection[str]) -> dict[str, int]:
        """Load the newest revisions that Slack may have of those of these notices that exist."""
        may_be_there = or_(notices.c.message_ts != "", notices.c.attempt_started_at.is_not(None))
        newest = case((may_be_there, notices.c.wanted_revision), else_=0)
        query = select(notices.c.id, newest.label("revision"))
        known: dict[str, int] = {}
        async with self._database.read() as connection:
            for some in chunked(sorted(notice_ids)):
                found = await connection.execute(query.where(notices.c.id.in_(some)))
                known |= {row.id: row.revision for row in found}
        return known

    async def save_found(self, channel: str, found: Sequence[FoundMessage]) -> None:
        """Keep the messages that a channel's history holds, instead of those found before."""
        of_channel = and_(found_messages.c.em == self._em, found_messages.c.channel == channel)
        async with self._database.write() as connection:
            await connection.execute(delete(found_messages).where(of_channel))
            if found:
                await connection.execute(
                    insert(found_messages), [self._values(channel, each) for each in found]
                )

    def _values(self, channel: str, found: FoundMessage) -> dict[str, object]:
        return {
            "em": self._em,
            "channel": channel,
            "channel_id": found.channel_id,
            "message_ts": found.message_ts,
            "thread_ts": found.thread_ts,
            "notice_id": found.notice_id,
            "revision": found.revision,
            "key": found.key,
        }

    async def settle(self, channel: str, now: datetime, *, is_fresh: bool) -> int:
        """Let due notices adopt the found messages that tell of the same; counts those that did."""
        async with self._database.write() as connection:
            adoption = Adoption(connection, self._em, channel, now, is_fresh=is_fresh)
            return await adoption.settle()

    async def has_polled_since(self, at: datetime) -> bool:
        """Whether a poll of EM was recorded since then (the bot's clock)."""
        async with self._database.read_once() as connection:
            polled_at = (await load_state(connection, self._em)).polled_at
        return polled_at is not None and polled_at >= at


def _is_under_way(number: ColumnElement[Any], has_not_ended: ColumnElement[bool]) -> Any:
    """Whether the thing that a notice shows has not ended."""
    return select(number).where(cast(number, Text) == notices.c.subject, has_not_ended).exists()
