"""Homes: what a person's Home tab shows, from what the bot knows already; EM is not asked."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

from bot.core.answers import StatusAnswer
from bot.core.homes import HomeView, Page, Pages, ReplicaAge, list_ages, page_of
from bot.core.polls import EmState
from bot.core.ports import Clock
from bot.core.stores import StoredSession
from bot.core.views import IncidentView
from bot.services.observing import Observing
from bot.services.watching import Watched, Watching

INCIDENTS, RUNNING, AGES = 10, 15, 20
"""What a page holds: together with all else below the 100 blocks of a view (reference §1.10)."""

T = TypeVar("T")


class HomeStore(Protocol):
    """What is read for it."""

    async def load_state(self) -> EmState:
        """Load what polling remembers."""

    async def load_open_views(self) -> list[IncidentView]:
        """Load the open incidents, most urgent first."""

    async def load_running(self, limit: int) -> tuple[list[StoredSession], int]:
        """Load running sessions, longest first, and how many there are."""


@dataclass(frozen=True, slots=True)
class Home:
    """One person's Home: what all see, and what they wait for themselves."""

    view: HomeView
    watches: tuple[Watched, ...]


class Homes:
    """Puts Home tabs together."""

    def __init__(
        self,
        store: HomeStore,
        observing: Observing,
        watching: Watching,
        describe_status: Callable[[], Awaitable[StatusAnswer]],
        clock: Clock,
    ) -> None:
        self._store = store
        self._observing = observing
        self._watching = watching
        self._describe_status = describe_status
        self._clock = clock

    async def load(self, user_id: str, pages: Pages) -> Home:
        """Load everything for one person."""
        state = await self._store.load_state()
        incidents = await self._store.load_open_views()
        incident_page, shown = _cut(incidents, pages.incidents, INCIDENTS)
        _, running_total = await self._store.load_running(0)
        running_page = page_of(pages.running, running_total, RUNNING)
        running, _ = await self._store.load_running((running_page.number + 1) * RUNNING)
        ages = self._list_ages(state)
        age_page, shown_ages = _cut(ages, pages.ages, AGES)
        view = HomeView(
            health=await self._describe_status(),
            incidents=shown,
            incident_page=incident_page,
            incident_total=len(incidents),
            running=tuple(each.session for each in running[running_page.number * RUNNING :]),
            running_page=running_page,
            running_total=running_total,
            ages=shown_ages,
            age_page=age_page,
            age_total=len(ages),
            broken=sum(each.is_broken for each in ages),
        )
        return Home(view, tuple(await self._watching.list_watches(user_id)))

    def _list_ages(self, state: EmState) -> list[ReplicaAge]:
        """Tell ages by EM's clock, moved on by what has passed on ours since it was read."""
        if state.server_time_at is None or state.polled_at is None:
            return []
        passed = max(self._clock() - state.polled_at, timedelta(0))
        now = state.server_time_at + passed
        return list_ages(self._observing.jobs, self._observing.policy, now)


def _cut(everything: Sequence[T], number: int, size: int) -> tuple[Page, tuple[T, ...]]:
    """Take the page with this number, or the last."""
    page = page_of(number, len(everything), size)
    return page, tuple(everything[page.number * size : (page.number + 1) * size])
