"""Notices as the delivering side sees them: due, claimed, posted, shown, refused."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, func, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.incidents import WORSENING
from bot.core.notices import Kind, Notice, PostedMessage, promise
from bot.core.stores import ChannelPause, DueNotice
from bot.store import rows
from bot.store.databases import Database
from bot.store.notices import IS_DUE, NoticeLedger, insert_group
from bot.store.tables import Moment, channels, decisions, notices
from bot.store.views import Views

CHANNEL_PROBE_EVERY = timedelta(minutes=5)
TOKEN_PROBE_EVERY = timedelta(minutes=1)
"""How often a refusal is probed by the oldest notice (DESIGN §2, Refusals)."""

EVERYWHERE = ""
"""The channel of a pause that concerns them all: Slack refuses the token."""


class SqlDeliveringStore:
    """`bot.core.stores.DeliveringStore` for one EM."""

    def __init__(self, database: Database, em: str) -> None:
        self._database = database
        self._em = em

    async def load_due(self, now: datetime) -> list[Notice]:
        """Load what is due and may be delivered, oldest first; a reply only after its root."""
        async with self._database.read() as connection:
            found = await connection.execute(
                self._deliverable().where(notices.c.due_at <= now).order_by(notices.c.sequence)
            )
            due = [rows.to_notice(row) for row in found]
            pauses = {row.channel: row for row in await connection.execute(select(channels))}
        return _without_paused(due, pauses, now)

    def _deliverable(self) -> Select[Any]:
        parent = notices.alias("parent")
        may_go = or_(
            notices.c.parent_id == "",
            select(parent.c.id)
            .where(
                parent.c.id == notices.c.parent_id,
                or_(
                    parent.c.message_ts != "",
                    parent.c.told_by != "",
                    parent.c.is_closed.is_(True),
                ),
            )
            .exists(),
        )
        return select(notices).where(notices.c.em == self._em, IS_DUE, may_go)

    async def claim(
        self, notice_id: str, owner: str, at: datetime, slack_at: datetime
    ) -> DueNotice | None:
        """Take a due notice for one attempt, by conditional update of exactly one row.

        An attempt of unknown outcome keeps its own times: they say since when to look for it.
        """
        is_free = notices.c.owner.in_(["", owner])
        async with self._database.write() as connection:
            claimed = await connection.execute(
                update(notices)
                .where(notices.c.id == notice_id, IS_DUE, is_free, notices.c.due_at <= at)
                .values(
                    owner=owner,
                    attempts=notices.c.attempts + 1,
                    attempt_started_at=func.coalesce(
                        notices.c.attempt_started_at, literal(at, Moment)
                    ),
                    attempt_slack_at=func.coalesce(
                        notices.c.attempt_slack_at, literal(slack_at, Moment)
                    ),
                )
                .returning(*rows.NOTICE_COLUMNS)
            )
            row = claimed.one_or_none()
            if row is None:
                return None
            notice = rows.to_notice(row)
            view = None
            if notice.kind is not Kind.SUMMARY:
                view = await Views(connection, self._em).load(notice)
            thread_ts = await _thread_ts(NoticeLedger(connection, self._em), notice)
            return DueNotice(notice, view, thread_ts)

    async def take_back_claims(self, owner: str) -> int:
        """Free every claim of another owner: it died, and nobody knows what Slack has."""
        async with self._database.write() as connection:
            freed = await connection.execute(
                update(notices)
                .where(notices.c.em == self._em, notices.c.owner.not_in(["", owner]))
                .values(owner="")
            )
            return int(freed.rowcount)

    async def record_attempt(self, notice_id: str, at: datetime) -> None:
        """Note that the message is posted once more: the last attempt did not get through."""
        await self._set(notice_id, attempt_started_at=at)

    async def record_posted(self, notice_id: str, message: PostedMessage, due_at: datetime) -> None:
        """Note where the message stands and which revision it shows; edits are due at `due_at`."""
        await self._set(
            notice_id,
            channel_id=message.channel_id,
            message_ts=message.message_ts,
            shown_revision=message.revision,
            due_at=due_at,
            **_NO_ATTEMPT,
        )

    async def record_shown(self, notice_id: str, revision: int, due_at: datetime) -> None:
        """Note which revision the message shows; a further one is due at `due_at`."""
        await self._set(notice_id, shown_revision=revision, due_at=due_at, **_NO_ATTEMPT)

    async def record_unsent(self, notice_id: str, due_at: datetime, error: str) -> None:
        """Note that surely nothing was sent, and when to try again."""
        await self._set(notice_id, **(_NO_ATTEMPT | {"due_at": due_at, "error": error}))

    async def record_ambiguous(self, notice_id: str, due_at: datetime, error: str) -> None:
        """Note that Slack may have it, and when to look."""
        await self._set(notice_id, owner="", due_at=due_at, error=error)

    async def close(self, notice_id: str, error: str) -> None:
        """Never deliver this notice again."""
        await self._set(notice_id, **(_NO_ATTEMPT | {"is_closed": True, "error": error}))

    async def close_deleted(self, notice: Notice, error: str, now: datetime) -> None:
        """Close a message that a person deleted, and save from it what nobody has seen yet.

        It is not restored, but a worsening that is still to be said posts a fresh root, and what
        joined a group after it was last shown is told by a message of its own (DESIGN §2, Updates).
        """
        carrier_id = notice.parent_id if notice.kind is Kind.REPLY else notice.id
        async with self._database.write() as connection:
            ledger = NoticeLedger(connection, self._em)
            carrier = (await ledger.load_notices([carrier_id]))[carrier_id]
            await ledger.save_notices(
                [
                    _fresh_root(incident_id, carrier, now)
                    for incident_id in await self._load_unsaid_worsenings(connection, carrier_id)
                ]
            )
            is_unsaid_reply = and_(notices.c.parent_id == carrier_id, notices.c.message_ts == "")
            await connection.execute(
                update(notices)
                .where(or_(notices.c.id == carrier_id, is_unsaid_reply))
                .values(**(_NO_ATTEMPT | {"is_closed": True, "error": error}))
            )
            await connection.execute(
                update(notices)
                .where(
                    notices.c.told_by == carrier_id,
                    notices.c.wanted_revision > carrier.shown_revision,
                )
                .values(told_by="", due_at=now)
            )

    @staticmethod
    async def _load_unsaid_worsenings(connection: AsyncConnection, carrier_id: str) -> list[int]:
        found = await connection.execute(
            select(decisions.c.incident_id)
            .join(notices, decisions.c.notice_id == notices.c.id)
            .where(
                notices.c.parent_id == carrier_id,
                notices.c.message_ts == "",
                notices.c.is_closed.is_(False),
                decisions.c.reason.in_([reason.value for reason in WORSENING]),
            )
            .distinct()
        )
        return list(found.scalars())

    async def _set(self, notice_id: str, **changed: Any) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(notices).where(notices.c.id == notice_id).values(**changed)
            )

    async def pause_channel(self, channel: str, problem: str, now: datetime) -> None:
        """Note that Slack refuses a channel ("" for all of them), and when to probe it."""
        every = TOKEN_PROBE_EVERY if channel == EVERYWHERE else CHANNEL_PROBE_EVERY
        statement = insert(channels).values(
            channel=channel, problem=problem, refused_since_at=now, probe_at=now + every
        )
        async with self._database.write() as connection:
            await connection.execute(
                statement.on_conflict_do_update(
                    ["channel"], set_={"problem": problem, "probe_at": now + every}
                )
            )

    async def reopen_channel(self, channel: str) -> None:
        """Note that Slack takes messages for it again."""
        async with self._database.write() as connection:
            await connection.execute(
                delete(channels).where(channels.c.channel.in_([channel, EVERYWHERE]))
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

    async def catch_up(self, channel: str, over: int, now: datetime) -> int:
        """Tell of all unsent incidents of a re-opened channel in one message, if over so many."""
        async with self._database.write() as connection:
            found = await connection.execute(
                select(notices).where(
                    notices.c.em == self._em,
                    notices.c.channel == channel,
                    notices.c.kind == Kind.INCIDENT.value,
                    IS_DUE,
                    notices.c.message_ts == "",
                    notices.c.attempt_started_at.is_(None),
                )
            )
            unsent = [rows.to_notice(row) for row in found]
            if len(unsent) <= over:
                return 0
            group_id = await insert_group(connection, self._em, channel, "", now)
            leader = promise(str(uuid.uuid4()), Kind.GROUP, str(group_id), channel, now)
            await NoticeLedger(connection, self._em).save_notices([leader])
            await connection.execute(
                update(notices)
                .where(notices.c.id.in_([notice.id for notice in unsent]))
                .values(told_by=leader.id, wanted_revision=leader.wanted_revision)
            )
            return len(unsent)

    async def continue_in_thread(self, ended: Notice, successor: Notice) -> None:
        """Let another notice, in the thread of one that cannot be changed, take its place."""
        async with self._database.write() as connection:
            await NoticeLedger(connection, self._em).save_notices([successor])
            await connection.execute(
                update(notices)
                .where(notices.c.id == ended.id)
                .values(shown_revision=notices.c.wanted_revision, **_NO_ATTEMPT)
            )
            await connection.execute(
                update(notices).where(notices.c.told_by == ended.id).values(told_by=successor.id)
            )


def _fresh_root(incident_id: int, carrier: Notice, now: datetime) -> Notice:
    return promise(str(uuid.uuid4()), Kind.INCIDENT, str(incident_id), carrier.channel, now)


_NO_ATTEMPT: dict[str, Any] = {
    "owner": "",
    "attempt_started_at": None,
    "attempt_slack_at": None,
    "error": "",
}


async def _thread_ts(ledger: NoticeLedger, notice: Notice) -> str:
    """Find the timestamp of the root above a notice; "" for a root, or under a message gone."""
    root = notice
    while above_id := root.parent_id or root.told_by:
        above = (await ledger.load_notices([above_id])).get(above_id)
        if above is None or above.is_closed:
            return ""
        root = above
    return "" if root is notice else root.message_ts


def _without_paused(due: list[Notice], pauses: dict[str, Any], now: datetime) -> list[Notice]:
    """Leave out paused channels, but for the oldest notice of one whose probe is due."""
    free: list[Notice] = []
    probing: set[str] = set()
    for notice in due:
        key = EVERYWHERE if EVERYWHERE in pauses else notice.channel
        pause = pauses.get(key)
        if pause is None:
            free.append(notice)
        elif pause.probe_at <= now and key not in probing:
            probing.add(key)
            free.append(notice)
    return free
