"""Notices as the delivering side sees them: due, claimed, posted, shown, refused."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.notices import Kind, Notice, PostedMessage
from bot.core.stores import EVERYWHERE, Attempt, DueNotice
from bot.store import rows
from bot.store.deletions import NO_ATTEMPT, Deletions
from bot.store.keys import Keys
from bot.store.notices import IS_DUE, NoticeLedger
from bot.store.refusals import RefusingStore
from bot.store.tables import Moment, channels, notices
from bot.store.threads import find_root
from bot.store.views import Views


class SqlDeliveringStore(RefusingStore):
    """`bot.core.stores.DeliveringStore` for one EM."""

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
        parent, leader = notices.alias("parent"), notices.alias("leader")
        is_told = (
            select(leader.c.id)
            .where(
                leader.c.id == parent.c.told_by,
                or_(leader.c.message_ts != "", leader.c.is_closed.is_(True)),
            )
            .exists()
        )
        may_go = or_(
            notices.c.parent_id == "",
            select(parent.c.id)
            .where(
                parent.c.id == notices.c.parent_id,
                or_(parent.c.message_ts != "", parent.c.is_closed.is_(True), is_told),
            )
            .exists(),
        )
        return select(notices).where(notices.c.em == self._em, IS_DUE, may_go)

    async def claim(self, notice_id: str, attempt: Attempt) -> DueNotice | None:
        """Take a due notice for one attempt, by conditional update of exactly one row.

        An attempt of unknown outcome keeps its own times: they say since when to look for it, and
        what it said of its delivery.
        """
        is_free = notices.c.owner.in_(["", attempt.owner])
        is_due = and_(IS_DUE, is_free, notices.c.due_at <= attempt.at)
        has_been_tried = or_(notices.c.attempt_started_at.is_not(None), notices.c.message_ts != "")
        held_up = case((has_been_tried, notices.c.held_up_s), else_=attempt.held_up_s)
        async with self._database.write() as connection:
            claimed = await connection.execute(
                update(notices)
                .where(notices.c.id == notice_id, is_due)
                .values(
                    owner=attempt.owner,
                    attempts=notices.c.attempts + 1,
                    held_up_s=held_up,
                    attempt_started_at=func.coalesce(
                        notices.c.attempt_started_at, literal(attempt.at, Moment)
                    ),
                    attempt_slack_at=func.coalesce(
                        notices.c.attempt_slack_at, literal(attempt.slack_at, Moment)
                    ),
                )
                .returning(*rows.NOTICE_COLUMNS)
            )
            row = claimed.one_or_none()
            return None if row is None else await self._load(connection, rows.to_notice(row))

    async def _load(self, connection: AsyncConnection, notice: Notice) -> DueNotice:
        view = None
        if notice.kind is not Kind.SUMMARY:
            view = await Views(connection, self._em).load(notice)
        key = str(await Keys(connection, self._em).load(notice))
        root = await find_root(NoticeLedger(connection, self._em), notice)
        if root is notice or root is None:
            return DueNotice(notice, view, "", key)
        placed = replace(notice, channel_id=notice.channel_id or root.channel_id)
        return DueNotice(placed, view, root.message_ts, key)

    async def take_back_claims(self, owner: str) -> int:
        """Free every claim of another owner: it died, and nobody knows what Slack has."""
        async with self._database.write() as connection:
            freed = await connection.execute(
                update(notices)
                .where(notices.c.em == self._em, notices.c.owner.not_in(["", owner]))
                .values(owner="")
            )
            return int(freed.rowcount)

    async def record_attempt(self, notice_id: str, attempt: Attempt) -> None:
        """Note that the message is posted once more, and what it then says of its delivery."""
        await self._set(
            notice_id,
            attempt_started_at=attempt.at,
            held_up_s=attempt.held_up_s,
            is_possible_duplicate=attempt.is_possible_duplicate,
        )

    async def record_posted(self, notice_id: str, message: PostedMessage, due_at: datetime) -> None:
        """Note where the message stands and which revision it shows; edits are due at `due_at`."""
        await self._set(
            notice_id,
            channel_id=message.channel_id,
            message_ts=message.message_ts,
            shown_revision=message.revision,
            due_at=due_at,
            **NO_ATTEMPT,
        )

    async def record_shown(self, notice_id: str, revision: int, due_at: datetime) -> None:
        """Note which revision the message shows; a further one is due at `due_at`."""
        await self._set(notice_id, shown_revision=revision, due_at=due_at, **NO_ATTEMPT)

    async def record_unsent(self, notice_id: str, due_at: datetime, error: str) -> None:
        """Note that surely nothing was sent, and when to try again."""
        await self._set(notice_id, **(NO_ATTEMPT | {"due_at": due_at, "error": error}))

    async def record_ambiguous(self, notice_id: str, due_at: datetime, error: str) -> None:
        """Note that Slack may have it, and when to look."""
        await self._set(notice_id, owner="", due_at=due_at, error=error)

    async def close(self, notice_id: str, error: str) -> None:
        """Never deliver this notice again."""
        await self._set(notice_id, **(NO_ATTEMPT | {"is_closed": True, "error": error}))

    async def close_deleted(self, notice: Notice, error: str, now: datetime) -> None:
        """Close a message that a person deleted, and save from it what nobody has seen yet."""
        async with self._database.write() as connection:
            await Deletions(connection, self._em).close(notice, error, now)

    async def _set(self, notice_id: str, **changed: Any) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(notices).where(notices.c.id == notice_id).values(**changed)
            )

    async def continue_in_thread(self, ended: Notice, successor: Notice) -> None:
        """Let another notice, in the thread of one that cannot be changed, take its place.

        It counts revisions on: those whom the message tells of joined it at one of them.
        """
        heir = replace(
            successor,
            wanted_revision=ended.wanted_revision,
            shown_revision=ended.shown_revision,
        )
        async with self._database.write() as connection:
            await NoticeLedger(connection, self._em).save_notices([heir])
            await connection.execute(
                update(notices)
                .where(notices.c.id == ended.id)
                .values(shown_revision=notices.c.wanted_revision, **NO_ATTEMPT)
            )
            await connection.execute(
                update(notices).where(notices.c.told_by == ended.id).values(told_by=successor.id)
            )


def _without_paused(due: list[Notice], pauses: dict[str, Any], now: datetime) -> list[Notice]:
    """Leave out paused channels, but for one notice of each whose probe is due.

    The oldest probes; one that is to be posted before an edit, because Slack may let the bot
    change its old messages where it lets it post no new ones.
    """
    free: list[Notice] = []
    probes: dict[str, Notice] = {}
    for notice in due:
        key = EVERYWHERE if EVERYWHERE in pauses else notice.channel
        pause = pauses.get(key)
        if pause is None:
            free.append(notice)
        elif pause.probe_at <= now and (key not in probes or _is_better(notice, probes[key])):
            probes[key] = notice
    return [*probes.values(), *free]


def _is_better(notice: Notice, probe: Notice) -> bool:
    return probe.is_posted and not notice.is_posted
