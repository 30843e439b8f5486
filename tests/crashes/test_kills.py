"""25 kills at named and at random moments: nothing is lost, nothing is said twice.

Three bots, each with its own EM and Slack, so that one works while the others wait. The seed fixes
what happens and where the bots are killed, not how fast the machine is: `CRASH_SEED=7 make test`
tries another one.
"""

import asyncio
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.crashes.killing import Killing, shuffled
from tests.crashes.points import FIRST_START, NAMES, Point
from tests.crashes.reading import Count
from tests.crashes.weeks import Plan, kill_again_and_again

SEED = int(os.environ.get("CRASH_SEED", "4"))
BOTS, BY_CHANCE, KILLS = 3, 1, 25


async def _kill(folder: Path, seed: int, points: list[Point]) -> tuple[Killing, Count]:
    plan = Plan(seed, span=timedelta(days=2), jobs=5)
    return await kill_again_and_again(folder, plan, points)


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """One for each bot."""
    made = [tmp_path / f"bot {number}" for number in range(BOTS)]
    for folder in made:
        folder.mkdir()
    return made


@pytest.mark.parametrize("seed", [SEED], ids=[f"seed {SEED}"])
async def test_bots_that_are_killed_25_times_lose_nothing_and_say_nothing_twice(
    folders: list[Path], seed: int
) -> None:
    acts = [FIRST_START, *shuffled(Random(seed), BY_CHANCE)]
    points = [[point for act in acts[bot::BOTS] for point in act] for bot in range(BOTS)]
    runs = [_kill(folders[bot], seed + bot, points[bot]) for bot in range(BOTS)]
    kills: Counter[str] = Counter()
    for killing, count in await asyncio.gather(*runs):
        assert not count.lost, count.lost
        assert not count.twice, count.twice
        assert not count.wrong, count.wrong
        assert not killing.missed, f"not reached: {killing.missed}"
        kills += killing.kills
    assert set(kills) == set(NAMES.values())
    assert kills.total() == KILLS
