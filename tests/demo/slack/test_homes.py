"""What people do in a Home tab, with more kinds of widgets than messages of ours have."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.builders import (
    Json,
    a_button,
    a_modal,
    a_section,
    a_select,
    a_text_input,
    an_actions_block,
    an_input,
    an_option,
)

Answer = Callable[..., Awaitable[Any]]
ONE, TWO = an_option("One", "1"), an_option("Two", "2")


@pytest.fixture
def seen(app: AsyncApp, connected: object) -> list[Json]:
    """The payloads of what was pressed or chosen."""
    bodies: list[Json] = []

    async def used(ack: Answer, body: Json) -> None:
        bodies.append(body)
        await ack()

    for action_id in ("share", "mute", "boxes", "radio", "day", "at", "who", "where", "many"):
        app.action(action_id)(used)
    return bodies


async def publish(slack: SlackWorkspace, client: AsyncWebClient, *blocks: Json) -> Json:
    view: Any = {"type": "home", "blocks": list(blocks)}
    await client.views_publish(user_id=slack.user, view=view)
    home = slack.home()
    assert home is not None
    return home


async def test_a_button_in_a_home_tab_tells_the_view(
    slack: SlackWorkspace, client: AsyncWebClient, seen: list[Json]
) -> None:
    home = await publish(slack, client, an_actions_block(a_button(value="7")))
    result = await slack.press(home, text="Share")
    assert (result.acked, result.response_url) == (True, "")
    [body] = seen
    assert body["container"] == {"type": "view", "view_id": home["id"]}
    assert body["view"]["hash"] == home["hash"]
    assert (body["actions"][0]["value"], body["user"]["id"]) == ("7", slack.user)
    assert body["trigger_id"]
    assert not {"message", "channel", "state", "response_url"} & set(body)


async def test_a_menu_in_a_home_tab_tells_what_was_chosen(
    slack: SlackWorkspace, client: AsyncWebClient, seen: list[Json]
) -> None:
    home = await publish(slack, client, a_section(accessory=a_select(ONE, TWO)))
    assert (await slack.select(home, "mute", "2")).acked
    assert seen[0]["actions"][0]["selected_option"] == TWO


async def test_a_home_tab_is_pressed_by_its_person_while_it_is_there(
    slack: SlackWorkspace, client: AsyncWebClient, seen: list[Json]
) -> None:
    home = await publish(slack, client, an_actions_block())
    with pytest.raises(LookupError, match="does not see this view"):
        await slack.press(home, text="Share", user=slack.other_user)
    for nothing in (slack.home(slack.other_user), {"id": "V0"}):
        with pytest.raises(LookupError, match="is not there"):
            await slack.press(nothing, text="Share")
    assert seen == []


async def test_a_button_without_a_listener_says_so(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    home = await publish(slack, client, an_actions_block())
    assert (await slack.press(home, text="Share")).error == "dispatch_failed"
    assert slack.ephemerals() == []


async def test_a_button_in_a_modal_brings_what_was_filled_in(
    slack: SlackWorkspace, client: AsyncWebClient, seen: list[Json]
) -> None:
    trigger = slack.workspace.triggers.issue(slack.user)
    view = a_modal(an_input("note", a_text_input()), an_actions_block())
    await client.views_open(trigger_id=trigger, view=view)
    modal = slack.modal()
    assert modal is not None
    slack.fill(modal.view["id"], {"note": "disk"})
    assert (await slack.press(modal.view, text="Share")).acked
    assert seen[0]["view"]["state"]["values"]["note"]["note"]["value"] == "disk"


@pytest.mark.parametrize(
    ("element", "value", "chosen"),
    [
        (
            {"type": "checkboxes", "options": [ONE, TWO]},
            ["1", "2"],
            {"selected_options": [ONE, TWO]},
        ),
        ({"type": "multi_static_select", "options": [ONE, TWO]}, [], {"selected_options": []}),
        ({"type": "radio_buttons", "options": [ONE, TWO]}, "2", {"selected_option": TWO}),
        ({"type": "datepicker"}, "2026-11-24", {"selected_date": "2026-11-24"}),
        ({"type": "timepicker"}, "02:30", {"selected_time": "02:30"}),
        ({"type": "users_select"}, "U1", {"selected_user": "U1"}),
        ({"type": "conversations_select"}, "C1", {"selected_conversation": "C1"}),
    ],
)
async def test_every_widget_tells_what_was_chosen_in_its_own_words(
    slack: SlackWorkspace,
    client: AsyncWebClient,
    seen: list[Json],
    element: Json,
    value: str | list[str],
    chosen: Json,
) -> None:
    blocks = [an_actions_block({**element, "action_id": "boxes"})]
    posted = await client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)
    assert (await slack.select(str(posted["ts"]), "boxes", value)).acked
    [body] = seen
    assert body["actions"][0]["type"] == element["type"]
    assert body["actions"][0] | chosen == body["actions"][0]
    state = body["state"]["values"]["b0"]["boxes"]
    assert state == {"type": element["type"], **chosen}


async def test_one_action_id_may_stand_in_two_blocks(
    slack: SlackWorkspace, client: AsyncWebClient, seen: list[Json]
) -> None:
    search = {"type": "external_select", "action_id": "mute", "min_query_length": 0}
    blocks = [
        *(an_actions_block(a_button(value=value)) for value in "12"),
        *(an_actions_block(a_select(option)) for option in (ONE, TWO)),
        an_actions_block(search),
    ]
    home = await publish(slack, client, *blocks)
    await slack.press(home, action_id="share", block_id="b1")
    await slack.select(home, "mute", "2", block_id="b3")
    assert seen[0]["actions"][0]["value"] == "2"
    assert seen[1]["actions"][0]["block_id"] == "b3"
    with pytest.raises(LookupError, match="asks nobody"):
        await slack.suggest(home, "mute", "x", block_id="b2")
    with pytest.raises(LookupError, match="no menu"):
        await slack.select(home, "mute", "2", block_id="b9")


async def test_a_button_in_an_attachment_works_and_has_a_block_of_its_own(
    slack: SlackWorkspace, client: AsyncWebClient, seen: list[Json]
) -> None:
    attachment = {"color": "#b3123d", "blocks": [a_section(), an_actions_block()]}
    await client.chat_postMessage(
        channel=slack.channel, text="x", blocks=[a_section()], attachments=[attachment]
    )
    [message] = slack.messages()
    assert (await slack.press(message, text="Share")).acked
    assert seen[0]["actions"][0]["block_id"] == "a0b1"
