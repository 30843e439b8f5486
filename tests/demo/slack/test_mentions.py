"""Whom a message notifies: only what was in it when it was posted (reference §1.6)."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from bot.demo.slack.mentions import mentions_in
from tests.demo.slack.builders import (
    Json,
    a_button,
    a_section,
    a_select,
    an_actions_block,
    an_option,
    mrkdwn,
    plain,
)


def rich(*inner: Json) -> Json:
    section = {"type": "rich_text_section", "elements": list(inner)}
    return {"type": "rich_text", "elements": [section]}


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("<!here> it failed", {"here"}),
        ("<!channel|channel> and <!everyone>", {"channel", "everyone"}),
        ("<@U0123ABC> and <@U9|ana>", {"U0123ABC", "U9"}),
        ("<!subteam^S0123|@backup>", {"S0123"}),
        ("&lt;!channel&gt; @here <#C0123> <https://e.x|!here> <!date^0^{date}|1970>", set()),
    ],
)
def test_markup_calls_and_what_is_escaped_does_not(text: str, called: set[str]) -> None:
    assert mentions_in(text, [], []) == called
    assert mentions_in("", [a_section(text)], []) == called
    assert mentions_in("", [], [{"text": text}]) == called


@pytest.mark.parametrize(
    ("element", "called"),
    [
        ({"type": "user", "user_id": "U1"}, {"U1"}),
        ({"type": "usergroup", "usergroup_id": "S1"}, {"S1"}),
        ({"type": "broadcast", "range": "here"}, {"here"}),
        ({"type": "channel", "channel_id": "C1"}, set()),
        ({"type": "text", "text": "<!here>"}, set()),
    ],
)
def test_rich_text_calls_by_its_elements_only(element: Json, called: set[str]) -> None:
    assert mentions_in("", [rich(element)], []) == called


@pytest.mark.parametrize(
    "block",
    [
        {"type": "header", "text": plain("<!here>")},
        a_section("x", accessory=a_button(confirm={"text": mrkdwn("<!here>")})),
        an_actions_block(a_select(an_option("x", "x"), placeholder=mrkdwn("<!here>"))),
    ],
)
def test_what_is_no_markup_or_not_said_calls_nobody(block: Json) -> None:
    assert mentions_in("", [block], []) == set()


def test_the_text_counts_only_where_there_are_no_blocks() -> None:
    assert mentions_in("<!here>", [a_section("quiet")], []) == set()
    assert mentions_in("<!here>", [], [{"blocks": [a_section("<@U1>")]}]) == {"here", "U1"}


async def test_an_edit_notifies_nobody(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    loud = await client.chat_postMessage(channel=slack.channel, text="<!here> failed")
    quiet = await client.chat_postMessage(channel=slack.channel, text="failed")
    await client.chat_update(channel=slack.channel, ts=loud["ts"], text="recovered")
    await client.chat_update(channel=slack.channel, ts=quiet["ts"], text="<!channel> worse")
    assert [one.mentions for one in slack.messages()] == [{"here"}, set()]
