"""One bot per file: started on first use, with the settings of the file's `SETTINGS`."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.demo.em import EmOptions
from tests.end_to_end.stage import Mode, Stage, set_stage


@pytest.fixture(scope="module")
def em_options() -> EmOptions:
    """How EM speaks; a file overrides it to meet several EMs."""
    return EmOptions()


@pytest.fixture(scope="module")
def mode() -> Mode:
    """How Slack reaches the bot; a file overrides it to be run in both ways."""
    return "socket"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    em_options: EmOptions,
    mode: Mode,
) -> AsyncIterator[Stage]:
    """A bot that has begun to watch an empty EM two hours ago, by EM's clock."""
    settings = getattr(request.module, "SETTINGS", {})
    folder = tmp_path_factory.mktemp("bot")
    async with set_stage(folder, em_options=em_options, settings=settings, mode=mode) as ready:
        ready.em.world.skew = timedelta(hours=-2)
        await ready.start()
        ready.em.world.skew = timedelta(0)
        yield ready
