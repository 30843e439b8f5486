"""One Socket Mode connection, used once: what it hears, what it still owes, and its end.

The stock client reconnects with a used address and breaks before it makes (reference §1.3, §5), so
it does not reconnect here at all: `bot.slack.sockets` opens another.
"""

import asyncio
import contextlib
import logging
import time
from datetime import timedelta
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.slack.clients import SlackCalls

CLOSE_TIMEOUT = timedelta(seconds=1)
"""A deaf peer answers no closing handshake."""

LINGER_TICK = timedelta(milliseconds=100)


class SocketClient(SocketModeClient):
    """One connection, used once: it tells when it was heard and when it must be replaced."""

    def __init__(self, app: AsyncApp, calls: SlackCalls, app_token: str, ping: timedelta) -> None:
        super().__init__(
            app_token,
            logger=_socket_logger(),
            web_client=calls.client,
            auto_reconnect_enabled=False,
            ping_interval=ping.total_seconds(),
        )
        self._app = app
        self._seen_pong: float | None = None
        self._pinged_at = 0.0
        self._hurried = asyncio.Event()
        self.heard_at = time.monotonic()
        self.was_heard = False
        self.ending = ""
        self.in_flight: set[asyncio.Task[Any]] = set()
        self.on_message_listeners.append(self._hear)
        self.socket_mode_request_listeners.append(self._dispatch)

    async def connect(self) -> None:
        """Open the socket once; the caller retries, with a new client and a new address."""
        self.current_session = await self.aiohttp_client_session.ws_connect(
            self.wss_uri or "",
            autoping=False,
            proxy=self.proxy,
            ssl=self.web_client.ssl if self.web_client.ssl is not None else True,
        )
        self.message_receiver = asyncio.ensure_future(self.receive_messages())

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        """Keep the stock client from reconnecting by itself on `disconnect`."""
        if message.get("type") == "disconnect":
            self.ending = str(message.get("reason") or "disconnect")
            return
        await super().run_message_listeners(message, raw_message)

    async def listen(self) -> float:
        """Ping when it is time, and say for how many seconds nothing was heard."""
        now = time.monotonic()
        if self.current_session is not None and now - self._pinged_at >= self.ping_interval:
            self._pinged_at = now
            with contextlib.suppress(ConnectionError):  # a closed socket is seen by `is_open`
                await self.current_session.ping(f"sdk-ping-pong:{time.time()}".encode())
        if self.last_ping_pong_time != self._seen_pong:
            self._seen_pong = self.last_ping_pong_time
            self._note()
        return now - self.heard_at

    @property
    def is_open(self) -> bool:
        """Whether the socket is open as far as this side knows."""
        return self.current_session is not None and not self.current_session.closed

    async def retire(self, linger: timedelta, grace: timedelta) -> None:
        """Serve on until Slack closes the connection, as it announced, or `linger` is over.

        What Slack still sends on a connection that this side closes would be lost.
        """
        until = time.monotonic() + linger.total_seconds()
        while self.is_open and time.monotonic() < until and not self._hurried.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurried.wait(), LINGER_TICK.total_seconds())
        await self.end(grace)

    async def end(self, grace: timedelta) -> None:
        """Close, after acknowledgements under way had `grace` to leave; leaves no task behind."""
        if self.in_flight:
            await asyncio.wait(self.in_flight, timeout=grace.total_seconds())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT.total_seconds()):
                await self.close()  # type: ignore[no-untyped-call]  # the SDK's own
        await self.aiohttp_client_session.close()
        owned = [task for task in (self.message_processor, self.message_receiver) if task]
        for task in owned:
            task.cancel()
        await asyncio.gather(*owned, return_exceptions=True)

    def hurry(self) -> None:
        """Give up lingering, and what is not acknowledged yet."""
        self._hurried.set()
        for task in self.in_flight:
            task.cancel()

    async def _hear(self, _message: aiohttp.WSMessage) -> None:
        self._note()

    def _note(self) -> None:
        self.heard_at = time.monotonic()
        self.was_heard = True

    async def _dispatch(
        self, client: AsyncBaseSocketModeClient, request: SocketModeRequest
    ) -> None:
        task = asyncio.current_task()
        if task is not None:
            self.in_flight.add(task)
            task.add_done_callback(self.in_flight.discard)
        started_at = time.time()
        response = await run_async_bolt_app(self._app, request)
        await send_async_response(client, request, response, started_at)


def _socket_logger() -> logging.Logger:
    """Give the stock client a logger for errors only: what matters is logged here, once."""
    logger = logging.getLogger("replica_bot.socket")
    logger.setLevel(logging.CRITICAL)
    return logger
