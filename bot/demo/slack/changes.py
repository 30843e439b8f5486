"""Telling those who wait that the workspace has changed."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """A bell: `ring` is called after each change of state, `until` re-reads the state on each."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()
        self.count = 0

    def ring(self) -> None:
        """Wake everyone who waits; each looks for itself whether it was its change."""
        self.count += 1
        self._bell.set()
        self._bell = asyncio.Event()

    async def after(self, count: int) -> None:
        """Return once there were more changes than `count`."""
        while self.count <= count:
            await self._bell.wait()

    async def until(self, read: Callable[[], T], seconds: float) -> T:
        """The first truthy value of `read`; `TimeoutError` after so many seconds without."""
        async with asyncio.timeout(seconds):
            while not (value := read()):
                await self.after(self.count)
        return value
