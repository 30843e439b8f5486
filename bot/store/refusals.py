"""Messages that Slack calls wrong themselves: kept, counted, and told of elsewhere."""

from datetime import datetime, timedelta

from sqlalchemy import and_, func, select, update

from bot.core.notices import REFUSED, Notice
from bot.core.stores import Refusal
from bot.store.deletions import NO_ATTEMPT
from bot.store.notices import IS_DUE
from bot.store.pauses import IS_OF_MESSAGES, PausingStore
from bot.store.tables import blockages, notices

AGAIN_AFTER = timedelta(minutes=10)
"""What Slack calls wrong is not given up: its subject changes, or a newer bot says it otherwise."""


class RefusingStore(PausingStore):
    """The part of `bot.core.stores.DeliveringStore` that is about refused messages, for one EM."""

    async def record_refused(
        self, notice_id: str, refusal: Refusal, tell: Notice | None, *, is_unknown: bool
    ) -> None:
        """Note that Slack calls this message wrong, and when to try again.

        An attempt that may have got through before stays in doubt. `tell` is promised with it
        unless one was for other messages of this channel that are refused so.
        """
        await self.end_refusals(refusal.channel, refusal.at)
        keeps = {"owner": ""} if is_unknown else NO_ATTEMPT
        due_at = refusal.at + AGAIN_AFTER
        async with self._database.write() as connection:
            await connection.execute(
                update(notices)
                .where(notices.c.id == notice_id)
                .values(**(keeps | {"due_at": due_at, "error": refusal.code}))
            )
            if tell:
                await self.tell_of(connection, refusal, tell)

    async def load_refused(self) -> dict[str, int]:
        """Count the messages that Slack calls wrong, by its own word for why."""
        async with self._database.read_once() as connection:
            found = await connection.execute(
                select(notices.c.error, func.count())
                .where(notices.c.em == self._em, IS_DUE, notices.c.error.startswith(REFUSED))
                .group_by(notices.c.error)
                .order_by(notices.c.error)
            )
            return {error.removeprefix(REFUSED): count for error, count in found}

    async def end_refusals(self, channel: str, now: datetime) -> None:
        """Note that a message that was refused needs to be said no more, if it was the last."""
        is_refused = (
            select(notices.c.id)
            .where(
                notices.c.em == self._em,
                notices.c.channel == channel,
                IS_DUE,
                notices.c.error == blockages.c.code,
            )
            .exists()
        )
        is_over = and_(blockages.c.channel == channel, IS_OF_MESSAGES, ~is_refused)
        async with self._database.write() as connection:
            await self.end_blockages(connection, is_over, 0, now)
