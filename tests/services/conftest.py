"""A database of its own for each test; the emulators are shared by a module where that is safe."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import stamina

from bot.demo.em import EnterpriseManager
from bot.services import polling
from bot.store.databases import Database
from bot.veeam.client import EnterpriseManagerClient
from tests.databases import make_database
from tests.services.bench import Bench, Watch


@pytest.fixture(autouse=True)
def _retries_and_sweeps_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    stamina.set_testing(True, attempts=1)
    monkeypatch.setattr(polling, "PAGES_PER_SECOND", 10_000)
    yield
    stamina.set_testing(False)


@pytest_asyncio.fixture(loop_scope="module")
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(make_database(tmp_path))
    yield opened
    await opened.close()


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database)


@pytest_asyncio.fixture(loop_scope="module")
async def em() -> AsyncIterator[EnterpriseManager]:
    manager = await EnterpriseManager.start()
    yield manager
    await manager.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def watch(em: EnterpriseManager, database: Database) -> AsyncIterator[Watch]:
    """A bot that has not polled yet."""
    ca_file = str(em.ca_file)
    async with EnterpriseManagerClient(em.url, em.username, em.password, ca_file=ca_file) as client:
        yield Watch(em, client, Bench(database, em=client.name))


@pytest_asyncio.fixture(loop_scope="module")
async def started(watch: Watch) -> Watch:
    """A bot that has imported an empty history."""
    assert await watch.poll()
    return watch
