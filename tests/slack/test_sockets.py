"""The connection to Slack dies in every way that networks and Slack know, and comes back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
import pytest_asyncio
from slack_bolt.app.async_app import AsyncApp

from bot.demo.slack import SlackWorkspace
from bot.services.handling import Handling
from bot.slack.answering import Answering
from bot.slack.clients import SlackCalls
from bot.slack.listeners import build_app, register
from bot.slack.permitting import Permitting
from bot.slack.responding import Responding
from bot.slack.roles import Roles
from bot.slack.sockets import SocketConnection, Timing
from tests.slack.builders import NOW
from tests.slack.fakes import FakeAsking, some_answers

QUICK = timedelta(seconds=0.2)


@pytest_asyncio.fixture(loop_scope="module")
async def app(calls: SlackCalls, asking: FakeAsking, handling: Handling) -> AsyncIterator[AsyncApp]:
    app = build_app(calls.client)
    assert calls.client.session is not None
    answering = Answering(Responding(calls, calls.client.session))
    permitting = Permitting(Roles(calls))
    register(app, some_answers(asking), handling, answering, lambda: NOW, permitting)
    yield app
    await answering.close()


@pytest_asyncio.fixture(loop_scope="module")
async def sockets(
    slack: SlackWorkspace, app: AsyncApp, calls: SlackCalls
) -> AsyncIterator[SocketConnection]:
    connection = SocketConnection(
        app,
        calls,
        slack.app_token,
        Timing(ping=QUICK, deaf_after=timedelta(seconds=1), linger=QUICK),
    )
    connection.start()
    await slack.wait_connected()
    yield connection
    await connection.close()
    slack.faults.refuse_sockets = False
    await slack.wait_for(lambda now: not now.sockets.connections)


async def replaced(slack: SlackWorkspace, do: Callable[[], None]) -> None:
    """Do something to the connections and wait until others stand in their place."""
    old = list(slack.sockets.connections)
    do()
    await slack.wait_for(
        lambda now: now.sockets.connections and not set(now.sockets.connections) & set(old)
    )


async def is_answered(slack: SlackWorkspace) -> bool:
    return (await slack.command("/replica help")).acked


async def test_a_connection_is_known_to_be_good_once_slack_was_heard(
    slack: SlackWorkspace, sockets: SocketConnection
) -> None:
    assert await is_answered(slack)
    assert (sockets.is_connected, sockets.problem) == (True, "")
    assert sockets.last_heard_at is not None


async def test_a_dropped_connection_comes_back(
    slack: SlackWorkspace, sockets: SocketConnection
) -> None:
    await replaced(slack, slack.faults.drop_sockets)
    assert await is_answered(slack)
    assert sockets.is_connected


async def test_a_reset_connection_comes_back(
    slack: SlackWorkspace, sockets: SocketConnection
) -> None:
    await replaced(slack, lambda: slack.faults.drop_sockets(by_reset=True))
    assert await is_answered(slack)
    assert sockets.is_connected


async def test_a_deaf_connection_is_replaced(
    slack: SlackWorkspace, sockets: SocketConnection
) -> None:
    await replaced(slack, slack.faults.go_deaf)
    assert await is_answered(slack)
    assert sockets.is_connected


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_slacks_request_to_move_is_followed_before_the_old_connection_is_closed(
    slack: SlackWorkspace, sockets: SocketConnection, reason: str
) -> None:
    (old,) = slack.sockets.connections
    await slack.sockets.disconnect(reason)  # type: ignore[arg-type]  # one of Slack's reasons
    await slack.wait_for(lambda now: len(now.sockets.connections) == 2)
    await slack.wait_for(lambda now: old not in now.sockets.connections)
    assert await is_answered(slack)
    assert sockets.is_connected


@pytest.mark.parametrize(
    ("reason", "words"),
    [("link_disabled", "switched off"), ("too_many_websockets", "other copies")],
)
async def test_what_only_a_person_can_mend_is_told_and_not_insisted_on(
    slack: SlackWorkspace, sockets: SocketConnection, reason: str, words: str
) -> None:
    slack.calls.clear()
    await slack.sockets.disconnect(reason)  # type: ignore[arg-type]  # one of Slack's reasons
    await slack.wait_for(lambda now: not now.sockets.connections)
    assert not sockets.is_connected
    assert words in sockets.problem
    assert slack.calls == []


async def test_what_a_person_has_mended_is_noticed(
    slack: SlackWorkspace, app: AsyncApp, calls: SlackCalls
) -> None:
    patient = SocketConnection(app, calls, slack.app_token, Timing(pause=QUICK))
    patient.start()
    await slack.wait_connected()
    (old,) = slack.sockets.connections
    await slack.sockets.disconnect("link_disabled")
    await slack.wait_for(lambda now: now.sockets.connections not in ([old], []))
    await patient.close()


async def test_the_bot_starts_without_sockets_and_connects_when_there_are(
    slack: SlackWorkspace, app: AsyncApp, calls: SlackCalls
) -> None:
    slack.faults.refuse_sockets = True
    slack.calls.clear()
    late = SocketConnection(app, calls, slack.app_token)
    assert "not connected" in late.problem
    late.start()
    await slack.wait_for(lambda now: len(now.calls) > 1)
    assert "internal_error" in late.problem
    slack.faults.refuse_sockets = False
    await slack.wait_connected()
    assert await is_answered(slack)
    await late.close()


async def test_a_wrong_app_token_is_told_with_its_setting(app: AsyncApp, calls: SlackCalls) -> None:
    refused = SocketConnection(app, calls, "xapp-wrong")
    refused.start()
    await refused.wait_until_tried()
    await refused.close()
    assert "SLACK_APP_TOKEN" in refused.problem


async def test_what_the_old_connection_took_it_still_acknowledges(
    slack: SlackWorkspace, sockets: SocketConnection, asking: FakeAsking
) -> None:
    asking.free = asyncio.Event()
    command = asyncio.create_task(slack.command("/replica SQL Replica"))
    await asking.heard.wait()
    await slack.sockets.disconnect("refresh_requested")
    await slack.wait_for(lambda now: len(now.sockets.connections) == 2)
    asking.free.set()
    assert (await command).acked
    await slack.wait_for(lambda now: len(now.sockets.connections) == 1)
    assert await is_answered(slack)
    assert sockets.is_connected


async def test_what_was_never_started_can_be_closed(app: AsyncApp, calls: SlackCalls) -> None:
    unused = SocketConnection(app, calls, "xapp-1")
    assert unused.last_heard_at is None
    await unused.close()


async def test_a_connection_that_slack_is_to_close_serves_until_then(
    slack: SlackWorkspace, app: AsyncApp, calls: SlackCalls
) -> None:
    patient = SocketConnection(app, calls, slack.app_token)
    patient.start()
    await slack.wait_connected()
    await slack.sockets.disconnect("warning")
    await slack.wait_for(lambda now: len(now.sockets.connections) == 2)
    assert [await is_answered(slack) for _ in range(4)] == [True] * 4
    assert len(slack.sockets.connections) == 2
    await patient.close()
    await slack.wait_for(lambda now: not now.sockets.connections)
