"""Notices: rows that promise a message, and what is known of each attempt (DESIGN §2, Notices)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a notice shows. Its `subject` is the id of such a thing."""

    INCIDENT = "incident"
    GROUP = "group"
    REPLY = "reply"
    START = "start"
    OUTAGE = "outage"
    SUMMARY = "summary"


GROUP_ENDED = "group ended"
"""The subject of a reply that says that all members of its thread's group have recovered."""

OUTAGE_ENDED = "outage ended:"
"""The subject of a reply that says that EM can be read again, before the outage's id."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A promise: channel `channel` shows `subject` at `wanted_revision` or later.

    `id` is a random UUID that the message carries as metadata. `shown_revision` is what was last
    rendered into it, 0 when nothing was. `parent_id` is the notice in whose thread a reply stands.
    `attempt_started_at` (our clock) and `attempt_slack_at` (Slack's) are set while it is unknown
    whether an attempt to post got through. `channel` is an id; `channel_id` and `message_ts` are
    what Slack answered. `told_by` names the group's notice that tells of this one's subject, from
    that one's revision `wanted_revision` on;
    a closed notice will never be delivered again, and `error` says why.
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


def promise(notice_id: str, kind: Kind, subject: str, channel: str, at: datetime) -> Notice:
    """Make a new notice, due at once; `notice_id` is a fresh random UUID."""
    return Notice(notice_id, kind, subject, channel, wanted_revision=1, created_at=at, due_at=at)


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """A message in Slack: where it stands and what was rendered into it."""

    channel_id: str
    message_ts: str
    revision: int = 0
