"""What is read and written while something is recorded: one transaction, all of it or nothing.

Nothing here speaks of SQL: `bot.store.polls` implements it for one EM.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from bot.core.audits import AuditLedger
from bot.core.decisions import Decision
from bot.core.grouping import OpenGroup, OpeningNotice
from bot.core.incidents import Incident, Observed
from bot.core.jobs import JobOptions
from bot.core.ledgers import ActingLedger, FindingLedger, HandlingLedger
from bot.core.notices import Kind, Notice
from bot.core.polls import EmState
from bot.core.sessions import Session, TaskSession, Verdict
from bot.core.stores import JobName, Outage, Retries, StoredSession


class PollingTransaction(HandlingLedger, FindingLedger, ActingLedger, AuditLedger, Protocol):
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

    async def load_held_back(self, mute_id: int) -> dict[int, Verdict]:
        """Name the incidents that a mute has held something back of, oldest first.

        With each comes the worst of the sessions concerned.
        """

    async def hold_back_by(self, incident_id: int, ended_id: int, mute_id: int) -> None:
        """Let another mute answer for what an ended one has held back of an incident."""

    async def close_notices(self, ids: Collection[str], error: str) -> None:
        """Never deliver these unsent notices, nor a group's that has no other member left."""

    async def load_open_outage(self) -> Outage | None:
        """Load the outage that has not ended."""

    async def save_outage(self, outage: Outage) -> Outage:
        """Insert (id 0) or replace an outage."""

    async def load_notice_of(self, kind: Kind, subject: str) -> list[Notice]:
        """Load the newest notice of a thing per channel."""

    async def load_announcements(self, mute_id: int) -> list[Notice]:
        """Load what announces the end of a mute: the newest notice per channel."""

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
