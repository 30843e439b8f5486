"""A bench whose bot delivers to an emulated Slack: fixtures, and the words to look at it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
import pytest_asyncio

from bot.core.sessions import Session
from bot.demo.slack import Message, SlackOptions, SlackWorkspace
from bot.services import delivering
from bot.services.delivering import ABSENCE_COUNTS_AFTER, Delivering
from bot.slack.clients import REQUEST_TIMEOUT, SlackCalls, build_client
from bot.slack.messenger import SlackMessenger
from tests.builders import a_session
from tests.services.bench import Bench

SECOND = timedelta(seconds=1)
WAIT_FOR_REASONS = 2 * SECOND
LOOK_AGAIN = 3 * SECOND
ABSENT = REQUEST_TIMEOUT + ABSENCE_COUNTS_AFTER


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workspace() -> AsyncIterator[SlackWorkspace]:
    slack = await SlackWorkspace.start()
    yield slack
    await slack.stop()


@pytest.fixture
def slack(workspace: SlackWorkspace) -> SlackWorkspace:
    """The shared workspace with a channel of the test's own, and without faults."""
    workspace.faults.clear()
    workspace.faults.restore_token()
    workspace.options = SlackOptions()
    members = [workspace.workspace.bot.id, *workspace.workspace.people]
    workspace.channel = workspace.workspace.add_channel("replication", members=members).id
    workspace.calls.clear()
    return workspace


@pytest.fixture(autouse=True)
def _posts_need_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "POST_EVERY", 0)


@pytest_asyncio.fixture(loop_scope="module")
async def messenger(slack: SlackWorkspace) -> AsyncIterator[SlackMessenger]:
    impatient = aiohttp.ClientTimeout(total=0.3)
    async with aiohttp.ClientSession(timeout=impatient) as session:
        calls = SlackCalls(build_client(slack.bot_token, session, slack.api_url))
        await calls.identify()  # from here on the bot knows Slack's clock, years behind its own
        yield SlackMessenger(calls)


@pytest.fixture
def bot(bench: Bench, messenger: SlackMessenger, slack: SlackWorkspace) -> Delivering:
    bench.channel = slack.channel
    return bench.delivering(messenger)


async def fail(bench: Bench, name: str = "SQL Replica", **changes: object) -> Session:
    """Let a job fail, and its message become due."""
    session = a_session(bench.clock(), job_uid=f"job {name}", job_name=name, **changes)
    await bench.report(session)
    bench.clock.advance(WAIT_FOR_REASONS)
    return session


def posts(slack: SlackWorkspace) -> list[Message]:
    return slack.messages(slack.channel)


def roots(slack: SlackWorkspace) -> list[Message]:
    return [message for message in posts(slack) if not message.is_reply]


def count(slack: SlackWorkspace, method: str) -> int:
    return sum(call.method == method for call in slack.calls)
