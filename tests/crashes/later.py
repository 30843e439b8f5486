"""Run the bot with the clock of its process moved: `python later.py SECONDS run`.

A month passes in minutes, and an attempt of unknown outcome is old enough to be judged at the next
start. Nothing in the bot knows of it: it is Python's clock that is moved, before the bot is loaded.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Take the seconds off the command line and leave the rest to the bot's own."""
    moved = timedelta(seconds=float(sys.argv.pop(1)))
    sys.path[0] = str(ROOT)
    with time_machine.travel(datetime.now(UTC) + moved, tick=True):
        from bot.cli import main as run_command_line

        run_command_line()


if __name__ == "__main__":
    main()
