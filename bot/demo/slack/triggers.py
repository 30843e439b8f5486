"""Trigger ids: the permission to open a modal, good once and for three seconds (reference §1.1)."""

import secrets
from collections.abc import Callable

from bot.demo.slack.refusals import SlackRefusal

TRIGGER_SECONDS = 3.0  # reference §1.1, trigger_id


class Triggers:
    """Hands out trigger ids and exchanges each of them once."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._issued: dict[str, tuple[float, str]] = {}
        self._exchanged: set[str] = set()

    def issue(self, user: str) -> str:
        """A new trigger id, for the payload of what a person did."""
        trigger = f"{secrets.randbelow(10**10)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        self._issued[trigger] = (self._now(), user)
        return trigger

    def exchange(self, trigger: str) -> str:
        """Use a trigger id; unknown, old and used ones are refused (reference §1.1).

        Returns the person who did what it was issued for.
        """
        if trigger not in self._issued:
            raise SlackRefusal("invalid_trigger_id")
        issued_at, user = self._issued[trigger]
        if trigger in self._exchanged:
            raise SlackRefusal("exchanged_trigger_id")
        if self._now() - issued_at > TRIGGER_SECONDS:
            raise SlackRefusal("expired_trigger_id")
        self._exchanged.add(trigger)
        return user
