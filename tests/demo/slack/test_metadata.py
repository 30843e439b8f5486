"""Metadata, the durable join between an alert and its message (reference §1.7)."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.builders import Json, a_notice, refusal


async def post(slack: SlackWorkspace, client: AsyncWebClient, metadata: Json) -> str:
    where = {"channel": slack.channel, "text": "x"}
    answer = await client.api_call("chat.postMessage", json={**where, "metadata": metadata})
    return str(answer["ts"])


async def test_history_shows_metadata_only_when_asked(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    await post(slack, client, a_notice())
    without = await client.conversations_history(channel=slack.channel)
    asked = await client.conversations_history(channel=slack.channel, include_all_metadata=True)
    assert "metadata" not in without["messages"][0]
    assert asked["messages"][0]["metadata"] == a_notice()


async def test_replies_show_metadata_too(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    root = await post(slack, client, a_notice("root"))
    await client.chat_postMessage(
        channel=slack.channel, thread_ts=root, text="reply", metadata=a_notice("reply")
    )
    answer = await client.conversations_replies(
        channel=slack.channel, ts=root, include_all_metadata=True
    )
    notices = [one["metadata"]["event_payload"]["notice"] for one in answer["messages"]]
    assert notices == ["root", "reply"]


async def test_an_update_keeps_metadata_that_it_does_not_mention(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    ts = await post(slack, client, a_notice())
    await client.chat_update(channel=slack.channel, ts=ts, text="y")
    assert slack.messages()[0].metadata == a_notice()


async def test_an_update_replaces_metadata(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    ts = await post(slack, client, a_notice())
    await client.chat_update(channel=slack.channel, ts=ts, text="y", metadata=a_notice("n2"))
    assert slack.messages()[0].metadata == a_notice("n2")


async def test_an_update_with_empty_metadata_removes_it(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    ts = await post(slack, client, a_notice())
    await client.chat_update(channel=slack.channel, ts=ts, text="y", metadata={})
    assert slack.messages()[0].metadata is None


@pytest.mark.parametrize(
    "metadata",
    [
        {"event_type": "replica_bot"},
        {"event_payload": {}},
        {"event_type": "", "event_payload": {}},
        {"event_type": "replica_bot", "event_payload": "text"},
        {**a_notice(), "colour": "red"},
        "no JSON",
        [1],
    ],
)
async def test_malformed_metadata_is_refused(
    slack: SlackWorkspace, client: AsyncWebClient, metadata: Any
) -> None:
    assert await refusal(post(slack, client, metadata)) == "invalid_metadata_format"
    assert slack.messages() == []


async def test_large_metadata_is_refused(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    assert await refusal(post(slack, client, a_notice("x" * 9000))) == "metadata_too_large"


async def test_ephemeral_messages_store_no_metadata(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    where = {"channel": slack.channel, "user": slack.user, "text": "x"}
    await client.api_call("chat.postEphemeral", json={**where, "metadata": a_notice()})
    assert slack.ephemerals()[0].metadata is None
