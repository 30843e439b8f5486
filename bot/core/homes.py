"""What a person's Home tab shows: plain values, paged, most urgent first (DESIGN §6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.answers import StatusAnswer
from bot.core.facts import JobFacts
from bot.core.habits import rpo_of
from bot.core.rpo import RpoPolicy
from bot.core.sessions import Session
from bot.core.views import IncidentView


@dataclass(frozen=True, slots=True)
class Pages:
    """Which page of each list somebody looks at, from 0."""

    incidents: int = 0
    running: int = 0
    ages: int = 0


@dataclass(frozen=True, slots=True)
class ReplicaAge:
    """How old a job's newest good replica is, and may be; `age` is None where it has none."""

    job_name: str
    backup_server: str
    age: timedelta | None
    rpo: timedelta

    @property
    def is_broken(self) -> bool:
        """Whether it is older than it may be."""
        return self.age is None or self.age > self.rpo

    @property
    def used(self) -> float:
        """Tell the share of the RPO that is used up."""
        if self.age is None:
            return float("inf")
        return self.age / self.rpo if self.rpo else float("inf")


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a list: which one, of how many."""

    number: int
    count: int


@dataclass(frozen=True, slots=True)
class HomeView:
    """What one person sees. The lists hold one page each, the totals count all.

    `broken` counts the jobs whose RPO is broken.
    """

    health: StatusAnswer
    incidents: tuple[IncidentView, ...]
    incident_page: Page
    incident_total: int
    running: tuple[Session, ...]
    running_page: Page
    running_total: int
    ages: tuple[ReplicaAge, ...]
    age_page: Page
    age_total: int
    broken: int


def list_ages(jobs: Iterable[JobFacts], policy: RpoPolicy, now: datetime) -> list[ReplicaAge]:
    """List the jobs that have an RPO and still run, the most broken first; `now` is EM's clock."""
    ages = []
    for job in jobs:
        if job.habit is None or job.habit.is_gone(now):
            continue
        rpo = rpo_of(job.habit, policy, job.name, job.backup_server)
        if rpo is None:
            continue
        good_at = job.habit.last_good_at
        age = None if good_at is None else max(now - good_at, timedelta(0))
        ages.append(ReplicaAge(job.name, job.backup_server, age, rpo))
    return sorted(ages, key=lambda each: (-each.used, each.job_name.casefold()))


def page_of(number: int, total: int, size: int) -> Page:
    """Tell the page that is there, where lists have grown shorter since."""
    count = max(1, -(-total // size))
    return Page(min(max(number, 0), count - 1), count)
