"""Several channels beside each other, and misbehaviour of one that leaves the others alone."""

from dataclasses import replace

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from bot.demo.slack.methods.registry import METHODS
from tests.demo.slack.builders import refusal

POST = "chat.postMessage"


async def test_a_new_channel_holds_its_own_messages(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    erp = slack.add_channel("erp")
    await client.chat_postMessage(channel=erp, text="here")
    assert [one.text for one in slack.messages(erp)] == ["here"]
    assert slack.messages() == []
    with pytest.raises(LookupError, match="erp already"):
        slack.add_channel("erp")


async def test_the_bot_may_stay_outside_and_a_private_channel_is_then_unknown(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    outside = slack.add_channel("outside", member=False)
    secret = slack.add_channel("secret", member=False, private=True)
    assert await refusal(client.chat_postMessage(channel=outside, text="x")) == "not_in_channel"
    assert await refusal(client.chat_postMessage(channel=secret, text="x")) == "channel_not_found"


async def test_a_slow_channel_leaves_quick_ones_alone(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slow = slack.add_channel("slow")
    slack.faults.rate_limit(POST, retry_after=9, times=None, channel=slow)
    await client.chat_postMessage(channel=slack.channel, text="quick")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=slow, text="x")
    assert caught.value.response.headers["Retry-After"] == "9"
    assert slack.faults.describe()[0]["channel"] == slow


@pytest.mark.parametrize("kind", ["close", "reset", "http_500", "refuse"])
async def test_every_fault_can_be_kept_to_one_channel(
    slack: SlackWorkspace, client: AsyncWebClient, kind: str
) -> None:
    sick = slack.add_channel("sick")
    arguments = {"error": "fatal_error"} if kind == "refuse" else {}
    getattr(slack.faults, kind)(POST, channel=sick, **arguments)
    await client.chat_postMessage(channel=slack.channel, text="well")
    with pytest.raises((aiohttp.ClientConnectionError, SlackApiError)):
        await client.chat_postMessage(channel=sick, text="x")


async def test_a_call_in_one_channel_is_held_while_another_goes_on(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    held = slack.faults.hold(POST, channel=slack.add_channel("held"))
    slack.faults.time_out(POST, channel=slack.add_channel("lost"))
    await client.chat_postMessage(channel=slack.channel, text="on")
    assert held.waiting == 0


async def test_a_fault_of_a_direct_message_meets_posts_that_name_the_person(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.faults.refuse(POST, "restricted_action", channel=slack.direct_message())
    call = client.chat_postMessage(channel=slack.user, text="x")
    assert await refusal(call) == "restricted_action"


async def test_an_answer_is_refused_in_its_own_channel_only(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    slack.faults.refuse("response_url", "expired_url", channel=slack.other_channel)
    for channel, status in {slack.channel: 200, slack.other_channel: 404}.items():
        async with http.post(slack.urls.issue(slack.user, channel), json={"text": "x"}) as answer:
            assert answer.status == status


@pytest.mark.parametrize("method", METHODS)
async def test_any_method_can_be_over_its_rate(
    slack: SlackWorkspace, client: AsyncWebClient, method: str
) -> None:
    slack.faults.rate_limit(method, retry_after=3)
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(method)
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "3"


async def test_channels_are_archived_renamed_and_left_one_by_one(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    first, second = slack.add_channel("first"), slack.add_channel("second")
    slack.faults.archive(first)
    slack.faults.remove_bot(second)
    slack.faults.rename(second, "elsewhere")
    assert await refusal(client.chat_postMessage(channel=first, text="x")) == "is_archived"
    assert await refusal(client.chat_postMessage(channel=second, text="x")) == "not_in_channel"
    slack.faults.unarchive(first)
    slack.faults.invite_bot(second)
    for channel in (first, second, slack.channel):
        assert (await client.chat_postMessage(channel=channel, text="x"))["ok"]
    assert (await client.conversations_info(channel=second))["channel"]["name"] == "elsewhere"


async def a_deleted_root(slack: SlackWorkspace, client: AsyncWebClient) -> str:
    """The timestamp of a root that a person deleted, with a reply below it."""
    root = str((await client.chat_postMessage(channel=slack.channel, text="root"))["ts"])
    await client.chat_postMessage(channel=slack.channel, text="reply", thread_ts=root)
    slack.faults.delete_message(slack.messages()[0])
    return root


async def test_a_deleted_root_may_be_gone_with_its_thread(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    root = await a_deleted_root(slack, client)
    more = client.chat_postMessage(channel=slack.channel, text="more", thread_ts=root)
    update = client.chat_update(channel=slack.channel, ts=root, text="new")
    assert await refusal(more) == "thread_not_found"
    assert await refusal(update) == "message_not_found"
    assert (await client.conversations_history(channel=slack.channel))["messages"] == []


async def test_a_deleted_root_may_leave_a_tombstone_above_its_thread(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.options = replace(slack.options, deleted_root="tombstone")
    root = await a_deleted_root(slack, client)
    await client.chat_postMessage(channel=slack.channel, text="more", thread_ts=root)
    update = client.chat_update(channel=slack.channel, ts=root, text="new")
    assert await refusal(update) == "message_not_found"
    replies = (await client.conversations_replies(channel=slack.channel, ts=root))["messages"]
    assert [one["text"] for one in replies] == ["This message was deleted.", "reply", "more"]
    [shown] = (await client.conversations_history(channel=slack.channel))["messages"]
    assert (shown["subtype"], shown["reply_count"]) == ("tombstone", 2)


async def test_a_deleted_message_without_a_thread_leaves_nothing(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.options = replace(slack.options, deleted_root="tombstone")
    slack.faults.delete_message(slack.say("gone"))
    assert (await client.conversations_history(channel=slack.channel))["messages"] == []
