"""/healthz and /readyz: whether the process lives, and whether it can see and speak."""

from collections.abc import Awaitable, Callable, Sequence

import structlog
from aiohttp import web

log = structlog.get_logger()

Problems = Callable[[], Awaitable[Sequence[str]]]


class HealthServer:
    """Serves the health pages. A port that is taken costs only them, never an alert."""

    def __init__(self, host: str, port: int, problems: Problems) -> None:
        self._host = host
        self._port = port
        self._problems = problems
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen; a failure is logged with what to do."""
        app = web.Application()
        app.router.add_get("/healthz", self._tell_alive)
        app.router.add_get("/readyz", self._tell_ready)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            log.error(  # noqa: TRY400 - the address in use is no bug of ours
                "health_pages_unavailable",
                cause=error.strerror,
                fix=f"free {self._host}:{self._port} or set HTTP_PORT (0 picks a free one)",
            )
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
