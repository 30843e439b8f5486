"""What people do with the app: slash commands, buttons and menus (reference §1.1, §1.6).

Each delivers the payload that Slack would send and shows the person what came of it, Slack's own
error messages included. Submitting a modal is the business of `submissions`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.demo.slack.deliveries import Deliveries
from bot.demo.slack.elements import offer_problems
from bot.demo.slack.messages import Message
from bot.demo.slack.missed import Missed
from bot.demo.slack.options import Json
from bot.demo.slack.payloads import Payloads
from bot.demo.slack.refusals import SlackRefusal
from bot.demo.slack.response_urls import ResponseUrl, ResponseUrls
from bot.demo.slack.sockets import Ack
from bot.demo.slack.surfaces import Surface
from bot.demo.slack.widgets import chosen_in, options_of
from bot.demo.slack.workspace import Workspace

MIN_QUERY_LENGTH = 3  # slack_sdk's ExternalDataSelectElement, [S]: the default
SLACKBOT = "USLACKBOT"


class SuggestionFailed(LookupError):
    """A menu with a source of its own had nothing to offer, and its person was told so."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen, by value (several where a widget takes several) or by an option's text."""

    value: str | Sequence[str] | None = None
    text: str | None = None


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
        self,
        workspace: Workspace,
        deliveries: Deliveries,
        urls: ResponseUrls,
        payloads: Payloads,
    ) -> None:
        self._workspace = workspace
        self._deliveries = deliveries
        self._urls = urls
        self._payloads = payloads

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
        payload = self._payloads.command(name, text.strip(), user, channel)
        payload["response_url"] = url
        ack = await self._deliveries.deliver("slash_commands", payload)
        is_acked = isinstance(ack, Ack)
        error = self._show_ack(ack, user, channel) if isinstance(ack, Ack) else ack.error
        if error is not None:
            self._tell(f'{name} failed with the error "{error}"', user, channel)
        seconds, shown = (ack.seconds, ack.payload) if isinstance(ack, Ack) else (None, None)
        return CommandResult(is_acked, seconds, shown, error, url)

    async def press(
        self, seen: Message | Json, element: Json, block: Json, user: str
    ) -> PressResult:
        """Press a button that `find_button` found in a message or a view."""
        kept = ("action_id", "text", "value", "style", "type", "url")
        action = {key: element[key] for key in kept if key in element}
        action["block_id"] = block["block_id"]
        return await self._act(Surface(seen, user), action, "button")

    async def choose(
        self, seen: Message | Json, menu: tuple[Json, Json], choice: Choice, user: str
    ) -> PressResult:
        """Choose in a widget that `find_menu` found in a message or a view."""
        element, block = menu
        surface = Surface(seen, user)
        element = self._workspace.offers.fill_in(surface, element, block)
        kept = ("action_id", "type", "placeholder", "initial_option")
        action = {key: element[key] for key in kept if key in element}
        action |= {"block_id": block["block_id"]} | chosen_in(element, choice.value, choice.text)
        return await self._act(surface, action, "menu")

    async def suggest(
        self, seen: Message | Json, menu: tuple[Json, Json], text: str, user: str
    ) -> list[Json]:
        """Type in a menu with a source of its own; what it offers then.

        A text shorter than `min_query_length` is not sent. `SuggestionFailed` where the app does
        not answer in time, or not with options that can be shown.
        """
        element, block = menu
        surface = Surface(seen, user)
        if len(text) < element.get("min_query_length", MIN_QUERY_LENGTH):
            return []
        ids = {"action_id": element.get("action_id"), "block_id": block["block_id"]}
        payload = self._payloads.suggestion(surface, ids, text)
        ack = await self._deliveries.deliver("interactive", payload, accepts=True)
        if isinstance(ack, Missed):
            raise SuggestionFailed(f"The menu failed with the error {ack.error}")
        offered = read_offer(ack.payload or {})
        self._workspace.offers.keep(surface, element, block, offered)
        return options_of(offered)

    async def _act(self, surface: Surface, action: Json, what: str) -> PressResult:
        payload, message, url = self._payloads.actions(surface, action), surface.seen, ""
        if isinstance(message, Message):  # [D] block_actions: a view has no response_url by itself
            url = self._urls.issue(surface.user, message.channel, message.ts)
            payload["response_url"] = url
        ack = await self._deliveries.deliver("interactive", payload)
        if isinstance(ack, Ack):
            return PressResult(True, ack.seconds, None, url, payload)
        if isinstance(message, Message):
            told = f'The {what} failed with the error "{ack.error}"'
            self._tell(told, surface.user, message.channel)
        return PressResult(False, None, ack.error, url, payload)

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


def read_offer(answer: Json) -> Json:
    """The options in an answer to block_suggestion, or what is wrong with them."""
    offered: Json = {name: answer[name] for name in ("options", "option_groups") if name in answer}
    problems = offer_problems(answer)
    if len(offered) != 1 or problems:
        said = "; ".join(problems) or "neither options nor option_groups"
        raise SuggestionFailed(f"The app offered what no menu can show: {said}")
    return offered
