"""What the services need of a database, one small protocol per use case.

Nothing here speaks of SQL: `bot.store` implements these for one EM.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol

from bot.core.decisions import Decision
from bot.core.grouping import OpenGroup, OpeningNotice
from bot.core.incidents import Incident, Observed
from bot.core.jobs import JobOptions
from bot.core.ledgers import FindingLedger, HandlingLedger
from bot.core.notices import FoundMessage, Kind, Notice, PostedMessage
from bot.core.polls import EmState
from bot.core.ports import NoticeView
from bot.core.sessions import Session, TaskSession, Verdict
from bot.core.summaries import SummaryFacts
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


class PollingTransaction(HandlingLedger, FindingLedger, Protocol):
    """What is read and written while a poll is recorded: all of it is committed, or nothing."""

    async def load_state(self) -> EmState:
        """Load what polling remembers."""

    async def save_state(self, state: EmState) -> None:
        """Remember it."""

    async def load_sessions(self, uids: Sequence[str]) -> dict[str, StoredSession]:
        """Load those of these sessions that are known."""

    async def save_sessions(self, sessions: Sequence[StoredSession]) -> None:
        """Insert or replace sessions, and learn the names of their jobs."""

    async def confirm_sessions(self, uids: Sequence[str], at: datetime) -> None:
        """Note that EM repeated these sessions unchanged."""

    async def load_resultless(self, changed_before: datetime) -> list[StoredSession]:
        """Load the sessions that are Stopped without a Result since before then."""

    async def load_jobs_to_fold(self, starts: Mapping[str, datetime]) -> set[str]:
        """Of these jobs, name those whose incidents a Success at that moment may change."""

    async def load_jobs_of_import(self, baseline_at: datetime) -> dict[str, datetime]:
        """Name the jobs that fail now or have failed since the baseline, with since when."""

    async def load_observed(self, starts: Mapping[str, datetime]) -> list[Observed]:
        """Load each job's sessions since the last Success before its start or its open incident.

        With them come all sessions of the incidents these belong to.
        """

    async def load_incidents(self, ids: Collection[int]) -> dict[int, Incident]:
        """Load incidents by their ids."""

    async def save_incidents(self, changed: Sequence[Incident]) -> list[Incident]:
        """Insert (id 0) or replace incidents, and mark their sessions as held by them."""

    async def save_decisions(
        self, decisions: Sequence[Decision], at: datetime, notice_id: str | None
    ) -> None:
        """Keep what was decided and why; `notice_id` is the reply that tells it, if one does."""

    async def load_incident_notices(self, ids: Collection[int]) -> dict[int, list[Notice]]:
        """Load the newest own notice per channel of each of these incidents."""

    async def load_notices(self, ids: Collection[str]) -> dict[str, Notice]:
        """Load notices by their ids."""

    async def save_notices(self, wanted: Sequence[Notice]) -> None:
        """Insert notices, or replace what is wanted of them: revision, due time, group."""

    async def load_recent_openings(self, channel: str, since: datetime) -> list[OpeningNotice]:
        """Load the incidents' own notices since then that no group tells of."""

    async def load_open_groups(self, channel: str, since: datetime) -> list[OpenGroup]:
        """Load the groups of this channel that were opened since then and have not ended."""

    async def save_group(
        self, channel: str, backup_server: str, at: datetime, mute_id: int | None = None
    ) -> int:
        """Open a group and return its id; with `mute_id` it announces the end of that mute."""

    async def load_recovered_groups(self, ids: Collection[int]) -> list[int]:
        """Of these groups, name those that have not ended and hold no open incident any more."""

    async def reopen_groups(self, ids: Collection[int]) -> None:
        """Begin those of these ended groups anew that hold an open incident again."""

    async def end_group(self, group_id: int, at: datetime) -> None:
        """End a group."""

    async def load_names(self, job_uids: Collection[str]) -> dict[str, JobName]:
        """Name these jobs and their backup servers."""

    async def load_retries(self, job_uids: Collection[str]) -> dict[str, Retries]:
        """Count the retries of each job's newest run, and learn how long its runs take."""

    async def load_open_incidents_of(self, job_uids: Collection[str]) -> list[int]:
        """Name the open incidents of these jobs."""

    async def load_superseded(self, job_uids: Sequence[str]) -> dict[Incident, str]:
        """Find the open incidents of older jobs with the name and server of one of these.

        Maps each to the uid of the job that took its job's place.
        """

    async def load_incidents_to_remind(self, pinged_before: datetime) -> list[Incident]:
        """Load what is open, told, not acknowledged, and was last heard of before then."""

    async def load_held_back(self, mute_id: int) -> list[int]:
        """Name the incidents that a mute has held something back of, oldest first."""

    async def hold_back_by(self, incident_id: int, ended_id: int, mute_id: int) -> None:
        """Let another mute answer for what an ended one has held back of an incident."""

    async def close_notices(self, ids: Collection[str], error: str) -> None:
        """Never deliver these unsent notices, nor a group's that has no other member left."""

    async def load_open_outage(self) -> Outage | None:
        """Load the outage that has not ended."""

    async def save_outage(self, outage: Outage) -> Outage:
        """Insert (id 0) or replace an outage."""

    async def load_notice_of(self, kind: Kind, subject: str) -> list[Notice]:
        """Load the notices of a thing, one per channel."""

    async def save_reasons(
        self, asked: Sequence[Session], tasks: Sequence[TaskSession], at: datetime
    ) -> list[int]:
        """Keep the task sessions of these sessions; returns the incidents that hold them."""

    async def save_job_options(self, options: Sequence[JobOptions], at: datetime) -> None:
        """Keep what EM said of these jobs at `at` (the bot's clock)."""

    async def load_job_options(
        self, job_uids: Collection[str], now: datetime
    ) -> dict[str, JobOptions]:
        """Load the options of those of these jobs that EM has told within `OPTIONS_HOLD_FOR`."""


class PollingStore(Protocol):
    """Where polls are recorded."""

    def transaction(self) -> AbstractAsyncContextManager[PollingTransaction]:
        """Open the one writing transaction; nobody may wait for the network inside it."""

    async def load_state(self) -> EmState:
        """Load what polling remembers, without waiting for a writer."""

    async def load_running(self) -> list[str]:
        """List the uids of the sessions that were running when last seen."""

    async def load_jobs_of_open_incidents(self) -> list[str]:
        """List the jobs that have an open incident."""

    async def load_wanting_reasons(self, since: datetime, limit: int) -> list[Session]:
        """Load the newest bad sessions of told or open incidents without known reasons."""

    async def mark_vanished(self, uids: Sequence[str]) -> None:
        """Note that EM no longer knows these running sessions."""


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


class AskingStore(Protocol):
    """What questions and the summary read."""

    async def load_session(self, uid: str) -> tuple[StoredSession, tuple[TaskSession, ...]] | None:
        """Load one session and what is known of its task sessions."""

    async def find_by_prefix(self, guid_prefix: str, limit: int) -> list[StoredSession]:
        """Find sessions whose GUID begins so, newest first."""

    async def find_by_name(self, name: str, limit: int) -> list[StoredSession]:
        """Find sessions by session name or, each job's newest, by job name; case is ignored."""

    async def load_job_names(self) -> list[str]:
        """List all job names."""

    async def load_running(self, limit: int) -> tuple[list[StoredSession], int]:
        """Load running sessions, longest first, and how many there are."""

    async def load_open_views(self) -> list[IncidentView]:
        """Load the open incidents, most urgent first."""

    async def load_bad_since(self, since: datetime, limit: int) -> tuple[list[StoredSession], int]:
        """Load bad sessions that ended since then, newest first, and how many there are."""

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
