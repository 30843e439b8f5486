"""What an overview and a question about a job are answered with, and what they are read from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.habits import Run
from bot.core.inspections import JobRecord
from bot.core.jobs import JobOptions
from bot.core.lists import JobLine
from bot.core.mutes import Mute
from bot.core.sessions import Session
from bot.core.stores import AskingStore, Figures, StoredSession
from bot.core.targets import KnownJob
from bot.core.views import IncidentView


@dataclass(frozen=True, slots=True)
class Counts:
    """How many sessions ended how."""

    succeeded: int = 0
    warned: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All that have ended."""
        return self.succeeded + self.warned + self.failed


@dataclass(frozen=True, slots=True)
class JobAnswer:
    """One job. `runs` are its newest sessions, oldest first; `counts` those of the last 30 days.

    `latest` is its newest session, None for a job that has never run. `usual_duration` is the
    median of its good runs. `rpo` is None where it has none or none is known yet. `expected_at` is
    its next run, by `options` or by its rhythm. `now` is EM's time. `options` is None where they
    may not be read.
    """

    job: KnownJob
    now: datetime
    runs: tuple[Run, ...] = ()
    counts: Counts = field(default_factory=Counts)
    latest: Session | None = None
    usual_duration: timedelta | None = None
    last_good_at: datetime | None = None
    rpo: timedelta | None = None
    expected_at: datetime | None = None
    options: JobOptions | None = None
    incident: IncidentView | None = None
    mute: Mute | None = None
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """How things stand. `incidents` are the most urgent of `figures.open_incidents`, `running` the
    longest of `figures.running`; `polled_at` is when EM was last read (the bot's clock), `now` EM's
    time. With `em_problem` EM cannot be read now.
    """

    em_name: str
    figures: Figures
    incidents: tuple[IncidentView, ...]
    running: tuple[Session, ...]
    now: datetime | None
    polled_at: datetime | None = None
    em_problem: str = ""
    handles: Mapping[str, str] = field(default_factory=dict)


class SurveyStore(AskingStore, Protocol):
    """What lists, the overview and questions about jobs read besides."""

    async def load_record(self, job_uid: str) -> JobRecord | None:
        """Load one job as it is stored."""

    async def load_runs(self, job_uids: Sequence[str], since: datetime) -> Mapping[str, list[Run]]:
        """Load the runs of these jobs since then, and the newest before, oldest first."""

    async def load_job_lines(self) -> list[JobLine]:
        """Load all jobs with how they are, in no order."""

    async def load_open_views(self) -> list[IncidentView]:
        """Load the open incidents, most urgent first."""

    async def load_bad_between(
        self, since: datetime, known_at: datetime, limit: int
    ) -> list[StoredSession]:
        """Load bad sessions that ended since then and were known at `known_at`, newest first."""

    async def load_running(self, limit: int) -> tuple[list[StoredSession], int]:
        """Load running sessions, longest first, and how many there are."""

    async def load_mutes(self) -> list[Mute]:
        """Load the mutes in force, oldest first."""
