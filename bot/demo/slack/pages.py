"""The web page of the workspace: three static files and a stream of snapshots."""

import asyncio
import json
from pathlib import Path

from aiohttp import web

from bot.demo.slack.handles import WorkspaceHandle
from bot.demo.slack.snapshots import snapshot

COALESCE_SECONDS = 0.05
"""Changes within this time are one update of the page."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_FOLDER = Path(__file__).parent / "page"


class Pages:
    """Serves the page and keeps it up to date by Server-Sent Events."""

    def __init__(self, slack: WorkspaceHandle) -> None:
        self._slack = slack
        self._is_stopping = False

    def add_routes(self, app: web.Application) -> None:
        """Serve the page at `/`, its parts beside it."""
        app.router.add_get("/", self.show)
        app.router.add_get("/page/stream", self.stream)
        app.router.add_get("/page/{name}", self.show)

    def stop(self) -> None:
        """End all streams."""
        self._is_stopping = True
        self._slack.workspace.changes.ring()

    async def show(self, request: web.Request) -> web.StreamResponse:
        """One of the page's files."""
        path = _FOLDER / request.match_info.get("name", "page.html")
        if path.parent != _FOLDER or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers=HEADERS)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """A snapshot now and after each change of what is seen."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **HEADERS})
        await response.prepare(request)
        changes, shown = self._slack.workspace.changes, ""
        while not self._is_stopping:
            seen = changes.count
            current = json.dumps(snapshot(self._slack))
            if current != shown:
                await response.write(f"data: {current}\n\n".encode())
                shown = current
            await changes.after(seen)
            await asyncio.sleep(COALESCE_SECONDS)
        return response
