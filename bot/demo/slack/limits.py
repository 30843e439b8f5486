"""Rate limits, each behind its switch (reference §1.2)."""

import math
import time
from dataclasses import dataclass

from bot.demo.slack.refusals import RateLimited

MESSAGE_BURST = 4  # reference §1.2: "short bursts > 1 allowed"; the size is ours
MESSAGES_PER_SECOND = 1.0  # reference §1.2, chat.postMessage per channel
HISTORY_PER_SECOND = 1 / 60  # reference §1.2, apps that are not Marketplace-approved
HISTORY_OBJECTS = 15  # likewise


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Limits:
    """Token buckets, one per method and channel; monotonic, so that skew does not touch them."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def message(self, channel: str) -> None:
        """Count one chat.postMessage; over the limit raises HTTP 429 (reference §1.2)."""
        self._take(f"message:{channel}", MESSAGE_BURST, MESSAGES_PER_SECOND)

    def history(self, method: str) -> None:
        """Count one read of history under the commercial limit (reference §1.2)."""
        self._take(f"history:{method}", 1, HISTORY_PER_SECOND)

    def _take(self, key: str, burst: int, per_second: float) -> None:
        now = time.monotonic()
        bucket = self._buckets.setdefault(key, _Bucket(burst, now))
        refilled = bucket.tokens + (now - bucket.filled_at) * per_second
        bucket.tokens, bucket.filled_at = min(burst, refilled), now
        if bucket.tokens < 1:
            raise RateLimited(max(1, math.ceil((1 - bucket.tokens) / per_second)))
        bucket.tokens -= 1
