"""`make bench`: every limit on time, as ratios within one run where one can be made.

Prints a table; the exit code is 1 if a limit is broken. Nothing else in these tests looks at time.
"""

import asyncio
import contextlib
import os
import sys
import time

from bot.logs import configure_logs
from tests.benchmarks.acknowledgements import measure_acknowledgements
from tests.benchmarks.commands import measure_commands
from tests.benchmarks.figures import Figure, render_table
from tests.benchmarks.polls import measure_polls
from tests.benchmarks.starts import measure_starts
from tests.benchmarks.storms import measure_storms


async def measure() -> list[Figure]:
    """One after the other, so that nothing competes with what is measured."""
    figures = await measure_commands()
    figures += await measure_polls()
    figures += await measure_starts()
    figures += await measure_storms()
    figures += await measure_acknowledgements()
    return figures


def main() -> int:
    """Measure, print, judge. The bot logs as it does in earnest, to nowhere."""
    started_at = time.perf_counter()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        with contextlib.redirect_stderr(nowhere):
            configure_logs("INFO", "json")
        figures = asyncio.run(measure())
    over = sum(figure.is_over for figure in figures)
    verdict = f"{over} over their limit" if over else "all within their limits"
    seconds = time.perf_counter() - started_at
    sys.stdout.write(f"{render_table(figures)}\n\n{verdict}, measured in {seconds:.0f} s\n")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
