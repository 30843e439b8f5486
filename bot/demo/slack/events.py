"""Events of the Events API: what of a workspace's life the app is told (reference §1.1, §1.10).

An event is sent where the app is subscribed to it and its token has the scope, and again where it
was not acknowledged. The event pages of docs.slack.dev name fields and scopes.
"""

import asyncio
import secrets
from collections.abc import Coroutine

from bot.demo.slack.deliveries import Deliveries
from bot.demo.slack.messages import Channel, Message
from bot.demo.slack.missed import Missed
from bot.demo.slack.options import Json
from bot.demo.slack.payloads import Payloads
from bot.demo.slack.sockets import Ack
from bot.demo.slack.workspace import Workspace

RETRY_SECONDS = (0.0, 60.0, 300.0)  # reference §1.1: nearly at once, after 1 and 5 minutes


class Events:
    """Tells the app what happens; `Workspace` calls the methods that begin with `tell_`."""

    def __init__(self, workspace: Workspace, deliveries: Deliveries, payloads: Payloads) -> None:
        self._workspace = workspace
        self._deliveries = deliveries
        self._payloads = payloads
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(self, event: Json) -> Ack | None:
        """Send an event; without an acknowledgement it is sent again up to 3 times (§1.1)."""
        payload = self._payloads.event(event, f"Ev{secrets.token_hex(5).upper()}")
        ack = await self._deliveries.deliver(
            "events_api", payload, retry_attempt=0, retry_reason=""
        )
        if isinstance(ack, Ack):
            return ack
        if not ack.is_final:
            self._start(self._retry(payload, ack))
        return None

    def stop(self) -> None:
        """Give up what is still to be sent."""
        for task in self._tasks:
            task.cancel()

    def tell_message(self, message: Message, before: Message | None) -> None:
        """A message was stored: new, changed or deleted."""
        channel = self._workspace.channels[message.channel]
        bot = self._workspace.bot.id
        if message.ephemeral_to or bot not in channel.members:
            return
        if channel.is_im:
            self._post("message.im", "im:history", self._message(message, before))
        elif before is None and bot in message.mentions and message.bot_id is None:
            event = self._said(message) | {"type": "app_mention"}
            self._post("app_mention", "app_mentions:read", event)

    def tell_joined(self, channel: Channel, user: str, inviter: str | None) -> None:
        """Somebody came into a channel that the bot is in."""
        event = {
            "type": "member_joined_channel",
            "user": user,
            "channel": channel.id,
            "channel_type": channel.id[0],
            "team": self._workspace.team_id,
            "event_ts": self._workspace.new_ts(),
        }
        invited = {} if inviter is None else {"inviter": inviter}
        self._post("member_joined_channel", f"{channel.kind}:read", event | invited)

    async def home_opened(self, user: str, tab: str) -> Ack | None:
        """A person opens a tab of the app's Home (§1.10); None where the app is not told."""
        event = {
            "type": "app_home_opened",
            "user": user,
            "channel": self._workspace.direct_message(user).id,
            "tab": tab,
            "event_ts": self._workspace.new_ts(),
        }
        published = self._workspace.homes.get(user) if tab == "home" else None
        if not self._is_told("app_home_opened", None):
            return None
        return await self.send(event if published is None else event | {"view": published})

    def _message(self, message: Message, before: Message | None) -> Json:
        if before is None:
            return self._said(message) | {"type": "message", "channel_type": "im"}
        kept = {
            "type": "message",
            "channel": message.channel,
            "channel_type": "im",
            "hidden": True,
            "event_ts": self._workspace.new_ts(),
            "previous_message": self._as_json(before),
        }
        if message.deleted:
            return kept | {"subtype": "message_deleted", "deleted_ts": message.ts}
        return kept | {"subtype": "message_changed", "message": self._as_json(message)}

    def _said(self, message: Message) -> Json:
        said = self._as_json(message) | {"channel": message.channel, "event_ts": message.ts}
        return said if message.bot_id else said | {"client_msg_id": secrets.token_hex(16)}

    def _as_json(self, message: Message) -> Json:
        return message.as_json(team=self._workspace.team_id, include_metadata=False)

    def _post(self, name: str, scope: str, event: Json) -> None:
        if self._is_told(name, scope):
            self._start(self._send_quietly(event))

    def _is_told(self, name: str, scope: str | None) -> bool:
        options = self._workspace.options
        return name in options.events and scope in {None, *options.granted_scopes}

    async def _send_quietly(self, event: Json) -> None:
        await self.send(event)

    async def _retry(self, payload: Json, missed: Missed) -> None:
        for attempt, seconds in enumerate(RETRY_SECONDS, start=1):
            await asyncio.sleep(seconds)
            ack = await self._deliveries.deliver(
                "events_api", payload, retry_attempt=attempt, retry_reason=missed.reason
            )
            if isinstance(ack, Ack) or ack.is_final:
                return
            missed = ack

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
