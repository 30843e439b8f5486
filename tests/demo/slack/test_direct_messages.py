"""Direct messages: with the bot, and those that are none of its business (reference §1.8)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import DEFAULT_SCOPES, SlackOptions, SlackWorkspace
from tests.demo.slack.builders import Json, an_actions_block, refusal, refused

Answer = Callable[..., Awaitable[Any]]


async def test_posting_to_a_person_opens_one_direct_message_with_them(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    first = await client.chat_postMessage(channel=slack.user, text="psst")
    second = await client.chat_postMessage(channel=first["channel"], text="again")
    assert first["channel"] == second["channel"] == slack.direct_message()
    assert first["channel"].startswith("D")
    assert [one.text for one in slack.messages(first["channel"])] == ["psst", "again"]
    assert slack.messages() == []


async def test_nobody_else_can_be_written_to(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    for user in ("U0NOBODY", slack.workspace.bot.id):
        call = client.chat_postMessage(channel=user, text="psst")
        assert await refusal(call) == "channel_not_found"


async def test_an_app_without_a_messages_tab_cannot_write_to_people(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    direct = slack.direct_message()
    slack.options = replace(slack.options, messages_tab=False)
    for channel in (slack.user, direct):
        call = client.chat_postMessage(channel=channel, text="psst")
        assert await refusal(call) == "messages_tab_disabled"
    assert slack.messages(direct) == []


async def test_reading_a_direct_message_needs_a_scope_of_its_own(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.options = SlackOptions(scopes=DEFAULT_SCOPES - {"im:history"})
    posted = await client.chat_postMessage(channel=slack.user, text="psst")
    answer = await refused(client.conversations_history(channel=posted["channel"]))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "im:history")
    slack.options = SlackOptions()
    history = await client.conversations_history(channel=posted["channel"])
    assert [one["text"] for one in history["messages"]] == ["psst"]


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("is_with_the_bot", [True, False])
async def test_a_command_in_a_direct_message_names_it_by_its_kind(
    slack: SlackWorkspace, app: AsyncApp, is_with_the_bot: bool
) -> None:
    seen: list[Json] = []

    @app.command("/replica")
    async def replica(ack: Answer, command: Json) -> None:
        seen.append(command)
        await ack("here")

    direct = slack.direct_message(other=None if is_with_the_bot else slack.other_user)
    await slack.command("/replica help", channel=direct)
    [command] = seen
    assert (command["channel_id"], command["channel_name"]) == (direct, "directmessage")
    assert [one.text for one in slack.ephemerals(slack.user, direct)] == ["here"]


async def test_what_two_people_say_to_each_other_is_unknown_to_the_bot(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    private = slack.direct_message(slack.user, slack.other_user)
    assert private != slack.direct_message()
    slack.options = SlackOptions(scopes=DEFAULT_SCOPES | {"im:read"})
    assert await refusal(client.chat_postMessage(channel=private, text="x")) == "channel_not_found"
    assert await refusal(client.conversations_history(channel=private)) == "channel_not_found"
    assert await refusal(client.conversations_info(channel=private)) == "channel_not_found"
    assert (await client.conversations_list(types="im"))["channels"] != []
    listed = (await client.conversations_list(types="im"))["channels"]
    assert [one["id"] for one in listed] == [slack.direct_message()]


@pytest.mark.usefixtures("connected")
async def test_a_button_in_a_direct_message_is_pressed_by_its_person(
    slack: SlackWorkspace, app: AsyncApp, client: AsyncWebClient
) -> None:
    @app.action("share")
    async def share_clicked(ack: Answer) -> None:
        await ack()

    posted = await client.chat_postMessage(
        channel=slack.other_user, text="x", blocks=[an_actions_block()]
    )
    result = await slack.press(slack.messages(posted["channel"])[0], action_id="share")
    assert result.payload["user"]["id"] == slack.other_user
    assert result.payload["channel"] == {"id": posted["channel"], "name": "directmessage"}
