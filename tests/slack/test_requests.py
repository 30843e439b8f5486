"""HTTP mode at the door: what gets through to the bot, and what is refused (reference §1.4)."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.demo.slack import SlackOptions, SlackWorkspace
from bot.services.handling import Handling
from bot.slack.answering import Answering
from bot.slack.clients import SlackCalls, build_client
from bot.slack.listeners import build_app, register
from bot.slack.permitting import Permitting
from bot.slack.requests import SlackRequests
from bot.slack.responding import Responding
from bot.slack.roles import Roles
from bot.web import WebServer
from tests.slack.builders import GUID, NOW
from tests.slack.fakes import FakeAsking, some_answers

FORM = "application/x-www-form-urlencoded"


class Time:
    """A clock that a test sets on."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def requests(
    slack: SlackWorkspace,
    calls: SlackCalls,
    session: aiohttp.ClientSession,
    asking: FakeAsking,
    handling: Handling,
    time: Time,
) -> SlackRequests:
    app = build_app(calls.client)
    answering = Answering(Responding(calls, session))
    permitting = Permitting(Roles(calls))
    register(app, some_answers(asking), handling, answering, lambda: NOW, permitting)
    return SlackRequests(app, calls, slack.signing_secret, time)


@asynccontextmanager
async def served(slack: SlackWorkspace, requests: SlackRequests) -> AsyncIterator[str]:
    """The bot's web server, its address entered at Slack."""

    async def nothing() -> list[str]:
        return []

    server = WebServer("127.0.0.1", 0, nothing, requests.receive)
    await server.start()
    assert server._runner is not None
    url = f"http://127.0.0.1:{server._runner.addresses[0][1]}/slack/events"
    await slack.connect_http(url)
    try:
        yield url
    finally:
        slack.options = SlackOptions()
        await server.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def url(slack: SlackWorkspace, requests: SlackRequests) -> AsyncIterator[str]:
    async with served(slack, requests) as address:
        yield address


def a_command(slack: SlackWorkspace, **changed: str) -> bytes:
    fields = {
        "command": "/replica",
        "text": GUID,
        "team_id": slack.workspace.team_id,
        "trigger_id": "1.2.a",
        "user_id": slack.user,
        "channel_id": slack.channel,
    }
    return urlencode(fields | changed).encode()


async def status_of(slack: SlackWorkspace, body: bytes, url: str, **headers: str) -> int:
    """What a request is answered, signed by Slack but for these headers."""
    signed = slack.requests.sign(body, FORM, url=url)
    return await slack.requests.send(replace(signed, headers=signed.headers | headers))


async def test_slack_verifies_the_address_and_commands_are_answered(
    slack: SlackWorkspace, url: str, asking: FakeAsking
) -> None:
    result = await slack.command(f"/replica {GUID}")
    assert result.acked
    assert "SQL Replica failed" in str(result.ack_payload)
    assert asking.asked == [GUID]


async def test_a_request_that_is_sent_again_is_refused(
    slack: SlackWorkspace, url: str, asking: FakeAsking
) -> None:
    assert (await slack.command(f"/replica {GUID}")).acked
    replay = slack.requests.last
    assert replay is not None
    assert await slack.requests.send(replay) == 403
    assert asking.asked == [GUID]


async def test_what_is_pressed_is_taken_once(
    slack: SlackWorkspace, url: str, asking: FakeAsking
) -> None:
    await slack.command(f"/replica {GUID}")
    assert (await slack.press(slack.ephemerals()[-1], text="Refresh")).acked
    replay = slack.requests.last
    assert replay is not None
    assert await slack.requests.send(replay) == 403
    await slack.wait_for(lambda _: len(asking.asked) > 1)
    assert len(asking.asked) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Signature": "v0=0000"},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=é"},
        {"X-Slack-Request-Timestamp": "1"},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": ""},
    ],
    ids=str,
)
async def test_an_unsigned_request_is_refused(
    slack: SlackWorkspace, url: str, asking: FakeAsking, headers: dict[str, str]
) -> None:
    assert await status_of(slack, a_command(slack), url, **headers) == 401
    assert asking.asked == []


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_signature_of_another_time_is_refused(
    slack: SlackWorkspace, url: str, asking: FakeAsking, calls: SlackCalls, minutes: int
) -> None:
    await calls.call("auth.test")
    slack.options = replace(slack.options, clock_skew=timedelta(minutes=minutes))
    assert await status_of(slack, a_command(slack), url) == 401
    assert asking.asked == []


async def test_slacks_clock_counts_and_not_this_machines(
    slack: SlackWorkspace, url: str, asking: FakeAsking, calls: SlackCalls
) -> None:
    slack.options = replace(slack.options, clock_skew=timedelta(hours=1))
    await calls.call("auth.test")
    assert await status_of(slack, a_command(slack), url) == 200
    slack.options = SlackOptions()
    await calls.call("auth.test")
    assert asking.asked == [GUID]


async def test_what_was_signed_before_the_bot_began_to_listen_is_refused(
    slack: SlackWorkspace, url: str, asking: FakeAsking, calls: SlackCalls
) -> None:
    old = slack.requests.sign(a_command(slack), FORM, url=url)
    slack.options = replace(slack.options, clock_skew=timedelta(minutes=1))
    await calls.call("auth.test")
    assert await slack.requests.send(old) == 403
    slack.options = SlackOptions()
    await calls.call("auth.test")
    assert asking.asked == []


async def test_another_workspace_is_refused(
    slack: SlackWorkspace, url: str, asking: FakeAsking
) -> None:
    assert await status_of(slack, a_command(slack, team_id="T0OTHER"), url) == 403
    assert await status_of(slack, a_command(slack, team_id=""), url) == 403
    assert asking.asked == []


@pytest.mark.parametrize("body", [b"\xff\xfe", b"payload=%7Bno-json"])
async def test_what_cannot_be_read_is_refused(slack: SlackWorkspace, url: str, body: bytes) -> None:
    assert await status_of(slack, body, url) == 400


async def test_a_large_body_is_refused_unread(slack: SlackWorkspace, url: str) -> None:
    assert await status_of(slack, b"text=" + b"x" * 1_010_000, url) == 413


async def test_while_slack_does_not_say_who_we_are_nobody_is_answered(
    slack: SlackWorkspace, session: aiohttp.ClientSession, asking: FakeAsking, handling: Handling
) -> None:
    unknown = SlackCalls(build_client("xoxb-revoked", session, slack.api_url))
    app = build_app(unknown.client)
    answering = Answering(Responding(unknown, session))
    permitting = Permitting(Roles(unknown))
    register(app, some_answers(asking), handling, answering, lambda: NOW, permitting)
    requests = SlackRequests(app, unknown, slack.signing_secret)
    async with served(slack, requests) as address:
        assert await status_of(slack, a_command(slack), address) == 503
    assert asking.asked == []


async def test_an_event_is_acknowledged_again_and_not_sent_again_where_it_is_refused(
    slack: SlackWorkspace, url: str, session: aiohttp.ClientSession
) -> None:
    assert await slack.event({"type": "something_new", "user": slack.user})
    assert await slack.faults.redeliver()
    foreign: dict[str, Any] = {"type": "event_callback", "team_id": "T0", "event_id": "Ev1"}
    signed = slack.requests.sign(json.dumps(foreign).encode(), "application/json", url=url)
    async with session.post(url, data=signed.body, headers=signed.headers) as answer:
        assert answer.status == 403
        assert answer.headers["X-Slack-No-Retry"] == "1"


async def test_refusals_are_logged_once_until_a_request_is_good(
    slack: SlackWorkspace, url: str
) -> None:
    with capture_logs() as logs:
        for trigger in ("1.a", "2.a"):
            await status_of(slack, b"", url, **{"X-Slack-Signature": ""})
            await status_of(slack, b"", url, **{"X-Slack-Signature": ""})
            await status_of(slack, a_command(slack, trigger_id=trigger), url)
    refused = [line for line in logs if line["event"] == "slack_request_refused"]
    assert len(refused) == 2
    assert "SLACK_SIGNING_SECRET" in refused[0]["fix"]
