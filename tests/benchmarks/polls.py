"""A poll that brings 10,000 finished sessions, against bare httpx + json.loads on the same pages.

Both fetch over the same TLS from a process that only writes bytes. The first poll, of an empty EM,
sets the baseline and is not measured; the second is, with its stages timed from the outside.
"""

import contextlib
import gc
import json
import ssl
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx

from bot.app import calm_collector, utc_now
from bot.heartbeats import HttpHeartbeat
from bot.services import recording
from bot.services.polling import Polling
from bot.services.telling import Audience
from bot.store.databases import Database
from bot.store.polls import SqlPollingStore
from bot.store.questions import SqlAskingStore
from bot.veeam import client, conversations, translate
from bot.veeam.client import EnterpriseManagerClient
from bot.veeam.exchanges import Exchanges
from tests.benchmarks.figures import Figure, best_time
from tests.benchmarks.pages import JOBS, PAGE_SIZE, QUERY, SESSIONS
from tests.benchmarks.processes import serving

ROUNDS = 5
MOST = 3.0
STAGES = ("fetch", "decode", "fold", "store")
EVERYTHING = "poll"
NOTES = {
    "fetch": "waiting for a page overlaps with work on the one before",
    "store": "the transactions, without the fold",
}

Spent = defaultdict[str, float]
"""Seconds by stage."""


async def measure_polls() -> list[Figure]:
    """Measure both in turn, several times, with the garbage collector as the bot sets it."""
    calm_collector()
    bare: list[float] = []
    spent: list[Spent] = []
    with serving("tests.benchmarks.pages") as served:
        trust = ssl.create_default_context(cafile=served["ca_file"])
        async with httpx.AsyncClient(base_url=served["url"], verify=trust, trust_env=False) as http:
            for _ in range(ROUNDS):
                await http.get("/fill")
                bare.append(await fetch_barely(http))
                await http.get("/clear")
                spent.append(await poll_once(served, http))
    return describe(best_time(bare), min(spent, key=lambda each: each[EVERYTHING]))


def describe(bare: float, spent: Spent) -> list[Figure]:
    """Turn seconds into lines."""
    whole = spent[EVERYTHING]
    what = f"poll of {SESSIONS:,} finished sessions of {JOBS} jobs / bare httpx + json.loads"
    detail = f"bot {whole:.2f} s, bare {bare:.2f} s"
    stages = [
        Figure(f"  {stage}", spent[stage], "s", detail=NOTES.get(stage, "")) for stage in STAGES
    ]
    return [Figure(what, whole / bare, "×", MOST, detail=detail), *stages]


async def fetch_barely(http: httpx.AsyncClient) -> float:
    """Fetch and decode the pages as anybody would."""
    gc.collect()
    started_at = time.perf_counter()
    for page in range(1, SESSIONS // PAGE_SIZE + 1):
        found = await http.get(QUERY.format(page) + "&filter=EndTime")
        assert json.loads(found.content)["Entities"]
    return time.perf_counter() - started_at


async def poll_once(served: Mapping[str, str], http: httpx.AsyncClient) -> Spent:
    """Poll an empty EM with a fresh database, then fill it and measure the next poll."""
    async with polling(served) as (bot, count_sessions):
        assert await bot.poll()
        await http.get("/fill")
        gc.collect()
        with timing() as spent:
            started_at = time.perf_counter()
            assert await bot.poll()
            spent[EVERYTHING] = time.perf_counter() - started_at
        assert await count_sessions() == SESSIONS
        return spent


@asynccontextmanager
async def polling(
    served: Mapping[str, str],
) -> AsyncIterator[tuple[Polling, Callable[[], Awaitable[int]]]]:
    """Wire the real polling, and a way to count what it stored."""
    audience = Audience("C0123456789", 5)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        database = await Database.open(f"sqlite+aiosqlite:///{Path(folder) / 'bot.db'}")
        source = EnterpriseManagerClient(
            served["url"], "DEMO\\bot", "secret", ca_file=served["ca_file"]
        )
        asking = SqlAskingStore(database, source.name)

        async def count_sessions() -> int:
            return (await asking.load_figures()).sessions

        try:
            store = SqlPollingStore(database, source.name)
            yield (
                Polling(source, store, audience, utc_now, HttpHeartbeat(""), lambda: None),
                count_sessions,
            )
        finally:
            await source.close()
            await database.close()


@contextlib.contextmanager
def timing() -> Iterator[Spent]:
    """Add up the seconds of each stage; store is the whole transaction without the folding."""
    spent: Spent = defaultdict(float)
    with (
        patch.object(Exchanges, "get", _timed_call(Exchanges.get, spent, "fetch")),
        patch.object(
            conversations, "read_content", _timed(conversations.read_content, spent, "decode")
        ),
        patch.object(client, "session_from", _timed(translate.session_from, spent, "decode")),
        patch.object(recording, "_fold_all", _timed(recording._fold_all, spent, "fold")),
        patch.object(
            SqlPollingStore, "transaction", _timed_block(SqlPollingStore.transaction, spent)
        ),
    ):
        yield spent
    spent["store"] -= spent["fold"]


def _timed(call: Callable[..., Any], spent: Spent, stage: str) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        started_at = time.perf_counter()
        try:
            return call(*arguments)
        finally:
            spent[stage] += time.perf_counter() - started_at

    return timed


def _timed_call(call: Callable[..., Any], spent: Spent, stage: str) -> Callable[..., Any]:
    async def timed(*arguments: Any) -> Any:
        started_at = time.perf_counter()
        try:
            return await call(*arguments)
        finally:
            spent[stage] += time.perf_counter() - started_at

    return timed


def _timed_block(block: Callable[..., Any], spent: Spent) -> Callable[..., Any]:
    @asynccontextmanager
    async def timed(*arguments: Any) -> AsyncIterator[Any]:
        started_at = time.perf_counter()
        try:
            async with block(*arguments) as entered:
                yield entered
        finally:
            spent["store"] += time.perf_counter() - started_at

    return timed
