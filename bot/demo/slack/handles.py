"""The handle by which tests, the control API and the page hold a workspace."""

from collections.abc import Callable
from typing import Self, TypeVar

from bot.demo.slack.api import ApiCall, WebApi
from bot.demo.slack.interactions import CommandResult, Interactions, PressResult, find_button
from bot.demo.slack.messages import Message
from bot.demo.slack.misbehaviour import Faults
from bot.demo.slack.options import Json, SlackOptions
from bot.demo.slack.response_urls import ResponseUrls
from bot.demo.slack.sockets import Ack, Sockets
from bot.demo.slack.workspace import Workspace

T = TypeVar("T")


class WorkspaceHandle:
    """A workspace with `#replication` (the bot is in it) and `#general` (it is not)."""

    def __init__(self, options: SlackOptions) -> None:
        self.workspace = Workspace(options)
        self.sockets = Sockets(self.workspace)
        self.faults = Faults(self.workspace, self.sockets)
        self.api = WebApi(self.workspace, self.faults, self.sockets.open_url)
        self.urls = ResponseUrls(self.workspace, self.api)
        self.interactions = Interactions(self.workspace, self.sockets, self.urls)
        people, bot = self.workspace.people, self.workspace.bot.id
        self.channel = self.workspace.add_channel("replication", members=[bot, *people]).id
        self.other_channel = self.workspace.add_channel("general", members=people).id

    @property
    def url(self) -> str:
        """The demo page."""
        return self.workspace.url

    @property
    def api_url(self) -> str:
        """What `SLACK_API_URL` is set to."""
        return f"{self.url}/api/"

    @property
    def control_url(self) -> str:
        """Where control APIs live; this workspace's own one below `/slack`."""
        return f"{self.url}/control"

    @property
    def bot_token(self) -> str:
        """The `xoxb-` token."""
        return self.workspace.bot_token

    @property
    def app_token(self) -> str:
        """The `xapp-` token of Socket Mode."""
        return self.workspace.app_token

    @property
    def signing_secret(self) -> str:
        """The secret of HTTP mode."""
        return self.workspace.signing_secret

    @property
    def user(self) -> str:
        """The person who acts where no other is named."""
        return self.workspace.people[0]

    @property
    def other_user(self) -> str:
        """A second person."""
        return self.workspace.people[1]

    @property
    def options(self) -> SlackOptions:
        """The switches; assign a replaced copy to change them live."""
        return self.workspace.options

    @options.setter
    def options(self, options: SlackOptions) -> None:
        self.workspace.options = options
        self.workspace.changes.ring()

    @property
    def calls(self) -> list[ApiCall]:
        """Every call received, oldest first; clear it as you like."""
        return self.api.calls

    def messages(self, channel: str | None = None, *, deleted: bool = False) -> list[Message]:
        """Roots and thread broadcasts of a channel as people see them, oldest first."""
        return [
            message
            for message in self._for_everyone(channel or self.channel)
            if (not message.is_reply or message.broadcast) and message.deleted == deleted
        ]

    def replies(self, ts: str, channel: str | None = None) -> list[Message]:
        """The replies in a thread, oldest first, without its root."""
        everyone = self._for_everyone(channel or self.channel)
        return [one for one in everyone if one.is_reply and one.thread_ts == ts and not one.deleted]

    def ephemerals(self, user: str | None = None, channel: str | None = None) -> list[Message]:
        """What one person (by default: anyone) alone can see, Slack's error messages included."""
        channels = [channel] if channel else list(self.workspace.channels)
        return [
            message
            for one in channels
            for message in self.workspace.messages(one)
            if message.ephemeral_to and message.ephemeral_to == (user or message.ephemeral_to)
            if not message.deleted
        ]

    async def command(
        self,
        line: str,
        user: str | None = None,
        channel: str | None = None,
        *,
        thread_ts: str | None = None,
    ) -> CommandResult:
        """Type a slash command and wait for its acknowledgement, at most 3 s."""
        return await self.interactions.command(
            line, user or self.user, channel or self.channel, thread_ts
        )

    async def press(
        self,
        message: Message,
        *,
        action_id: str | None = None,
        text: str | None = None,
        user: str | None = None,
    ) -> PressResult:
        """Press a button of a message as it is now; `LookupError` when it has no such button."""
        current = self.workspace.find(message.channel, message.ts)
        if current is None:
            raise LookupError(f"the message {message.ts} is gone")
        presser = user or current.ephemeral_to or self.user
        if current.ephemeral_to not in {None, presser}:
            raise LookupError(f"{presser} does not see this message")
        element, block = find_button(current, action_id, text)
        return await self.interactions.press(current, element, block, presser)

    async def event(self, event: Json) -> Ack | None:
        """Send an event such as `app_home_opened`."""
        return await self.interactions.event(event)

    def say(self, text: str, user: str | None = None, channel: str | None = None) -> Message:
        """Type a plain message as a person."""
        return self.workspace.post_as_person(channel or self.channel, user or self.user, text)

    async def wait_for(self, predicate: Callable[[Self], T], timeout: float = 10) -> T:  # noqa: ASYNC109  # the caller's patience is the point
        """The first truthy value of the predicate, re-read after each change of state."""
        try:
            return await self.workspace.changes.until(lambda: predicate(self), timeout)
        except TimeoutError as late:
            raise TimeoutError(f"nothing after {timeout} s; {self.describe()}") from late

    async def wait_connected(self, timeout: float = 10) -> None:  # noqa: ASYNC109  # likewise
        """Return once a socket is open."""
        await self.wait_for(lambda slack: slack.sockets.connections, timeout)

    def describe(self) -> str:
        """What the workspace holds, for a test that fails with a sentence."""
        texts = [
            f"  [{one.ts}{' deleted' if one.deleted else ''}"
            f"{' only to ' + one.ephemeral_to if one.ephemeral_to else ''}"
            f"{' in thread ' + str(one.thread_ts) if one.is_reply else ''}] {one.text[:200]}"
            for channel in self.workspace.channels
            for one in self.workspace.messages(channel)
        ]
        calls = [f"  {call.method} -> {call.outcome}" for call in self.calls[-15:]]
        return "\n".join(["the workspace holds:", *texts, "its last calls were:", *calls])

    def _for_everyone(self, channel: str) -> list[Message]:
        return [one for one in self.workspace.messages(channel) if not one.ephemeral_to]
