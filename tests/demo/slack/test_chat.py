"""chat.*: who may post what and where (reference §1.2, §1.5, §1.8)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.builders import a_section, an_actions_block, refusal, refused


async def post_many(slack: SlackWorkspace, client: AsyncWebClient, count: int) -> None:
    for number in range(count):
        await client.chat_postMessage(channel=slack.channel, text=str(number))


async def test_a_message_of_the_bot_carries_who_posted_it(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    answer = await client.chat_postMessage(channel=slack.channel, text="hi")
    message = answer["message"]
    assert message["bot_id"] == (await client.auth_test())["bot_id"]
    assert message["app_id"] == slack.workspace.app_id
    assert [one.text for one in slack.messages()] == ["hi"]


async def test_definite_refusals_of_a_post_store_nothing(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    async def post(channel: str) -> str:
        return await refusal(client.chat_postMessage(channel=channel, text="hi"))

    assert await post("C0NOWHERE") == "channel_not_found"
    assert await post("#replication") == "channel_not_found"
    assert await post(slack.other_channel) == "not_in_channel"
    slack.faults.archive(slack.channel)
    assert await post(slack.channel) == "is_archived"
    slack.faults.unarchive(slack.channel)
    slack.faults.remove_bot(slack.channel)
    assert await post(slack.channel) == "not_in_channel"
    assert slack.messages() == []


async def test_an_invited_bot_may_post(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    slack.faults.invite_bot(slack.other_channel)
    await client.chat_postMessage(channel=slack.other_channel, text="hi")
    assert len(slack.messages(slack.other_channel)) == 1


async def test_a_persons_id_means_the_direct_message_with_them(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    answer = await client.chat_postMessage(channel=slack.user, text="psst")
    assert answer["channel"].startswith("D")


@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing")
async def test_a_message_without_content_is_no_text(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    assert await refusal(client.chat_postMessage(channel=slack.channel)) == "no_text"


async def test_invalid_blocks_come_with_details(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    blocks = [a_section("x" * 3001)]
    answer = await refused(client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks))
    problem = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert answer["error"] == "invalid_blocks"
    assert answer["errors"] == [problem]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {problem}"]


async def test_blocks_may_come_as_a_string_in_a_form(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    form = {"channel": slack.channel, "blocks": '[{"type": "divider"}]', "text": "x"}
    await client.api_call("chat.postMessage", data=form)
    assert slack.messages()[0].blocks[0]["type"] == "divider"


async def test_attachments_have_their_blocks_checked(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    for attachments, error in {
        '[{"blocks": [{"type": "sparkles"}]}]': "invalid_blocks",
        '["text"]': "invalid_attachments",
        "no JSON": "invalid_attachments",
    }.items():
        call = client.chat_postMessage(channel=slack.channel, text="x", attachments=attachments)
        assert await refusal(call) == error
    await client.chat_postMessage(channel=slack.channel, text="x", attachments=[{"text": "old"}])
    assert slack.messages()[0].attachments == [{"text": "old"}]


async def test_very_long_text_is_cut_off_with_a_warning(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    answer = await client.chat_postMessage(channel=slack.channel, text="x" * 40_001)
    assert answer["warning"] == "message_truncated"
    assert len(slack.messages()[0].text) == 40_000


async def test_markdown_text_stands_alone(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    both = client.chat_postMessage(channel=slack.channel, text="x", markdown_text="**x**")
    assert await refusal(both) == "markdown_text_conflict"
    await client.chat_postMessage(channel=slack.channel, markdown_text="**x**")
    assert slack.messages()[0].blocks[0]["type"] == "markdown"


async def test_a_reply_stays_in_its_thread_unless_it_is_broadcast(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    root = (await client.chat_postMessage(channel=slack.channel, text="root"))["ts"]
    reply = {"channel": slack.channel, "thread_ts": root}
    await client.chat_postMessage(text="quiet", **reply)
    await client.chat_postMessage(text="loud", reply_broadcast=True, **reply)
    assert [one.text for one in slack.messages()] == ["root", "loud"]
    assert [one.text for one in slack.replies(root)] == ["quiet", "loud"]


async def test_a_reply_to_a_reply_joins_the_thread_of_the_root(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    root = (await client.chat_postMessage(channel=slack.channel, text="root"))["ts"]
    first = await client.chat_postMessage(channel=slack.channel, text="1", thread_ts=root)
    await client.chat_postMessage(channel=slack.channel, text="2", thread_ts=first["ts"])
    assert [one.text for one in slack.replies(root)] == ["1", "2"]


async def test_a_thread_that_is_not_there_is_not_found(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    call = client.chat_postMessage(channel=slack.channel, text="x", thread_ts="1700000000.000001")
    assert await refusal(call) == "thread_not_found"


async def test_an_update_keeps_the_earlier_version(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    ts = (await client.chat_postMessage(channel=slack.channel, text="one"))["ts"]
    await client.chat_update(channel=slack.channel, ts=ts, text="two")
    [message] = slack.messages()
    assert (message.text, message.edits) == ("two", 1)
    assert [one.text for one in message.history] == ["one"]


async def test_only_the_bots_own_messages_can_be_changed(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    theirs = slack.say("mine").ts
    change = client.chat_update(channel=slack.channel, ts=theirs, text="yours")
    assert await refusal(change) == "cant_update_message"
    remove = client.chat_delete(channel=slack.channel, ts=theirs)
    assert await refusal(remove) == "cant_delete_message"


async def test_an_update_needs_something_to_change_and_an_open_channel(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    ts = (await client.chat_postMessage(channel=slack.channel, text="one"))["ts"]
    nothing = client.api_call("chat.update", json={"channel": slack.channel, "ts": ts})
    assert await refusal(nothing) == "no_text"
    slack.faults.archive(slack.channel)
    late = client.chat_update(channel=slack.channel, ts=ts, text="two")
    assert await refusal(late) == "is_archived"


async def test_a_deleted_message_cannot_be_updated(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    ts = (await client.chat_postMessage(channel=slack.channel, text="one"))["ts"]
    slack.faults.delete_message(slack.messages()[0])
    change = client.chat_update(channel=slack.channel, ts=ts, text="two")
    assert await refusal(change) == "message_not_found"
    assert [one.text for one in slack.messages(deleted=True)] == ["one"]


async def test_an_update_takes_4000_characters_of_text(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    ts = (await client.chat_postMessage(channel=slack.channel, text="one"))["ts"]
    await client.chat_update(channel=slack.channel, ts=ts, text="x" * 4000)
    change = client.chat_update(channel=slack.channel, ts=ts, text="x" * 4001)
    assert await refusal(change) == "msg_too_long"


async def test_an_edit_window_can_be_closed(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel=slack.channel, text="one"))["ts"]
    slack.options = replace(slack.options, edit_window=timedelta(microseconds=1))
    change = client.chat_update(channel=slack.channel, ts=ts, text="two")
    assert await refusal(change) == "edit_window_closed"


async def test_the_bot_deletes_its_own_message(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    ts = (await client.chat_postMessage(channel=slack.channel, text="one"))["ts"]
    await client.chat_delete(channel=slack.channel, ts=ts)
    assert slack.messages() == []


async def test_an_ephemeral_message_is_seen_by_one_member_and_is_not_history(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    blocks = [an_actions_block()]
    await client.chat_postEphemeral(
        channel=slack.channel, user=slack.user, text="psst", blocks=blocks
    )
    assert [one.text for one in slack.ephemerals(slack.user)] == ["psst"]
    assert slack.ephemerals(slack.other_user) == []
    assert slack.messages() == []
    stranger = client.chat_postEphemeral(channel=slack.channel, user="U0", text="psst")
    assert await refusal(stranger) == "user_not_in_channel"


async def test_a_permalink_names_channel_and_message(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    ts = (await client.chat_postMessage(channel=slack.channel, text="one"))["ts"]
    link = await client.chat_getPermalink(channel=slack.channel, message_ts=ts)
    assert link["permalink"].endswith(f"/{slack.channel}/p{ts.replace('.', '')}")
    nothing = client.chat_getPermalink(channel=slack.channel, message_ts="1.000001")
    assert await refusal(nothing) == "message_not_found"


async def test_one_message_a_second_and_channel_after_a_short_burst(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.options = replace(slack.options, rate_limit_per_channel=True)
    slack.faults.invite_bot(slack.other_channel)
    with pytest.raises(SlackApiError) as caught:
        await post_many(slack, client, 6)
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "1"
    assert caught.value.response["error"] == "ratelimited"
    await client.chat_postMessage(channel=slack.other_channel, text="another channel goes on")


async def test_a_block_type_without_roll_out_is_refused_by_its_switch(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.options = replace(slack.options, refused_block_types=frozenset({"markdown"}))
    blocks = [{"type": "markdown", "text": "**x**"}]
    call = client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)
    assert await refusal(call) == "invalid_blocks"
