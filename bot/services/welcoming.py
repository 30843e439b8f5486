"""Welcoming: one message for each invitation to a channel, however often Slack tells of it."""

from collections.abc import Callable
from uuid import uuid4

import structlog

from bot.core.notices import Kind, promise
from bot.core.ports import Clock
from bot.core.transactions import PollingStore

log = structlog.get_logger()


class Welcoming:
    """Promises welcomes; they are delivered like everything else that the bot says."""

    def __init__(self, polls: PollingStore, clock: Clock, on_recorded: Callable[[], None]) -> None:
        self._polls = polls
        self._clock = clock
        self._on_recorded = on_recorded

    async def welcome(self, channel: str, invited: str) -> bool:
        """Promise to introduce the bot, once; `invited` tells one invitation from all others."""
        subject = f"{channel} {invited}"
        async with self._polls.transaction() as ledger:
            if await ledger.load_notice_of(Kind.WELCOME, subject):
                return False
            notice = promise(str(uuid4()), Kind.WELCOME, subject, channel, self._clock())
            await ledger.save_notices([notice])
        log.info("invited", channel=channel)
        self._on_recorded()
        return True
