"""`response_url`: its uses, its time, and what it may replace (reference §1.1, §1.7, §5)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.builders import a_notice, a_section, an_actions_block

Send = Callable[..., Awaitable[tuple[int, str]]]


@pytest_asyncio.fixture
async def command_url(slack: SlackWorkspace) -> str:
    return slack.urls.issue(slack.user, slack.channel)


@pytest_asyncio.fixture
async def button_url(slack: SlackWorkspace, client: AsyncWebClient) -> str:
    """The address of the press of a button in a message that says "old"."""
    blocks = [an_actions_block()]
    await client.chat_postMessage(channel=slack.channel, text="old", blocks=blocks)
    return (await slack.press(slack.messages()[0], text="Share")).response_url


@pytest.fixture
def send(http: aiohttp.ClientSession) -> Send:
    async def post(url: str, **payload: Any) -> tuple[int, str]:
        async with http.post(url, json=payload) as response:
            return response.status, await response.text()

    return post


async def test_an_answer_is_ephemeral_by_default(
    slack: SlackWorkspace, command_url: str, send: Send
) -> None:
    assert await send(command_url, text="psst") == (200, "ok")
    assert [one.text for one in slack.ephemerals(slack.user)] == ["psst"]
    assert slack.messages() == []


async def test_an_answer_may_be_shown_in_the_channel_even_without_the_bot(
    slack: SlackWorkspace, send: Send
) -> None:
    url = slack.urls.issue(slack.user, slack.other_channel)
    await send(url, text="for all", response_type="in_channel")
    assert [one.text for one in slack.messages(slack.other_channel)] == ["for all"]


async def test_the_sixth_use_is_refused(
    slack: SlackWorkspace, command_url: str, send: Send
) -> None:
    for number in range(5):
        assert (await send(command_url, text=str(number)))[0] == 200
    status, body = await send(command_url, text="6")
    assert (status, "used_url" in body) == (404, True)
    assert len(slack.ephemerals()) == 5


async def test_half_an_hour_later_the_address_has_expired(
    slack: SlackWorkspace, command_url: str, send: Send
) -> None:
    slack.options = replace(slack.options, clock_skew=timedelta(minutes=30, seconds=1))
    status, body = await send(command_url, text="late")
    assert (status, "expired_url" in body) == (404, True)
    assert slack.ephemerals() == []


async def test_a_failed_answer_raises_nothing_in_bolt(
    slack: SlackWorkspace, app: AsyncApp, connected: object
) -> None:
    statuses: list[int] = []

    @app.command("/replica")
    async def replica(ack: Callable[[], Awaitable[None]], respond: Callable[[str], Any]) -> None:
        slack.faults.http_500("response_url")
        await ack()
        statuses.append((await respond("lost")).status_code)
        slack.workspace.changes.ring()

    await slack.command("/replica failed")
    assert await slack.wait_for(lambda _slack: statuses) == [500]


@pytest.mark.parametrize(
    ("error", "status"),
    [("expired_url", 404), ("used_url", 404), ("invalid_url", 404), ("invalid_payload", 400)],
)
async def test_a_refusal_that_was_planned_has_its_status_too(
    slack: SlackWorkspace, command_url: str, send: Send, error: str, status: int
) -> None:
    slack.faults.refuse("response_url", error)
    answered, body = await send(command_url, text="x")
    assert (answered, error in body) == (status, True)
    assert slack.calls[-1].outcome == error
    assert slack.ephemerals() == []


async def test_which_status_an_expired_address_answers_is_a_switch(
    slack: SlackWorkspace, command_url: str, send: Send
) -> None:
    slack.options = replace(slack.options, expired_url_status=410)
    slack.faults.refuse("response_url", "expired_url")
    assert (await send(command_url, text="x"))[0] == 410


async def test_an_unknown_address_is_not_found(slack: SlackWorkspace, send: Send) -> None:
    status, _ = await send(f"{slack.url}/commands/T0/nothing", text="x")
    assert status == 404


@pytest.mark.parametrize(
    ("payload", "error"),
    [({}, "no_text"), ({"blocks": [a_section("")]}, "invalid_blocks")],
)
async def test_a_wrong_payload_is_refused_and_not_counted_as_a_use(
    slack: SlackWorkspace, command_url: str, send: Send, payload: dict[str, Any], error: str
) -> None:
    for _ in range(6):
        status, body = await send(command_url, **payload)
        assert (status, error in body) == (400, True)
    assert (await send(command_url, text="good"))[0] == 200


async def test_a_body_that_is_no_json_is_refused(
    command_url: str, http: aiohttp.ClientSession
) -> None:
    headers = {"Content-Type": "application/json"}
    async with http.post(command_url, data="{", headers=headers) as response:
        assert (response.status, await response.json()) == (
            400,
            {"ok": False, "error": "invalid_payload"},
        )


async def test_replacing_after_a_slash_command_posts_a_second_message(
    slack: SlackWorkspace, command_url: str, send: Send
) -> None:
    await send(command_url, text="asking EM …")
    await send(command_url, text="answer", replace_original=True)
    assert [one.text for one in slack.ephemerals()] == ["asking EM …", "answer"]


async def test_a_buttons_address_replaces_its_message(
    slack: SlackWorkspace, button_url: str, send: Send
) -> None:
    await send(button_url, text="new", replace_original=True)
    [message] = slack.messages()
    assert (message.text, message.blocks, message.edits) == ("new", [], 1)


async def test_a_buttons_address_deletes_its_message(
    slack: SlackWorkspace, button_url: str, send: Send
) -> None:
    await send(button_url, delete_original=True)
    assert slack.messages() == []


async def test_a_buttons_address_may_also_say_something_new(
    slack: SlackWorkspace, button_url: str, send: Send
) -> None:
    await send(button_url, text="new", response_type="in_channel")
    assert [one.text for one in slack.messages()] == ["old", "new"]


async def test_no_metadata_is_stored(slack: SlackWorkspace, command_url: str, send: Send) -> None:
    await send(command_url, text="x", response_type="in_channel", metadata=a_notice())
    assert slack.messages()[0].metadata is None


async def test_its_calls_are_listed_under_a_name_of_their_own(
    slack: SlackWorkspace, command_url: str, send: Send
) -> None:
    await send(command_url, text="x")
    assert [(call.method, call.outcome) for call in slack.calls] == [("response_url", "ok")]
