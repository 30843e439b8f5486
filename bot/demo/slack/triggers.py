"""Trigger ids: the permission to open a modal, good once and for three seconds (reference §1.1)."""

import secrets
from collections.abc import Callable

from bot.demo.slack.refusals import SlackRefusal

TRIGGER_SECONDS = 3.0  # reference §1.1, trigger_id


class Triggers:
    """Hands out trigger ids and exchanges each of them once."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._issued_at: dict[str, float] = {}
        self._exchanged: set[str] = set()

    def issue(self) -> str:
        """A new trigger id, for the payload of a command or a button."""
        trigger = f"{secrets.randbelow(10**10)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        self._issued_at[trigger] = self._now()
        return trigger

    def exchange(self, trigger: str) -> None:
        """Use a trigger id; unknown, old and used ones are refused (reference §1.1)."""
        issued_at = self._issued_at.get(trigger)
        if issued_at is None:
            raise SlackRefusal("invalid_trigger_id")
        if trigger in self._exchanged:
            raise SlackRefusal("exchanged_trigger_id")
        if self._now() - issued_at > TRIGGER_SECONDS:
            raise SlackRefusal("expired_trigger_id")
        self._exchanged.add(trigger)
