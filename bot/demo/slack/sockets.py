"""Socket Mode: tickets, connections, envelopes and their acknowledgements (reference §1.3)."""

import asyncio
import contextlib
import itertools
import json
import secrets
import uuid
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import WSCloseCode, WSMsgType, web

from bot.demo.slack.connections import close_quietly, reset
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal
from bot.demo.slack.swaps import Swaps
from bot.demo.slack.workspace import Workspace

ACK_SECONDS = 3.0  # reference §1.1
CONNECTIONS = 10  # reference §1.3, per app
CLOSE_SECONDS = 1.0  # how long a client may take to say goodbye
APPROXIMATE_CONNECTION_SECONDS = 18_060  # reference §1.3, `debug_info` of hello: hours

_ENDINGS = {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}

Kind = Literal["slash_commands", "interactive", "events_api"]
DisconnectReason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]


@dataclass(slots=True, eq=False)
class Connection:
    """One socket of the app. A deaf one stays open and says nothing, not even a pong."""

    request: web.Request
    socket: web.WebSocketResponse
    is_deaf: bool = False

    async def send(self, frame: Json) -> None:
        """Send one frame, unless the connection is deaf or gone."""
        if self.is_deaf or self.socket.closed:
            return
        with contextlib.suppress(ConnectionError):
            await self.socket.send_str(json.dumps(frame))


@dataclass(frozen=True, slots=True)
class Ack:
    """An acknowledgement and its payload, which counts only where one was accepted."""

    seconds: float
    payload: Json | None


class Sockets:
    """The open connections of the app and the envelopes under way."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._tickets: set[str] = set()
        self._acks: dict[str, asyncio.Future[Any]] = {}
        self._turns = itertools.count()
        self._open: set[Connection] = set()
        self.connections: list[Connection] = []
        self.is_refusing = False
        self.last_envelope: Json | None = None
        self._swaps = Swaps(workspace.changes)

    def open_url(self) -> str:
        """A one-time address; refused while the workspace refuses sockets."""
        if self.is_refusing:
            raise SlackRefusal("internal_error")
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        address = self._workspace.url.replace("http", "ws", 1)
        return f"{address}/link/?ticket={ticket}&app_id={self._workspace.app_id}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from its ticket to its end; a ticket opens one only (§1.3)."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden(text="invalid ticket")
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse(timeout=CLOSE_SECONDS, autoping=False, autoclose=False)
        await socket.prepare(request)
        connection = Connection(request, socket)
        if len(self.connections) >= CONNECTIONS:
            await connection.send({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        await self._serve_frames(connection)
        return socket

    async def deliver(
        self, kind: Kind, payload: Json, *, accepts: bool = False, **extra: object
    ) -> Ack | None:
        """Send one envelope to one connection; its acknowledgement, if it comes within 3 s.

        Connections take turns: each payload goes to one of them (reference §1.3). A payload of
        the acknowledgement counts for commands, and where the sender accepts one.
        """
        accepts = accepts or kind == "slash_commands"
        envelope = {
            "envelope_id": str(uuid.uuid4()),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": accepts,
            **extra,
        }
        self.last_envelope = envelope
        ack = await self._send(envelope)
        return ack if ack is None or accepts else Ack(ack.seconds, None)

    async def redeliver(self) -> Ack | None:
        """Send the last envelope again, as after a lost acknowledgement (reference §1.1)."""
        if self.last_envelope is None:
            raise LookupError("no envelope was sent yet")
        again = {"retry_attempt": 1, "retry_reason": "timeout"}
        return await self._send({**self.last_envelope, **again})

    async def disconnect(self, reason: DisconnectReason) -> None:
        """Tell every connection to go, as Slack does every few hours (reference §1.3)."""
        frame = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-demo"}}
        for connection in list(self.connections):
            await connection.send(frame)

    def swap_next(self) -> None:
        """Deliver the next two envelopes in swapped order (reference §1.3: no ordering)."""
        self._swaps.plan()

    @property
    def is_holding_back(self) -> bool:
        """Whether an envelope waits to be overtaken."""
        return self._swaps.is_holding

    def stop_swapping(self) -> None:
        """Let go of an envelope that waits to be overtaken."""
        self._swaps.clear()

    def go_deaf(self) -> None:
        """Keep all connections open and say nothing more on them (reference §5)."""
        for connection in self.connections:
            connection.is_deaf = True

    def drop(self, *, by_reset: bool = False) -> None:
        """End all connections without a closing frame."""
        for connection in list(self.connections):
            (reset if by_reset else close_quietly)(connection.request)

    async def close(self) -> None:
        """Close all connections in an orderly way, deaf ones by hanging up."""
        for connection in list(self._open):
            if connection.is_deaf:
                close_quietly(connection.request)
            else:
                await connection.socket.close(code=WSCloseCode.GOING_AWAY)

    async def _serve_frames(self, connection: Connection) -> None:
        self.connections.append(connection)
        self._open.add(connection)
        pings = asyncio.create_task(self._ping(connection))
        try:
            await connection.send(self._hello())
            self._workspace.changes.ring()
            while await self._receive(connection):
                pass
        finally:
            pings.cancel()
            self._open.discard(connection)
            self._leave(connection)

    def _leave(self, connection: Connection) -> None:
        """Send nothing more to a connection."""
        if connection in self.connections:
            self.connections.remove(connection)
            self._workspace.changes.ring()

    def _hello(self) -> Json:
        debug = {
            "host": "applink-demo",
            "approximate_connection_time": APPROXIMATE_CONNECTION_SECONDS,
        }
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "connection_info": {"app_id": self._workspace.app_id},
            "debug_info": debug,
        }

    async def _receive(self, connection: Connection) -> bool:
        """Take one frame; whether there may be more. A deaf connection does not even say goodbye.

        Its handler is cancelled when the client gives up waiting and ends the TCP connection.
        """
        message = await connection.socket.receive()
        if message.type in _ENDINGS:
            self._leave(connection)
            if connection.is_deaf and message.type is WSMsgType.CLOSE:
                await asyncio.Event().wait()
            await connection.socket.close()
            return False
        if message.type is WSMsgType.PING and not connection.is_deaf:
            await connection.socket.pong(message.data)
        elif message.type is WSMsgType.TEXT and not connection.is_deaf:
            self._acknowledge(message.data)
        return True

    def _acknowledge(self, text: str) -> None:
        """Take an acknowledgement; unreadable and unknown ones change nothing."""
        try:
            frame = json.loads(text)
        except ValueError:
            return
        envelope_id = frame.get("envelope_id") if isinstance(frame, dict) else None
        waiting = self._acks.get(str(envelope_id))
        if waiting is not None and not waiting.done():
            waiting.set_result(frame.get("payload"))

    async def _send(self, envelope: Json) -> Ack | None:
        if not self.connections:
            return None
        connection = self.connections[next(self._turns) % len(self.connections)]
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Any] = loop.create_future()
        self._acks[envelope["envelope_id"]] = waiting
        started_at = loop.time()
        try:
            async with asyncio.timeout(ACK_SECONDS):
                async with self._swaps.turn():
                    await connection.send(envelope)
                payload = await waiting
            return Ack(loop.time() - started_at, payload if isinstance(payload, dict) else None)
        except TimeoutError:
            return None
        finally:
            self._acks.pop(envelope["envelope_id"], None)

    async def _ping(self, connection: Connection) -> None:
        while not connection.socket.closed:
            await asyncio.sleep(self._workspace.options.socket_ping_seconds)
            if not connection.is_deaf:
                with contextlib.suppress(ConnectionError):
                    await connection.socket.ping(b"Ping from applink-demo")
