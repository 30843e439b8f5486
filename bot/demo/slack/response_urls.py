"""`response_url`: answers to one command or button (reference §1.1).

Five uses in thirty minutes, then HTTP 404; no metadata is stored (reference §1.7).
"""

import secrets
from dataclasses import dataclass, replace

from aiohttp import web

from bot.demo.slack.api import WebApi
from bot.demo.slack.arguments import read_request
from bot.demo.slack.contents import Draft, new_content, read_draft
from bot.demo.slack.messages import Message
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal
from bot.demo.slack.workspace import Workspace

USES = 5  # reference §1.1
SECONDS = 30 * 60.0  # reference §1.1
METHOD = "response_url"
_GONE = {"used_url", "expired_url", "invalid_url"}


@dataclass(slots=True)
class ResponseUrl:
    """One address: to whom it answers, and for a button which message it may replace."""

    user: str
    channel: str
    issued_at: float
    message_ts: str | None = None
    uses: int = 0


class ResponseUrls:
    """Issues the addresses and answers what is posted to them."""

    def __init__(self, workspace: Workspace, api: WebApi) -> None:
        self._workspace = workspace
        self._api = api
        self._urls: dict[str, ResponseUrl] = {}

    def issue(self, user: str, channel: str, message_ts: str | None = None) -> str:
        """A new address; with a message's timestamp for the press of its button."""
        key = secrets.token_urlsafe(18)
        self._urls[key] = ResponseUrl(user, channel, self._workspace.now(), message_ts)
        kind = "actions" if message_ts else "commands"
        return f"{self._workspace.url}/{kind}/{self._workspace.team_id}/{key}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One use over HTTP; refusals have a status of their own here, unlike the Web API."""
        try:
            given = (await read_request(request)).values
        except SlackRefusal:
            return self._api.reply({"ok": False, "error": "invalid_payload"}, 400)
        key = request.match_info["key"]
        channel = self._urls[key].channel if key in self._urls else None
        call = self._api.receive(METHOD, given, channel)

        def answer() -> web.Response:
            self.use(key, given)
            return web.Response(text="ok")

        return await self._api.run(call, request, answer, self._status_of)

    def use(self, key: str, given: Json) -> None:
        """Show, replace or delete what the payload says, within the limits (reference §1.1)."""
        url = self._urls.get(key)
        if url is None:
            raise SlackRefusal("invalid_url")
        if self._workspace.now() - url.issued_at > SECONDS:
            raise SlackRefusal("expired_url")
        if url.uses >= USES:
            raise SlackRefusal("used_url")
        self.respond(url, given)
        url.uses += 1

    def respond(self, url: ResponseUrl, given: Json) -> None:
        """Do what a payload asks for.

        Replacing and deleting work for a button's address only; after a slash command
        `replace_original` posts a new message (reference §1.1).
        """
        original = self._workspace.find(url.channel, url.message_ts) if url.message_ts else None
        if original is not None and given.get("delete_original"):
            self._workspace.delete(original)
            return
        draft = replace(read_draft(self._workspace, {**given, "metadata": None}), metadata=None)
        content = new_content(draft)
        if original is not None and given.get("replace_original"):
            self._replace(original, draft)
            return
        in_channel = given.get("response_type") == "in_channel"
        ephemeral_to = None if in_channel else url.user
        self._workspace.post_as_bot(url.channel, content, ephemeral_to=ephemeral_to)

    def _replace(self, original: Message, draft: Draft) -> None:
        self._workspace.edit(original, text=draft.text or "", blocks=draft.blocks or [])

    def _status_of(self, error: str) -> int:
        """An address that is used up or over is gone; a payload that is wrong is a bad request."""
        return self._workspace.options.expired_url_status if error in _GONE else 400
