"""How soon a storm is told: 1,000 jobs fail over three polls, Slack takes one message a second."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.figures import Figure
from tests.end_to_end.stage import Stage, set_stage

FIRST, JOBS = 400, 1_000
LAST_PAGE_OF_FIRST = rf"ReplicaJobSession.*filter=\(EndTime.*page={FIRST // 100}$"
TOLD_WITHIN = 3.0
"""Seconds from the commit of the first poll (issue 4, Storm)."""


async def measure_storms() -> list[Figure]:
    """Time one storm, from EM's last answer to the first poll: the commit comes after it."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        async with set_stage(Path(folder), settings={"POLL_INTERVAL": "1s"}) as stage:
            told = await time_a_storm(stage)
    return [Figure(f"storm of {JOBS:,} jobs: told after the first poll", told, "s", TOLD_WITHIN)]


async def time_a_storm(stage: Stage) -> float:
    """Seconds until the channel has the message."""
    jobs = [stage.job(f"Storm {number:04}") for number in range(JOBS)]
    await stage.bot.start()
    await stage.wait_for_start()
    stage.slack.options = replace(stage.slack.options, rate_limit_per_channel=True)
    hold = stage.em.faults.hold(answered=True, path=LAST_PAGE_OF_FIRST)
    for job in jobs[:FIRST]:
        stage.em.world.add_session(job, result="Failed")
    await hold.held.wait()
    answered_at = time.time()
    hold.release()
    for job in jobs[FIRST:]:
        stage.em.world.add_session(job, result="Failed")
    root = await stage.slack.wait_for(lambda _: stage.roots("jobs failed"), timeout=60)
    await stage.wait_for_root(f"{JOBS:,} jobs failed")
    return float(root[0].ts) - answered_at
