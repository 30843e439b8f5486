"""Channels, people and messages, and how the Web API spells them."""

from dataclasses import dataclass, field
from typing import Any, Literal

from bot.demo.slack.mentions import mentions_in
from bot.demo.slack.options import Json

Guest = Literal["", "multi_channel", "single_channel"]
"""Guests are restricted to some channels or to one (users.info, `is_ultra_restricted`)."""


@dataclass(slots=True)
class Channel:
    """A conversation: public, private, or a direct message between two."""

    id: str
    name: str
    is_private: bool = False
    is_im: bool = False
    is_archived: bool = False
    created: int = 0
    members: set[str] = field(default_factory=set)

    @property
    def kind(self) -> str:
        """The word that scopes use for this kind: `channels`, `groups` or `im`."""
        if self.is_im:
            return "im"
        return "groups" if self.is_private else "channels"

    @property
    def name_in_payloads(self) -> str:
        """How payloads call it: every direct message by the same word."""
        return "directmessage" if self.is_im else self.name

    def as_json(self, bot_user: str) -> Json:
        """The channel object of conversations.info and conversations.list."""
        if self.is_im:
            return {
                "id": self.id,
                "is_im": True,
                "user": self.name,
                "is_archived": self.is_archived,
                "created": self.created,
            }
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_im": False,
            "is_private": self.is_private,
            "is_archived": self.is_archived,
            "is_member": bot_user in self.members,
            "created": self.created,
            "num_members": len(self.members),
        }


@dataclass(frozen=True, slots=True)
class Member:
    """A person or a bot of the workspace."""

    id: str
    name: str
    real_name: str
    is_bot: bool = False
    guest: Guest = ""

    def as_json(self, team: str) -> Json:
        """The user object of users.info."""
        return {
            "id": self.id,
            "team_id": team,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": False,
            "is_bot": self.is_bot,
            "is_restricted": self.guest != "",
            "is_ultra_restricted": self.guest == "single_channel",
            "tz": "Europe/Berlin",
            "profile": {"real_name": self.real_name, "display_name": self.name},
        }


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A user group: its handle and who is in it."""

    id: str
    handle: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it stands now; `history` holds its earlier versions, oldest first."""

    ts: str
    channel: str
    user: str
    text: str = ""
    bot_id: str | None = None
    app_id: str | None = None
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    ephemeral_to: str | None = None
    deleted: bool = False
    subtype: str | None = None
    edited_ts: str | None = None
    history: tuple["Message", ...] = ()

    @property
    def edits(self) -> int:
        """How often the message was changed after it was posted."""
        return len(self.history)

    @property
    def is_reply(self) -> bool:
        """Whether the message lives in a thread below another one."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def mentions(self) -> frozenset[str]:
        """Whom it notified when it was posted: "here", user and group ids; edits notify nobody."""
        posted = self.history[0] if self.history else self
        return mentions_in(posted.text, posted.blocks, posted.attachments)

    def as_json(self, *, team: str, include_metadata: bool) -> Json:
        """The message object of the Web API.

        The payload of metadata comes only where it was asked for (reference §1.7).
        """
        optional: dict[str, Any] = {
            "subtype": "thread_broadcast" if self.broadcast else self.subtype,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "blocks": self.blocks or None,
            "attachments": self.attachments or None,
            "files": self.files or None,
            "thread_ts": self.thread_ts,
            "metadata": self.metadata if include_metadata else None,
        }
        body: Json = {
            "type": "message",
            "ts": self.ts,
            "user": self.user,
            "team": team,
            "text": self.text,
        }
        if self.edited_ts:
            body["edited"] = {"user": self.user, "ts": self.edited_ts}
        return body | {key: value for key, value in optional.items() if value is not None}
