"""What follows from a delivery that failed: for the notice, for its channel, for everybody."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.core.notices import DIRECT, Kind, Notice, promise
from bot.core.ports import Clock
from bot.core.stores import EVERYWHERE, DeliveringStore, Refusal
from bot.errors import (
    ChannelRefused,
    DeliveryAmbiguous,
    DeliveryFailed,
    DeliveryPostponed,
    MessageGone,
    MessageRefused,
    TokenRefused,
    UpdateRefused,
)

LOOK_AGAIN_AFTER = timedelta(seconds=3)
REFUSED_AGAIN_AFTER = timedelta(minutes=10)
"""What Slack calls wrong is not given up: its subject changes, and it stays counted as unsent."""

POISONED_AGAIN_AFTER = timedelta(minutes=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """As whom and how to deliver: `owner` names the bot that claims a notice.

    A channel that opens again with over `group_over` incidents due gets one message about them;
    `fallback_channel` hears that another one is refused, "" if none does.
    """

    owner: str
    group_over: int
    fallback_channel: str = ""


class Failing:
    """Records failures; `wake` lets what they promise be delivered at once."""

    def __init__(
        self, store: DeliveringStore, clock: Clock, policy: DeliveryPolicy, wake: Callable[[], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._wake = wake

    async def record(self, notice: Notice, error: DeliveryFailed, *, is_unknown: bool) -> bool:
        """Record what a failure means; tells whether the channel may go on.

        `is_unknown` says that an earlier attempt may still have got through.
        """
        now = self._clock()
        log.warning(
            "notice_not_delivered",
            notice_id=notice.id,
            kind=notice.kind,
            channel=notice.channel,
            error=str(error),
        )
        put_off = self._store.record_ambiguous if is_unknown else self._store.record_unsent
        match error:
            case DeliveryAmbiguous():
                await self._store.record_ambiguous(notice.id, now + LOOK_AGAIN_AFTER, str(error))
            case DeliveryPostponed():
                until = now + timedelta(seconds=error.retry_after)
                await put_off(notice.id, until, str(error))
            case ChannelRefused() | TokenRefused():
                await put_off(notice.id, now, str(error))
                await self._pause(notice.channel, error, now)
                return False
            case MessageGone():
                await self._store.close_deleted(notice, str(error), now)
            case MessageRefused():
                await put_off(notice.id, now + REFUSED_AGAIN_AFTER, str(error))
            case UpdateRefused():
                await self._continue_in_thread(notice, now)
            case _:
                await put_off(notice.id, now + POISONED_AGAIN_AFTER, str(error))
        return True

    async def push_ahead(self, notice: Notice, error: Exception) -> None:
        """Let a notice that breaks the program wait, so that the others get their turn."""
        due_at = self._clock() + POISONED_AGAIN_AFTER
        try:
            await self._store.record_ambiguous(notice.id, due_at, type(error).__name__)
        finally:
            log.error("notice_poisoned", notice_id=notice.id, kind=notice.kind, exc_info=error)

    async def _pause(self, channel: str, error: DeliveryFailed, now: datetime) -> None:
        """Pause a channel, and let another one hear of it; a refused token silences them all.

        What rate limits hold up is not told elsewhere: it ends by itself, the other channel would
        be held up too, and each message says how long it was.
        """
        where = EVERYWHERE if isinstance(error, TokenRefused) else channel
        fallback = self._policy.fallback_channel
        tell = None
        if fallback and where not in (EVERYWHERE, fallback) and not where.startswith(DIRECT):
            tell = promise(str(uuid.uuid4()), Kind.BLOCKED, "", fallback, now)
        await self._store.pause_channel(Refusal(where, error.code, str(error), now), tell)
        self._wake()

    async def _continue_in_thread(self, notice: Notice, now: datetime) -> None:
        """A message that Slack lets nobody change any more goes on as a reply in its thread."""
        successor = promise(str(uuid.uuid4()), notice.kind, notice.subject, notice.channel, now)
        await self._store.continue_in_thread(notice, replace(successor, parent_id=notice.id))
