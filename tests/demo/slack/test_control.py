"""The control API: everything that the handle can do, over HTTP, with clear refusals."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from bot.demo.slack.control import ACTIONS
from bot.demo.slack.control import __doc__ as documentation
from tests.demo.slack.builders import (
    Json,
    a_button,
    a_modal,
    a_select,
    a_text_input,
    an_actions_block,
    an_input,
    an_option,
    refusal,
)


class Control:
    """A client of the control API."""

    def __init__(self, slack: SlackWorkspace, http: aiohttp.ClientSession) -> None:
        self.url = f"{slack.control_url}/slack"
        self.http = http

    async def ask(self, action: str, **body: Any) -> tuple[int, Json]:
        async with self.http.post(f"{self.url}/{action}", json=body) as response:
            return response.status, await response.json()

    async def do(self, action: str, **body: Any) -> Json:
        status, answer = await self.ask(action, **body)
        assert status == 200, answer
        return answer

    async def state(self) -> Json:
        async with self.http.get(f"{self.url}/state") as response:
            state: Json = await response.json()
        return state


@pytest.fixture
def control(slack: SlackWorkspace, http: aiohttp.ClientSession) -> Control:
    return Control(slack, http)


def test_every_action_is_documented() -> None:
    assert [action for action in ACTIONS if action not in str(documentation)] == []


@pytest.mark.usefixtures("connected")
async def test_a_command_and_a_button(
    slack: SlackWorkspace, control: Control, app: AsyncApp, client: AsyncWebClient
) -> None:
    @app.command("/replica")
    @app.action("share")
    async def replica(ack: Any) -> None:
        await ack()

    assert (await control.do("command", line="/replica failed"))["acked"]
    blocks = [an_actions_block()]
    await client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)
    ts = slack.messages()[0].ts
    assert (await control.do("press", ts=ts, text="Share"))["acked"]


@pytest.mark.usefixtures("connected")
async def test_a_menu_and_a_modal(
    slack: SlackWorkspace, control: Control, app: AsyncApp, client: AsyncWebClient
) -> None:
    @app.action("mute")
    async def mute_chosen(ack: Any, body: Json) -> None:
        await client.views_open(
            trigger_id=body["trigger_id"], view=a_modal(an_input("note", a_text_input()))
        )
        await ack()

    @app.view("mute")
    async def mute_submitted(ack: Any) -> None:
        await ack()

    blocks = [an_actions_block(a_select(an_option("1 hour", "1h")))]
    posted = await client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)
    assert (await control.do("select", ts=posted["ts"], action_id="mute", value="1h"))["acked"]
    [modal] = (await control.state())["modals"]
    assert modal["user"] == slack.user
    empty = await control.do("submit", view=modal["view"]["id"])
    assert (empty["is_open"], list(empty["errors"])) == (True, ["note"])
    full = await control.do("submit", view=modal["view"]["id"], values={"note": "disk"})
    assert (full["acked"], full["is_open"]) == (True, False)
    await control.do("select", ts=posted["ts"], action_id="mute", text="1 hour")
    [modal] = (await control.state())["modals"]
    await control.do("close_view", view=modal["view"]["id"])
    assert (await control.state())["modals"] == []


async def test_channels_and_direct_messages_are_opened(
    slack: SlackWorkspace, control: Control, client: AsyncWebClient
) -> None:
    erp = (await control.do("add_channel", name="erp"))["channel"]
    await control.do("fault", method="chat.postMessage", kind="rate_limit", channel="erp")
    await client.chat_postMessage(channel=slack.channel, text="<!here> quick")
    assert slack.faults.describe()[0]["channel"] == erp
    direct = (await control.do("open_direct", user=slack.other_user))["channel"]
    assert direct == slack.direct_message(slack.other_user)
    state = await control.state()
    assert [one["mentions"] for one in state["messages"]] == [["here"]]
    assert {one["id"] for one in state["channels"]} >= {erp, direct}


async def test_a_token_is_renewed_and_envelopes_are_swapped(
    slack: SlackWorkspace, control: Control, client: AsyncWebClient
) -> None:
    await control.do("renew_token")
    assert await refusal(client.auth_test()) == "token_revoked"
    await control.do("swap_envelopes")
    assert (await control.state())["holds_envelope"] is False


async def test_people_say_and_delete_things(slack: SlackWorkspace, control: Control) -> None:
    ts = (await control.do("say", text="hi", channel="#general"))["ts"]
    assert [one.ts for one in slack.messages(slack.other_channel)] == [ts]
    await control.do("delete", ts=ts, channel="general")
    assert slack.messages(slack.other_channel) == []


async def test_a_fault_is_planned_shown_and_cleared(
    control: Control, client: AsyncWebClient
) -> None:
    await control.do("fault", method="auth.test", kind="refuse", error="fatal_error", times=None)
    assert await refusal(client.auth_test()) == "fatal_error"
    [fault] = (await control.state())["faults"]
    assert (fault["method"], fault["kind"], fault["times"]) == ("auth.test", "refuse", None)
    await control.do("clear")
    assert (await client.auth_test())["ok"]


async def test_a_call_is_held_until_faults_are_cleared(
    slack: SlackWorkspace, control: Control, client: AsyncWebClient
) -> None:
    await control.do("fault", method="auth.test", kind="hold", after_acceptance=True)
    call = asyncio.ensure_future(client.auth_test())
    await slack.wait_for(lambda one: one.faults.describe()[0]["holding"])
    await control.do("clear")
    assert (await call)["ok"]


async def test_channels_and_tokens_change_hands(
    slack: SlackWorkspace, control: Control, client: AsyncWebClient
) -> None:
    for action, error in {"archive": "is_archived", "remove_bot": "not_in_channel"}.items():
        await control.do(action)
        assert await refusal(client.chat_postMessage(channel=slack.channel, text="x")) == error
        await control.do("unarchive")
        await control.do("invite_bot")
    await control.do("rename", name="alerts")
    await control.do("revoke_token", error="account_inactive")
    assert (await control.state())["token_error"] == "account_inactive"
    await control.do("restore_token")
    assert (await client.conversations_info(channel=slack.channel))["channel"]["name"] == "alerts"


@pytest.mark.usefixtures("connected")
async def test_sockets_misbehave(slack: SlackWorkspace, control: Control) -> None:
    [first] = slack.sockets.connections
    await control.do("disconnect", reason="warning")
    await slack.wait_for(lambda one: one.sockets.connections not in ([], [first]))
    await control.do("refuse_sockets")
    assert (await control.state())["refuses_sockets"] is True
    await control.do("refuse_sockets", refuse=False)
    await control.do("go_deaf")
    assert (await control.state())["deaf"] == 1
    await control.do("drop_sockets", by_reset=True)


async def test_an_event_that_nobody_hears_is_not_acknowledged(control: Control) -> None:
    assert (await control.do("event", event={"type": "app_home_opened"}))["acked"] is False


async def test_options_change_one_by_one(slack: SlackWorkspace, control: Control) -> None:
    await control.do("options", history="limited", clock_skew=-60, refused_block_types=["table"])
    assert slack.options.history == "limited"
    assert slack.options.clock_skew.total_seconds() == -60
    options = (await control.state())["options"]
    assert (options["refused_block_types"], options["clock_skew"]) == (["table"], -60.0)
    assert options["rate_limit_per_channel"] is False


async def test_the_state_shows_no_secret(slack: SlackWorkspace, control: Control) -> None:
    state = str(await control.state())
    for secret in (slack.bot_token, slack.app_token, slack.signing_secret):
        assert secret not in state


@pytest.mark.parametrize(
    ("action", "body", "status", "words"),
    [
        ("explode", {}, 404, "no such action"),
        ("say", {}, 400, "text: Field required"),
        ("say", {"text": "x", "loud": True}, 400, "loud: Extra inputs"),
        ("fault", {"method": "x", "kind": "sulk"}, 400, "kind: Input should be"),
        ("archive", {"channel": "nowhere"}, 404, "no channel nowhere"),
        ("command", {"line": "/replica", "user": "U0"}, 404, "no person U0"),
        ("press", {"ts": "1.000001", "text": "x"}, 404, "no message 1.000001"),
        ("redeliver", {}, 404, "no envelope"),
        ("select", {"ts": "1.000001", "action_id": "x"}, 404, "no message 1.000001"),
        ("submit", {"view": "V0"}, 404, "no open view V0"),
        ("add_channel", {"name": "general"}, 404, "a channel general already"),
        ("fault", {"method": "x", "kind": "reset", "channel": "no"}, 404, "no channel no"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_sentence(
    control: Control, action: str, body: Json, status: int, words: str
) -> None:
    answered, answer = await control.ask(action, **body)
    assert answered == status
    assert words in answer["error"]


async def test_a_form_of_another_site_changes_nothing(
    slack: SlackWorkspace, control: Control
) -> None:
    async with control.http.post(f"{control.url}/archive", data={}) as response:
        assert response.status == 400
    assert not slack.workspace.channels[slack.channel].is_archived


@pytest.mark.usefixtures("connected")
async def test_a_home_tab_is_opened_pressed_and_searched(
    slack: SlackWorkspace, control: Control, app: AsyncApp, client: AsyncWebClient
) -> None:
    @app.action("share")
    @app.action("job")
    @app.event("app_home_opened")
    async def used(ack: Any) -> None:
        await ack()

    @app.options("job")
    async def typed(ack: Any) -> None:
        await ack(options=[an_option("SQL", "sql")])

    search = {"type": "external_select", "action_id": "job"}
    view: Any = {"type": "home", "blocks": [an_actions_block(a_button(), search)]}
    await client.views_publish(user_id=slack.user, view=view)
    assert (await control.do("open_home"))["acked"]
    home = (await control.state())["homes"][slack.user]["id"]
    assert (await control.do("press", view=home, text="Share"))["acked"]
    offered = (await control.do("suggest", view=home, action_id="job", text="sql"))["options"]
    assert [one["value"] for one in offered] == ["sql"]
    assert (await control.do("select", view=home, action_id="job", value="sql"))["acked"]
    status, answer = await control.ask("press", text="Share")
    assert (status, answer["error"]) == (404, "the view None is not there")


async def test_people_groups_threads_and_what_stands_in_a_modal(
    slack: SlackWorkspace, control: Control, client: AsyncWebClient
) -> None:
    person = (await control.do("add_person", name="gus", guest=True))["user"]
    group = (await control.do("add_usergroup", members=[person]))["usergroup"]
    assert (await control.state())["groups"] == {group: "backup-admins"}
    root = (await control.do("say", text="root"))["ts"]
    await control.do("say", text="below", thread_ts=root, user=person)
    assert [one.user for one in slack.replies(root)] == [person]
    view = a_modal(an_input("note", a_text_input()))
    await client.views_open(trigger_id=slack.workspace.triggers.issue(slack.user), view=view)
    modal = slack.modal()
    assert modal is not None
    await control.do("fill", view=modal.view["id"], values={"note": "disk"})
    assert modal.state["note"]["note"]["value"] == "disk"
