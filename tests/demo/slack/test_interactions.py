"""Commands and buttons with a real Bolt app on a real socket (reference §1.1, §1.6, §4.3)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.builders import (
    Json,
    a_button,
    a_notice,
    a_section,
    an_actions_block,
)

Answer = Callable[..., Awaitable[Any]]
pytestmark = pytest.mark.usefixtures("connected")


async def post(slack: SlackWorkspace, client: AsyncWebClient, *blocks: Json) -> None:
    await client.chat_postMessage(
        channel=slack.channel, text="x", blocks=list(blocks), metadata=a_notice()
    )


async def test_a_bolt_app_answers_a_command_in_its_acknowledgement(
    slack: SlackWorkspace, app: AsyncApp
) -> None:
    @app.command("/replica")
    async def replica(ack: Answer) -> None:
        await ack("nothing failed")

    result = await slack.command("/replica failed")
    assert (result.acked, result.error) == (True, None)
    assert result.ack_seconds is not None
    assert result.ack_seconds < 1
    assert [one.text for one in slack.ephemerals(slack.user)] == ["nothing failed"]
    assert slack.ephemerals(slack.other_user) == []


async def test_an_acknowledgement_may_be_shown_to_all(slack: SlackWorkspace, app: AsyncApp) -> None:
    @app.command("/replica")
    async def replica(ack: Answer) -> None:
        await ack(text="for all", blocks=[a_section()], response_type="in_channel")

    await slack.command("/replica summary")
    assert [one.text for one in slack.messages()] == ["for all"]


async def test_invalid_blocks_in_an_acknowledgement_are_the_users_error(
    slack: SlackWorkspace, app: AsyncApp
) -> None:
    @app.command("/replica")
    async def replica(ack: Answer) -> None:
        await ack(blocks=[a_section("x" * 3001)])

    assert (await slack.command("/replica failed")).error == "invalid_blocks"


async def test_a_command_tells_who_where_and_what(slack: SlackWorkspace, app: AsyncApp) -> None:
    seen: list[Json] = []

    @app.command("/replica")
    async def replica(ack: Answer, command: Json) -> None:
        seen.append(command)
        await ack()

    line, user, channel = "/replica a & <b>  ", slack.other_user, slack.other_channel
    result = await slack.command(line, user=user, channel=channel)
    [command] = seen
    assert command["text"] == "a &amp; &lt;b&gt;"
    assert (command["user_id"], command["user_name"]) == (user, "ben")
    assert (command["channel_id"], command["channel_name"]) == (channel, "general")
    assert command["response_url"] == result.response_url
    assert set(command) == {
        *("token", "team_id", "team_domain", "channel_id", "channel_name", "user_id", "user_name"),
        *("command", "text", "api_app_id", "is_enterprise_install", "response_url", "trigger_id"),
    }


async def test_a_command_cannot_be_invoked_in_a_thread(slack: SlackWorkspace) -> None:
    result = await slack.command("/replica failed", thread_ts="1.000001")
    assert (result.acked, result.error) == (False, "not_supported_in_threads")


async def test_a_command_that_the_app_does_not_have_never_reaches_it(slack: SlackWorkspace) -> None:
    assert (await slack.command("/nope")).error == "not_a_command"


async def test_a_command_without_a_listener_is_an_error_in_the_users_face(
    slack: SlackWorkspace,
) -> None:
    assert (await slack.command("/replica failed")).error == "operation_timeout"


async def test_a_button_of_a_message_sends_the_whole_message(
    slack: SlackWorkspace, app: AsyncApp, client: AsyncWebClient
) -> None:
    seen: list[Json] = []

    @app.action("share")
    async def share_clicked(ack: Answer, body: Json) -> None:
        seen.append(body)
        await ack()

    await post(slack, client, an_actions_block(a_button(value="04f694ad")))
    [message] = slack.messages()
    assert (await slack.press(message, text="Share")).acked
    [body] = seen
    assert body["container"]["message_ts"] == body["message"]["ts"] == message.ts
    assert body["message"]["metadata"] == a_notice()
    assert (body["channel"]["id"], body["user"]["id"]) == (slack.channel, slack.user)
    [action] = body["actions"]
    assert (action["value"], action["block_id"]) == ("04f694ad", message.blocks[0]["block_id"])


async def test_a_button_of_an_ephemeral_message_sends_its_container_only(
    slack: SlackWorkspace, app: AsyncApp, client: AsyncWebClient
) -> None:
    @app.action("share")
    async def share_clicked(ack: Answer) -> None:
        await ack()

    await client.chat_postEphemeral(
        channel=slack.channel, user=slack.other_user, text="x", blocks=[an_actions_block()]
    )
    result = await slack.press(slack.ephemerals()[0], action_id="share")
    assert result.payload["container"]["is_ephemeral"] is True
    assert result.payload["user"]["id"] == slack.other_user
    assert "message" not in result.payload


async def test_a_button_is_found_as_accessory_and_by_the_beginning_of_its_id(
    slack: SlackWorkspace, app: AsyncApp, client: AsyncWebClient
) -> None:
    @app.action("refresh:17")
    async def refresh_clicked(ack: Answer) -> None:
        await ack()

    await post(slack, client, a_section(accessory=a_button(action_id="refresh:17")))
    assert (await slack.press(slack.messages()[0], action_id="refresh")).acked


async def test_a_button_in_a_thread_tells_its_thread(
    slack: SlackWorkspace, app: AsyncApp, client: AsyncWebClient
) -> None:
    @app.action("share")
    async def share_clicked(ack: Answer) -> None:
        await ack()

    root = slack.say("root").ts
    await client.chat_postMessage(
        channel=slack.channel, thread_ts=root, text="x", blocks=[an_actions_block()]
    )
    result = await slack.press(slack.replies(root)[0], action_id="share")
    assert result.payload["container"]["thread_ts"] == root


async def test_a_button_that_is_not_there_cannot_be_pressed(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    await post(slack, client, an_actions_block())
    message = slack.messages()[0]
    with pytest.raises(LookupError, match=r"no button 'mute'.*share"):
        await slack.press(message, action_id="mute")
    slack.faults.delete_message(message)
    with pytest.raises(LookupError, match="gone"):
        await slack.press(message, action_id="share")


async def test_what_only_one_can_see_only_one_can_press(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    await client.chat_postEphemeral(
        channel=slack.channel, user=slack.user, text="x", blocks=[an_actions_block()]
    )
    with pytest.raises(LookupError, match="does not see"):
        await slack.press(slack.ephemerals()[0], action_id="share", user=slack.other_user)


async def test_a_button_without_a_listener_is_an_error_in_the_users_face(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    await post(slack, client, an_actions_block())
    assert (await slack.press(slack.messages()[0], text="Share")).error == "operation_timeout"
    assert len(slack.ephemerals(slack.user)) == 1


@pytest.mark.parametrize("reason", ["refresh_requested", "link_disabled", "warning"])
async def test_the_sdk_comes_back_after_any_disconnect(
    slack: SlackWorkspace, app: AsyncApp, connected: AsyncSocketModeHandler, reason: Any
) -> None:
    @app.command("/replica")
    async def replica(ack: Answer) -> None:
        await ack("here")

    [before] = slack.sockets.connections
    await slack.faults.disconnect(reason)
    await slack.wait_for(
        lambda one: [other for other in one.sockets.connections if other is not before]
    )
    assert (await slack.command("/replica failed")).acked
