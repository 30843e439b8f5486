"""Processes of their own, so that what serves the bot does not share its interpreter or its CPU."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

STOP_WITHIN = 10.0


@contextmanager
def serving(module: str) -> Iterator[Mapping[str, str]]:
    """Run a module that serves something; yields what its first line, JSON, says of it."""
    command = [sys.executable, "-m", module]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(STOP_WITHIN)


async def tell_and_serve(description: Mapping[str, str]) -> None:
    """Say where things are, then wait until the one who started this process is done or gone."""
    sys.stdout.write(json.dumps(description) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
