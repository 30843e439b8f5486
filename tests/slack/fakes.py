"""A stand-in for the services: answers at once, or when the test lets it."""

import asyncio
from dataclasses import dataclass, field, replace

from bot.core.answers import Answer, Candidates, SessionAnswer, StatusAnswer, Unknown
from bot.core.exports import Export
from bot.core.lists import Listed, ListQuestion
from bot.core.surveys import JobAnswer, Overview
from bot.core.targets import KnownJob, NoTarget
from bot.core.views import IncidentView, SummaryView
from bot.slack.asking import Answers
from tests.slack.builders import (
    NOW,
    a_job,
    a_job_answer,
    a_list,
    a_status,
    a_summary,
    an_answer,
    an_export,
    an_incident_view,
    an_overview,
)


@dataclass
class FakeAsking:
    found: SessionAnswer | Candidates | Unknown | Exception = field(default_factory=an_answer)
    incident: IncidentView = field(default_factory=an_incident_view)
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

    async def look_up(self, text: str) -> Answer:
        return self.incident if text == "#17" else await self.find(text)

    async def describe_status(self) -> StatusAnswer:
        return a_status()

    async def summarize(self) -> SummaryView:
        return a_summary()


@dataclass(repr=False)
class FakeListing:
    found: Listed | Answer = field(default_factory=a_list)
    exported: Export | Answer = field(default_factory=an_export)
    asked: list[ListQuestion] = field(default_factory=list)

    async def list(self, question: ListQuestion) -> Listed | Answer:
        self.asked.append(question)
        if isinstance(self.found, Listed):
            return replace(self.found, question=replace(question, at=NOW))
        return self.found

    async def export(self, question: ListQuestion) -> Export | Answer:
        self.asked.append(question)
        return self.exported


@dataclass(repr=False)
class FakeSurveying:
    seen: Overview = field(default_factory=an_overview)
    jobs: dict[str, JobAnswer] = field(default_factory=lambda: {"SQL Replica": a_job_answer()})
    of_references: dict[str, KnownJob] = field(default_factory=dict)

    async def overview(self) -> Overview:
        return self.seen

    async def describe(self, said: str) -> JobAnswer | NoTarget:
        by_uid = {each.job.uid: each for each in self.jobs.values()}
        return self.jobs.get(said) or by_uid.get(said) or NoTarget(said, tuple(self.jobs))

    async def find_job(self, reference: str) -> KnownJob | None:
        return self.of_references.get(reference)

    async def suggest(self, typed: str) -> list[KnownJob]:
        return [a_job(f"{typed} Replica {number}", uid=f"u{number}") for number in range(3)]


def some_answers(
    asking: FakeAsking | None = None,
    listing: FakeListing | None = None,
    surveying: FakeSurveying | None = None,
) -> Answers:
    return Answers(asking or FakeAsking(), listing or FakeListing(), surveying or FakeSurveying())
