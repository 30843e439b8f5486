"""What inspecting needs of the outside: a database, and the VMs of green sessions from EM."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.core.facts import VmSet
from bot.core.findings import Finding
from bot.core.habits import Run
from bot.core.jobs import JobOptions
from bot.core.mutes import Mute
from bot.core.polls import EmState
from bot.core.sessions import TaskSession
from bot.core.transactions import PollingTransaction


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as it is stored.

    `touched_at` (the bot's clock) and `heard_at` (EM's) are when a session of it was last new or
    changed, `options_at` (the bot's) is when its options were read; `has_run` tells whether it has
    any session.
    """

    job_uid: str
    name: str
    backup_server: str
    has_run: bool
    touched_at: datetime | None
    heard_at: datetime | None
    options: JobOptions | None
    options_at: datetime | None
    was_scheduled: bool


@dataclass(frozen=True, slots=True)
class RunningSession:
    """A running session, and what of it moves."""

    uid: str
    job_uid: str
    created_at: datetime
    state: str
    progress: int | None


class InspectingStore(Protocol):
    """What is looked at, and where findings are kept."""

    def transaction(self) -> AbstractAsyncContextManager[PollingTransaction]:
        """Open the one writing transaction."""

    async def load_state(self) -> EmState:
        """Load what polling remembers."""

    async def load_blind_until(self) -> datetime | None:
        """Tell when the last time without sight of EM ended (the bot's clock)."""

    async def load_jobs(self, since: datetime | None) -> list[JobRecord]:
        """Load the jobs of which there was news since then (the bot's clock), or all."""

    async def load_runs(self, job_uids: Sequence[str], since: datetime) -> Mapping[str, list[Run]]:
        """Load the runs of these jobs since then, and the newest before, oldest first."""

    async def load_running(self) -> list[RunningSession]:
        """Load the sessions that run now."""

    async def load_jobs_of_open_incidents(self) -> Collection[str]:
        """List the jobs that have an open incident."""

    async def load_open_findings(self) -> list[Finding]:
        """Load the findings that have not ended, oldest first."""

    async def load_mutes(self) -> list[Mute]:
        """Load the mutes in force."""

    async def load_vm_sets(self) -> Mapping[str, VmSet]:
        """Load what the last green run of each job held."""


class VmSource(Protocol):
    """Where the VMs of sessions come from: Enterprise Manager."""

    def iter_task_sessions(
        self, session_uids: Sequence[str]
    ) -> AsyncIterator[tuple[TaskSession, ...]]:
        """List the task sessions of at most 20 sessions, page by page.

        Raises `bot.errors.EnterpriseManagerError` or a subclass.
        """
