"""A fresh workspace for each test, and clients of the kinds that really call Slack."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.browsers import CHROMIUM


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[SlackWorkspace]:
    workspace = await SlackWorkspace.start()
    yield workspace
    await workspace.stop()


@pytest.fixture
def client(slack: SlackWorkspace) -> AsyncWebClient:
    return AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=5)


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def app(client: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=client)


@pytest_asyncio.fixture
async def connected(slack: SlackWorkspace, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """A Bolt app on its socket: register listeners on `app`, before or after."""
    handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=1)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's is untyped
    await slack.wait_connected()
    yield handler
    await handler.close_async()  # type: ignore[no-untyped-call]  # likewise


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
