"""What the commands and buttons need of the services: somebody who answers questions."""

from typing import Protocol

from bot.core.answers import Candidates, SessionAnswer, SessionList, StatusAnswer, Unknown
from bot.core.views import SummaryView


class Asking(Protocol):
    """Answers what people ask. Every method may raise `bot.errors.EnterpriseManagerError`."""

    async def find(self, text: str) -> SessionAnswer | Candidates | Unknown:
        """Find a session by any form of DESIGN §6: id, URN, link, start of an id, name, job."""

    async def list_failed(self) -> SessionList:
        """List what is failing now."""

    async def list_running(self) -> SessionList:
        """List what is running now."""

    async def describe_status(self) -> StatusAnswer:
        """Say how the bot itself is."""

    async def summarize(self) -> SummaryView:
        """Sum up as the daily summary would, for now."""
