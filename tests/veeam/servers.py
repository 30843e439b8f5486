"""A server over real sockets that answers what a test tells it to, and remembers the requests."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

JSON = "application/json"
XML = "application/xml"
TOKEN = "dG9rZW4tdGhhdC1tdXN0LW5vdC1sZWFr"
SESSION_ID = "5e5510a1-0000-4000-8000-00000000dead"

Answer = web.StreamResponse
Handler = Callable[[web.Request], Awaitable[Answer]]


@dataclass
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass
class Server:
    """Logs on whoever asks; everything else is up to `answer`."""

    answer: Handler
    log_on: Handler
    requests: list[Asked] = field(default_factory=list)
    port: int = 0
    scheme: str = "http"
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.requests]

    def asked(self, method: str, path: str = "") -> list[Asked]:
        return [
            each for each in self.requests if each.method == method and each.path.endswith(path)
        ]

    async def start(self, tls: ssl.SSLContext | None = None) -> "Server":
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._receive)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.scheme = "https" if tls else "http"
        return self

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _receive(self, request: web.Request) -> Answer:
        self.requests.append(
            Asked(request.method, request.path, dict(request.query), dict(request.headers))
        )
        if request.method == "POST":
            return await self.log_on(request)
        if request.method == "DELETE":
            return web.Response(status=204)
        return await self.answer(request)


def reply(
    body: str | bytes = "", status: int = 200, content_type: str = JSON, **headers: str
) -> Handler:
    """Answer always the same; `X_Name` is the header `X-Name`."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_: web.Request) -> Answer:
        return web.Response(
            body=body.encode() if isinstance(body, str) else body,
            status=status,
            headers={"Content-Type": content_type, **more},
        )

    return answer


def in_turn(*answers: Handler) -> Handler:
    """Answer each in turn, the last one for ever."""
    left = list(answers)

    async def answer(request: web.Request) -> Answer:
        return await (left.pop(0) if len(left) > 1 else left[0])(request)

    return answer


async def welcome(_: web.Request) -> Answer:
    """Log on as the reference says, with a cookie that must not come back (reference §3)."""
    body = f'{{"UserName": "bot", "SessionId": "{SESSION_ID}"}}'
    headers = {"X-RestSvcSessionId": TOKEN, "Set-Cookie": f"X-RestSvcSessionId={TOKEN}; Path=/api;"}
    return web.Response(text=body, status=201, content_type=JSON, headers=headers)
