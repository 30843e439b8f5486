"""What Slack, or somebody else, sends a second time is answered once (reference §1.1, §1.4)."""

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from slack_bolt.response import BoltResponse

from bot.slack.clients import Json

REMEMBERED_FOR = timedelta(minutes=15)
"""Longer than a signature holds (5 min either way) and than Slack repeats an event (about 6)."""


class Repeats:
    """Remembers keys for a while."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: dict[str, float] = {}

    def is_first(self, key: str) -> bool:
        """Whether this key was not given lately; the empty key is always new."""
        now = self._monotonic()
        self._forget(now - REMEMBERED_FOR.total_seconds())
        if not key:
            return True
        is_new = key not in self._seen
        self._seen.setdefault(key, now)
        return is_new

    def _forget(self, before: float) -> None:
        """Drop the oldest; the dictionary keeps their order."""
        old = []
        for key, at in self._seen.items():
            if at >= before:
                break
            old.append(key)
        for key in old:
            del self._seen[key]


class EventsOnce:
    """Bolt's middleware that acknowledges an event that comes again, and does nothing more."""

    def __init__(self, repeats: Repeats) -> None:
        self._repeats = repeats

    async def pass_on(self, body: Json, next: Callable[[], Awaitable[None]]) -> BoltResponse | None:
        """Let a request through unless it is an event that was heard before."""
        if self._repeats.is_first(str(body.get("event_id") or "")):
            await next()
            return None
        return BoltResponse(status=200)
