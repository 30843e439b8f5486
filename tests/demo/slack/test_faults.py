"""Misbehaviour of the Web API, before and after acceptance (reference §1.8, §4.4)."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.builders import refusal

POST = "chat.postMessage"
LOST = (aiohttp.ClientConnectionError, TimeoutError, SlackApiError)


def texts(slack: SlackWorkspace) -> list[str]:
    return [message.text for message in slack.messages()]


@pytest.mark.parametrize("kind", ["close", "reset", "http_500"])
@pytest.mark.parametrize("accepted", [True, False])
async def test_an_answer_can_be_lost_with_or_without_the_message(
    slack: SlackWorkspace, client: AsyncWebClient, kind: str, accepted: bool
) -> None:
    getattr(slack.faults, kind)(POST, after_acceptance=accepted)
    with pytest.raises(LOST):
        await client.chat_postMessage(channel=slack.channel, text="lost")
    assert texts(slack) == (["lost"] if accepted else [])
    assert slack.calls[-1].outcome == kind


async def test_the_stock_client_doubles_a_post_on_a_dropped_connection(
    slack: SlackWorkspace,
) -> None:
    slack.faults.close(POST, after_acceptance=True)
    stock = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    await stock.chat_postMessage(channel=slack.channel, text="twice")
    assert texts(slack) == ["twice", "twice"]


async def test_a_call_can_hang_until_the_client_gives_up(slack: SlackWorkspace) -> None:
    slack.faults.time_out(POST, after_acceptance=True)
    hasty = AsyncWebClient(slack.bot_token, slack.api_url, timeout=1, retry_handlers=[])
    with pytest.raises(TimeoutError):
        await hasty.chat_postMessage(channel=slack.channel, text="kept")
    assert texts(slack) == ["kept"]


async def test_clearing_lets_go_of_a_call_that_hangs(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.faults.time_out(POST)
    hanging = asyncio.ensure_future(client.chat_postMessage(channel=slack.channel, text="x"))
    await slack.wait_for(lambda one: one.calls and one.calls[-1].outcome == "time_out")
    slack.faults.clear()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await hanging
    assert texts(slack) == []


async def test_fatal_error_may_come_after_the_message_was_stored(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.faults.refuse(POST, "fatal_error", after_acceptance=True)
    post = client.chat_postMessage(channel=slack.channel, text="kept")
    assert await refusal(post) == "fatal_error"
    assert texts(slack) == ["kept"]


async def test_a_rate_limit_says_when_to_come_back(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.faults.rate_limit(POST, retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=slack.channel, text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    assert slack.calls[-1].outcome == "ratelimited"


async def test_faults_meet_as_many_calls_as_they_were_told(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.faults.refuse("*", "internal_error", times=2)
    assert await refusal(client.auth_test()) == "internal_error"
    assert await refusal(client.auth_test()) == "internal_error"
    assert (await client.auth_test())["ok"]


async def test_a_fault_without_end_lasts_until_it_is_cleared(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.faults.refuse("auth.test", "internal_error", times=None)
    for _ in range(3):
        assert await refusal(client.auth_test()) == "internal_error"
    slack.faults.clear()
    assert (await client.auth_test())["ok"]


async def test_a_call_that_is_refused_does_not_use_up_a_fault_after_acceptance(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.faults.close(POST, after_acceptance=True)
    assert await refusal(client.chat_postMessage(channel="C0", text="x")) == "channel_not_found"
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.chat_postMessage(channel=slack.channel, text="x")


async def test_a_call_is_held_between_acceptance_and_the_clients_knowledge(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    held = slack.faults.hold(POST)
    post = asyncio.ensure_future(client.chat_postMessage(channel=slack.channel, text="held"))
    await held.wait()
    assert (texts(slack), post.done()) == (["held"], False)
    held.release()
    assert (await post)["ok"]


async def test_a_client_killed_while_held_leaves_its_message(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    held = slack.faults.hold(POST)
    post = asyncio.ensure_future(client.chat_postMessage(channel=slack.channel, text="held"))
    await held.wait()
    post.cancel()
    await asyncio.wait([post])
    assert texts(slack) == ["held"]


async def test_a_call_can_be_held_before_acceptance(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    held = slack.faults.hold(POST, after_acceptance=False)
    post = asyncio.ensure_future(client.chat_postMessage(channel=slack.channel, text="held"))
    await held.wait()
    assert texts(slack) == []
    held.release()
    await post
    assert texts(slack) == ["held"]


async def test_calls_are_listed_without_tokens_and_can_be_forgotten(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel=slack.channel, text="x")
    [call] = slack.calls
    assert (call.method, call.outcome, call.args["text"]) == (POST, "ok", "x")
    assert slack.bot_token not in str(call)
    slack.calls.clear()
    assert slack.calls == []


async def test_waiting_in_vain_tells_what_the_workspace_holds(slack: SlackWorkspace) -> None:
    slack.say("something else")
    with pytest.raises(TimeoutError, match="something else"):
        await slack.wait_for(lambda one: len(one.messages()) == 2, timeout=0.01)
