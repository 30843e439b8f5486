"""All misbehaviour of a workspace in one place: its Web API, its sockets, and its people."""

import secrets
from typing import Literal

from bot.demo.slack.deliveries import Deliveries
from bot.demo.slack.faults import FaultPlan
from bot.demo.slack.messages import Channel, Message
from bot.demo.slack.sockets import Ack, DisconnectReason, Sockets
from bot.demo.slack.workspace import Workspace

TokenError = Literal["token_revoked", "account_inactive", "invalid_auth", "token_expired"]


class Faults(FaultPlan):
    """What can go wrong, as methods; `clear` ends only what is planned for calls and envelopes."""

    def __init__(self, workspace: Workspace, sockets: Sockets, deliveries: Deliveries) -> None:
        super().__init__(workspace.changes)
        self._deliveries = deliveries
        self._workspace = workspace
        self._sockets = sockets

    def archive(self, channel: str) -> None:
        """Archive a channel: posts are refused with `is_archived` (reference §1.8)."""
        self._channel(channel).is_archived = True
        self._workspace.changes.ring()

    def unarchive(self, channel: str) -> None:
        """Bring an archived channel back."""
        self._channel(channel).is_archived = False
        self._workspace.changes.ring()

    def remove_bot(self, channel: str) -> None:
        """Take the bot out of a channel: `not_in_channel` (reference §1.8)."""
        self._channel(channel).members.discard(self._workspace.bot.id)
        self._workspace.changes.ring()

    def invite_bot(self, channel: str) -> None:
        """Invite the bot to a channel, as the first of its people."""
        bot, inviter = self._workspace.bot.id, self._workspace.people[0]
        self._workspace.join(self._channel(channel), bot, inviter)

    def rename(self, channel: str, name: str) -> None:
        """Give a channel another name; its id stays."""
        self._channel(channel).name = name
        self._workspace.changes.ring()

    def revoke_token(self, error: TokenError = "token_revoked") -> None:
        """Refuse the bot's token with this error (reference §1.8)."""
        self._workspace.token_error = error
        self._workspace.changes.ring()

    def restore_token(self) -> None:
        """Accept the bot's token again."""
        self._workspace.token_error = None
        self._workspace.changes.ring()

    def renew_token(self) -> str:
        """Give the app a new bot token and return it; the old one is revoked (reference §1.8)."""
        self._workspace.old_bot_tokens.add(self._workspace.bot_token)
        self._workspace.bot_token = f"xoxb-{secrets.token_hex(12)}"
        self.restore_token()
        return self._workspace.bot_token

    def delete_message(self, message: Message) -> None:
        """Delete a message as a person with that right does."""
        current = self._workspace.find(message.channel, message.ts)
        if current is not None:
            self._workspace.delete(current)

    def go_deaf(self) -> None:
        """Keep the open sockets open and say nothing more on them (reference §5)."""
        self._sockets.go_deaf()

    def drop_sockets(self, *, by_reset: bool = False) -> None:
        """End all sockets without a word."""
        self._sockets.drop(by_reset=by_reset)

    async def disconnect(self, reason: DisconnectReason = "refresh_requested") -> None:
        """Send a `disconnect` frame (reference §1.3)."""
        await self._sockets.disconnect(reason)

    async def redeliver(self) -> Ack | None:
        """Send the last envelope, or the last event over HTTP, once more."""
        return await self._deliveries.redeliver()

    def swap_envelopes(self) -> None:
        """Deliver the next two envelopes in swapped order: the first waits for the second."""
        self._sockets.swap_next()

    def clear(self) -> None:
        """Plan nothing, and let go of everything that hangs, is held or waits to be overtaken."""
        super().clear()
        self._sockets.stop_swapping()

    @property
    def refuse_sockets(self) -> bool:
        """Whether `apps.connections.open` is refused; may be set."""
        return self._sockets.is_refusing

    @refuse_sockets.setter
    def refuse_sockets(self, refuse: bool) -> None:
        self._sockets.is_refusing = refuse

    def _channel(self, channel: str) -> Channel:
        return self._workspace.channels[channel]
