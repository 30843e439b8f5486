"""What a command costs the bot over what Bolt itself costs, in CPU and in rate.

Both answer in this process over a real Socket Mode connection; whoever types, Slack and EM live in
another. The bot is the real one, wired by its composition root, after its first poll; its schedule
does not run, because polls are measured elsewhere.
"""

import gc
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest.mock import patch

import httpx
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import App
from bot.settings import load_settings
from tests.benchmarks.figures import AT_LEAST, Figure, best_rate, best_time
from tests.benchmarks.processes import serving

TEXT = "pong"
ROUNDS = 5
CPU_COMMANDS, RATE_COMMANDS, AT_ONCE = 60, 384, 64
MOST_ADDED_MS = 3.0
LEAST_RATE = 1 / 3
REQUEST_TIMEOUT = 120.0

Connected = Callable[[], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Command:
    """What people type, each their own line, and a word of the answer."""

    lines: Sequence[str]
    words: str


class Typist:
    """Has commands typed by the other process and looks at what they cost here."""

    def __init__(self, http: httpx.AsyncClient, sessions: Sequence[str]) -> None:
        self._http = http
        lines = [f"/replica {session}" for session in sessions[:AT_ONCE]]
        self.bare = Command(["/replica"], TEXT)
        self.status = Command(["/replica status"], "✅")
        self.session = Command(lines[:1], "failed")
        self.sessions = Command(lines, "failed")

    async def cost(self, command: Command) -> float:
        """The CPU time of one command, in milliseconds; they are typed one after the other."""
        await self._type(command, 10, 1)
        gc.collect()
        started_at = time.process_time()
        await self._type(command, CPU_COMMANDS, 1)
        return (time.process_time() - started_at) * 1000 / CPU_COMMANDS

    async def rate(self, command: Command) -> float:
        """The commands answered in a second, with 64 people typing."""
        await self._type(command, AT_ONCE, AT_ONCE)
        gc.collect()
        return RATE_COMMANDS / await self._type(command, RATE_COMMANDS, AT_ONCE)

    async def _type(self, command: Command, count: int, at_once: int) -> float:
        asked = {**asdict(command), "count": count, "at_once": at_once}
        found = (await self._http.post("/ask", json=asked)).json()
        assert not found["failures"], f"{command.lines[0]} was not answered with {command.words}"
        return float(found["seconds"])


async def measure_commands() -> list[Figure]:
    """Measure bare Bolt and the bot in turn, several times."""
    found: dict[str, list[float]] = {}
    with serving("tests.benchmarks.workspace") as served:
        async with (
            httpx.AsyncClient(base_url=served["bench"], timeout=REQUEST_TIMEOUT) as http,
            running_bot(served) as bot,
        ):
            typist = Typist(http, served["sessions"].split())
            for _ in range(ROUNDS):
                for name, value in (await measure_once(served, typist, bot)).items():
                    found.setdefault(name, []).append(value)
    return describe({name: best(name, values) for name, values in found.items()})


def best(name: str, values: Sequence[float]) -> float:
    """The best of several rounds."""
    return best_rate(values) if name.endswith("rate") else best_time(values)


async def measure_once(
    served: Mapping[str, str], typist: Typist, bot: Connected
) -> dict[str, float]:
    """One round of everything."""
    found = {}
    async with connected_bolt(served, acknowledge):
        found["bare"] = await typist.cost(typist.bare)
    async with connected_bolt(served, acknowledge_and_respond):
        found["bare rate"] = await typist.rate(typist.bare)
    async with bot():
        found["session"] = await typist.cost(typist.session)
        found["status"] = await typist.cost(typist.status)
        found["session rate"] = await typist.rate(typist.session)
        found["status rate"] = await typist.rate(typist.status)
        found["sessions rate"] = await typist.rate(typist.sessions)
    return found


def describe(found: Mapping[str, float]) -> list[Figure]:
    """Turn figures into lines."""
    commands = {"status": "/replica status", "session": "/replica <id>"}
    costs = [
        Figure(
            f"CPU added per {line}",
            found[name] - found["bare"],
            "ms",
            MOST_ADDED_MS,
            detail=f"bot {found[name]:.2f} ms, bare ack {found['bare']:.2f} ms",
        )
        for name, line in commands.items()
    ]
    rates = [
        Figure(
            f"rate of {AT_ONCE} × {line} / bare ack + respond",
            found[f"{name} rate"] / found["bare rate"],
            "×",
            LEAST_RATE,
            AT_LEAST,
            f"bot {found[f'{name} rate']:.0f}/s, bare {found['bare rate']:.0f}/s",
        )
        for name, line in commands.items()
    ]
    others = found["sessions rate"] / found["bare rate"]
    each_another = Figure("  the same, each another id", others, "×", detail="EM is asked for each")
    return [*costs, *rates, each_another]


async def acknowledge(ack: AsyncAck) -> None:
    """Answer in the acknowledgement."""
    await ack(TEXT)


async def acknowledge_and_respond(ack: AsyncAck, respond: AsyncRespond) -> None:
    """Answer through the response_url."""
    await ack()
    await respond(TEXT)


@asynccontextmanager
async def connected_bolt(
    served: Mapping[str, str], listener: Callable[..., object]
) -> AsyncIterator[None]:
    """Run an app of one listener, as Bolt's documents write it."""
    client = AsyncWebClient(served["SLACK_BOT_TOKEN"], base_url=served["SLACK_API_URL"])
    app = AsyncApp(client=client)
    app.command("/replica")(listener)
    handler = AsyncSocketModeHandler(app, served["SLACK_APP_TOKEN"])
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's is untyped
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # likewise


@asynccontextmanager
async def running_bot(served: Mapping[str, str]) -> AsyncIterator[Connected]:
    """Build the real bot and let it poll once; yields how to connect it."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        chosen = {name: value for name, value in served.items() if name.isupper()}
        database = {"DATABASE_URL": f"sqlite+aiosqlite:///{Path(folder) / 'bot.db'}"}
        with patch.dict(os.environ, chosen | database):
            settings = load_settings(dict(os.environ), Path(folder) / "none")
        app = await App.build(settings)
        try:
            assert await app._polling.poll()
            yield lambda: _connected(app)
        finally:
            await app.close()


@asynccontextmanager
async def _connected(app: App) -> AsyncIterator[None]:
    assert app._socket is not None
    app._socket.start()
    await app._socket.wait_until_tried()
    try:
        yield
    finally:
        await app._socket.close()
