"""One bot per file: started on first use, with the settings of the file's `SETTINGS`."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from tests.end_to_end.stage import Stage, set_stage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """A bot that has begun to watch an empty EM two hours ago, by EM's clock."""
    settings = getattr(request.module, "SETTINGS", {})
    async with set_stage(tmp_path_factory.mktemp("bot"), settings=settings) as ready:
        ready.em.world.skew = timedelta(hours=-2)
        await ready.bot.start()
        await ready.slack.wait_connected(timeout=30)
        await ready.wait_for_start()
        ready.em.world.skew = timedelta(0)
        yield ready
