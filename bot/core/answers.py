"""What a question is answered with, as plain values: the chat platform renders them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.sessions import Session, TaskSession
from bot.core.views import IncidentView


@dataclass(frozen=True, slots=True)
class SessionAnswer:
    """One session. `confirmed_at` is None for a live answer, else when EM last confirmed our copy.

    `tasks` is None where they could not be read, and `tasks_problem` says why then.
    `em_problem` says why the answer is not live. `handle` is the session's short one, "" where none
    could be kept; `offers_collect` where operators may have EM fetch news from the backup server.
    """

    session: Session
    tasks: tuple[TaskSession, ...] | None
    ui_url: str = ""
    confirmed_at: datetime | None = None
    em_problem: str = ""
    tasks_problem: str = ""
    handle: str = ""
    offers_collect: bool = False


@dataclass(frozen=True, slots=True)
class Candidates:
    """What was asked for fits several sessions (newest first); a person picks one.

    `handles` names them by their uids.
    """

    asked: str
    sessions: tuple[Session, ...]
    handles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing fits. `nearest` are the job names that look most alike; `explanation` is a sentence
    on what was understood and what to try.
    """

    asked: str
    explanation: str
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """How the bot itself is: what it watches, when it last saw EM, and what it could not say."""

    em_name: str
    em_problem: str
    last_poll_at: datetime | None
    watermark_at: datetime | None
    baseline_at: datetime | None
    poll_interval: timedelta
    job_count: int
    session_count: int
    open_incidents: int
    running: int
    unsent: int
    slack_problems: tuple[str, ...]
    started_at: datetime
    version: str
    database_problem: str = ""
    mutes: int = 0
    findings: int = 0


Answer = SessionAnswer | Candidates | Unknown | IncidentView
