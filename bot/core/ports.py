"""What the services need of the outside world, as small protocols.

Another chat platform or another Veeam API implements these and nothing else changes.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.actions import Action, TaskEnd
from bot.core.jobs import JobOptions
from bot.core.notices import FoundPage, Notice, PostedMessage
from bot.core.sessions import Session, TaskSession
from bot.core.views import (
    ActionView,
    BlockageView,
    FindingView,
    GroupView,
    IncidentView,
    OutageView,
    ReplyView,
    StartView,
    SummaryView,
    WatchView,
    WelcomeView,
)

NoticeView = (
    IncidentView
    | GroupView
    | ReplyView
    | StartView
    | OutageView
    | SummaryView
    | BlockageView
    | WatchView
    | FindingView
    | WelcomeView
    | ActionView
)


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One page of a list of sessions. `server_time` is EM's own clock (its Date header)."""

    sessions: tuple[Session, ...]
    number: int
    is_last: bool
    server_time: datetime | None


class SessionSource(Protocol):
    """Where sessions come from: Enterprise Manager.

    Every method raises `bot.errors.EnterpriseManagerError` or a subclass.
    """

    @property
    def name(self) -> str:
        """What identifies this EM for ever: `host:port` in lower case."""

    def iter_running(self) -> AsyncIterator[SessionPage]:
        """List the sessions that are not Stopped, newest first."""

    def iter_ended(self, watermark: datetime, bad_since: datetime) -> AsyncIterator[SessionPage]:
        """List what ended at or after `watermark`, and what ended not as Success since `bad_since`.

        Sorted by EndTime, oldest first.
        """

    def iter_window(self, since: datetime, *, only_bad: bool) -> AsyncIterator[SessionPage]:
        """List what ended at or after `since`, oldest end first; on demand without Success."""

    async def fetch_session(self, session_uid: str) -> Session:
        """Get one session by its URN or GUID; raises `NotFound`."""

    async def fetch_newest_session(self, job_uid: str) -> Session | None:
        """Get the newest session of a job."""

    async def fetch_sessions_by_name(self, name: str) -> tuple[Session, ...]:
        """List the sessions whose session name or job name is `name`, newest first (one page)."""

    async def fetch_task_sessions(self, session_uid: str) -> tuple[TaskSession, ...]:
        """List all task sessions of one session."""

    async def fetch_bad_task_sessions(self, sessions: Sequence[Session]) -> tuple[TaskSession, ...]:
        """List the failed and warned task sessions of these sessions with one paged query.

        The good ones may come along where they are few.
        """


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of a list of replication jobs with their options."""

    jobs: tuple[JobOptions, ...]
    number: int
    is_last: bool


class JobSource(Protocol):
    """Where the options of jobs come from: Enterprise Manager, with the operator's account if set.

    Every method raises `bot.errors.EnterpriseManagerError` or a subclass; above all `NotAllowed`,
    because no role but Portal Administrator may read jobs (reference §13).
    """

    async def fetch_job_options(self, job_uids: Sequence[str]) -> tuple[JobOptions, ...]:
        """Get the options of those of these jobs that EM knows, of at most 20, in one query."""

    def iter_job_options(self) -> AsyncIterator[JobPage]:
        """List the options of all replication jobs, page by page."""


class ActionSource(Protocol):
    """Who starts and retries jobs: Enterprise Manager, with the operator's account if set.

    Every method raises `bot.errors.EnterpriseManagerError` or a subclass. From `act` and `collect`
    all of them but `OrderUnclear` mean that nothing was begun.
    """

    @property
    def last_server_time(self) -> datetime | None:
        """What EM's clock said in its latest reply."""

    async def fetch_offers(self, job_uid: str) -> frozenset[Action]:
        """Ask which actions EM offers on a job; `NotAllowed` where the account may not read it."""

    async def fetch_newest_session(self, job_uid: str) -> Session | None:
        """Get the newest session of a job."""

    async def act(self, action: Action, job_uid: str) -> TaskEnd:
        """Tell EM once, and follow its task to the end."""

    async def collect(self, server_uid: str) -> TaskEnd:
        """Tell EM once to collect from a backup server, and follow its task to the end."""


class Messenger(Protocol):
    """Where messages go: Slack. Nothing is retried here; retry lives in `services.delivering`.

    Every method raises `bot.errors.DeliveryFailed` by the subclass that says what to do next.
    """

    @property
    def request_timeout(self) -> timedelta:
        """After so long a request that was not answered cannot be accepted any more."""

    def slack_time(self, now: datetime) -> datetime:
        """Tell Slack's own clock at `now`, from the Date header of its last answer."""

    async def send_notice(
        self, notice: Notice, view: NoticeView, thread_ts: str, key: str = ""
    ) -> PostedMessage:
        """Post a new message with the notice's id, its wanted revision and `key` as metadata.

        An empty `thread_ts` posts a root. Raises `DeliveryAmbiguous`, `DeliveryPostponed`,
        `ChannelRefused`, `TokenRefused`, `MessageRefused`.
        """

    async def send_update(self, notice: Notice, view: NoticeView, key: str = "") -> None:
        """Show `view` in the message the notice already has; `UpdateRefused`, `MessageGone` too."""

    async def find_notice(self, notice: Notice, thread_ts: str) -> PostedMessage | None:
        """Look for the notice's message since its attempt − 60 s, to the end of the cursor.

        Raises `ReadBackRefused` where the channel's history may not be read.
        """


class MessageHistory(Protocol):
    """What the bot has said so far, as the chat platform has it."""

    async def list_own(
        self, channel: str, *, thread_ts: str = "", since: str = "", cursor: str = ""
    ) -> FoundPage:
        """List a page of our own messages since a timestamp: roots, or a thread with its root.

        Raises `bot.errors.DeliveryFailed` by the subclass that says what to do next.
        """


class Clock(Protocol):
    """The bot's own clock. Read once per use case, and never compared with EM's."""

    def __call__(self) -> datetime:
        """Tell the time, aware, in UTC."""


class Heartbeat(Protocol):
    """A dead-man's switch: whoever watches it hears when it stops (`HEARTBEAT_URL`)."""

    async def send(self) -> None:
        """Tell it that a poll was good; a failure is logged, never raised."""
