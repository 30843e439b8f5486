"""What the app is told of the workspace's life, and what it is not (reference §1.1, §1.10)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackOptions, SlackWorkspace
from bot.demo.slack.sockets import Sockets
from tests.demo.slack.builders import Json, a_section

Answer = Callable[..., Awaitable[Any]]


class Heard(list[Json]):
    """The callbacks of events that the app was sent, whether or not it listens to them."""

    async def wait(self, slack: SlackWorkspace, count: int = 1) -> list[Json]:
        await slack.wait_for(lambda _: len(self) >= count)
        return [one["event"] for one in self]


@pytest.fixture
def heard(slack: SlackWorkspace, connected: object, monkeypatch: pytest.MonkeyPatch) -> Heard:
    """Looks at envelopes where they are sent: Bolt hides some events from its listeners."""
    heard, deliver = Heard(), Sockets.deliver

    async def listen(self: Sockets, kind: Any, payload: Json, **rest: Any) -> object:
        if kind == "events_api" and not rest["retry_attempt"]:
            heard.append(payload)
            slack.workspace.changes.ring()
        return await deliver(self, kind, payload, **rest)

    monkeypatch.setattr(Sockets, "deliver", listen)
    return heard


async def test_a_mention_reaches_the_app_with_who_where_and_when(
    slack: SlackWorkspace, app: AsyncApp, connected: object
) -> None:
    bodies: list[Json] = []

    @app.event("app_mention")
    async def mentioned(body: Json) -> None:
        bodies.append(body)
        slack.workspace.changes.ring()

    said = slack.say(f"<@{slack.workspace.bot.id}> failed", slack.other_user)
    await slack.wait_for(lambda _: bodies)
    [body] = bodies
    event = body["event"]
    assert (event["type"], event["channel"], event["ts"]) == ("app_mention", slack.channel, said.ts)
    assert (event["user"], event["text"]) == (slack.other_user, said.text)
    assert "thread_ts" not in event
    assert "channel_type" not in event
    assert body["event_id"].startswith("Ev")
    assert body["authorizations"][0]["user_id"] == slack.workspace.bot.id


async def test_a_mention_in_a_thread_tells_its_thread(slack: SlackWorkspace, heard: Heard) -> None:
    root = slack.say("root").ts
    slack.say(f"<@{slack.workspace.bot.id}> failed", thread_ts=root)
    [event] = await heard.wait(slack)
    assert event["thread_ts"] == root
    assert [one.thread_ts for one in slack.replies(root)] == [root]


async def test_a_direct_message_is_a_message_event(slack: SlackWorkspace, heard: Heard) -> None:
    slack.say("failed", channel=slack.direct_message())
    [event] = await heard.wait(slack)
    assert (event["type"], event["channel_type"]) == ("message", "im")
    assert (event["user"], event["text"]) == (slack.user, "failed")
    assert event["client_msg_id"]


async def test_a_mention_in_a_direct_message_comes_once_as_a_message(
    slack: SlackWorkspace, heard: Heard
) -> None:
    slack.say(f"<@{slack.workspace.bot.id}> failed", channel=slack.direct_message())
    slack.say("the end", channel=slack.direct_message())
    assert [one["type"] for one in await heard.wait(slack, 2)] == ["message", "message"]


async def test_the_app_hears_its_own_direct_messages_and_their_edits(
    slack: SlackWorkspace, client: AsyncWebClient, heard: Heard
) -> None:
    posted = await client.chat_postMessage(channel=slack.user, text="one")
    where = {"channel": posted["channel"], "ts": posted["ts"]}
    await client.chat_update(text="two", **where)
    await client.chat_delete(**where)
    new, changed, deleted = await heard.wait(slack, 3)
    assert new["bot_id"] == slack.workspace.bot_id
    assert (changed["subtype"], changed["message"]["text"]) == ("message_changed", "two")
    assert changed["previous_message"]["text"] == "one"
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", posted["ts"])


async def test_what_is_not_to_the_app_is_not_told(
    slack: SlackWorkspace, client: AsyncWebClient, heard: Heard
) -> None:
    mention = f"<@{slack.workspace.bot.id}> failed"
    slack.say("just talking")
    slack.say(f"<@{slack.other_user}> failed")
    slack.say(mention, channel=slack.other_channel)
    slack.say(mention, channel=slack.direct_message(other=slack.other_user))
    await client.chat_postMessage(channel=slack.channel, text=mention)
    await client.chat_postEphemeral(channel=slack.direct_message(), user=slack.user, text="psst")
    slack.faults.delete_message(slack.say(mention))
    await heard.wait(slack)
    await slack.event({"type": "last", "channel": "none"})
    assert [one["channel"] for one in await heard.wait(slack, 2)] == [slack.channel, "none"]
    assert heard[0]["event"]["user"] == slack.user


@pytest.mark.parametrize(
    "lacks",
    [
        SlackOptions(events=frozenset({"message.im"})),
        SlackOptions(scopes=frozenset({"im:history"})),
        SlackOptions(scopes=frozenset({"im:history", "app_mentions:read"}), history="forbidden"),
    ],
)
async def test_without_the_subscription_or_its_scope_nothing_is_told(
    slack: SlackWorkspace, heard: Heard, lacks: SlackOptions
) -> None:
    slack.options = lacks
    is_deaf_to_people = lacks.history == "forbidden"
    if not is_deaf_to_people:
        slack.say(f"<@{slack.workspace.bot.id}> failed")
    else:
        slack.say("failed", channel=slack.direct_message())
    slack.faults.invite_bot(slack.other_channel)
    await slack.event({"type": "last"})
    assert [one["type"] for one in await heard.wait(slack)] == ["last"]


async def test_an_invitation_tells_who_came_and_who_invited(
    slack: SlackWorkspace, heard: Heard
) -> None:
    slack.faults.invite_bot(slack.other_channel)
    slack.faults.invite_bot(slack.other_channel)
    person = slack.add_person("cleo", guest=True)
    first, *later = await heard.wait(slack, 3)
    assert (first["type"], first["user"]) == ("member_joined_channel", slack.workspace.bot.id)
    assert (first["channel"], first["channel_type"]) == (slack.other_channel, "C")
    assert first["inviter"] == slack.user
    assert [one["user"] for one in later] == [person, person]
    assert "inviter" not in later[0]


async def test_opening_the_home_tab_tells_the_view_that_is_there(
    slack: SlackWorkspace, client: AsyncWebClient, heard: Heard
) -> None:
    await slack.open_home()
    view: Any = {"type": "home", "blocks": [a_section()]}
    await client.views_publish(user_id=slack.user, view=view)
    await slack.open_home()
    await slack.open_home(tab="messages")
    await slack.open_home(slack.other_user)
    first, second, messages, other = await heard.wait(slack, 4)
    assert (first["type"], first["tab"], first["user"]) == ("app_home_opened", "home", slack.user)
    assert first["channel"] == slack.direct_message()
    assert "view" not in first
    assert second["view"]["id"] == slack.workspace.homes[slack.user]["id"]
    assert (messages["tab"], "view" in messages) == ("messages", False)
    assert (other["user"], "view" in other) == (slack.other_user, False)


async def test_there_may_be_no_home_tab_to_open(slack: SlackWorkspace, heard: Heard) -> None:
    slack.options = replace(slack.options, app_home=False)
    with pytest.raises(LookupError, match="no Home tab"):
        await slack.open_home()
    slack.options = SlackOptions(events=frozenset())
    assert await slack.open_home() is None
    assert heard == []
