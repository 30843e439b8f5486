"""The handle by which tests, the control API and the page hold a workspace."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self, TypeVar

from bot.demo.slack.api import ApiCall, WebApi
from bot.demo.slack.deliveries import Deliveries
from bot.demo.slack.events import Events
from bot.demo.slack.interactions import Choice, CommandResult, Interactions, PressResult
from bot.demo.slack.messages import Guest, Member, Message, UserGroup
from bot.demo.slack.misbehaviour import Faults
from bot.demo.slack.modals import Modal
from bot.demo.slack.offers import EXTERNAL
from bot.demo.slack.options import Json, SlackOptions
from bot.demo.slack.payloads import Payloads
from bot.demo.slack.response_urls import ResponseUrls
from bot.demo.slack.signed_requests import SignedRequests
from bot.demo.slack.sockets import Ack, Sockets
from bot.demo.slack.submissions import Submissions, SubmitResult
from bot.demo.slack.surfaces import Surface
from bot.demo.slack.widgets import find_button, find_menu
from bot.demo.slack.workspace import Workspace, new_id

T = TypeVar("T")


class WorkspaceHandle:
    """A workspace with `#replication` (the bot is in it) and `#general` (it is not)."""

    def __init__(self, options: SlackOptions) -> None:
        self.workspace = Workspace(options)
        self.sockets = Sockets(self.workspace)
        self.requests = SignedRequests(self.workspace)
        deliveries = Deliveries(self.workspace, self.sockets, self.requests)
        self.faults = Faults(self.workspace, self.sockets, deliveries)
        self.api = WebApi(self.workspace, self.faults, self.sockets.open_url)
        self.urls = ResponseUrls(self.workspace, self.api)
        payloads = Payloads(self.workspace)
        self.interactions = Interactions(self.workspace, deliveries, self.urls, payloads)
        self.submissions = Submissions(self.workspace, deliveries, payloads)
        self.events = Events(self.workspace, deliveries, payloads)
        people, bot = self.workspace.people, self.workspace.bot.id
        self.channel = self.workspace.add_channel("replication", members=[bot, *people]).id
        self.other_channel = self.workspace.add_channel("general", members=people).id
        self.workspace.witness = self.events

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

    def add_channel(self, name: str, *, member: bool = True, private: bool = False) -> str:
        """Open one more channel with all people in it, by default the bot too; returns its id."""
        taken = {one.name for one in self.workspace.channels.values() if not one.is_im}
        if name in taken:
            raise LookupError(f"there is a channel {name} already")
        members = [*self.workspace.people, *([self.workspace.bot.id] if member else [])]
        channel = self.workspace.add_channel(name, members=members, is_private=private)
        self.workspace.changes.ring()
        return channel.id

    def add_person(
        self, name: str, real_name: str | None = None, *, guest: bool | Guest = False
    ) -> str:
        """One more person, in every channel; a guest is restricted. Returns their id."""
        kind: Guest = guest if isinstance(guest, str) else "multi_channel" if guest else ""
        person = Member(new_id("U"), name, real_name or name.title(), guest=kind)
        self.workspace.members[person.id] = person
        self.workspace.people.append(person.id)
        for channel in self.workspace.channels.values():
            if not channel.is_im:
                self.workspace.join(channel, person.id)
        self.workspace.changes.ring()
        return person.id

    def add_usergroup(self, members: Iterable[str], handle: str = "backup-admins") -> str:
        """A user group; returns its id. Adding it again by its handle changes who is in it."""
        known = {group.handle: group.id for group in self.workspace.usergroups.values()}
        group = UserGroup(known.get(handle) or new_id("S"), handle, tuple(members))
        self.workspace.usergroups[group.id] = group
        return group.id

    def direct_message(self, user: str | None = None, other: str | None = None) -> str:
        """The id of a person's direct message with the bot, or with another person."""
        one = user or self.user
        return self.workspace.conversation(one, other or self.workspace.bot.id).id

    def modal(self, user: str | None = None) -> Modal | None:
        """What a person has open before them: its view, what stands in it, what is said of it."""
        wanted = user or self.user
        return next((one for one in self.workspace.modals if one.user == wanted), None)

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
        place = channel or self.channel
        return await self.interactions.command(line, user or self._reader(place), place, thread_ts)

    async def press(
        self,
        seen: Message | Json | None,
        *,
        action_id: str | None = None,
        text: str | None = None,
        user: str | None = None,
        block_id: str | None = None,
    ) -> PressResult:
        """Press a button of a message or a view (`home`, a modal's `view`) as it is now.

        `LookupError` when it is gone or has no such button.
        """
        current, presser = self._now(seen, user)
        element, block = find_button(Surface(current, presser).within(block_id), action_id, text)
        return await self.interactions.press(current, element, block, presser)

    async def select(  # noqa: PLR0913  # what people see tells a menu: where, which, whose
        self,
        seen: Message | str | Json | None,
        action_id: str,
        value: str | Sequence[str] | None = None,
        *,
        text: str | None = None,
        user: str | None = None,
        channel: str | None = None,
        block_id: str | None = None,
    ) -> PressResult:
        """Choose in a menu, box or picker of a message (by its ts) or a view, by value or text.

        `LookupError` when there is no such menu, or the menu has no such option; an
        `external_select` has those that `suggest` offered last.
        """
        current, chooser = self._now(seen, user, channel)
        menu = find_menu(Surface(current, chooser).within(block_id), action_id)
        return await self.interactions.choose(current, menu, Choice(value, text), chooser)

    async def suggest(
        self,
        seen: Message | str | Json | None,
        action_id: str,
        text: str,
        *,
        user: str | None = None,
        channel: str | None = None,
        block_id: str | None = None,
    ) -> list[Json]:
        """Type in an `external_select` of a message (by its ts) or a view; the options offered."""
        current, typist = self._now(seen, user, channel)
        menu = find_menu(Surface(current, typist).within(block_id), action_id)
        if menu[0]["type"] != EXTERNAL:
            raise LookupError(f"the menu {action_id!r} has its options and asks nobody")
        return await self.interactions.suggest(current, menu, text, typist)

    async def open_home(self, user: str | None = None, tab: str = "home") -> Ack | None:
        """Open a tab of the app's Home as a person: `app_home_opened` (reference §1.10)."""
        if tab == "home" and not self.options.app_home:
            raise LookupError("the app has no Home tab")
        return await self.events.home_opened(user or self.user, tab)

    def home(self, user: str | None = None) -> Json | None:
        """The Home tab of a person as it is now, if one was published."""
        return self.workspace.homes.get(user or self.user)

    async def submit(self, view_id: str, values: Mapping[str, Any] | None = None) -> SubmitResult:
        """Fill in inputs of an open modal, by action id or block id, and submit it.

        Text inputs take text, menus the value of an option; what is not named stays as it is.
        """
        return await self.submissions.submit(view_id, values or {})

    def fill(self, view_id: str, values: Mapping[str, Any]) -> None:
        """Fill in inputs of an open modal and leave it open."""
        self.submissions.fill(view_id, values)

    async def close_view(self, view_id: str) -> bool:
        """Close a modal; whether the app wanted to know and acknowledged it."""
        return await self.submissions.close(view_id)

    async def event(self, event: Json) -> Ack | None:
        """Send any event, subscribed to or not."""
        return await self.events.send(event)

    def say(
        self,
        text: str,
        user: str | None = None,
        channel: str | None = None,
        *,
        thread_ts: str | None = None,
    ) -> Message:
        """Type a plain message as a person; the app hears it if it mentions the bot or is to it."""
        place = channel or self.channel
        author = user or self._reader(place)
        return self.workspace.post_as_person(place, author, text, thread_ts)

    async def wait_for(self, predicate: Callable[[Self], T], timeout: float = 10) -> T:  # noqa: ASYNC109  # the caller's patience is the point
        """The first truthy value of the predicate, re-read after each change of state."""
        try:
            return await self.workspace.changes.until(lambda: predicate(self), timeout)
        except TimeoutError as late:
            raise TimeoutError(f"nothing after {timeout} s; {self.describe()}") from late

    async def wait_connected(self, timeout: float = 10) -> None:  # noqa: ASYNC109  # likewise
        """Return once a socket is open; at once where the app has a request URL."""
        await self.wait_for(
            lambda slack: slack.options.http_url or slack.sockets.connections, timeout
        )

    async def connect_http(self, url: str) -> None:
        """Enter a request URL for everything: Slack verifies it, and switches Socket Mode off.

        `LookupError` where it does not answer as it must.
        """
        await self.requests.verify(url)
        self.options = replace(self.options, http_url=url)

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

    def _now(
        self, seen: Message | str | Json | None, user: str | None, channel: str | None = None
    ) -> tuple[Message | Json, str]:
        """A message or view as it is now, and who acts on it: someone who sees it."""
        if isinstance(seen, Message):
            return self._message(seen.channel, seen.ts, user)
        if isinstance(seen, str):
            return self._message(channel or self.channel, seen, user)
        shown = {home["id"]: (home, one) for one, home in self.workspace.homes.items()}
        shown |= {one.view["id"]: (one.as_json(), one.user) for one in self.workspace.modals}
        view_id = seen["id"] if seen else None
        if view_id not in shown:
            raise LookupError(f"the view {view_id} is not there")
        view, viewer = shown[view_id]
        if user not in {None, viewer}:
            raise LookupError(f"{user} does not see this view")
        return view, viewer

    def _message(self, channel: str, ts: str, user: str | None) -> tuple[Message, str]:
        message = self.workspace.find(channel, ts)
        if message is None:
            raise LookupError(f"the message {ts} is gone")
        actor = user or message.ephemeral_to or self._reader(channel)
        if message.ephemeral_to not in {None, actor}:
            raise LookupError(f"{actor} does not see this message")
        return message, actor

    def _reader(self, channel: str) -> str:
        """Who acts in a channel where no one is named: one of those in it."""
        members = self.workspace.channels[channel].members
        return (
            self.user
            if self.user in members
            else next(one for one in self.workspace.people if one in members)
        )

    def _for_everyone(self, channel: str) -> list[Message]:
        return [one for one in self.workspace.messages(channel) if not one.ephemeral_to]
