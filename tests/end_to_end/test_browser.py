"""The demo page as a person uses it, in headless Chromium."""

import shutil
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.end_to_end.stage import Stage, set_stage

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt: chromium)"),
]


async def test_a_person_asks_what_failed_and_shares_a_session(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        await stage.bot.start()
        await stage.wait_for_start()
        await stage.slack.wait_connected(timeout=30)
        stage.em.world.add_session(stage.job("SQL Replica"), result="Failed")
        await stage.wait_for_root("SQL Replica failed")
        await _use_the_page(stage)
        await stage.slack.wait_for(lambda slack: len(slack.messages()) == 3, timeout=30)


async def _use_the_page(stage: Stage) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(stage.slack.url)
        await page.get_by_role("textbox", name="Message").fill("/replica failed")
        await page.keyboard.press("Enter")
        await page.get_by_text("1 job failing now").wait_for()
        await page.get_by_text("Only visible to you").first.wait_for()
        await page.get_by_role("button", name="Details").last.click()
        await page.get_by_role("button", name="Share").click()
        await page.get_by_text("shared").first.wait_for()
        await browser.close()
