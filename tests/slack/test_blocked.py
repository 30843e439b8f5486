"""What a message says of its delivery, and how a channel hears that another one is refused."""

from datetime import timedelta

import pytest

from bot.core.views import BlockageView, ReplyView
from bot.slack.blocks import render_notice, render_plain
from bot.slack.documents import Button, Buttons, Document, paragraph
from bot.slack.postmarks import postmark
from tests.slack.builders import NOW, a_notice, an_incident_view
from tests.slack.reading import read, read_text


def a_blockage(**changes: object) -> BlockageView:
    given = {"channel": "C1", "code": "is_archived", "since_at": NOW, "waiting": 3} | changes
    return BlockageView(**given)  # type: ignore[arg-type]  # named fields


def over(**changes: object) -> BlockageView:
    return a_blockage(ended_at=NOW + timedelta(hours=2), waiting=0, **changes)


def test_a_blockage_says_where_why_how_many_wait_and_what_to_do() -> None:
    message = render_notice(a_blockage())
    shown = read(message)
    assert "it is archived. 3 messages wait." in shown
    assert "What to do: Unarchive the channel" in shown
    assert message.text == "🔇 Alerts do not get through to <#C1> (it is archived): 3 messages wait"
    assert {"type": "channel", "channel_id": "C1"} in message.blocks[0]["elements"][0]["elements"]


def test_a_word_of_slacks_that_is_not_known_is_shown_with_the_usual_fix() -> None:
    shown = read(render_notice(a_blockage(code="restricted_action", waiting=1)))
    assert "Slack says restricted_action. 1 message waits." in shown
    assert "Let the bot post in that channel" in shown


@pytest.mark.parametrize(
    ("told", "words"),
    [(0, "nothing had to wait"), (1, "1 message told late"), (7, "7 messages told late")],
)
def test_the_end_of_a_blockage_says_how_many_were_told_late(told: int, words: str) -> None:
    view = over(told_late=told)
    assert words in read(render_notice(view))
    assert read_text(render_notice(ReplyView(blockage=view))).startswith("✅ Alerts get through")


def test_refused_messages_are_told_with_why_what_becomes_of_them_and_what_to_do() -> None:
    message = render_notice(a_blockage(code="invalid_arguments", is_of_messages=True))
    assert message.text == "🔇 Slack refuses 3 messages for <#C1> (invalid_arguments)"
    shown = read(message)
    assert "Other messages get through" in shown
    assert "tried again every 10 minutes" in shown
    assert "What to do: /replica failed shows" in shown


def test_the_end_of_refused_messages_is_told_with_how_long_it_was() -> None:
    view = over(code="invalid_arguments", is_of_messages=True)
    assert "From " in read(render_notice(view))
    words = read_text(render_notice(ReplyView(blockage=view)))
    assert words == "✅ Slack refuses no message any more for <#C1>"


def test_what_is_said_of_the_delivery_stands_below_the_heading() -> None:
    notice = a_notice("C1", held_up_s=3 * 60 + 2, is_possible_duplicate=True)
    lines = read(render_notice(an_incident_view(), notice)).split("\n")
    assert lines[2] == "⏳ held up 3 min by Slack"
    assert lines[3].startswith("⚠️ possible duplicate")


def test_a_message_without_trouble_says_nothing_of_its_delivery() -> None:
    assert render_notice(an_incident_view(), a_notice("C1")) == render_notice(an_incident_view())


def test_a_message_of_buttons_only_bears_a_word_too() -> None:
    buttons = Buttons((Button("Go", "go"),))
    marked = postmark(Document(("text",), (buttons,)), a_notice("C1", held_up_s=60))
    assert marked.parts == (buttons, paragraph(("⏳ held up 1 min by Slack",)))


@pytest.mark.parametrize(
    ("mention", "element", "spelt"),
    [
        ("here", {"type": "broadcast", "range": "here"}, "<!here>"),
        ("channel", {"type": "broadcast", "range": "channel"}, "<!channel>"),
        ("U0ANA", {"type": "user", "user_id": "U0ANA"}, "<@U0ANA>"),
        ("S0ON", {"type": "usergroup", "usergroup_id": "S0ON"}, "<!subteam^S0ON>"),
    ],
)
def test_a_mention_stands_first_in_every_form(
    mention: str, element: dict[str, str], spelt: str
) -> None:
    notice = a_notice("C1", mention=mention)
    message = render_notice(an_incident_view(), notice)
    assert message.blocks[0]["elements"][0]["elements"] == [element]
    assert message.text.startswith(f"{spelt} 🔴 SQL Replica")
    assert render_plain(an_incident_view(), notice).blocks[0]["text"]["text"] == spelt
