"""How each kind of message looks, for docs/messages.md (`make pictures`).

The real bot speaks to the emulated Slack; headless Chromium takes each message off the demo page at
desktop and phone width, light and dark. Look at them before they are committed.
"""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.async_api import Page, async_playwright

from tests.end_to_end.stage import Stage, set_stage
from tests.pictures.scenes import SCENES, Scene, add_history

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
WIDTHS = {"desktop": (1100, 1600), "phone": (390, 1900)}
"""Tall enough that no message is cut by the page around it."""

SETTLED = 4  # seconds after which reasons have followed and nothing moves any more
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass(frozen=True)
class Look:
    """One browser's view: a width and a theme."""

    name: str
    page: Page

    async def take(self, scene: Scene, ts: str) -> None:
        """Take the picture of what a scene points to."""
        if scene.is_home:
            await self.page.get_by_role("button", name="@Replica Bot").click()
            await self.page.get_by_role("tab", name="Home").click()
        target = scene.target(self.page, ts)
        await target.wait_for()
        await target.scroll_into_view_if_needed()
        await target.screenshot(path=FOLDER / f"{scene.name}-{self.name}.png")


async def main(names: Sequence[str]) -> None:
    """Play the scenes, or those named, and take their pictures."""
    FOLDER.mkdir(exist_ok=True)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pictures-")))
        stage = await stack.enter_async_context(set_stage(folder))
        stage.bot.settings = {**stage.bot.settings, "OPERATORS": stage.slack.user}
        add_history(stage)
        stage.em.world.skew = timedelta(hours=-2)
        await stage.start()
        stage.em.world.skew = timedelta(0)
        looks = await _open_looks(stack, stage)
        for scene in SCENES:
            ts = await scene.play(stage)
            await asyncio.sleep(SETTLED)
            if not names or scene.name in names:
                for look in looks:
                    await look.take(scene, ts)
                sys.stdout.write(f"{scene.name}\n")


async def _open_looks(stack: AsyncExitStack, stage: Stage) -> list[Look]:
    playwright = await stack.enter_async_context(async_playwright())
    browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    stack.push_async_callback(browser.close)
    looks = []
    for (width, (x, y)), theme in product(WIDTHS.items(), THEMES):
        page = await browser.new_page(
            viewport={"width": x, "height": y}, color_scheme=theme, timezone_id="Europe/Berlin"
        )
        await page.goto(stage.slack.url)
        looks.append(Look(f"{width}-{theme}", page))
    return looks


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
