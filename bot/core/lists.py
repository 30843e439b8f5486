"""Lists that people ask for: what is failing, what runs, all jobs, the VMs of a session."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.core.filters import Filter
from bot.core.sessions import Session, TaskSession, Verdict
from bot.core.targets import KnownJob
from bot.core.views import IncidentView


class ListKind(StrEnum):
    """Which list."""

    FAILED = "failed"
    RUNNING = "running"
    JOBS = "jobs"
    TASKS = "tasks"


@dataclass(frozen=True, slots=True)
class ListQuestion:
    """One page of a list, from 0. `at` is EM's time at which it was first asked for: later pages
    keep to it, so that what is new moves nobody's place. `subject` is a session's uid, for tasks.
    """

    kind: ListKind
    filter: Filter = field(default_factory=Filter)
    page: int = 0
    at: datetime | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job in a list. `latest` is its newest session, None for one that has never run; `verdict`
    is that one's, or its open incident's where that is worse.
    """

    job: KnownJob
    latest: Session | None = None
    verdict: Verdict = Verdict.UNFINISHED
    last_good_at: datetime | None = None
    incident_id: int = 0


ListRow = IncidentView | Session | JobLine | TaskSession


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list: `rows` from the one numbered `first`, of `total`, most urgent first.

    `question` is the one answered, its page within the list and its `at` filled in. `failing`
    counts the open incidents among all rows, `told` the bad sessions that belong to them and have
    no row of their own. With `em_problem` the list is what EM said at `confirmed_at`. `session` is
    the one whose VMs these are.
    """

    question: ListQuestion
    rows: tuple[ListRow, ...]
    total: int
    page_size: int
    failing: int = 0
    told: int = 0
    session: Session | None = None
    confirmed_at: datetime | None = None
    em_problem: str = ""
    handles: Mapping[str, str] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """The number of the first row."""
        return self.question.page * self.page_size

    @property
    def pages(self) -> int:
        """How many pages there are: at least one."""
        return max(1, -(-self.total // self.page_size))
