"""The address that takes uploaded bytes, and the one that shows them (reference §1.9)."""

from urllib.parse import quote

from aiohttp import web

from bot.demo.slack.api import WebApi
from bot.demo.slack.workspace import Workspace

METHOD = "upload"


class Uploads:
    """The second step of an upload: not a Web API method, no token."""

    def __init__(self, workspace: Workspace, api: WebApi) -> None:
        self._workspace = workspace
        self._api = api

    async def receive(self, request: web.Request) -> web.StreamResponse:
        """Take the bytes, raw or as a form; their number must be the one announced."""
        content = await _content(request)
        call = self._api.receive(METHOD, {"bytes": len(content)})

        def answer() -> web.Response:
            file = self._workspace.files.find(request.match_info["file"])
            if file is None or len(content) != file.length:
                call.outcome = "bad_upload"
                return web.Response(status=400, text="length does not match")
            file.content = content
            return web.Response(text=f"OK - {file.length}")

        return await self._api.run(call, request, answer)

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The bytes of a completed file: a picture for the page, anything else to be saved."""
        file = self._workspace.files.find(request.match_info["file"])
        if file is None or not file.is_complete:
            raise web.HTTPNotFound
        headers = {"X-Content-Type-Options": "nosniff"}
        if not file.mimetype.startswith("image/"):
            name = quote(file.filename, safe="")
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        return web.Response(body=file.content, content_type=file.mimetype, headers=headers)


async def _content(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""
