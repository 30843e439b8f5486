"""Mutes: a job, a backup server or everything is hidden for a time, always with an end.

What is held back is announced when the mute ends (DESIGN §6, `mute`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST = timedelta(days=30)
"""No mute lasts longer, also one that waits for a Success: EM forgets sessions after 30 days."""


class Scope(StrEnum):
    """What a mute hides."""

    JOB = "job"
    SERVER = "server"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Mute:
    """Hides what happens to its subject until `ends_at` (the bot's clock).

    `subject` is a job's uid, a backup server's name, or "" for everything; `id` is 0 until stored.
    With `ends_with_success` the job's next Success ends it earlier. `ended_by` is a user's id, or
    "" when it ended by itself.
    """

    id: int
    scope: Scope
    subject: str
    muted_by: str
    muted_at: datetime
    ends_at: datetime
    ends_with_success: bool = False
    ended_at: datetime | None = None
    ended_by: str = ""

    def hides(self, job_uid: str, backup_server: str) -> bool:
        """Whether it concerns this job."""
        if self.scope is Scope.SERVER:
            return bool(backup_server) and self.subject.casefold() == backup_server.casefold()
        return self.scope is Scope.ALL or self.subject == job_uid


def find_mute(mutes: Iterable[Mute], job_uid: str, backup_server: str) -> Mute | None:
    """Find the mute that hides a job; of several the one that lasts longest."""
    hiding = [mute for mute in mutes if mute.hides(job_uid, backup_server)]
    return max(hiding, key=lambda mute: (mute.ends_at, mute.id), default=None)
