"""Shared answers about running sessions: messages that move until the session's end (DESIGN §6)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from bot.core.answers import SessionAnswer
from bot.core.notices import PostedMessage
from bot.core.ports import SessionPage
from bot.core.sessions import Session, TaskSession, Verdict

FOLLOWED_FOR = timedelta(hours=48)
"""One that has not ended by then is followed no more: people ask for it again if they care."""


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """A message that shows a running session. `shown` is the digest of what it shows now."""

    id: int
    channel: str
    message_ts: str
    session_uid: str
    shown: str
    shared_by: str
    shared_at: datetime
    due_at: datetime

    def is_given_up(self, now: datetime) -> bool:
        """Whether it has been followed for long enough."""
        return now >= self.shared_at + FOLLOWED_FOR


class Following(Enum):
    """Whether a shared answer still moves."""

    ON = "on"
    OVER = "over"
    GIVEN_UP = "given up"


def digest_of(answer: SessionAnswer) -> str:
    """Tell what of an answer is worth an edit: state, result, progress, VMs done."""
    session = answer.session
    done, total = count_done(answer.tasks or ())
    return f"{session.state} {session.result} {session.progress} {done}/{total}"


def count_done(tasks: Sequence[TaskSession]) -> tuple[int, int]:
    """Count the VMs that are done, and all."""
    done = sum(task.verdict is not Verdict.UNFINISHED for task in tasks)
    return done, len(tasks)


class LiveStore(Protocol):
    """Where the messages that move are kept."""

    async def add(self, live: LiveAnswer) -> None:
        """Keep one more; its id is the store's to give."""

    async def load_due(self, now: datetime) -> list[LiveAnswer]:
        """Load those that still move and may be edited now, oldest first."""

    async def save(self, live: LiveAnswer) -> None:
        """Note what it shows, and when it may be edited again."""

    async def end(self, live: LiveAnswer, now: datetime) -> None:
        """Note that it moves no more."""


class SharedBoard(Protocol):
    """Where shared answers stand: Slack.

    Both methods raise `bot.errors.DeliveryFailed` by the subclass that says what to do next.
    """

    async def post(self, channel: str, answer: SessionAnswer, shared_by: str) -> PostedMessage:
        """Post an answer that will move."""

    async def edit(self, live: LiveAnswer, answer: SessionAnswer, following: Following) -> None:
        """Show the answer as it is now."""


class LiveSource(Protocol):
    """What is asked of Enterprise Manager; raises `bot.errors.EnterpriseManagerError`."""

    def iter_running(self) -> AsyncIterator[SessionPage]:
        """List the sessions that are not Stopped, newest first."""

    async def fetch_session(self, session_uid: str) -> Session:
        """Get one session by its URN or GUID; raises `NotFound`."""

    def iter_task_sessions(
        self, session_uids: Sequence[str]
    ) -> AsyncIterator[tuple[TaskSession, ...]]:
        """List the task sessions of at most 20 sessions, page by page."""
