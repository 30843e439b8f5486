"""One bot per file, as in `end_to_end`; it must be well again after every fault."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.end_to_end.conftest import em_options as em_options
from tests.end_to_end.conftest import mode as mode
from tests.end_to_end.conftest import stage as bare_stage
from tests.end_to_end.stage import Stage
from tests.faults.looking import roots_about, wait_until_ready

__all__ = ["bare_stage", "em_options", "mode"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(bare_stage: Stage) -> AsyncIterator[Stage]:
    """A bot that at the end, after all faults of the file, still alerts, and said nothing twice."""
    yield bare_stage
    await bare_stage.let_a_poll_pass("Marker after all faults")
    twice = [name for name in bare_stage.jobs if len(roots_about(bare_stage, name)) > 1]
    assert not twice, bare_stage.slack.describe()


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _is_well_again(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Mend everything after a test with the file's bot: then nothing may be wrong with it."""
    yield
    if "stage" in request.fixturenames:
        stage: Stage = request.getfixturevalue("stage")
        stage.em.faults.clear()
        stage.slack.faults.clear()
        await wait_until_ready(stage)
