"""The workspace as a running server: its routes, its start and its end."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

from aiohttp import web

from bot.demo.slack.control import control_app
from bot.demo.slack.handles import WorkspaceHandle
from bot.demo.slack.options import SlackOptions
from bot.demo.slack.pages import Pages
from bot.demo.slack.uploads import Uploads

BODY_BYTES = 32 * 1024 * 1024
SHUTDOWN_SECONDS = 1.0
_DEFAULTS = SlackOptions()
_NO_APPS: Mapping[str, web.Application] = MappingProxyType({})


class SlackWorkspace(WorkspaceHandle):
    """An emulated Slack workspace on a port of this machine; see `WorkspaceHandle`."""

    def __init__(self, options: SlackOptions) -> None:
        super().__init__(options)
        self._pages = Pages(self)
        self._runner: web.AppRunner | None = None

    @classmethod
    async def start(
        cls,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        options: SlackOptions = _DEFAULTS,
        extra_apps: Mapping[str, web.Application] = _NO_APPS,
    ) -> Self:
        """Serve a new workspace over plain HTTP, with other apps mounted at their prefixes."""
        slack = cls(options)
        app = web.Application(client_max_size=BODY_BYTES)
        for prefix, mounted in extra_apps.items():
            app.add_subapp(prefix, mounted)
        await slack._serve(app, host, port)
        return slack

    async def stop(self) -> None:
        """End every connection and free the port."""
        self.faults.clear()
        self.events.stop()
        self._pages.stop()
        await self.sockets.close()
        await self.requests.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, app: web.Application, host: str, port: int) -> None:
        self._add_routes(app)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=SHUTDOWN_SECONDS, access_log=None
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.workspace.url = f"http://{host}:{self._runner.addresses[0][1]}"

    def _add_routes(self, app: web.Application) -> None:
        uploads = Uploads(self.workspace, self.api)
        app.add_subapp("/control/slack", control_app(self))
        app.router.add_route("*", "/api/{method}", self.api.serve)
        app.router.add_get("/link/", self.sockets.serve)
        app.router.add_post("/commands/{team}/{key}", self.urls.serve)
        app.router.add_post("/actions/{team}/{key}", self.urls.serve)
        app.router.add_post("/upload/v1/{file}", uploads.receive)
        app.router.add_get("/files/{file}", uploads.show)
        self._pages.add_routes(app)
