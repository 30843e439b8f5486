"""A workspace that refuses rich text is answered plainly, also where it could not say so."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest_asyncio

from bot.demo.slack import SlackWorkspace
from bot.services.handling import Handling
from bot.slack.answering import Answering
from bot.slack.clients import SlackCalls, build_client
from bot.slack.listeners import build_app, register
from bot.slack.messenger import SlackMessenger
from bot.slack.permitting import Permitting
from bot.slack.responding import Responding
from bot.slack.richness import PLAIN_FOR, Richness
from bot.slack.roles import Roles
from bot.slack.sockets import SocketConnection
from tests.slack.builders import NOW, a_notice, an_incident_view
from tests.slack.fakes import FakeAsking, some_answers


class Watch:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_refusal_is_believed_for_an_hour() -> None:
    watch = Watch()
    richness = Richness(watch)
    believed = [richness.is_refused]
    richness.note_refused()
    for at in (PLAIN_FOR.total_seconds() - 1, PLAIN_FOR.total_seconds()):
        watch.now = at
        believed.append(richness.is_refused)
    assert believed == [False, True, False]


@pytest_asyncio.fixture(loop_scope="module")
async def messenger(
    slack: SlackWorkspace,
    session: aiohttp.ClientSession,
    asking: FakeAsking,
    handling: Handling,
) -> AsyncIterator[SlackMessenger]:
    """A bot of its own that listens, in a workspace that refuses rich text."""
    options = slack.options
    slack.options = replace(options, refused_block_types=frozenset({"rich_text"}))
    calls = SlackCalls(build_client(slack.bot_token, session, slack.api_url))
    app = build_app(calls.client)
    answering = Answering(Responding(calls, session), patience=timedelta(seconds=5))
    permitting = Permitting(Roles(calls))
    register(app, some_answers(asking), handling, answering, lambda: NOW, permitting)
    sockets = SocketConnection(app, calls, slack.app_token)
    sockets.start()
    await slack.wait_connected()
    yield SlackMessenger(calls)
    await sockets.close()
    await answering.close()
    slack.options = options
    await slack.wait_for(lambda now: not now.sockets.connections)


async def test_after_an_alert_was_refused_answers_in_the_acknowledgement_are_plain(
    slack: SlackWorkspace, messenger: SlackMessenger
) -> None:
    await messenger.send_notice(a_notice(slack.channel), an_incident_view(), "")
    answered = await slack.command("/replica help")
    assert answered.acked, answered.error
    assert {block["type"] for block in slack.ephemerals()[-1].blocks} <= {"section", "actions"}
