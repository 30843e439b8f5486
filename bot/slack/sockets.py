"""Keeps one Socket Mode connection alive: connects, watches, and replaces what dies.

A connection can stay deaf with its process alive (reference §5), so it is watched, and only this
module reconnects. The program runs and alerts while Slack's sockets are unavailable.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import aiohttp
import stamina
import structlog
from slack_bolt.app.async_app import AsyncApp

from bot.errors import ReplicaBotError
from bot.slack.clients import CallFailed, SlackCalls, proxy_for
from bot.slack.connections import CLOSE_TIMEOUT, SocketClient
from bot.slack.outcomes import TOKEN

log = structlog.get_logger(__name__)

TO_BE_MENDED = MappingProxyType(
    {
        "link_disabled": "Socket Mode is switched off for this app: switch it on at "
        "api.slack.com/apps",
        "too_many_websockets": "10 connections of this app are open already: stop the other "
        "copies of the bot, or give them an app of their own",
    }
)
"""Slack's reasons to disconnect that connecting again does not mend (reference §1.3)."""

MIN_LIFE = timedelta(seconds=1)
"""Connections are not opened more often, whatever ends them."""

IN_FLIGHT_GRACE = timedelta(seconds=3)
"""How long a replaced connection may still acknowledge: Slack waits no longer (reference §1.1)."""

CONNECT_TIMEOUT = timedelta(seconds=10)
TICK = timedelta(milliseconds=250)
WAIT_MAX = timedelta(seconds=30)  # longest back-off between two attempts to connect


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient a connection is.

    `ping`: Slack's default of 10 s notices a dead socket after 40 s only (reference §5).
    `deaf_after`: a connection that said nothing for so long, not even a pong, is replaced.
    `pause`: where a person must act, we look so often whether one did.
    `linger`: Slack closes about 10 s after it announced to (§1.3) and may still send until then.
    """

    ping: timedelta = timedelta(seconds=5)
    deaf_after: timedelta = timedelta(seconds=15)
    pause: timedelta = timedelta(seconds=60)
    linger: timedelta = timedelta(seconds=10)


class ConnectionFailed(ReplicaBotError):
    """No socket could be opened; `pause` is how long Slack or good sense wants us to wait."""

    def __init__(self, problem: str, pause: float | None = None) -> None:
        super().__init__(problem)
        self.pause = pause


class SocketConnection:
    """Listens to Slack once started; `is_connected` and `problem` tell how it is."""

    def __init__(
        self,
        app: AsyncApp,
        calls: SlackCalls,
        app_token: str,
        timing: Timing = Timing(),  # frozen
    ) -> None:
        self._app = app
        self._calls = calls
        self._app_token = app_token
        self._timing = timing
        self._client: SocketClient | None = None
        self._running: asyncio.Task[None] | None = None
        self._retiring: dict[asyncio.Task[None], SocketClient] = {}
        self._problem = "not connected to Slack yet"
        self._tried = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        """Whether Slack was heard on an open socket lately."""
        client = self._client
        if client is None or not client.is_open or not client.was_heard:
            return False
        return time.monotonic() - client.heard_at < self._timing.deaf_after.total_seconds()

    @property
    def last_heard_at(self) -> datetime | None:
        """When the present connection was last heard; None before it was."""
        client = self._client
        if client is None or not client.was_heard:
            return None
        return datetime.now(UTC) - timedelta(seconds=time.monotonic() - client.heard_at)

    @property
    def problem(self) -> str:
        """What is wrong with the connection and what to do; empty when all is well."""
        if self.is_connected:
            return ""
        return self._problem or "nothing was heard from Slack lately, connecting again"

    def start(self) -> None:
        """Connect in the background, and stay connected."""
        self._running = asyncio.create_task(self._run())

    async def wait_until_tried(self) -> None:
        """Return once the first attempt to connect has succeeded or failed."""
        await self._tried.wait()

    async def close(self) -> None:
        """Stop listening, within 2 s."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        for client in self._retiring.values():
            client.hurry()
        self._retire(CLOSE_TIMEOUT)
        await asyncio.gather(*self._retiring)

    async def _run(self) -> None:
        while True:
            client = await self._connect()
            self._replace(client)
            why, _ = await asyncio.gather(
                self._watch(client), asyncio.sleep(MIN_LIFE.total_seconds())
            )
            log.info("socket_to_be_replaced", why=why)
            self._problem = TO_BE_MENDED.get(why, f"the connection ended ({why}), connecting again")
            if why in TO_BE_MENDED:
                self._retire(IN_FLIGHT_GRACE)
                await asyncio.sleep(self._timing.pause.total_seconds())

    async def _connect(self) -> SocketClient:
        """Open a connection, however long that takes; a failure is logged once, and its end."""
        async for attempt in stamina.retry_context(
            on=_pause_after, attempts=None, timeout=None, wait_max=WAIT_MAX.total_seconds()
        ):
            with attempt:
                return await self._try_to_connect()
        raise AssertionError("there is no last attempt")

    async def _try_to_connect(self) -> SocketClient:
        client = SocketClient(self._app, self._calls, self._app_token, self._timing.ping)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT.total_seconds()):
                client.wss_uri = await self._fetch_address()
                client.proxy = proxy_for(client.wss_uri.replace("ws", "http", 1))
                await client.connect()
        except (ConnectionFailed, OSError, ValueError, aiohttp.ClientError) as failed:
            await client.end(timedelta(0))
            raise self._failure(failed) from failed
        except asyncio.CancelledError:
            await client.end(timedelta(0))
            raise
        return client

    async def _fetch_address(self) -> str:
        try:
            reply = await self._calls.fetch("apps.connections.open", token=self._app_token)
        except CallFailed as failed:
            if failed.code in TOKEN:
                hint = "make an app-level token with connections:write and set SLACK_APP_TOKEN"
                problem = f"Slack refuses the app token ({failed.code}): {hint}"
                raise ConnectionFailed(problem, WAIT_MAX.total_seconds()) from failed
            raise ConnectionFailed(
                f"Slack opens no socket: {failed}", failed.retry_after
            ) from failed
        return str(reply.data.get("url", ""))

    def _failure(self, failed: Exception) -> ConnectionFailed:
        problem = str(failed) or type(failed).__name__
        if problem != self._problem:
            log.warning("socket_not_connected", problem=problem)
        self._problem = problem
        self._tried.set()
        pause = failed.pause if isinstance(failed, ConnectionFailed) else None
        return ConnectionFailed(problem, pause)

    def _replace(self, client: SocketClient) -> None:
        """Make before break: an old one that Slack is to close serves until then."""
        is_announced = self._client is not None and bool(self._client.ending)
        self._retire(IN_FLIGHT_GRACE, self._timing.linger if is_announced else timedelta(0))
        self._client = client
        self._problem = ""
        self._tried.set()
        log.info("socket_connected")

    def _retire(self, grace: timedelta, linger: timedelta = timedelta(0)) -> None:
        if self._client is None:
            return
        task = asyncio.create_task(self._client.retire(linger, grace))
        self._retiring[task] = self._client
        task.add_done_callback(self._retiring.pop)
        self._client = None

    async def _watch(self, client: SocketClient) -> str:
        """Return why this connection must be replaced, once it must."""
        while not client.ending:
            silence = await client.listen()
            if not client.is_open:
                return "closed"
            if silence > self._timing.deaf_after.total_seconds():
                return f"nothing heard for {silence:.0f} s"
            await asyncio.sleep(TICK.total_seconds())
        return client.ending


def _pause_after(error: Exception) -> bool | float:
    """Retry every failure to connect, after the pause that Slack asked for."""
    if not isinstance(error, ConnectionFailed):
        return False
    return True if error.pause is None else error.pause
