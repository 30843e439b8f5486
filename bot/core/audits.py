"""Who did what, when, to what, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Audited(StrEnum):
    """What is recorded, in the words of the commands."""

    ACK = "ack"
    UNACK = "unack"
    CLOSE = "close"
    MUTE = "mute"
    UNMUTE = "unmute"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    RETRY = "retry"
    START = "start"
    COLLECT = "collect"
    PLACE_ALERTS = "place alerts"


@dataclass(frozen=True, slots=True)
class Audit:
    """One deed of one person.

    `subject` is an id (an incident's number, a job's uid, a channel); `subject_name` is what people
    called it then, `outcome` what came of it in words, `session_uid` the session that it is about.
    """

    at: datetime
    user_id: str
    action: Audited
    subject: str
    subject_name: str
    outcome: str
    session_uid: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some of what was done, newest first; `has_more` where there is older."""

    audits: tuple[Audit, ...]
    has_more: bool


class AuditLedger(Protocol):
    """The part of a transaction in which deeds are recorded."""

    async def save_audits(self, deeds: Sequence[Audit]) -> None:
        """Record what people did, with what they did."""


class AuditStore(Protocol):
    """Where it can be read."""

    async def load_audits(self, words: Sequence[str], before_id: int, limit: int) -> AuditPage:
        """Load the newest that hold all these words, older than an id (0: from the newest)."""
