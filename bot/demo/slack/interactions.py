"""What people do with the app: slash commands, buttons and menus (reference §1.1, §1.6).

Each delivers the payload that Slack would send through Socket Mode and shows the person what came
of it, Slack's own error messages included. Modals are the business of `submissions`.
"""

import asyncio
import secrets
from dataclasses import dataclass

from bot.demo.slack.messages import Message
from bot.demo.slack.options import Json
from bot.demo.slack.payloads import Payloads
from bot.demo.slack.refusals import SlackRefusal
from bot.demo.slack.response_urls import ResponseUrl, ResponseUrls
from bot.demo.slack.sockets import Ack, Sockets
from bot.demo.slack.widgets import chosen
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
    """What became of the press of a button, or of a choice in a menu."""

    acked: bool
    ack_seconds: float | None
    error: str | None
    response_url: str
    payload: Json


class Interactions:
    """Turns what people do into envelopes."""

    def __init__(
        self, workspace: Workspace, sockets: Sockets, urls: ResponseUrls, payloads: Payloads
    ) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._urls = urls
        self._payloads = payloads
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
        payload = self._payloads.command(name, text.strip(), user, channel)
        ack = await self._sockets.deliver("slash_commands", payload | {"response_url": url})
        error = self._show_ack(ack, user, channel) if ack else unanswered(is_heard=is_heard)
        if error is not None:
            self._tell(f'{name} failed with the error "{error}"', user, channel)
        seconds, shown = (ack.seconds, ack.payload) if ack else (None, None)
        return CommandResult(ack is not None, seconds, shown, error, url)

    async def press(self, message: Message, element: Json, block: Json, user: str) -> PressResult:
        """Press a button that `find_button` found."""
        kept = ("action_id", "text", "value", "style", "type", "url")
        action = {key: element[key] for key in kept if key in element}
        return await self._act(message, action | {"block_id": block["block_id"]}, user, "button")

    async def choose(
        self, message: Message, menu: tuple[Json, Json], option: Json, user: str
    ) -> PressResult:
        """Choose an option of a menu that `find_menu` found."""
        element, block = menu
        kept = ("action_id", "type", "placeholder", "initial_option")
        action = {key: element[key] for key in kept if key in element}
        action |= {"block_id": block["block_id"], "selected_option": chosen(option)}
        return await self._act(message, action, user, "menu")

    async def event(self, event: Json) -> Ack | None:
        """Send an event; without an acknowledgement it is sent again up to 3 times (§1.1)."""
        payload = self._payloads.event(event, f"Ev{secrets.token_hex(5).upper()}")
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

    async def _act(self, message: Message, action: Json, user: str, what: str) -> PressResult:
        url = self._urls.issue(user, message.channel, message.ts)
        is_heard = bool(self._sockets.connections)
        payload = self._payloads.actions(message, action, user) | {"response_url": url}
        ack = await self._sockets.deliver("interactive", payload)
        error = None if ack else unanswered(is_heard=is_heard)
        if error is not None:
            self._tell(f'The {what} failed with the error "{error}"', user, message.channel)
        return PressResult(ack is not None, ack.seconds if ack else None, error, url, payload)

    async def _retry(self, payload: Json) -> None:
        for attempt, seconds in enumerate(EVENT_RETRY_SECONDS, start=1):
            await asyncio.sleep(seconds)
            ack = await self._sockets.deliver(
                "events_api", payload, retry_attempt=attempt, retry_reason="timeout"
            )
            if ack is not None:
                return

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


def unanswered(*, is_heard: bool) -> str:
    """What a person reads when nothing was acknowledged in time, or nobody listens (§1.1)."""
    return "operation_timeout" if is_heard else "dispatch_failed"
