"""What the commands, buttons and mentions need of the services: somebody who answers questions."""

from dataclasses import dataclass
from typing import Protocol

from bot.core.answers import Answer, Candidates, SessionAnswer, StatusAnswer, Unknown
from bot.core.exports import Export
from bot.core.lists import Listed, ListQuestion
from bot.core.surveys import JobAnswer, Overview
from bot.core.targets import KnownJob, NoTarget
from bot.core.views import SummaryView


class Asking(Protocol):
    """Answers what people ask. Every method may raise `bot.errors.EnterpriseManagerError`."""

    async def look_up(self, text: str) -> Answer:
        """Find what a person means: as `find` does, but by `#12` the incident itself."""

    async def find(self, text: str) -> SessionAnswer | Candidates | Unknown:
        """Find a session by any form of DESIGN §6: handle, id, URN, link, a start of it, name."""

    async def describe_status(self) -> StatusAnswer:
        """Say how the bot itself is."""

    async def summarize(self) -> SummaryView:
        """Sum up as the daily summary would, for now."""


class Listing(Protocol):
    """Lists a page at a time, or as a whole. Both may raise `bot.errors.EnterpriseManagerError`."""

    async def list(self, question: ListQuestion) -> Listed | Answer:
        """List one page; of a session's VMs also what else the words may mean."""

    async def export(self, question: ListQuestion) -> Export | Answer:
        """Write the whole list down as columns and rows."""


class Surveying(Protocol):
    """Tells how things stand, from what is stored."""

    async def overview(self) -> Overview:
        """Tell what is failing and what runs, and how many jobs are well."""

    async def describe(self, said: str) -> JobAnswer | NoTarget:
        """Tell how one job is, by its name, its uid, or a handle or number of what it did."""

    async def find_job(self, reference: str) -> KnownJob | None:
        """Find the job of an incident (`#12`) or of a session by its handle (`#4f3a`)."""

    async def suggest(self, typed: str) -> list[KnownJob]:
        """Propose at most 100 jobs whose names hold what was typed."""


@dataclass(frozen=True, slots=True)
class Answers:
    """All who answer questions: one value instead of three."""

    asking: Asking
    listing: Listing
    surveying: Surveying
