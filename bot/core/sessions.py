"""Replica job sessions and their task sessions, as values, and what their states and results mean.

Vendor spellings are kept as EM sent them (`state`, `result`), so that people see what EM says; the
judgement on them is the `verdict`.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

RESULTLESS_AFTER = timedelta(minutes=15)
"""A session that is Stopped without a Result for so long counts as Warning (DESIGN §2, Polling)."""

CLOCKS_DIFFER = timedelta(days=1)
"""A backup server's clock may be so far ahead of EM's; what is further ahead is no time at all."""

EPOCH = datetime.fromtimestamp(0, UTC)


class Verdict(IntEnum):
    """How a session ended, worst last, as EM orders its own results (reference §9)."""

    UNFINISHED = 0
    SUCCESS = 1
    WARNING = 2
    FAILED = 3

    @property
    def is_bad(self) -> bool:
        """Whether people must hear of it."""
        return self >= Verdict.WARNING


class Link(NamedTuple):
    """A link of an EM entity: path and query only, never another host (reference §4).

    A tuple, because each session has four, and a tuple is made in half the time of a dataclass.
    """

    rel: str
    type: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Session:
    """One run of a replication job, or an automatic retry of one (reference §6)."""

    uid: str
    name: str
    job_uid: str
    job_name: str
    created_at: datetime
    state: str
    result: str
    ended_at: datetime | None = None
    job_type: str = "Replica"
    progress: int | None = None
    is_retry: bool = False
    failure_message: str = ""
    backup_server_uid: str = ""
    backup_server: str = ""
    links: tuple[Link, ...] = field(default=(), compare=False)

    @property
    def is_stopped(self) -> bool:
        """Whether EM says it is over; an unknown State counts as running (reference §6)."""
        return self.state.lower() == "stopped"

    @property
    def has_result(self) -> bool:
        """Whether EM gave a Result; running sessions carry `None` (reference §6)."""
        return self.result.lower() not in ("", "none")

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        """Sorts a job's sessions by when they ended."""
        return (self.ended_at or self.created_at, self.created_at, self.uid)

    @property
    def version(self) -> tuple[str, str, str, datetime | None]:
        """What must change for the session to be handled again (DESIGN §2, Once per version)."""
        return (self.uid, self.state, self.result, self.ended_at)

    @property
    def duration(self) -> timedelta | None:
        """From creation to end; None while it runs, never negative whatever the clocks say."""
        if self.ended_at is None:
            return None
        return max(self.ended_at - self.created_at, timedelta(0))


def decide_verdict(session: Session, unchanged_for: timedelta = timedelta(0)) -> Verdict:
    """Say how the session ended; `unchanged_for` is how long this version of it has been known.

    An unknown Result counts as Warning, and so does none at all on a session that is Stopped for
    longer than `RESULTLESS_AFTER`.
    """
    if not session.is_stopped:
        return Verdict.UNFINISHED
    if session.has_result:
        known = {"success": Verdict.SUCCESS, "failed": Verdict.FAILED}
        return known.get(session.result.lower(), Verdict.WARNING)
    return Verdict.WARNING if unchanged_for >= RESULTLESS_AFTER else Verdict.UNFINISHED


def believe_times(
    session: Session,
    known: Session | None,
    server_time: datetime,
    instead_at: datetime | None = None,
) -> Session:
    """Put, for a time that cannot be, when EM first told of it: `server_time`, EM's own clock.

    Of history, which EM tells later than it happened, that is `instead_at`.

    Otherwise a failure of a backup server in the year 9998 would stay the job's latest for ever,
    and one without any time would seem older than all that was good. `known` is the session as it
    was believed before, so that the same answer of EM is no news.
    """
    latest, heard_at = server_time + CLOCKS_DIFFER, instead_at or server_time
    created_at, ended_at = session.created_at, session.ended_at
    if EPOCH < created_at <= latest and (ended_at is None or ended_at <= latest):
        return session
    if not EPOCH < created_at <= latest:
        created_at = known.created_at if known else heard_at
    if ended_at is not None and ended_at > latest:
        ended_at = (known.ended_at if known else None) or heard_at
    return replace(session, created_at=created_at, ended_at=ended_at)


@dataclass(frozen=True, slots=True)
class TaskSession:
    """One VM's part of a session, with EM's reason when it went wrong (reference §6)."""

    uid: str
    session_uid: str
    vm: str
    state: str
    result: str
    reason: str = ""
    name: str = ""
    created_at: datetime | None = None
    ended_at: datetime | None = None
    total_size: int | None = None
    backup_server: str = ""

    @property
    def verdict(self) -> Verdict:
        """How the VM's part ended; an unknown Result counts as Warning."""
        known = {
            "": Verdict.UNFINISHED,
            "none": Verdict.UNFINISHED,
            "success": Verdict.SUCCESS,
            "failed": Verdict.FAILED,
        }
        return known.get(self.result.lower(), Verdict.WARNING)


def guid_of(uid: str) -> str:
    """Take the GUID out of a URN (`urn:veeam:ReplicaJobSession:04f6…` → `04f6…`)."""
    return uid.rsplit(":", 1)[-1].lower()
