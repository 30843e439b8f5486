"""What follows from a delivery that failed: for the notice, for its channel, for everybody."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.core.notices import DIRECT, REFUSED, Kind, Notice, promise
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


def describe_refused(refused: Mapping[str, int]) -> list[str]:
    """Say which messages Slack refuses, by its own word for why, and what to do."""
    return [
        f"Slack refuses {count} message{'' if count == 1 else 's'} ({code}): what they tell is "
        "kept and tried again every 10 minutes. /replica failed shows the failures meanwhile. "
        "See notice_not_delivered in the bot's log, and look for a newer version of the bot."
        for code, count in refused.items()
    ]


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
        said = notice.error if notice.is_refused else str(error)
        put_off = self._store.record_ambiguous if is_unknown else self._store.record_unsent
        match error:
            case DeliveryAmbiguous():
                await self._store.record_ambiguous(notice.id, now + LOOK_AGAIN_AFTER, said)
            case DeliveryPostponed():
                until = now + timedelta(seconds=error.retry_after)
                await put_off(notice.id, until, said)
            case ChannelRefused() | TokenRefused():
                await put_off(notice.id, now, str(error))
                await self._pause(notice.channel, error, now)
                return False
            case MessageGone():
                await self._store.close_deleted(notice, str(error), now)
            case MessageRefused():
                refusal = Refusal(notice.channel, f"{REFUSED}{error.code}", str(error), now)
                tell = self._tell_elsewhere(refusal)
                await self._store.record_refused(notice.id, refusal, tell, is_unknown=is_unknown)
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
        refusal = Refusal(where, error.code, str(error), now)
        await self._store.pause_channel(refusal, self._tell_elsewhere(refusal))
        self._wake()

    def _tell_elsewhere(self, refusal: Refusal) -> Notice | None:
        fallback, where = self._policy.fallback_channel, refusal.channel
        if not fallback or where in (EVERYWHERE, fallback) or where.startswith(DIRECT):
            return None
        return promise(str(uuid.uuid4()), Kind.BLOCKED, "", fallback, refusal.at)

    async def _continue_in_thread(self, notice: Notice, now: datetime) -> None:
        """A message that Slack lets nobody change any more goes on as a reply in its thread."""
        successor = promise(str(uuid.uuid4()), notice.kind, notice.subject, notice.channel, now)
        await self._store.continue_in_thread(notice, replace(successor, parent_id=notice.id))
