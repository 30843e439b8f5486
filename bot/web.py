"""/healthz and /readyz: whether the process lives, and whether it can see and speak.

In HTTP mode also /slack/events, where Slack's requests come in.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.response import BoltResponse

log = structlog.get_logger()

SLACK_PATH = "/slack/events"
"""Where Slack's requests come in; the manifest of HTTP mode names it."""

BODY_BYTES = 1_000_000  # ours: Slack's payloads hold a message or a view, 250 kB (reference §1.10)

Problems = Callable[[], Awaitable[Sequence[str]]]
Receive = Callable[[bytes, Mapping[str, str]], Awaitable[BoltResponse]]


class WebServer:
    """Serves the bot's pages. A port that is taken costs only them, never an alert."""

    def __init__(
        self, host: str, port: int, problems: Problems, receive: Receive | None = None
    ) -> None:
        self._host = host
        self._port = port
        self._problems = problems
        self._receive = receive
        self._runner: web.AppRunner | None = None
        self.problem = ""

    async def start(self) -> None:
        """Listen; a failure is logged with what to do."""
        app = web.Application(client_max_size=BODY_BYTES)
        app.router.add_get("/healthz", self._tell_alive)
        app.router.add_get("/readyz", self._tell_ready)
        if self._receive:
            app.router.add_post(SLACK_PATH, partial(_take_request, self._receive))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            fix = f"free {self._host}:{self._port} or set HTTP_PORT (0 picks a free one)"
            if self._receive:
                self.problem = f"Slack's requests cannot come in ({error.strerror}): {fix}"
            said = {"cause": error.strerror, "fix": fix}
            log.error("health_pages_unavailable", **said)  # noqa: TRY400 - no bug of ours
            return
        log.info("health_pages_served", port=self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner:
            await self._runner.cleanup()

    async def _tell_alive(self, _request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def _tell_ready(self, _request: web.Request) -> web.Response:
        problems = list(await self._problems())
        return web.json_response(
            {"ready": not problems, "problems": problems}, status=503 if problems else 200
        )


async def _take_request(receive: Receive, request: web.Request) -> web.Response:
    """Bring a request of Slack's to where it is checked and answered."""
    return await to_aiohttp_response(await receive(await request.read(), request.headers))
