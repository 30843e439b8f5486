"""What a message is about, in words that survive the database: a part of its metadata.

Ids of rows mean nothing to an older copy of the database; sessions, days and channels do. A key is
short and holds no names: marks are digests (DESIGN §2, The database).
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.decisions import OVER, Reason
from bot.core.incidents import Incident
from bot.core.notices import Kind

MOST_MARKS = 40
"""An incident's message names so many of its sessions: the metadata of a message is limited."""

CATCH_UP = "-"
"""The server of a message that caught up with many: it had jobs of any."""

_DIGITS = 12  # hex digits of a digest: 48 bits tell a million sessions apart


def digest(*words: str) -> str:
    """Shorten words to one mark."""
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:_DIGITS]


@dataclass(frozen=True, slots=True)
class Key:
    """What a message is about: the kind of its notice, and marks that tell it from others."""

    kind: Kind
    marks: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.kind.value, *self.marks))


def parse_key(text: str) -> Key | None:
    """Read a key; None where it is none that this version knows."""
    kind, *marks = text.split(" ")
    return Key(Kind(kind), tuple(marks)) if kind in {each.value for each in Kind} else None


def mark_bad(session_uid: str) -> str:
    """Mark a session that went wrong."""
    return digest("bad", session_uid)


def mark_over(session_uid: str) -> str:
    """Mark the session that ended an incident."""
    return digest("over", session_uid)


def mark_news(reason: Reason, session_uid: str) -> str:
    """Mark what a reply tells: how often and in which words differs from one telling to another."""
    if reason in OVER:
        return mark_over(session_uid)
    if reason is Reason.REOPENED or not session_uid:
        return digest(reason.name, session_uid)
    return mark_bad(session_uid)


def key_of_incident(incident: Incident) -> Key:
    """Name an incident by its first session, its newest ones, and the one that ended it."""
    uids = incident.session_uids
    named = uids if len(uids) < MOST_MARKS else (uids[0], *uids[-MOST_MARKS + 1 :])
    over = (mark_over(incident.recovered_by),) if incident.recovered_by else ()
    return Key(Kind.INCIDENT, (*map(mark_bad, named), *over))


def key_of_group(backup_server: str, opened: Collection[datetime]) -> Key:
    """Name a message about many by its backup server and when their incidents opened."""
    server = digest(backup_server) if backup_server else CATCH_UP
    seconds = [int(each.timestamp()) for each in opened] or [0]
    return Key(Kind.GROUP, (server, str(min(seconds)), str(max(seconds))))


def is_in_group(key: Key, backup_server: str, opened_at: datetime) -> bool:
    """Whether a message about many tells of an incident, as far as its key says."""
    if key.kind is not Kind.GROUP or len(key.marks) != 3 or not key.marks[2].isdigit():
        return False
    server, first, last = key.marks
    is_there = server in (CATCH_UP, digest(backup_server))
    return is_there and int(first) <= int(opened_at.timestamp()) <= int(last)


def find_untold(
    incident: Incident, key: Key, in_thread: Collection[str], bad_uids: Sequence[str]
) -> tuple[str, ...]:
    """List the bad sessions of an incident that neither its message nor its thread tells of.

    A full key does not name them all: then only what came after those it names counts.
    """
    told = {*key.marks, *in_thread}
    uids = [uid for uid in incident.session_uids if uid in set(bad_uids)]
    if len(key.marks) >= MOST_MARKS:
        known = [i for i, uid in enumerate(uids) if mark_bad(uid) in told]
        uids = uids[max(known, default=-1) + 1 :]
    return tuple(uid for uid in uids if mark_bad(uid) not in told)
