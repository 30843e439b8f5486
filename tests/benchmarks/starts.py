"""How soon the bot is ready, and how soon its command line helps."""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.benchmarks.figures import Figure
from tests.benchmarks.processes import STOP_WITHIN, serving

STARTS, HELPS = 3, 5
READY_WITHIN, HELP_WITHIN = 2.0, 0.3
GIVE_UP_AFTER = 20.0
BOT = (sys.executable, "-m", "bot")


async def measure_starts() -> list[Figure]:
    """Start the real process against the emulators, each time on a fresh database."""
    with serving("tests.benchmarks.workspace") as served:
        async with httpx.AsyncClient(base_url=served["bench"], timeout=GIVE_UP_AFTER) as http:
            ready = [await start_once(served, http) for _ in range(STARTS)]
    helped = [help_once() for _ in range(HELPS)]
    return [
        Figure(
            "ready: migrated, socket open, first logon tried",
            statistics.median(ready),
            "s",
            READY_WITHIN,
        ),
        Figure("replica-bot --help", statistics.median(helped), "s", HELP_WITHIN),
    ]


async def start_once(served: Mapping[str, str], http: httpx.AsyncClient) -> float:
    """Seconds from the process's start until the emulators have seen its socket and its logon."""
    logons = (await http.get("/logons")).text
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        chosen = {name: value for name, value in served.items() if name.isupper()}
        environment = {**os.environ, **chosen, "HTTP_PORT": "0", "LOG_LEVEL": "WARNING"}
        environment["DATABASE_URL"] = f"sqlite+aiosqlite:///{Path(folder) / 'bot.db'}"
        started_at = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *BOT, "run", env=environment, stderr=subprocess.DEVNULL
        )
        try:
            await http.get("/ready", params={"logons": logons})
            return time.perf_counter() - started_at
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), STOP_WITHIN)


def help_once() -> float:
    """Seconds for the help, from the process's start to its end."""
    started_at = time.perf_counter()
    subprocess.run([*BOT, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started_at
