"""Whether this workspace takes rich text, as far as its refusals have told.

A refused message is sent again plainly, but an answer that rides in an acknowledgement is refused
without a word to us: after a refusal was seen anywhere, such answers are plain for a while.
"""

import time
from collections.abc import Callable
from datetime import timedelta

import structlog

PLAIN_FOR = timedelta(hours=1)
"""So long a refusal is believed; Slack rolls new kinds of blocks out to workspaces (DESIGN §6)."""

log = structlog.get_logger(__name__)


class Richness:
    """Remembers when rich text was last refused where plain text was taken."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._refused_at: float | None = None

    @property
    def is_refused(self) -> bool:
        """Whether rich text was refused lately."""
        if self._refused_at is None:
            return False
        return self._monotonic() - self._refused_at < PLAIN_FOR.total_seconds()

    def note_refused(self) -> None:
        """Note that Slack took plainly what it had refused with rich text; logged once."""
        if not self.is_refused:
            log.warning("rich_text_refused", consequence="answers are plain for an hour")
        self._refused_at = self._monotonic()
