"""The state of one emulated Slack workspace: clock, channels, people and messages.

It knows what a workspace holds and how it changes. What may be asked of it, and in which words it
is refused, is the business of `methods`.
"""

import secrets
import string
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot.demo.slack.changes import Changes
from bot.demo.slack.files import Files
from bot.demo.slack.messages import Channel, Member, Message, UserGroup
from bot.demo.slack.modals import Modals
from bot.demo.slack.offers import Offers
from bot.demo.slack.options import Json, SlackOptions
from bot.demo.slack.triggers import Triggers

_ID_ALPHABET = string.ascii_uppercase + string.digits


def new_id(prefix: str, length: int = 10) -> str:
    """An id as Slack makes them: a letter for the kind, then capitals and digits."""
    return prefix + "".join(secrets.choice(_ID_ALPHABET) for _ in range(length))


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says; validated before it gets here."""

    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    files: list[Json] = field(default_factory=list)


class Witness(Protocol):
    """Who is told what happens in a workspace: the Events API."""

    def tell_message(self, message: Message, before: Message | None) -> None:
        """A message was stored: new, changed or deleted."""

    def tell_joined(self, channel: Channel, user: str, inviter: str | None) -> None:
        """Somebody came into a channel."""


class Workspace:
    """Everything that Slack's servers would remember of one team and one installed app."""

    def __init__(self, options: SlackOptions) -> None:
        self.options = options
        self.changes = Changes()
        self.url = ""
        self.team_id, self.team_domain = new_id("T"), "replica-demo"
        self.app_id, self.bot_id = new_id("A"), new_id("B")
        self.bot = Member(new_id("U"), "replica-bot", "Replica Bot", is_bot=True)
        people = [Member(new_id("U"), "ana", "Ana Silva"), Member(new_id("U"), "ben", "Ben Okafor")]
        self.members = {member.id: member for member in [self.bot, *people]}
        self.people = [person.id for person in people]
        self.channels: dict[str, Channel] = {}
        self.files = Files()
        self.triggers = Triggers(self.now)
        self.homes: dict[str, Json] = {}
        self.modals = Modals()
        self.bot_token = f"xoxb-{secrets.token_hex(12)}"
        self.app_token = f"xapp-1-{self.app_id}-{secrets.token_hex(12)}"
        self.signing_secret = secrets.token_hex(16)
        self.token_error: str | None = None
        self.old_bot_tokens: set[str] = set()
        self.usergroups: dict[str, UserGroup] = {}
        self.offers = Offers()
        self.witness: Witness | None = None
        self._messages: defaultdict[str, dict[str, Message]] = defaultdict(dict)
        self._used_ts: set[int] = set()

    def now(self) -> float:
        """The workspace's own clock, in seconds since 1970: `clock_skew` away from ours."""
        return time.time() + self.options.clock_skew.total_seconds()

    def new_ts(self) -> str:
        """A message timestamp from the workspace's clock, used once only."""
        microseconds = int(self.now() * 1_000_000)
        while microseconds in self._used_ts:
            microseconds += 1
        self._used_ts.add(microseconds)
        return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"

    def add_channel(
        self, name: str, *, members: Iterable[str], is_private: bool = False
    ) -> Channel:
        """Open a channel and return it."""
        prefix = "G" if is_private else "C"
        created = int(self.now())
        channel = Channel(new_id(prefix), name, is_private=is_private, created=created)
        channel.members.update(members)
        self.channels[channel.id] = channel
        return channel

    def join(self, channel: Channel, user: str, inviter: str | None = None) -> None:
        """Come into a channel, invited or not; who is in it already stays."""
        if user in channel.members:
            return
        channel.members.add(user)
        self.changes.ring()
        if self.witness is not None and self.bot.id in channel.members:
            self.witness.tell_joined(channel, user, inviter)

    def direct_message(self, user: str) -> Channel:
        """The direct message between the bot and one person, opened on first use."""
        return self.conversation(user, self.bot.id)

    def conversation(self, one: str, other: str) -> Channel:
        """The direct message between two members, opened on first use."""
        found = self._conversation(one, other)
        if found is not None:
            return found
        created = int(self.now())
        channel = Channel(new_id("D"), one, is_im=True, created=created, members={one, other})
        self.channels[channel.id] = channel
        self.changes.ring()
        return channel

    def place(self, named: str) -> str:
        """The channel that an argument names: a person means the direct message with the bot."""
        opened = self._conversation(named, self.bot.id)
        return opened.id if opened else named

    def find(self, channel: str, ts: str) -> Message | None:
        """The message with this timestamp, unless it was deleted."""
        message = self._messages[channel].get(ts)
        return None if message is None or message.deleted else message

    def messages(self, channel: str) -> list[Message]:
        """Everything a channel shows or hides, deleted and ephemeral included, oldest first."""
        return sorted(self._messages[channel].values(), key=lambda message: message.ts)

    def root_of(self, channel: str, thread_ts: str) -> Message | None:
        """The first message of the thread that a timestamp belongs to."""
        message = self.standing(channel, thread_ts)
        if message is None or message.ephemeral_to:
            return None
        if message.is_reply and message.thread_ts:
            return self.standing(channel, message.thread_ts)
        return message

    def standing(self, channel: str, ts: str) -> Message | None:
        """The message with this timestamp, or what stands in its place after it was deleted."""
        message = self._messages[channel].get(ts)
        if message is None or not message.deleted:
            return message
        return self._tombstone(message)

    def post_as_bot(self, channel: str, content: Content, **place: object) -> Message:
        """Store a message of our app; it carries user, bot and app id (reference §1.7)."""
        message = self._from(content, channel, self.bot.id)
        message = replace(message, bot_id=self.bot_id, app_id=self.app_id, **place)  # type: ignore[arg-type]  # named fields of Message
        return self.store(message)

    def post_as_person(
        self, channel: str, user: str, text: str, thread_ts: str | None = None
    ) -> Message:
        """Store what a person typed, in the channel or in a thread."""
        message = self._from(Content(text=text), channel, user)
        return self.store(replace(message, thread_ts=thread_ts))

    def edit(self, message: Message, **changes: object) -> Message:
        """Put a new version in a message's place; the old one is kept in its history."""
        earlier = (*message.history, replace(message, history=()))
        changed = replace(message, history=earlier, edited_ts=self.new_ts(), **changes)  # type: ignore[arg-type]  # named fields of Message
        return self.store(changed)

    def delete(self, message: Message) -> None:
        """Take a message out of sight."""
        self.store(replace(message, deleted=True))

    def store(self, message: Message) -> Message:
        """Keep a message and tell those who wait."""
        before = self._messages[message.channel].get(message.ts)
        self._messages[message.channel][message.ts] = message
        self.changes.ring()
        if self.witness is not None:
            self.witness.tell_message(message, before)
        return message

    def _conversation(self, one: str, other: str) -> Channel | None:
        members = {one, other}
        channels = self.channels.values()
        return next((each for each in channels if each.is_im and each.members == members), None)

    def _tombstone(self, message: Message) -> Message | None:
        """What is left of a deleted root whose thread lives on, where the switch says so."""
        below = self._messages[message.channel].values()
        has_thread = any(one.thread_ts == message.ts and not one.deleted for one in below)
        if self.options.deleted_root == "gone" or not has_thread:
            return None
        return Message(
            ts=message.ts,
            channel=message.channel,
            user="USLACKBOT",
            text="This message was deleted.",
            thread_ts=message.ts,
            subtype="tombstone",
        )

    def _from(self, content: Content, channel: str, user: str) -> Message:
        return Message(
            ts=self.new_ts(),
            channel=channel,
            user=user,
            text=content.text,
            blocks=content.blocks,
            attachments=content.attachments,
            metadata=content.metadata,
            files=content.files,
        )
