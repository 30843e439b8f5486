"""How soon 100 commands at once are acknowledged while a storm is being read and told."""

import asyncio
import tempfile
from pathlib import Path

from tests.benchmarks.figures import Figure
from tests.end_to_end.crowds import a_crowd
from tests.end_to_end.stage import Mode, Stage, set_stage

JOBS = 1_000
FIRST_PAGE_OF_ENDED = r"ReplicaJobSession.*filter=\(EndTime.*page=1$"
ACKNOWLEDGED_WITHIN = 1.0
"""Seconds (issue 5, Robust at the edge); Slack itself waits 3 (reference §1.1)."""

MODES: tuple[Mode, ...] = ("socket", "http")


async def measure_acknowledgements() -> list[Figure]:
    """Time the slowest of them, in both modes."""
    figures = []
    for mode in MODES:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            settings = {"POLL_INTERVAL": "1s"}
            async with set_stage(Path(folder), settings=settings, mode=mode) as stage:
                spent = sorted(await time_a_crowd(stage))
        what = f"100 commands in a storm, over {mode}: slowest acknowledgement"
        middle = f"half of them within {spent[len(spent) // 2]:.2f} s"
        figures.append(Figure(what, spent[-1], "s", ACKNOWLEDGED_WITHIN, detail=middle))
    return figures


async def time_a_crowd(stage: Stage) -> list[float]:
    """Seconds until each acknowledgement, typed at the moment that EM tells of the storm."""
    jobs = [stage.job(f"Storm {number:04}") for number in range(JOBS)]
    await stage.start()
    hold = stage.em.faults.hold(path=FIRST_PAGE_OF_ENDED)
    await hold.held.wait()
    for job in jobs:
        stage.em.world.add_session(job, result="Failed")
    hold.release()
    results = await asyncio.gather(*(stage.slack.command(line) for line in a_crowd()))
    assert all(result.acked for result in results), [each.error for each in results]
    return [result.ack_seconds or 0.0 for result in results]
