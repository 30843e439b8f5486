"""Notices: rows that promise a message, and what is known of each attempt (DESIGN §2, Notices)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What a notice shows. Its `subject` is the id of such a thing."""

    INCIDENT = "incident"
    GROUP = "group"
    REPLY = "reply"
    START = "start"
    OUTAGE = "outage"
    SUMMARY = "summary"
    FINDING = "finding"
    WATCH = "watch"
    BLOCKED = "blocked"
    WELCOME = "welcome"
    ACTION = "action"


HELD_UP_OVER = timedelta(minutes=1)
"""What Slack delays by more than this says so (docs/reliability.md)."""

DIRECT = ("U", "W", "D")
"""How the ids of people and of direct messages with them begin."""

GROUP_ENDED = "group ended"
"""The subject of a reply that says that all members of its thread's group have recovered."""

FINDING_BROKEN = "finding broken:"
FINDING_OVER = "finding over:"
"""The subjects of replies about findings: an RPO broke, or all is over; before the message's id."""

OUTAGE_ENDED = "outage ended:"
"""The subject of a reply that says that EM can be read again, before the outage's id."""

BLOCKAGE_ENDED = "blockage ended:"
"""The subject of a reply that says that a channel takes alerts again, before the blockage's id."""

ACTED = "acted:"
"""The subject of a reply that tells of a job retried or started by hand, before the action's id."""

REFUSED = "refused:"
"""The error of a notice that Slack calls wrong itself, before Slack's own word for why."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A promise: channel `channel` shows `subject` at `wanted_revision` or later.

    `id` is a random UUID that the message carries as metadata. `shown_revision` is what was last
    rendered into it, 0 when nothing was. `parent_id` is the notice in whose thread a reply stands.
    `attempt_started_at` (our clock) and `attempt_slack_at` (Slack's) are set while it is unknown
    whether an attempt to post got through. `channel` is an id; `channel_id` and `message_ts` are
    what Slack answered. `told_by` names the group's notice that tells of this one's subject, from
    that one's revision `wanted_revision` on;
    a closed notice will never be delivered again, and `error` says why. `say_at` is the moment it
    was first to be said (`due_at` moves with each attempt); `mention` is whom its post notifies: a
    user's or user group's id, or `here`, `channel`; `held_up_s` says by how many seconds Slack
    delayed it, where that is worth a word.
    """

    id: str
    kind: Kind
    subject: str
    channel: str
    wanted_revision: int
    created_at: datetime
    due_at: datetime
    shown_revision: int = 0
    parent_id: str = ""
    is_broadcast: bool = False
    attempts: int = 0
    owner: str = ""
    attempt_started_at: datetime | None = None
    attempt_slack_at: datetime | None = None
    channel_id: str = ""
    message_ts: str = ""
    told_by: str = ""
    error: str = ""
    is_closed: bool = False
    say_at: datetime | None = None
    mention: str = ""
    held_up_s: int = 0
    is_possible_duplicate: bool = False

    @property
    def is_maybe_seen(self) -> bool:
        """Whether Slack has this message, or may have it."""
        return self.is_posted or self.is_ambiguous

    @property
    def is_posted(self) -> bool:
        """Whether Slack has this message."""
        return bool(self.message_ts)

    @property
    def is_ambiguous(self) -> bool:
        """Whether Slack may have this message without our knowing."""
        return not self.message_ts and self.attempt_started_at is not None

    @property
    def is_refused(self) -> bool:
        """Whether Slack calls this message wrong."""
        return self.error.startswith(REFUSED)


def promise(notice_id: str, kind: Kind, subject: str, channel: str, at: datetime) -> Notice:
    """Make a new notice, due at once; `notice_id` is a fresh random UUID."""
    return Notice(
        notice_id, kind, subject, channel, wanted_revision=1, created_at=at, due_at=at, say_at=at
    )


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """A message in Slack: where it stands and what was rendered into it."""

    channel_id: str
    message_ts: str
    revision: int = 0


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A message of our own as a channel's history has it.

    `thread_ts` is "" for a root. `key` says what the message is about, in words that survive the
    database: see `bot.core.keys`.
    """

    channel_id: str
    message_ts: str
    thread_ts: str
    notice_id: str
    revision: int
    key: str = ""
    has_replies: bool = False


@dataclass(frozen=True, slots=True)
class FoundPage:
    """One page of a channel's or a thread's history; an empty `cursor` is its end."""

    messages: tuple[FoundMessage, ...]
    cursor: str = ""
