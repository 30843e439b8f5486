"""An EM that has rendered its pages beforehand and only writes bytes, over TLS.

Run as a process of its own. The pages come from the emulated EM (PascalCase, null siblings); their
clock stands still, so that all sessions end after the first poll and before the second.
"""

import asyncio
import json
import re
import ssl
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random

import httpx

from bot.demo.em import EnterpriseManager, World
from bot.demo.em.certificates import Authority
from tests.benchmarks.processes import tell_and_serve

SESSIONS, JOBS, PAGE_SIZE = 10_000, 400, 100
BAD = 0.02
SPAN = timedelta(hours=1)
HOST = "127.0.0.1"
QUERY = "/api/query?type=ReplicaJobSession&format=Entities&sortAsc=EndTime&pageSize=100&page={}"
TOKEN = {"X-RestSvcSessionId": "benchmark"}


def add_sessions(world: World, start: datetime) -> None:
    """Let 400 jobs on four servers run in turn for an hour; 2 % end badly."""
    random = Random(2014)
    servers = [world.add_server(f"vbr{number:02}.example.com") for number in range(4)]
    jobs = [world.add_job(f"Replica {n:03}", servers[n % len(servers)]) for n in range(JOBS)]
    for number in range(SESSIONS):
        ended_at = start + (number + 1) * SPAN / SESSIONS
        bad = random.choice(("Warning", "Failed"))
        world.add_session(
            jobs[number % JOBS],
            result=bad if random.random() < BAD else "Success",
            created_at=ended_at - timedelta(seconds=90),
            ended_at=ended_at,
        )


async def render_pages(start: datetime) -> tuple[bytes, list[bytes]]:
    """Let the emulated EM write the page of an empty list and all others; it ends afterwards."""
    em = await EnterpriseManager.start()
    try:
        trust = ssl.create_default_context(cafile=em.ca_file)
        async with httpx.AsyncClient(base_url=em.url, verify=trust, trust_env=False) as http:
            logon = await http.post(
                "/api/sessionMngr/?v=latest", auth=(em.username, em.password), content=b""
            )
            http.headers["X-RestSvcSessionId"] = logon.headers["X-RestSvcSessionId"]
            http.headers["Accept"] = "application/json"
            empty = (await http.get(QUERY.format(1))).content
            add_sessions(em.world, start)
            count = SESSIONS // PAGE_SIZE
            pages = [(await http.get(QUERY.format(n + 1))).content for n in range(count)]
            return empty, pages
    finally:
        await em.stop()


def response(
    status: str, date: datetime, body: bytes = b"", extra: dict[str, str] | None = None
) -> bytes:
    """Write a whole HTTP response."""
    headers = {
        "Date": format_datetime(date, usegmt=True),
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
        **(extra or {}),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


@dataclass
class Shelf:
    """Every response there is; `is_full` once the sessions have ended."""

    logon: bytes
    nothing: bytes
    still_nothing: bytes
    pages: list[bytes]
    is_full: bool = field(default=False)

    @classmethod
    async def stock(cls) -> "Shelf":
        """Render everything."""
        start = datetime.now(UTC).replace(microsecond=0) - 2 * SPAN
        end = start + SPAN
        empty, pages = await render_pages(start)
        return cls(
            logon=response("201 Created", start, json.dumps({"SessionId": "1"}).encode(), TOKEN),
            nothing=response("200 OK", start, empty),
            still_nothing=response("200 OK", end, empty),
            pages=[response("200 OK", end, page) for page in pages],
        )

    def take(self, method: bytes, target: bytes) -> bytes:
        """Choose the response; `/fill` and `/clear` decide whether the sessions have ended."""
        if method == b"POST":
            return self.logon
        if target in (b"/fill", b"/clear"):
            self.is_full = target == b"/fill"
        if not self.is_full:
            return self.nothing
        if b"EndTime" not in target:
            return self.still_nothing
        number = re.search(rb"[?&]page=(\d+)", target)
        return self.pages[int(number[1]) - 1 if number else 0]


class Writer(asyncio.Protocol):
    """One connection: finds the ends of requests, and writes."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._heard = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to write to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that has come whole; none has a body."""
        self._heard += data
        while b"\r\n\r\n" in self._heard and self._transport is not None:
            head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            method, target, _ = head.split(b" ", 2)
            self._transport.write(self._shelf.take(method, target))


async def main() -> None:
    """Serve until the one who started this is done."""
    shelf = await Shelf.stock()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        certificates = Authority(Path(folder), HOST).issue()
        server = await asyncio.get_running_loop().create_server(
            lambda: Writer(shelf), HOST, 0, ssl=certificates.context
        )
        port = server.sockets[0].getsockname()[1]
        await tell_and_serve(
            {"url": f"https://{HOST}:{port}", "ca_file": str(certificates.ca_file)}
        )


if __name__ == "__main__":
    asyncio.run(main())
