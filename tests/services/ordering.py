"""EM as a test wants it told to do something."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.actions import Action, TaskEnd, TaskOutcome
from bot.core.sessions import Session
from tests.builders import NOW

ACCEPTED = TaskEnd(TaskOutcome.ACCEPTED, "triggered")


@dataclass
class FakeActionSource:
    """Offers everything and accepts it, and remembers what it was told."""

    offers: frozenset[Action] | Exception = frozenset(Action)
    newest: Session | None = None
    end: TaskEnd | Exception = ACCEPTED
    told: list[str] = field(default_factory=list)
    last_server_time: datetime | None = NOW
    free: asyncio.Event | None = None
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def fetch_offers(self, job_uid: str) -> frozenset[Action]:
        if isinstance(self.offers, Exception):
            raise self.offers
        return self.offers

    async def fetch_newest_session(self, job_uid: str) -> Session | None:
        return self.newest

    async def act(self, action: Action, job_uid: str) -> TaskEnd:
        return await self._take(f"{action.value} {job_uid}")

    async def collect(self, server_uid: str) -> TaskEnd:
        return await self._take(f"collect {server_uid}")

    async def _take(self, order: str) -> TaskEnd:
        self.told.append(order)
        self.heard.set()
        if self.free:
            await self.free.wait()
        if isinstance(self.end, Exception):
            raise self.end
        return self.end
