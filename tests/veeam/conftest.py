"""The servers and clients that these tests talk with; all over real sockets."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
import stamina

from bot.demo.em import EnterpriseManager
from bot.veeam.client import EnterpriseManagerClient
from bot.veeam.fields import warn_once
from tests.veeam.servers import Server, reply, welcome

PASSWORD = "pass-word-that-must-not-leak"
USERNAME = "DOMAIN\\bot"


@pytest.fixture(autouse=True)
def _retries_do_not_wait() -> Iterator[None]:
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest_asyncio.fixture(loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """A server that answers what the test sets as `server.answer`."""
    running = await Server(reply("{}"), welcome).start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: Server) -> AsyncIterator[EnterpriseManagerClient]:
    """A client of `server`."""
    async with EnterpriseManagerClient(server.url, USERNAME, PASSWORD) as ours:
        yield ours


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def em() -> AsyncIterator[EnterpriseManager]:
    """The emulated EM, empty at first, shared by the tests of a module."""
    manager = await EnterpriseManager.start(history=False)
    yield manager
    await manager.stop()


@asynccontextmanager
async def as_portal_user(
    em: EnterpriseManager, **options: Any
) -> AsyncIterator[EnterpriseManagerClient]:
    """A client with the read-only account."""
    arguments = {"ca_file": str(em.ca_file), **options}
    async with EnterpriseManagerClient(em.url, em.username, em.password, **arguments) as ours:
        yield ours


@asynccontextmanager
async def as_administrator(
    em: EnterpriseManager, **options: Any
) -> AsyncIterator[EnterpriseManagerClient]:
    """A client with the account that may read jobs."""
    arguments = {"ca_file": str(em.ca_file), **options}
    async with EnterpriseManagerClient(
        em.url, em.admin_username, em.admin_password, **arguments
    ) as ours:
        yield ours


@pytest.fixture(autouse=True)
def _forget_what_was_warned_of() -> None:
    """What is logged once for a process is logged once for each test."""
    warn_once.cache_clear()
