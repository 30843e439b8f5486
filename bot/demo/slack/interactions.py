"""What people do with the app: slash commands and buttons (reference §1.1, §1.6).

Each builds the payload that Slack would send, delivers it through Socket Mode and shows the person
what came of it, Slack's own error messages included.
"""

import asyncio
import html
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from bot.demo.slack.messages import Message
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal
from bot.demo.slack.response_urls import ResponseUrl, ResponseUrls
from bot.demo.slack.sockets import Ack, Sockets
from bot.demo.slack.workspace import Workspace

EVENT_RETRY_SECONDS = (0.0, 60.0, 300.0)  # reference §1.1: nearly at once, after 1 and 5 minutes
SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What became of a slash command; `error` is what its user was told instead of an answer."""

    acked: bool
    ack_seconds: float | None
    ack_payload: Json | None
    error: str | None
    response_url: str


@dataclass(frozen=True, slots=True)
class PressResult:
    """What became of the press of a button."""

    acked: bool
    ack_seconds: float | None
    error: str | None
    response_url: str
    payload: Json


class Interactions:
    """Turns what people do into envelopes."""

    def __init__(self, workspace: Workspace, sockets: Sockets, urls: ResponseUrls) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._urls = urls
        self._retries: set[asyncio.Task[None]] = set()

    async def command(
        self, line: str, user: str, channel: str, thread_ts: str | None = None
    ) -> CommandResult:
        """Type a slash command; returns when it is acknowledged or 3 s have passed (§1.1)."""
        name, _, text = line.strip().partition(" ")
        if name not in self._workspace.options.commands:
            return self._not_sent(f"{name} is not a valid command", "not_a_command", user, channel)
        if thread_ts is not None:  # reference §1.1: cannot be invoked in a thread
            message = f"{name} is not supported in threads. Sorry!"
            return self._not_sent(message, "not_supported_in_threads", user, channel)
        url = self._urls.issue(user, channel)
        is_heard = bool(self._sockets.connections)
        payload = self._command_payload(name, text.strip(), user, channel)
        ack = await self._sockets.deliver("slash_commands", payload | {"response_url": url})
        error = self._show_ack(ack, user, channel) if ack else _unanswered(is_heard)
        if error is not None:
            self._tell(f'{name} failed with the error "{error}"', user, channel)
        seconds, shown = (ack.seconds, ack.payload) if ack else (None, None)
        return CommandResult(ack is not None, seconds, shown, error, url)

    async def press(self, message: Message, element: Json, block: Json, user: str) -> PressResult:
        """Press a button that `find_button` found."""
        url = self._urls.issue(user, message.channel, message.ts)
        is_heard = bool(self._sockets.connections)
        payload = self._press_payload(message, element, block, user) | {"response_url": url}
        ack = await self._sockets.deliver("interactive", payload)
        error = None if ack else _unanswered(is_heard)
        if error is not None:
            self._tell(f'The button failed with the error "{error}"', user, message.channel)
        return PressResult(ack is not None, ack.seconds if ack else None, error, url, payload)

    async def event(self, event: Json) -> Ack | None:
        """Send an event; without an acknowledgement it is sent again up to 3 times (§1.1)."""
        payload = {
            "token": "verification-token-of-old",
            "team_id": self._workspace.team_id,
            "api_app_id": self._workspace.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": int(self._workspace.now()),
        }
        ack = await self._sockets.deliver("events_api", payload, retry_attempt=0, retry_reason="")
        if ack is None:
            retries = asyncio.create_task(self._retry(payload))
            self._retries.add(retries)
            retries.add_done_callback(self._retries.discard)
        return ack

    def stop(self) -> None:
        """Give up what is still to be sent again."""
        for task in self._retries:
            task.cancel()

    async def _retry(self, payload: Json) -> None:
        for attempt, seconds in enumerate(EVENT_RETRY_SECONDS, start=1):
            await asyncio.sleep(seconds)
            extra = {"retry_attempt": attempt, "retry_reason": "timeout"}
            if await self._sockets.deliver("events_api", payload, **extra):
                return

    def _command_payload(self, name: str, text: str, user: str, channel: str) -> Json:
        """The fields of a slash command; `& < >` arrive escaped (reference §1.6)."""
        workspace = self._workspace
        return {
            "token": "verification-token-of-old",
            "team_id": workspace.team_id,
            "team_domain": workspace.team_domain,
            "channel_id": channel,
            "channel_name": workspace.channels[channel].name,
            "user_id": user,
            "user_name": workspace.members[user].name,
            "command": name,
            "text": html.escape(text, quote=False),
            "api_app_id": workspace.app_id,
            "is_enterprise_install": "false",
            "trigger_id": workspace.triggers.issue(),
        }

    def _press_payload(self, message: Message, element: Json, block: Json, user: str) -> Json:
        """A block_actions payload; for an ephemeral one only the container tells of it."""
        workspace = self._workspace
        is_ephemeral = message.ephemeral_to is not None
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": is_ephemeral,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        member, channel = workspace.members[user], workspace.channels[message.channel]
        payload: Json = {
            "type": "block_actions",
            "user": {
                "id": user,
                "username": member.name,
                "name": member.name,
                "team_id": workspace.team_id,
            },
            "api_app_id": workspace.app_id,
            "token": "verification-token-of-old",
            "container": container,
            "trigger_id": workspace.triggers.issue(),
            "team": {"id": workspace.team_id, "domain": workspace.team_domain},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": channel.id, "name": channel.name},
            "state": {"values": {}},
            "actions": [self._action(element, block)],
        }
        if not is_ephemeral:
            payload["message"] = message.as_json(team=workspace.team_id, include_metadata=True)
        return payload

    def _action(self, element: Json, block: Json) -> Json:
        kept = ("action_id", "text", "value", "style", "type", "url")
        action = {key: element[key] for key in kept if key in element}
        return action | {"block_id": block["block_id"], "action_ts": f"{self._workspace.now():.6f}"}

    def _show_ack(self, ack: Ack, user: str, channel: str) -> str | None:
        """Show the message that rides in an acknowledgement; what is wrong with it otherwise."""
        if not ack.payload:
            return None
        try:
            self._urls.respond(ResponseUrl(user, channel, self._workspace.now()), ack.payload)
        except SlackRefusal as refusal:
            return refusal.error
        return None

    def _not_sent(self, text: str, error: str, user: str, channel: str) -> CommandResult:
        self._tell(text, user, channel)
        return CommandResult(False, None, None, error, "")

    def _tell(self, text: str, user: str, channel: str) -> None:
        """What Slackbot shows to one person when an app has failed them (reference §1.1)."""
        ts = self._workspace.new_ts()
        self._workspace.store(Message(ts, channel, SLACKBOT, text, ephemeral_to=user))


def _unanswered(is_heard: bool) -> str:
    """What a person reads when nothing was acknowledged in time, or nobody listens (§1.1)."""
    return "operation_timeout" if is_heard else "dispatch_failed"


def buttons_of(message: Message) -> Iterator[tuple[Json, Json]]:
    """Every button of a message with the block that holds it."""
    for block in message.blocks:
        elements = block.get("elements", []) if block["type"] == "actions" else []
        for element in [block.get("accessory"), *elements]:
            if isinstance(element, dict) and element.get("type") == "button":
                yield element, block


def find_button(message: Message, action_id: str | None, text: str | None) -> tuple[Json, Json]:
    """The button with this action id, or beginning with it, or with this text on it."""
    buttons = list(buttons_of(message))
    for element, block in buttons:
        if action_id is not None and element.get("action_id") == action_id:
            return element, block
    for element, block in buttons:
        given_id, label = str(element.get("action_id", "")), str(element["text"]["text"])
        if action_id is not None and given_id.startswith(action_id):
            return element, block
        if text is not None and text in label:
            return element, block
    labels = [(element.get("action_id"), element["text"]["text"]) for element, _ in buttons]
    raise LookupError(f"no button {action_id or text!r} in this message; it has {labels}")
