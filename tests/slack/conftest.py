from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bot.demo.slack import SlackOptions, SlackWorkspace
from bot.services.handling import Handling
from bot.services.sharing import Sharing
from bot.slack.answering import Answering
from bot.slack.clients import SlackCalls, build_client, open_session
from bot.slack.listeners import build_app, register
from bot.slack.permitting import Permitting
from bot.slack.responding import Responding
from bot.slack.roles import Roles
from bot.slack.sharing import Shares, SlackBoard, register_sharing
from bot.slack.sockets import SocketConnection
from bot.store.databases import Database
from bot.store.live_answers import SqlLiveStore
from bot.veeam.client import EnterpriseManagerClient
from tests.databases import make_database
from tests.services.bench import Bench
from tests.services.ordering import FakeActionSource
from tests.services.wishing import a_handling
from tests.slack.builders import NOW
from tests.slack.fakes import FakeAsking, FakeListing, FakeSurveying, some_answers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def slack() -> AsyncIterator[SlackWorkspace]:
    workspace = await SlackWorkspace.start(options=SlackOptions())
    yield workspace
    await workspace.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as opened:
        yield opened


@pytest.fixture(scope="module")
def calls(slack: SlackWorkspace, session: aiohttp.ClientSession) -> SlackCalls:
    return SlackCalls(build_client(slack.bot_token, session, slack.api_url))


@pytest.fixture
def asking() -> FakeAsking:
    return FakeAsking()


@pytest.fixture
def listing() -> FakeListing:
    return FakeListing()


@pytest.fixture
def surveying() -> FakeSurveying:
    return FakeSurveying()


@pytest_asyncio.fixture(loop_scope="module")
async def bench(tmp_path: Path, slack: SlackWorkspace) -> AsyncIterator[Bench]:
    """A database of its own, whose alert channel is the workspace's."""
    opened = await Database.open(make_database(tmp_path))
    yield Bench(opened, channel=slack.channel)
    await opened.close()


@pytest.fixture
def source() -> FakeActionSource:
    return FakeActionSource()


@pytest.fixture
def handling(bench: Bench, asking: FakeAsking, source: FakeActionSource) -> Handling:
    return a_handling(bench, asking, source=source)


@pytest.fixture
def permitting(calls: SlackCalls, slack: SlackWorkspace) -> Permitting:
    """The workspace's own user is an operator, the other one is not."""
    return Permitting(Roles(calls, frozenset({slack.user})))


@pytest.fixture
def live(bench: Bench) -> SqlLiveStore:
    """The shared answers that move."""
    return SqlLiveStore(bench.database, bench.em)


@pytest_asyncio.fixture(loop_scope="module")
async def connected(
    slack: SlackWorkspace,
    calls: SlackCalls,
    session: aiohttp.ClientSession,
    asking: FakeAsking,
    listing: FakeListing,
    surveying: FakeSurveying,
    handling: Handling,
    live: SqlLiveStore,
    permitting: Permitting,
) -> AsyncIterator[SocketConnection]:
    """The whole Slack side of the bot, listening; answers that take over 50 ms follow later."""
    app = build_app(calls.client)
    soon = timedelta(milliseconds=50)
    answering = Answering(Responding(calls, session), patience=soon, grace=soon)
    board = SlackBoard(calls, lambda: NOW)
    sharing = Sharing(
        EnterpriseManagerClient("https://em", "", ""), asking, live, board, lambda: NOW
    )
    register_sharing(app, Shares(asking, answering, sharing, lambda: NOW, permitting))
    answers = some_answers(asking, listing, surveying)
    register(app, answers, handling, answering, lambda: NOW, permitting)
    sockets = SocketConnection(app, calls, slack.app_token)
    sockets.start()
    await slack.wait_connected()
    yield sockets
    await sockets.close()
    await answering.close()
    await slack.wait_for(lambda now: not now.sockets.connections)
    slack.faults.clear()
