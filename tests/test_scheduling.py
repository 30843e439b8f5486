"""When workers run: what becomes of their turns when the system's clock is set."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from structlog.testing import capture_logs

from bot import scheduling
from bot.scheduling import Scheduling, Worker

SOON = timedelta(milliseconds=5)
PATIENCE = 10.0


class Turns:
    """A worker that counts its turns."""

    def __init__(self) -> None:
        self.count = 0
        self._turn = asyncio.Event()

    async def take(self) -> None:
        """Take a turn."""
        self.count += 1
        self._turn.set()

    async def wait_for(self, more: int) -> None:
        """Wait until so many more turns were taken."""
        wanted = self.count + more
        async with asyncio.timeout(PATIENCE):
            while self.count < wanted:
                self._turn.clear()
                await self._turn.wait()


@pytest.fixture(autouse=True)
def _the_clock_is_watched_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "WATCH_CLOCK_EVERY", 0.01)


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def running(turns: Turns) -> Iterator[Scheduling]:
    made = Scheduling([Worker("count", turns.take, SOON)])
    yield made
    made.stop()


async def test_workers_go_on_when_the_clock_is_set_back(running: Scheduling, turns: Turns) -> None:
    running.start()
    await turns.wait_for(2)
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=2), tick=True):
        with capture_logs() as logs:
            await turns.wait_for(3)
        assert [line["event"] for line in logs] == ["clock_was_set_back"]


async def test_workers_go_on_when_the_clock_is_set_forward(
    running: Scheduling, turns: Turns
) -> None:
    running.start()
    await turns.wait_for(2)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2), tick=True):
        await turns.wait_for(3)


async def test_a_clock_that_runs_as_it_should_changes_no_turn(
    running: Scheduling, turns: Turns
) -> None:
    with capture_logs() as logs:
        running.start()
        await turns.wait_for(10)
    assert logs == []
