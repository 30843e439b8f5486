"""Select and overflow menus of messages: what choosing in them sends (reference §1.5)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.builders import (
    Json,
    a_section,
    a_select,
    an_actions_block,
    an_option,
    an_overflow,
    plain,
)

Answer = Callable[..., Awaitable[Any]]
HOUR, DAY = an_option("1 hour", "1h"), an_option("1 day", "1d")


async def post(slack: SlackWorkspace, client: AsyncWebClient, *blocks: Json) -> str:
    answer = await client.chat_postMessage(channel=slack.channel, text="x", blocks=list(blocks))
    return str(answer["ts"])


@pytest.fixture
def seen(app: AsyncApp, connected: object) -> list[Json]:
    """The payloads of what was chosen."""
    bodies: list[Json] = []

    async def chosen(ack: Answer, body: Json) -> None:
        bodies.append(body)
        await ack()

    for action_id in ("mute", "mute:17", "more"):
        app.action(action_id)(chosen)
    return bodies


async def test_choosing_in_a_select_tells_the_option_and_who_chose_it(
    slack: SlackWorkspace, client: AsyncWebClient, seen: list[Json]
) -> None:
    ts = await post(slack, client, an_actions_block(a_select(HOUR, DAY)))
    result = await slack.select(ts, "mute", "1d", user=slack.other_user)
    assert (result.acked, result.error) == (True, None)
    [body] = seen
    [action] = body["actions"]
    assert (body["type"], action["type"]) == ("block_actions", "static_select")
    assert action["selected_option"] == {"text": plain("1 day"), "value": "1d"}
    assert (action["action_id"], action["block_id"]) == ("mute", "b0")
    assert body["user"]["id"] == slack.other_user
    assert body["state"]["values"]["b0"]["mute"]["selected_option"]["value"] == "1d"
    assert body["container"]["message_ts"] == body["message"]["ts"] == ts


async def test_options_are_found_in_groups_and_by_their_words(
    slack: SlackWorkspace, client: AsyncWebClient, seen: list[Json]
) -> None:
    groups = [
        {"label": plain("Short"), "options": [HOUR]},
        {"label": plain("Long"), "options": [DAY]},
    ]
    ts = await post(slack, client, a_section(accessory=a_select(option_groups=groups)))
    await slack.select(ts, "mute", text="1 day")
    assert seen[0]["actions"][0]["selected_option"]["value"] == "1d"


async def test_an_overflow_menu_tells_the_option_too(
    slack: SlackWorkspace, client: AsyncWebClient, seen: list[Json]
) -> None:
    ts = await post(slack, client, a_section(accessory=an_overflow(HOUR, DAY)))
    await slack.select(ts, "more", "1h")
    [action] = seen[0]["actions"]
    assert (action["type"], action["selected_option"]["value"]) == ("overflow", "1h")
    assert seen[0]["state"] == {"values": {}}


async def test_a_menu_is_found_by_the_beginning_of_its_id(
    slack: SlackWorkspace, client: AsyncWebClient, seen: list[Json]
) -> None:
    ts = await post(slack, client, an_actions_block(a_select(HOUR, action_id="mute:17")))
    await slack.select(ts, "mute", "1h")
    assert seen[0]["actions"][0]["action_id"] == "mute:17"


async def test_what_is_not_there_cannot_be_chosen(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    ts = await post(slack, client, an_actions_block(a_select(HOUR)))
    with pytest.raises(LookupError, match=r"no menu 'snooze'.*mute"):
        await slack.select(ts, "snooze", "1h")
    with pytest.raises(LookupError, match=r"no option '9h'.*1h"):
        await slack.select(ts, "mute", "9h")
    slack.faults.delete_message(slack.messages()[0])
    with pytest.raises(LookupError, match="gone"):
        await slack.select(ts, "mute", "1h")


async def test_a_menu_that_only_one_can_see_only_one_can_use(
    slack: SlackWorkspace, client: AsyncWebClient, seen: list[Json]
) -> None:
    answer = await client.chat_postEphemeral(
        channel=slack.channel,
        user=slack.other_user,
        text="x",
        blocks=[an_actions_block(a_select(HOUR))],
    )
    with pytest.raises(LookupError, match="does not see"):
        await slack.select(answer["message_ts"], "mute", "1h", user=slack.user)
    await slack.select(answer["message_ts"], "mute", "1h")
    assert seen[0]["user"]["id"] == slack.other_user


async def test_a_menu_without_a_listener_is_an_error_in_the_users_face(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    ts = await post(slack, client, an_actions_block(a_select(HOUR)))
    assert (await slack.select(ts, "mute", "1h")).error == "dispatch_failed"
    assert [one.text for one in slack.ephemerals(slack.user)] == [
        'The menu failed with the error "dispatch_failed"'
    ]
