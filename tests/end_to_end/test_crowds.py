"""A hundred commands at once, in the middle of a storm: each is acknowledged and answered."""

import asyncio

import pytest

from tests.end_to_end.crowds import CROWD, a_crowd
from tests.end_to_end.stage import PATIENCE, Mode, Stage

JOBS = 1_000
FIRST_PAGE_OF_ENDED = r"ReplicaJobSession.*filter=\(EndTime.*page=1$"


@pytest.fixture(scope="module", params=["socket", "http"])
def mode(request: pytest.FixtureRequest) -> Mode:
    """By sockets and by requests."""
    return "http" if request.param == "http" else "socket"


async def test_all_are_acknowledged_and_answered_in_a_storm(stage: Stage) -> None:
    jobs = [stage.job(f"Storm {number:04}") for number in range(JOBS)]
    hold = stage.em.faults.hold(path=FIRST_PAGE_OF_ENDED)
    await hold.held.wait()
    for job in jobs:
        stage.em.world.add_session(job, result="Failed")
    hold.release()
    before = len(stage.slack.ephemerals())
    results = await asyncio.gather(*(stage.slack.command(line) for line in a_crowd()))
    assert [result.error for result in results if not result.acked] == []
    await stage.slack.wait_for(
        lambda slack: len([m for m in slack.ephemerals()[before:] if "⏳" not in m.text]) >= CROWD,
        timeout=PATIENCE,
    )
    await stage.wait_for_root("1,000 jobs failed on vbr01")
