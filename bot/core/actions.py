"""What people have Enterprise Manager do with a job: retry it, or start it (reference §8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.sessions import Session, believe_times

CLOCKS_AGREE = timedelta(minutes=5)
"""How far a backup server's clock is believed to be off: Kerberos lets nobody in beyond it."""

LOOKED_FOR = timedelta(minutes=45)
"""So long a run may take to show: EM collects every 15 minutes by default (reference §14)."""


class Action(StrEnum):
    """What EM is to do with a job; each has a link of its own on the job's entity."""

    RETRY = "retry"
    START = "start"


class TaskOutcome(StrEnum):
    """What EM's task said: whether the trigger was accepted, not how the job ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class TaskEnd:
    """How a task of EM ended, with EM's own words; unclear where nobody could ask to its end."""

    outcome: TaskOutcome
    message: str = ""


class ActionState(StrEnum):
    """How far an action is. UNKNOWN: whether EM took it is not known, and it is not sent again."""

    ASKED = "asked"
    RUNNING = "running"
    REFUSED = "refused"
    DONE = "done"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class JobAction:
    """One request to EM, from the press to the end of the run that it started.

    `after_at` is the moment, by EM's clock, after which that run was created; `session_uid` names
    it once it is seen. `ended_at` (the bot's clock) is set when nothing more is to be told.
    `channel` and `thread_ts` are where it was asked.
    """

    id: int
    action: Action
    job_uid: str
    job_name: str
    user_id: str
    channel: str
    asked_at: datetime
    after_at: datetime
    state: ActionState = ActionState.ASKED
    detail: str = ""
    thread_ts: str = ""
    session_uid: str = ""
    ended_at: datetime | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether nobody may ask for the same job again yet; what is unknown, a person may."""
        return self.ended_at is None and self.state in (ActionState.ASKED, ActionState.RUNNING)


def created_after(newest: Session | None, em_time: datetime) -> datetime:
    """Tell after which moment the run was created that is asked for now.

    EM may not know yet of a run that has just ended, and backup servers have clocks of their own.
    """
    by_clock = em_time - CLOCKS_AGREE
    if newest is None:
        return by_clock
    return max(believe_times(newest, None, em_time).created_at, by_clock)


@dataclass(frozen=True, slots=True)
class KnownServer:
    """A backup server, by EM's id and by its name."""

    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class ServerCollection:
    """Somebody asked EM to collect from a backup server."""

    server_uid: str
    asked_at: datetime
    asked_by: str
