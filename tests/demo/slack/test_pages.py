"""The web page: its files, its stream, and what a browser makes of them."""

import json
import shutil
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Page, async_playwright, expect
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.builders import a_button, a_section, an_actions_block

CHROMIUM = shutil.which("chromium")
in_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


async def test_the_page_and_its_parts_are_served_without_outside_resources(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    for path in ("/", "/page/page.css", "/page/page.js", "/page/text.js", "/page/blocks.js"):
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


@pytest_asyncio.fixture
async def page(slack: SlackWorkspace) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        context = await browser.new_context(timezone_id="Asia/Tokyo", locale="en-GB")
        page = await context.new_page()
        await page.goto(slack.url)
        yield page
        await browser.close()


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
        await expect(root.locator(".thread .message")).to_contain_text("for all")
        last = page.locator("#messages > .message").last
        await expect(last).to_contain_text("replied to a thread: recovered")

    async def test_the_panel_says_what_came_of_a_button(
        self, slack: SlackWorkspace, page: Page
    ) -> None:
        await page.click("text=Archive")
        await expect(page.locator("#said")).to_have_text("Archive: done")
        await expect(page.locator("#state")).to_contain_text("#replication is archived")
        await page.click("text=Break EM")
        await expect(page.locator("#said")).to_contain_text("nothing answers at /control/em/break")
        assert slack.workspace.channels[slack.channel].is_archived
