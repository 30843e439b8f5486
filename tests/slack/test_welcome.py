"""Who may send alerts to a channel that the bot was invited to."""

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest_asyncio

from bot.core.views import WelcomeView
from bot.demo.slack import Message, SlackWorkspace
from bot.services.handling import Handling
from bot.services.welcoming import Welcoming
from bot.slack.answering import Answering
from bot.slack.blocks import render_notice
from bot.slack.clients import SlackCalls
from bot.slack.listeners import build_app, register
from bot.slack.permitting import Permitting
from bot.slack.responding import Responding
from bot.slack.roles import Roles
from bot.slack.sockets import SocketConnection
from bot.slack.welcome import Welcome, register_welcome
from tests.services.bench import Bench
from tests.slack.builders import NOW
from tests.slack.fakes import FakeAsking, some_answers

SOON = timedelta(milliseconds=20)


@pytest_asyncio.fixture(loop_scope="module")
async def welcomed(
    slack: SlackWorkspace,
    calls: SlackCalls,
    session: aiohttp.ClientSession,
    asking: FakeAsking,
    handling: Handling,
    bench: Bench,
) -> AsyncIterator[Message]:
    """The welcome in a channel, of a bot whose only operator is the second person."""

    app = build_app(calls.client)
    answering = Answering(Responding(calls, session), SOON, SOON)
    permitting = Permitting(Roles(calls, frozenset({slack.other_user})))
    welcoming = Welcoming(bench.polls, bench.clock, lambda: None)
    register_welcome(app, Welcome(welcoming, handling.subscribing, answering, calls, permitting))
    register(app, some_answers(asking), handling, answering, lambda: NOW, permitting)
    sockets = SocketConnection(app, calls, slack.app_token)
    sockets.start()
    await slack.wait_connected()
    message = render_notice(WelcomeView("em01:9398", 412))
    await calls.call("chat.postMessage", channel=slack.channel, **message.as_arguments())
    yield slack.messages()[-1]
    await sockets.close()
    await answering.close()
    await slack.wait_for(lambda now: not now.sockets.connections)


async def test_others_are_told_whom_to_ask(slack: SlackWorkspace, welcomed: Message) -> None:
    before = len(slack.ephemerals())
    assert (await slack.press(welcomed, text="Send alerts here", user=slack.user)).acked
    [told] = await slack.wait_for(lambda now: now.ephemerals()[before:])
    assert "Only operators may do that" in told.text


async def test_the_alert_channel_needs_no_subscription(
    slack: SlackWorkspace, welcomed: Message
) -> None:
    before = len(slack.ephemerals())
    assert (await slack.press(welcomed, text="Send alerts here", user=slack.other_user)).acked
    [told] = await slack.wait_for(lambda now: now.ephemerals()[before:])
    assert "This is the alert channel" in told.text


def test_the_welcome_reads_well_as_a_notification() -> None:
    message = render_notice(WelcomeView("em01:9398", 412))
    assert message.text == (
        "👋 I watch 412 replication jobs of em01:9398. Ask me with /replica help."
    )
