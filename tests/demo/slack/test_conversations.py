"""conversations.*: pages, spans, scopes and limits of reading (reference §1.2, §1.7, §1.8)."""

from dataclasses import replace

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import DEFAULT_SCOPES, SlackOptions, SlackWorkspace
from tests.demo.slack.builders import refusal, refused


async def post(slack: SlackWorkspace, client: AsyncWebClient, count: int) -> list[str]:
    answers = [
        await client.chat_postMessage(channel=slack.channel, text=str(n)) for n in range(count)
    ]
    return [answer["ts"] for answer in answers]


async def texts(client: AsyncWebClient, channel: str, **span: object) -> list[str]:
    answer = await client.conversations_history(channel=channel, **span)  # type: ignore[arg-type]  # named arguments
    return [one["text"] for one in answer["messages"]]


async def test_history_is_newest_first_in_pages(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    await post(slack, client, 5)
    first = await client.conversations_history(channel=slack.channel, limit=2)
    assert (first["has_more"], [one["text"] for one in first["messages"]]) == (True, ["4", "3"])
    cursor = first["response_metadata"]["next_cursor"]
    assert await texts(client, slack.channel, limit=999, cursor=cursor) == ["2", "1", "0"]


async def test_a_message_that_comes_between_two_pages_moves_neither(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    await post(slack, client, 3)
    first = await client.conversations_history(channel=slack.channel, limit=1)
    slack.say("late")
    slack.faults.delete_message(slack.messages()[2])
    cursor = first["response_metadata"]["next_cursor"]
    assert await texts(client, slack.channel, cursor=cursor) == ["1", "0"]


async def test_the_last_page_has_no_cursor(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    await post(slack, client, 2)
    answer = await client.conversations_history(channel=slack.channel, limit=2)
    assert answer["has_more"] is False
    assert "response_metadata" not in answer.data


async def test_a_span_counts_its_ends_only_when_inclusive(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    ts = await post(slack, client, 3)
    span = {"oldest": ts[0], "latest": ts[2]}
    assert await texts(client, slack.channel, **span) == ["1"]
    assert await texts(client, slack.channel, **span, inclusive=True) == ["2", "1", "0"]


async def test_history_shows_neither_replies_nor_deleted_nor_ephemeral_messages(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    ts = await post(slack, client, 2)
    await client.chat_postMessage(channel=slack.channel, text="reply", thread_ts=ts[0])
    await client.chat_postEphemeral(channel=slack.channel, text="psst", user=slack.user)
    await client.chat_delete(channel=slack.channel, ts=ts[1])
    assert await texts(client, slack.channel) == ["0"]


async def test_history_shows_thread_broadcasts_and_counts_replies(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    [root] = await post(slack, client, 1)
    await client.chat_postMessage(
        channel=slack.channel, text="loud", thread_ts=root, reply_broadcast=True
    )
    loud, first = (await client.conversations_history(channel=slack.channel))["messages"]
    assert (loud["subtype"], loud["thread_ts"]) == ("thread_broadcast", root)
    assert (first["reply_count"], first["latest_reply"]) == (1, loud["ts"])


async def test_replies_begin_with_the_root_and_come_in_pages(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    [root] = await post(slack, client, 1)
    for text in ("a", "b"):
        await client.chat_postMessage(channel=slack.channel, text=text, thread_ts=root)
    first = await client.conversations_replies(channel=slack.channel, ts=root, limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_replies(channel=slack.channel, ts=root, cursor=cursor)
    assert [one["text"] for one in first["messages"]] == ["0", "a"]
    assert [one["text"] for one in second["messages"]] == ["b"]


async def test_a_message_without_a_thread_is_its_own_only_reply(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    [root] = await post(slack, client, 1)
    answer = await client.conversations_replies(channel=slack.channel, ts=root)
    assert [one["ts"] for one in answer["messages"]] == [root]
    nothing = client.conversations_replies(channel=slack.channel, ts="1.000001")
    assert await refusal(nothing) == "thread_not_found"


@pytest.mark.parametrize(
    ("argument", "error"),
    [
        ({"limit": 1000}, "invalid_limit"),
        ({"limit": 0}, "invalid_limit"),
        ({"limit": "many"}, "invalid_arguments"),
        ({"cursor": "nonsense"}, "invalid_cursor"),
        ({"cursor": "bmV4dF90czpDMDoxLjA="}, "invalid_cursor"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "-1"}, "invalid_ts_latest"),
    ],
)
async def test_wrong_arguments_are_named(
    slack: SlackWorkspace, client: AsyncWebClient, argument: dict[str, object], error: str
) -> None:
    params = {"channel": slack.channel, **argument}
    assert await refusal(client.api_call("conversations.history", params=params)) == error


async def test_reading_needs_membership(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    call = client.conversations_history(channel=slack.other_channel)
    assert await refusal(call) == "not_in_channel"


async def test_forbidden_history_says_which_scope_is_missing(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.options = replace(slack.options, history="forbidden")
    answer = await refused(client.conversations_history(channel=slack.channel))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "channels:history")
    assert "history" not in answer["provided"]


async def test_limited_history_is_fifteen_objects_and_one_request_a_minute(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    await post(slack, client, 16)
    slack.options = replace(slack.options, history="limited")
    assert len(await texts(client, slack.channel, limit=200)) == 15
    with pytest.raises(SlackApiError) as caught:
        await texts(client, slack.channel)
    assert caught.value.response.status_code == 429
    assert 50 < int(caught.value.response.headers["Retry-After"]) <= 60


async def test_a_private_channel_is_unknown_to_those_outside(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    secret = slack.workspace.add_channel("secret", members=[slack.user], is_private=True)
    assert await refusal(client.conversations_info(channel=secret.id)) == "channel_not_found"
    slack.faults.invite_bot(secret.id)
    info = await client.conversations_info(channel=secret.id)
    assert info["channel"]["is_private"] is True


async def test_a_private_channel_has_scopes_of_its_own_and_cannot_be_joined(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    bot = slack.workspace.bot.id
    secret = slack.workspace.add_channel("secret", members=[bot], is_private=True)
    slack.options = SlackOptions(scopes=frozenset({"channels:history", "channels:join"}))
    answer = await refused(client.conversations_history(channel=secret.id))
    assert answer["needed"] == "groups:history"
    join = client.conversations_join(channel=secret.id)
    assert await refusal(join) == "method_not_supported_for_channel_type"


async def test_opening_a_direct_message_twice_opens_one(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.options = SlackOptions(scopes=frozenset({"im:write"}))
    opened = [await client.conversations_open(users=slack.user) for _ in range(2)]
    assert len({answer["channel"]["id"] for answer in opened}) == 1
    assert await refusal(client.conversations_open(users="U0")) == "user_not_found"


async def test_info_tells_name_membership_and_archive(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.faults.rename(slack.channel, "alerts")
    slack.faults.archive(slack.channel)
    channel = (await client.conversations_info(channel=slack.channel))["channel"]
    assert (channel["name"], channel["is_member"], channel["is_archived"]) == ("alerts", True, True)


async def test_list_comes_in_pages_and_of_the_kinds_asked_for(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.workspace.add_channel("secret", members=[slack.workspace.bot.id], is_private=True)
    first = await client.conversations_list(limit=1)
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_list(limit=1, cursor=cursor)
    names = [one["name"] for page in (first, second) for one in page["channels"]]
    private = await client.conversations_list(types="private_channel")
    assert names == ["replication", "general"]
    assert [one["name"] for one in private["channels"]] == ["secret"]
    assert await refusal(client.conversations_list(types="radio")) == "invalid_types"


async def test_archived_channels_can_be_left_out_of_the_list(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.faults.archive(slack.channel)
    listed = await client.conversations_list(exclude_archived=True)
    assert [one["name"] for one in listed["channels"]] == ["general"]


async def test_joining_and_direct_messages_need_scopes_of_their_own(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    join = client.conversations_join(channel=slack.other_channel)
    assert await refusal(join) == "missing_scope"
    assert await refusal(client.conversations_open(users=slack.user)) == "missing_scope"
    slack.options = SlackOptions(scopes=DEFAULT_SCOPES | {"channels:join", "im:write"})
    await client.conversations_join(channel=slack.other_channel)
    await client.chat_postMessage(channel=slack.other_channel, text="hi")
    opened = await client.conversations_open(users=slack.user)
    assert opened["channel"]["id"].startswith("D")


async def test_an_archived_channel_cannot_be_joined(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.options = SlackOptions(scopes=DEFAULT_SCOPES | {"channels:join"})
    slack.faults.archive(slack.other_channel)
    assert await refusal(client.conversations_join(channel=slack.other_channel)) == "is_archived"
