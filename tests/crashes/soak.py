"""`make soak`: 1,000 kills over a simulated month. Prints what came of it, and keeps it in docs.

The exit code is 1 if anything was lost, said twice or is wrong.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from random import Random

from tests.crashes.killing import Killing, shuffled
from tests.crashes.points import FIRST_START, NAMES, Point
from tests.crashes.reading import Count
from tests.crashes.scenes import ACTORS
from tests.crashes.weeks import Plan, kill_again_and_again

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- soak:begin -->", "<!-- soak:end -->"

MONTH = timedelta(days=30)
BOTS, KILLS, JOBS, BY_CHANCE = 8, 1_000, 40, 12
"""So many bots share the kills and the jobs, each with its own EM, Slack and month."""

AT_ONCE = 2 * (os.cpu_count() or 1)
"""So many at a time: a bot mostly waits for its second to speak."""


@dataclass
class Total:
    """What came of all bots."""

    kills: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    count: Count = field(default_factory=Count)

    def add(self, killing_kills: Counter[str], missed: int, count: Count) -> None:
        """Add one bot's."""
        self.kills += killing_kills
        self.missed += missed
        for name in ("sessions", "bad", "incidents", "messages"):
            setattr(self.count, name, getattr(self.count, name) + getattr(count, name))
        for name in ("lost", "twice", "wrong"):
            getattr(self.count, name).extend(getattr(count, name))


def points_of(random: Random, number: int) -> list[Point]:
    """The first start, then round after round of all acts and lives of chance."""

    def forever() -> Iterator[Point]:
        yield from FIRST_START
        while True:
            for act in shuffled(random, BY_CHANCE):
                yield from act

    return list(islice(forever(), number))


def run_bot(seed: int, kills: int) -> tuple[Counter[str], int, Count]:
    """Kill one bot over its month; runs in a process of its own."""
    plan = Plan(seed, MONTH, JOBS // BOTS)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        points = points_of(Random(seed), kills)
        run = kill_again_and_again(Path(folder), plan, points)
        killing: Killing
        killing, count = asyncio.run(run)
    return killing.kills, killing.missed.total(), count


def soak(seed: int, kills: int) -> Total:
    """Run all bots, some at a time."""
    total = Total()
    with ProcessPoolExecutor(AT_ONCE, mp_context=get_context("spawn")) as pool:
        shares = [kills // BOTS + (bot < kills % BOTS) for bot in range(BOTS)]
        runs = [pool.submit(run_bot, seed + bot, share) for bot, share in enumerate(shares)]
        for run in as_completed(runs):
            total.add(*run.result())
            sys.stderr.write(f"{total.kills.total()} of {kills} kills\n")
    return total


def render(total: Total, seed: int, minutes: float) -> str:
    """Write it as Markdown."""
    count = total.count
    jobs = JOBS + BOTS * len(ACTORS)
    lines = [
        f"`make soak` with seed {seed}: {total.kills.total():,} kills over a simulated month, "
        f"{BOTS} bots and {jobs} jobs, in {minutes:.0f} minutes on {os.cpu_count()} cores.",
        "",
        "| | |",
        "|---|--:|",
        f"| sessions in | {count.sessions:,} |",
        f"| of them Warning or Failed | {count.bad:,} |",
        f"| incidents | {count.incidents:,} |",
        f"| messages out, replies included | {count.messages:,} |",
        f"| **lost** | **{len(count.lost)}** |",
        f"| **said twice** | **{len(count.twice)}** |",
        f"| left in a wrong state | {len(count.wrong)} |",
        "",
        "| killed | times |",
        "|---|--:|",
        *(f"| {name} | {total.kills[name]} |" for name in NAMES.values()),
    ]
    return "\n".join(lines)


def keep(words: str, page: Path = PAGE) -> None:
    """Put it between the markers of the page."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    page.write_text(f"{before}{BEGIN}\n{words}\n{END}{after}", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill, print, keep, judge."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=KILLS)
    given = parser.parse_args(arguments)
    started_at = time.perf_counter()
    total = soak(given.seed, given.kills)
    words = render(total, given.seed, (time.perf_counter() - started_at) / 60)
    problems = [*total.count.lost, *total.count.twice, *total.count.wrong]
    sys.stdout.write("\n".join([words, "", *problems, ""]))
    if total.missed:
        sys.stdout.write(f"{total.missed} points were not reached in time and count as random\n")
    if given.kills == KILLS:
        keep(words)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
