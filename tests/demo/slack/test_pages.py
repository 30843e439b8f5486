"""The web page: its files, its stream, and what a browser makes of them."""

import json
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Page, expect
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.browsers import in_browser
from tests.demo.slack.builders import (
    a_button,
    a_modal,
    a_section,
    a_select,
    a_text_input,
    an_actions_block,
    an_input,
    an_option,
    an_overflow,
)


async def test_the_page_and_its_parts_are_served_without_outside_resources(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    for path in (
        "/",
        "/page/page.css",
        "/page/page.js",
        "/page/text.js",
        "/page/blocks.js",
        "/page/modals.js",
        "/page/widgets.js",
        "/page/comboboxes.js",
        "/page/confirms.js",
        "/page/markdown.js",
        "/page/messages.js",
        "/page/blocks.css",
    ):
        async with http.get(slack.url + path) as response:
            assert response.status == 200
            assert "https://" not in await response.text()
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fserver.py", "%2Fetc%2Fpasswd"])
async def test_nothing_else_is_served(
    slack: SlackWorkspace, http: aiohttp.ClientSession, name: str
) -> None:
    async with http.get(f"{slack.url}/page/{name}") as response:
        assert response.status == 404


async def test_the_stream_sends_the_state_now_and_after_each_change(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    async def texts() -> list[str]:
        line = await response.content.readline()
        await response.content.readline()
        return [one["text"] for one in json.loads(line.removeprefix(b"data: "))["messages"]]

    async with http.get(f"{slack.url}/page/stream") as response:
        assert await texts() == []
        slack.say("hi")
        assert await texts() == ["hi"]


async def test_other_applications_are_mounted_beside_it(http: aiohttp.ClientSession) -> None:
    async def fail(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    veeam = web.Application()
    veeam.router.add_post("/fail", fail)
    slack = await SlackWorkspace.start(extra_apps={"/control/em": veeam})
    async with http.post(f"{slack.control_url}/em/fail", json={}) as response:
        assert (await response.json())["ok"] is True
    await slack.stop()


@pytest.fixture
def mutes(slack: SlackWorkspace, app: AsyncApp, connected: object) -> list[dict[str, Any]]:
    """What was submitted in a modal that opens when somebody chooses how long to mute."""
    submitted: list[dict[str, Any]] = []
    spans = a_select(an_option("1 hour", "1h"), an_option("1 day", "1d"), action_id="span")
    view = a_modal(an_input("span", spans), an_input("note", a_text_input(), optional=True))

    @app.action("mute")
    async def mute_chosen(ack: Any, body: Any, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.view("mute")
    async def mute_submitted(ack: Any, body: Any) -> None:
        submitted.append(body["view"]["state"]["values"])
        is_silent = body["view"]["state"]["values"]["note"]["note"]["value"] is None
        await ack({"response_action": "errors", "errors": {"note": "Say why"}} if is_silent else "")
        slack.workspace.changes.ring()

    return submitted


class TestInABrowser:
    pytestmark = in_browser

    async def test_a_typed_command_is_answered_and_its_button_works(
        self, slack: SlackWorkspace, page: Page, app: AsyncApp, connected: object
    ) -> None:
        @app.command("/replica")
        async def replica(ack: Any) -> None:
            await ack(text="1 failed", blocks=[a_section("1 failed"), an_actions_block()])

        @app.action("share")
        async def share_clicked(ack: Any, respond: Any) -> None:
            await ack()
            await respond(text="shared", response_type="in_channel")

        await page.fill("#line", "/replica failed")
        await page.press("#line", "Enter")
        await expect(page.locator(".message.alone")).to_contain_text("Only visible to you")
        await page.click("text=Share")
        await expect(page.locator(".message").last).to_contain_text("shared")
        assert [one.text for one in slack.messages()] == ["shared"]

    async def test_names_are_data_whatever_they_contain(
        self, slack: SlackWorkspace, page: Page, client: AsyncWebClient
    ) -> None:
        name = "<img src=x onerror=alert(1)> &amp; <javascript:alert(1)|click>"
        blocks = [
            {"type": "header", "text": {"type": "plain_text", "text": name}},
            a_section(name, accessory=a_button(name)),
            {"type": "section", "fields": [{"type": "mrkdwn", "text": name}]},
        ]
        await client.chat_postMessage(channel=slack.channel, text=name, blocks=blocks)
        await expect(page.locator(".heading")).to_have_text(
            "<img src=x onerror=alert(1)> & <javascript:alert(1)|click>"
        )
        assert await page.locator("#messages img, #messages a, #messages script").count() == 0

    async def test_markup_and_dates_are_shown_in_the_readers_zone(
        self, slack: SlackWorkspace, page: Page, client: AsyncWebClient
    ) -> None:
        text = (
            "*bold* _it_ `code` :warning: <!date^0^{date_num} {time}|1970 UTC> <https://e.x|here>"
        )
        await client.chat_postMessage(channel=slack.channel, text=text)
        shown = page.locator(".message .text")
        await expect(shown).to_have_text("bold it code ⚠️ 1970-01-01 09:00 here")
        assert await shown.locator("b, i, code, time, a").count() == 5

    async def test_edits_threads_and_broadcasts_appear_live(
        self, slack: SlackWorkspace, page: Page, client: AsyncWebClient
    ) -> None:
        ts = (await client.chat_postMessage(channel=slack.channel, text="failed"))["ts"]
        await client.chat_update(channel=slack.channel, ts=ts, text="recovered")
        reply = {"channel": slack.channel, "thread_ts": ts, "text": "for all"}
        await client.chat_postMessage(reply_broadcast=True, **reply)
        root = page.locator("#messages > .message").first
        await expect(root.locator(".edited")).to_have_text("(edited)")
        await expect(root.locator(".below")).to_contain_text("1 reply")
        last = page.locator("#messages > .message").last
        await expect(last).to_contain_text("replied to a thread: recovered")
        await root.locator(".below").click()
        await expect(page.locator("#replies .message").last).to_contain_text("for all")

    async def test_the_panel_says_what_came_of_a_button(
        self, slack: SlackWorkspace, page: Page
    ) -> None:
        await page.click("text=Archive")
        await expect(page.locator("#said")).to_have_text("Archive: done")
        await expect(page.locator("#state")).to_contain_text("#replication is archived")
        await page.click("text=Break EM")
        await expect(page.locator("#said")).to_contain_text("nothing answers at /control/em/break")
        assert slack.workspace.channels[slack.channel].is_archived

    @pytest.mark.parametrize("width", [1280, 390])
    async def test_a_choice_in_a_menu_opens_a_modal_that_is_filled_in(
        self,
        slack: SlackWorkspace,
        page: Page,
        client: AsyncWebClient,
        mutes: list[dict[str, Any]],
        width: int,
    ) -> None:
        await page.set_viewport_size({"width": width, "height": 780})
        menu = a_select(an_option("Mute", "mute"), placeholder={"type": "plain_text", "text": "Do"})
        await client.chat_postMessage(
            channel=slack.channel, text="x", blocks=[an_actions_block(menu)]
        )
        await page.get_by_label("Do").select_option(label="Mute")
        await page.get_by_label("Span").select_option(label="1 day")
        await page.get_by_role("button", name="Mute").click()
        await expect(page.locator("dialog .wrong")).to_have_text("Say why")
        await expect(page.get_by_label("Note")).to_be_focused()
        await page.get_by_label("Note").fill("disk")
        await page.get_by_role("button", name="Mute").click()
        await expect(page.locator("dialog")).to_be_hidden()
        assert mutes[-1]["span"]["span"]["selected_option"]["value"] == "1d"
        assert mutes[-1]["note"]["note"]["value"] == "disk"

    async def test_a_modal_is_shown_to_its_person_only_and_closed_by_escape(
        self, slack: SlackWorkspace, page: Page, client: AsyncWebClient
    ) -> None:
        for user in (slack.other_user, slack.user):
            trigger = slack.workspace.triggers.issue(user)
            view = a_modal(title={"type": "plain_text", "text": slack.workspace.members[user].name})
            await client.views_open(trigger_id=trigger, view=view)
        await expect(page.locator("dialog h2")).to_have_text("ana")
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog")).to_be_hidden()
        assert slack.modal(slack.user) is None
        assert slack.modal(slack.other_user) is not None

    async def test_an_overflow_menu_sends_what_was_chosen(
        self,
        slack: SlackWorkspace,
        page: Page,
        app: AsyncApp,
        client: AsyncWebClient,
        connected: object,
    ) -> None:
        @app.action("more")
        async def more_chosen(ack: Any, action: Any, respond: Any) -> None:
            await ack()
            await respond(f"chose {action['selected_option']['value']}")

        menu = an_overflow(an_option("Copy", "copy"), an_option("Open", "open"))
        blocks = [a_section(accessory=menu)]
        await client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)
        await page.get_by_label("More actions").click()
        await page.get_by_role("button", name="Open").click()
        await expect(page.locator(".message").last).to_contain_text("chose open")

    async def test_channels_and_direct_messages_are_a_click_away(
        self, slack: SlackWorkspace, page: Page, client: AsyncWebClient
    ) -> None:
        erp = slack.add_channel("erp")
        slack.direct_message(slack.other_user)
        await client.chat_postMessage(channel=erp, text="in erp")
        await page.click("nav >> text=#erp")
        await expect(page.locator(".message")).to_contain_text("in erp")
        await page.click("nav >> text=@Replica Bot")
        await expect(page).to_have_title("@Replica Bot · Replica Bot demo")
        await page.fill("#line", "hello")
        await page.press("#line", "Enter")
        await expect(page.locator(".message")).to_contain_text("hello")
        assert [one.text for one in slack.messages(slack.direct_message())] == ["hello"]

    async def test_mentions_stand_out(
        self, slack: SlackWorkspace, page: Page, client: AsyncWebClient
    ) -> None:
        elements = [
            {"type": "user", "user_id": slack.other_user},
            {"type": "usergroup", "usergroup_id": "S1"},
            {"type": "broadcast", "range": "channel"},
        ]
        rich = {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": elements}],
        }
        text = f"<!here> <@{slack.user}> <!subteam^S2|@backup> &lt;!here&gt;"
        blocks = [a_section(text), rich]
        await client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)
        await expect(page.locator(".mention")).to_have_text(
            ["@here", "@Ana Silva", "@backup", "@Ben Okafor", "@S1", "@channel"]
        )
        await expect(page.locator(".mention.loud")).to_have_text(["@here", "@channel"])
