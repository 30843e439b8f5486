"""Making new notices: where they go, when they are due, and whom they call."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.notices import Kind, Notice, promise
from bot.services.routing import Audience


class Promising:
    """Makes notices at one moment. `caused_by` is the user whose doing makes them, "" if nobody's.

    Nobody is mentioned for what they did themselves.
    """

    def __init__(self, audience: Audience, now: datetime, caused_by: str = "") -> None:
        self._audience = audience
        self._now = now
        self._mention = "" if audience.mention == caused_by else audience.mention

    def make(
        self,
        kind: Kind,
        subject: str,
        channel: str,
        *,
        after: timedelta = timedelta(0),
        is_calling: bool = False,
    ) -> Notice:
        """Make a message of its own."""
        made = promise(str(uuid.uuid4()), kind, subject, channel, self._now)
        due_at = self._now + after
        mention = self._mention if is_calling and channel == self._audience.channel else ""
        return replace(made, due_at=due_at, say_at=due_at, mention=mention)

    def call_in(self, notice: Notice) -> Notice:
        """Let a message that nobody has seen yet call whom it must."""
        is_ours = notice.channel == self._audience.channel
        return replace(notice, mention=self._mention) if is_ours else notice

    def reply(
        self,
        parent: Notice,
        subject: str = "",
        *,
        is_broadcast: bool = False,
        is_calling: bool = False,
    ) -> Notice:
        """Make a reply in the thread of another notice; aloud it is shown in the channel too."""
        made = self.make(Kind.REPLY, subject, parent.channel, is_calling=is_calling)
        return replace(made, parent_id=parent.id, is_broadcast=is_broadcast)
