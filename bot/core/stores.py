"""What the services need of a database, one small protocol per use case.

Nothing here speaks of SQL: `bot.store` implements these for one EM.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol

from bot.core.notices import FoundMessage, Notice, PostedMessage
from bot.core.polls import EmState
from bot.core.ports import NoticeView
from bot.core.sessions import Session, TaskSession, Verdict
from bot.core.summaries import SummaryFacts
from bot.core.targets import KnownJob
from bot.core.views import IncidentView


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which EM could not be read, in the bot's clock; `id` is 0 until stored."""

    id: int
    started_at: datetime
    reason: str
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChannelPause:
    """Slack refuses a channel: why, since when, and when its oldest notice probes it next."""

    channel: str
    problem: str
    refused_since_at: datetime
    probe_at: datetime


EVERYWHERE = ""
"""The channel of a pause that concerns them all: Slack refuses the token."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Slack refused a channel, or `EVERYWHERE`: `code` in its own word, `problem` with the fix."""

    channel: str
    code: str
    problem: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver: by which bot, when by its clock and by Slack's.

    `held_up_s` is by how many seconds Slack has delayed a first post, 0 where it is not worth a
    word.
    """

    owner: str
    at: datetime
    slack_at: datetime
    held_up_s: int = 0
    is_possible_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a channel's messages.

    `since` is the timestamp of the newest one, "" where it knows none; `threads` are the
    timestamps of roots whose subject is not over.
    """

    since: str
    threads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """What one daily summary of a channel covers: [start_at, end_at), named by its local date."""

    channel: str
    on: date
    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A claimed notice, its subject as it is now, and the timestamp of its thread's root.

    The view of a summary is None: it is computed by `bot.services.summarizing`. `key` says what it
    is about, for the message's metadata.
    """

    notice: Notice
    view: NoticeView | None
    thread_ts: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts for the status."""

    jobs: int
    sessions: int
    open_incidents: int
    running: int
    unsent: int
    mutes: int
    findings: int


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session with what the bot knows of it beside EM's own words.

    `changed_at` (bot's clock) is when this version was first seen, `reported_at` (EM's clock) when
    the session was first reported as ended, `confirmed_at` (bot's) when EM last repeated it.
    """

    session: Session
    verdict: Verdict
    changed_at: datetime
    reported_at: datetime
    confirmed_at: datetime
    incident_id: int | None = None


class JobName(NamedTuple):
    """What people call a job, and the name of its backup server."""

    name: str
    backup_server: str


@dataclass(frozen=True, slots=True)
class Retries:
    """How many retries the newest run of a job has had, and how long its runs usually take."""

    count: int
    usual_duration: timedelta


class DeliveringStore(Protocol):
    """Where notices wait, and what came of each attempt."""

    async def load_due(self, now: datetime) -> list[Notice]:
        """Load what is due and may be delivered, oldest first; a reply only after its root."""

    async def claim(self, notice_id: str, attempt: Attempt) -> DueNotice | None:
        """Take a due notice for one attempt; None when it is not due any more."""

    async def take_back_claims(self, owner: str) -> int:
        """Make every claim of another owner due again, as ambiguous; tells how many there were."""

    async def record_attempt(self, notice_id: str, attempt: Attempt) -> None:
        """Note that the message is posted once more, and what it then says of its delivery."""

    async def record_posted(self, notice_id: str, message: PostedMessage, due_at: datetime) -> None:
        """Note where the message stands and which revision it shows; edits are due at `due_at`."""

    async def record_shown(self, notice_id: str, revision: int, due_at: datetime) -> None:
        """Note which revision the message shows; a further one is due at `due_at`."""

    async def record_unsent(self, notice_id: str, due_at: datetime, error: str) -> None:
        """Note that surely nothing was sent, and when to try again."""

    async def record_ambiguous(self, notice_id: str, due_at: datetime, error: str) -> None:
        """Note that Slack may have it, and when to look."""

    async def close(self, notice_id: str, error: str) -> None:
        """Never deliver this notice again."""

    async def close_deleted(self, notice: Notice, error: str, now: datetime) -> None:
        """Close a message that a person deleted, and save from it what nobody has seen yet."""

    async def pause_channel(self, refusal: Refusal, tell: Notice | None = None) -> None:
        """Note that Slack refuses a channel, and when to probe it.

        `tell` is promised with it, once for as long as the channel is refused.
        """

    async def reopen(self, probe: Notice, over: int, now: datetime) -> dict[str, int]:
        """Note that Slack took a message again, and catch up in one message with over so many.

        The answer counts the incidents of each channel that are caught up with.
        """

    async def record_refused(
        self, notice_id: str, refusal: Refusal, tell: Notice | None, *, is_unknown: bool
    ) -> None:
        """Note that Slack calls this message wrong, and when to try again.

        `is_unknown` says that an earlier attempt may still have got through.

        `tell` is promised with it, once for as long as messages of this channel are refused so.
        """

    async def load_refused(self) -> dict[str, int]:
        """Count the messages that Slack calls wrong, by its own word for why."""

    async def end_refusals(self, channel: str, now: datetime) -> None:
        """Note that a message that was refused needs to be said no more, if it was the last."""

    async def load_pauses(self) -> dict[str, ChannelPause]:
        """Load the channels that are paused."""

    async def continue_in_thread(self, ended: Notice, successor: Notice) -> None:
        """Let another notice, in the thread of one that cannot be changed, take its place."""


class ReconcilingStore(Protocol):
    """What is compared with a channel's history when the bot starts (DESIGN §2, The database)."""

    async def load_channels(self) -> list[str]:
        """List the channels in which the bot has posted lately."""

    async def load_known(self, channel: str) -> Known:
        """Tell what the database knows of a channel's messages."""

    async def load_revisions(self, notice_ids: Collection[str]) -> dict[str, int]:
        """Load the newest revisions that Slack may have of those of these notices that exist."""

    async def save_found(self, channel: str, found: Sequence[FoundMessage]) -> None:
        """Keep the messages that a channel's history holds, instead of those found before."""

    async def settle(self, channel: str, now: datetime, *, is_fresh: bool) -> int:
        """Let due notices adopt the found messages that tell of the same; counts those that did.

        `is_fresh` says that they were found so lately that what has no sessions or dates to be told
        by is the same too.
        """

    async def has_polled_since(self, at: datetime) -> bool:
        """Whether a poll of EM was recorded since then (the bot's clock)."""


class Handles(Protocol):
    """The short handles of sessions: `#4f3a`, stable for ever."""

    async def give(self, subjects: Collection[str]) -> dict[str, str]:
        """Name these subjects, those that have no handle yet with a new one.

        Raises `bot.errors.DatabaseUnavailable` where one cannot be kept: it would not be stable.
        """

    async def load(self, subjects: Collection[str]) -> dict[str, str]:
        """Load the handles of those of these subjects that have one."""

    async def find(self, handle: str) -> str | None:
        """Find whom a handle names."""


class AskingStore(Protocol):
    """What questions and the summary read."""

    async def load_session(self, uid: str) -> tuple[StoredSession, tuple[TaskSession, ...]] | None:
        """Load one session and what is known of its task sessions."""

    async def find_by_prefix(self, guid_prefix: str, limit: int) -> list[StoredSession]:
        """Find sessions whose GUID begins so, newest first."""

    async def find_by_name(self, name: str, limit: int) -> list[StoredSession]:
        """Find sessions by session name or, each job's newest, by job name; case is ignored."""

    async def load_jobs(self) -> tuple[KnownJob, ...]:
        """Load how people call all jobs."""

    async def load_newest_of(self, job_uids: Collection[str]) -> dict[str, StoredSession]:
        """Load the newest session of each of these jobs."""

    async def load_view(self, incident_id: int) -> IncidentView | None:
        """Load one incident as it is now."""

    async def load_figures(self) -> Figures:
        """Count things for the status."""

    async def load_state(self) -> EmState:
        """Load what polling remembers."""


class SummaryStore(Protocol):
    """Which summaries were promised."""

    async def load_last_summary_end(self, channel: str) -> datetime | None:
        """Tell where the last promised summary's period ends."""

    async def load_state(self) -> EmState:
        """Load what polling remembers."""

    async def load_summary_period(self, summary_id: int) -> Period:
        """Load the period of a promised summary."""

    async def save_summary(self, period: Period, notice: Notice | None) -> bool:
        """Promise the summary of a day, once per channel and day; False if it was already.

        The notice's subject becomes the id of the summary. Without a notice the day is passed over.
        """

    async def load_summary_facts(
        self, period_start: datetime, period_end: datetime, days_start: datetime
    ) -> SummaryFacts:
        """Load everything a summary of this period is computed from."""
