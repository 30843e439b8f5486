"""Channels that Slack refuses: their pauses, who hears of them, and what is told when they open."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.notices import BLOCKAGE_ENDED, HELD_UP_OVER, REFUSED, Kind, Notice, promise
from bot.core.stores import EVERYWHERE, ChannelPause, Refusal
from bot.core.views import BlockageView
from bot.store import rows
from bot.store.databases import Database
from bot.store.notices import IS_DUE, NoticeLedger, insert_group
from bot.store.tables import blockages, channels, notices

CHANNEL_PROBE_EVERY = timedelta(minutes=5)
TOKEN_PROBE_EVERY = timedelta(minutes=1)
"""How often a refusal is probed by the oldest notice (DESIGN §2, Refusals)."""

IS_WAITING = and_(IS_DUE, notices.c.message_ts == "")
"""A message that is still to be posted."""

IS_OF_MESSAGES = blockages.c.code.startswith(REFUSED)
"""A blockage not of the channel but of single messages: see `bot.store.refusals`."""


class PausingStore:
    """The part of `bot.core.stores.DeliveringStore` that is about refusals, for one EM."""

    def __init__(self, database: Database, em: str) -> None:
        self._database = database
        self._em = em

    async def pause_channel(self, refusal: Refusal, tell: Notice | None = None) -> None:
        """Note that Slack refuses a channel ("" for all of them), and when to probe it.

        `tell` is promised with it unless one was when the channel was first refused; its subject
        becomes the id of the blockage.
        """
        channel, now = refusal.channel, refusal.at
        every = TOKEN_PROBE_EVERY if channel == EVERYWHERE else CHANNEL_PROBE_EVERY
        statement = insert(channels).values(
            channel=channel, problem=refusal.problem, refused_since_at=now, probe_at=now + every
        )
        async with self._database.write() as connection:
            await connection.execute(
                statement.on_conflict_do_update(
                    ["channel"], set_={"problem": refusal.problem, "probe_at": now + every}
                )
            )
            if tell:
                await self.tell_of(connection, refusal, tell)

    async def tell_of(self, connection: AsyncConnection, refusal: Refusal, tell: Notice) -> None:
        """Promise to tell of a refusal, unless one of this kind is told already."""
        is_of_messages = refusal.code.startswith(REFUSED)
        is_open = and_(
            blockages.c.em == self._em,
            blockages.c.channel == refusal.channel,
            blockages.c.ended_at.is_(None),
            blockages.c.code == refusal.code if is_of_messages else ~IS_OF_MESSAGES,
        )
        if await connection.scalar(select(blockages.c.id).where(is_open)):
            return
        inserted = await connection.execute(
            insert(blockages)
            .values(em=self._em, channel=refusal.channel, code=refusal.code, since_at=refusal.at)
            .returning(blockages.c.id)
        )
        subject = str(inserted.scalar_one())
        await NoticeLedger(connection, self._em).save_notices(
            [promise(tell.id, tell.kind, subject, tell.channel, refusal.at)]
        )

    async def load_pauses(self) -> dict[str, ChannelPause]:
        """Load the channels that are paused."""
        async with self._database.read_once() as connection:
            found = await connection.execute(select(channels))
            return {
                row.channel: ChannelPause(
                    row.channel, row.problem, row.refused_since_at, row.probe_at
                )
                for row in found
            }

    async def reopen(self, probe: Notice, over: int, now: datetime) -> dict[str, int]:
        """Note that Slack takes messages again: those of the probe's channel, or all.

        What waited says from now on that Slack held it up. Over `over` incidents that wait in one
        channel are told in one message; the answer counts them by channel.
        """
        channel = probe.channel
        async with self._database.write() as connection:
            ended = await connection.execute(
                delete(channels)
                .where(channels.c.channel.in_([channel, EVERYWHERE]))
                .returning(channels.c.channel, channels.c.refused_since_at)
            )
            since = {row.channel: row.refused_since_at for row in ended}
            opened = {channel}
            if EVERYWHERE in since:
                opened |= await self._load_waiting_channels(connection)
            caught_up = {}
            for each in sorted(opened):
                refused_at = since.get(each, since.get(EVERYWHERE, now))
                posted = int(each == channel and not probe.is_posted)
                waited = await self._release(connection, each, refused_at, now)
                is_its_own = and_(blockages.c.channel == each, ~IS_OF_MESSAGES)
                await self.end_blockages(connection, is_its_own, waited + posted, now)
                caught_up[each] = await self._catch_up(connection, each, over, now)
            return {each: count for each, count in caught_up.items() if count}

    async def _load_waiting_channels(self, connection: AsyncConnection) -> set[str]:
        still_paused = select(channels.c.channel)
        found = await connection.execute(
            select(notices.c.channel)
            .where(notices.c.em == self._em, IS_WAITING, notices.c.channel.not_in(still_paused))
            .distinct()
        )
        return set(found.scalars())

    async def _release(
        self, connection: AsyncConnection, channel: str, refused_at: datetime, now: datetime
    ) -> int:
        """Note on what waited how long that was; counts it."""
        waiting = await _load_waiting(connection, self._em, channel, now)
        held_up = [
            {"of": each.id, "held_up": int(held.total_seconds())}
            for each in waiting
            if (held := now - max(each.say_at or each.created_at, refused_at)) > HELD_UP_OVER
        ]
        if held_up:
            await connection.execute(
                update(notices)
                .where(notices.c.id == bindparam("of"))
                .values(held_up_s=bindparam("held_up")),
                held_up,
            )
        return len(waiting)

    async def end_blockages(
        self,
        connection: AsyncConnection,
        which: ColumnElement[bool],
        told_late: int,
        now: datetime,
    ) -> None:
        """Let whoever heard of these blockages hear of their end: by an edit, and aloud."""
        ended = await connection.execute(
            update(blockages)
            .where(blockages.c.em == self._em, blockages.c.ended_at.is_(None), which)
            .values(ended_at=now, told_late=told_late)
            .returning(blockages.c.id)
        )
        ledger = NoticeLedger(connection, self._em)
        for blockage_id in ended.scalars().all():
            for notice in await ledger.load_notice_of(Kind.BLOCKED, str(blockage_id)):
                await ledger.save_notices(_conclude(notice, blockage_id, now))

    async def _catch_up(
        self, connection: AsyncConnection, channel: str, over: int, now: datetime
    ) -> int:
        """Tell of all unsent incidents of a channel in one message, if over so many."""
        waiting = await _load_waiting(connection, self._em, channel, now)
        unsent = [each for each in waiting if each.kind is Kind.INCIDENT and not each.is_ambiguous]
        if len(unsent) <= over:
            return 0
        group_id = await insert_group(connection, self._em, channel, "", now)
        leader = promise(str(uuid.uuid4()), Kind.GROUP, str(group_id), channel, now)
        mention = next((each.mention for each in unsent if each.mention), "")
        leader = replace(leader, mention=mention)
        await NoticeLedger(connection, self._em).save_notices([leader])
        await connection.execute(
            update(notices)
            .where(notices.c.id == bindparam("of"))
            .values(told_by=leader.id, wanted_revision=leader.wanted_revision),
            [{"of": notice.id} for notice in unsent],
        )
        return len(unsent)


async def _load_waiting(
    connection: AsyncConnection, em: str, channel: str, now: datetime
) -> Sequence[Notice]:
    """Load what should have been posted to a channel by now, oldest first."""
    found = await connection.execute(
        select(notices)
        .where(
            notices.c.em == em,
            notices.c.channel == channel,
            IS_WAITING,
            func.coalesce(notices.c.say_at, notices.c.created_at) <= now,
        )
        .order_by(notices.c.sequence)
    )
    return [rows.to_notice(row) for row in found]


def _conclude(notice: Notice, blockage_id: int, now: datetime) -> list[Notice]:
    wanted = [replace(notice, wanted_revision=notice.wanted_revision + 1)]
    if notice.is_maybe_seen:
        reply = promise(
            str(uuid.uuid4()), Kind.REPLY, f"{BLOCKAGE_ENDED}{blockage_id}", notice.channel, now
        )
        wanted.append(replace(reply, parent_id=notice.id, is_broadcast=True))
    return wanted


async def load_blockage(connection: AsyncConnection, em: str, blockage_id: int) -> BlockageView:
    """Load how it stands with a channel that was refused."""
    row: Any = (
        await connection.execute(select(blockages).where(blockages.c.id == blockage_id))
    ).one()
    is_of_messages = row.code.startswith(REFUSED)
    is_kept = and_(IS_DUE, notices.c.error == row.code) if is_of_messages else IS_WAITING
    waiting = await connection.scalar(
        select(func.count())
        .select_from(notices)
        .where(notices.c.em == em, notices.c.channel == row.channel, is_kept)
    )
    return BlockageView(
        row.channel,
        row.code.removeprefix(REFUSED),
        row.since_at,
        int(waiting or 0),
        row.ended_at,
        row.told_late,
        is_of_messages=is_of_messages,
    )
