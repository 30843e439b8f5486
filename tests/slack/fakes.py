"""A stand-in for the services: answers at once, or when the test lets it."""

import asyncio
from dataclasses import dataclass, field

from bot.core.answers import Candidates, SessionAnswer, SessionList, StatusAnswer, Unknown
from bot.core.views import SummaryView
from tests.slack.builders import a_list, a_status, a_summary, an_answer


@dataclass
class FakeAsking:
    found: SessionAnswer | Candidates | Unknown | Exception = field(default_factory=an_answer)
    listed: SessionList = field(default_factory=a_list)
    asked: list[str] = field(default_factory=list)
    free: asyncio.Event | None = None
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def find(self, text: str) -> SessionAnswer | Candidates | Unknown:
        self.asked.append(text)
        self.heard.set()
        if self.free is not None:
            await self.free.wait()
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    async def list_failed(self) -> SessionList:
        return self.listed

    async def list_running(self) -> SessionList:
        return self.listed

    async def describe_status(self) -> StatusAnswer:
        return a_status()

    async def summarize(self) -> SummaryView:
        return a_summary()
