"""Giving sessions the short handles by which people speak of them."""

from collections.abc import Collection, Mapping

import structlog

from bot.core.stores import Handles
from bot.errors import DatabaseUnavailable

log = structlog.get_logger()


class Naming:
    """Names the sessions that an answer shows; an answer never fails for want of a handle."""

    def __init__(self, handles: Handles) -> None:
        self._handles = handles

    async def name(self, session_uids: Collection[str]) -> Mapping[str, str]:
        """Name these sessions, by their uids, as far as their handles can be kept."""
        try:
            return await self._handles.give(session_uids)
        except DatabaseUnavailable as error:
            log.warning("handles_not_given", error=str(error))
            return {}

    async def find(self, handle: str) -> str | None:
        """Find the session of a handle."""
        return await self._handles.find(handle)
