"""Two envelopes in swapped order: the first waits until the second has been sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.demo.slack.changes import Changes


class Swaps:
    """Holds at most one envelope back until another one has overtaken it."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._is_planned = False
        self._overtaken: asyncio.Event | None = None

    def plan(self) -> None:
        """Hold the next envelope back."""
        self._is_planned = True

    def clear(self) -> None:
        """Hold nothing back any more."""
        self._is_planned = False
        self._let_go()

    @property
    def is_holding(self) -> bool:
        """Whether an envelope waits to be overtaken."""
        return self._overtaken is not None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Within it an envelope is sent: at once, or after the one that overtakes it."""
        if self._is_planned:
            self._is_planned, self._overtaken = False, asyncio.Event()
            self._changes.ring()
            await self._overtaken.wait()
            yield
        else:
            yield
            self._let_go()

    def _let_go(self) -> None:
        if self._overtaken is not None:
            self._overtaken.set()
            self._overtaken = None
            self._changes.ring()
