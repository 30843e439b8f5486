"""A fresh emulated EM for every test, and visitors that speak to it over a real TLS socket."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from bot.demo.em import EnterpriseManager
from tests.demo.em.visitors import Visitor, Welcome


@pytest.fixture
async def em() -> AsyncIterator[EnterpriseManager]:
    manager = await EnterpriseManager.start()
    yield manager
    await manager.stop()


@pytest.fixture
async def client(em: EnterpriseManager) -> AsyncIterator[httpx.AsyncClient]:
    trust = ssl.create_default_context(cafile=em.ca_file)
    async with httpx.AsyncClient(base_url=em.url, verify=trust, trust_env=False) as made:
        yield made


@pytest.fixture
async def welcome(em: EnterpriseManager) -> AsyncIterator[Welcome]:
    async with AsyncExitStack() as stack:

        async def come(username: str, password: str) -> Visitor:
            trust = ssl.create_default_context(cafile=em.ca_file)
            made = httpx.AsyncClient(base_url=em.url, verify=trust, trust_env=False)
            visitor = Visitor(await stack.enter_async_context(made))
            await visitor.log_on(username, password)
            return visitor

        yield come


@pytest.fixture
async def watcher(em: EnterpriseManager, welcome: Welcome) -> Visitor:
    return await welcome(em.username, em.password)


@pytest.fixture
async def admin(em: EnterpriseManager, welcome: Welcome) -> Visitor:
    return await welcome(em.admin_username, em.admin_password)


@pytest.fixture
async def restorer(em: EnterpriseManager, welcome: Welcome) -> Visitor:
    return await welcome(em.restore_username, em.restore_password)
