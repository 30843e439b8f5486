"""The Web API as HTTP: reads a call, checks its token, answers it, spoils it where told to.

Every answer is HTTP 200 with `ok`, apart from 429 (reference §1.2), and carries the workspace's own
`Date` and the token's scopes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from aiohttp import web

from bot.demo.slack.arguments import ApiRequest, read_request
from bot.demo.slack.faults import FaultPlan
from bot.demo.slack.limits import Limits
from bot.demo.slack.methods.context import Context
from bot.demo.slack.methods.registry import METHODS, Method
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import RateLimited, SlackRefusal
from bot.demo.slack.workspace import Workspace


@dataclass(slots=True)
class ApiCall:
    """One call that was received: `outcome` is "ok", an error code or what was done to it."""

    method: str
    args: Json
    at: datetime
    outcome: str = "pending"
    channel: str | None = None


class WebApi:
    """Answers `/api/<method>`; keeps a list of all calls."""

    def __init__(
        self, workspace: Workspace, faults: FaultPlan, open_socket: Callable[[], str]
    ) -> None:
        self.workspace = workspace
        self.faults = faults
        self.limits = Limits()
        self.calls: list[ApiCall] = []
        self._open_socket = open_socket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One call over HTTP."""
        name = request.match_info["method"]
        asked: ApiRequest | None = None
        refused: SlackRefusal | None = None
        try:
            asked = await read_request(request)
        except SlackRefusal as refusal:
            refused = refusal
        call = self.receive(name, asked.values if asked else {})

        def answer() -> web.Response:
            if asked is None:
                raise refused or SlackRefusal("invalid_form_data")
            return self.reply(self._answer(name, asked))

        return await self.run(call, request, answer)

    def receive(
        self, method: str, args: Mapping[str, object], channel: str | None = None
    ) -> ApiCall:
        """Note a call at the moment it arrives, with the channel that it is about."""
        at = datetime.fromtimestamp(self.workspace.now(), UTC)
        named = channel or args.get("channel") or args.get("channel_id")
        place = self.workspace.place(str(named)) if named else None
        call = ApiCall(method, dict(args), at, channel=place)
        self.calls.append(call)
        self.workspace.changes.ring()
        return call

    async def run(
        self,
        call: ApiCall,
        request: web.Request,
        answer: Callable[[], web.Response],
        status_of: Callable[[str], int] = lambda _error: 200,
    ) -> web.Response:
        """Answer a call, with the faults that are planned for it before and after acceptance."""
        response = web.Response()
        try:
            await self._strike(call, request, after_acceptance=False)
            if call.outcome == "pending":
                response = answer()
                await self._strike(call, request, after_acceptance=True)
            if call.outcome == "pending":
                call.outcome = "ok"
        except RateLimited as limit:
            call.outcome = "ratelimited"
            headers = {"Retry-After": str(limit.retry_after)}
            response = self.reply({"ok": False, "error": "ratelimited"}, 429, headers)
        except SlackRefusal as refusal:
            call.outcome = refusal.error
            response = self.reply(refusal.body(), status_of(refusal.error))
        finally:
            self.workspace.changes.ring()
        return response

    def reply(
        self, body: Json, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        """JSON with the headers that Slack sends."""
        now = datetime.fromtimestamp(self.workspace.now(), UTC)
        scopes = ",".join(sorted(self.workspace.options.granted_scopes))
        common = {"Date": format_datetime(now, usegmt=True), "x-oauth-scopes": scopes}
        return web.json_response(body, status=status, headers={**common, **(headers or {})})

    async def _strike(self, call: ApiCall, request: web.Request, *, after_acceptance: bool) -> None:
        fault = self.faults.take(
            call.method, after_acceptance=after_acceptance, channel=call.channel
        )
        if fault is None:
            return
        if fault.kind != "hold":
            call.outcome = fault.kind
        await self.faults.strike(fault, request)

    def _answer(self, name: str, asked: ApiRequest) -> Json:
        method = METHODS.get(name)
        if method is None:
            raise SlackRefusal("unknown_method", req_method=name)
        self._check_token(method, asked)
        context = Context(self.workspace, self.limits, self._open_socket, asked)
        if method.scope is not None:
            context.require_scope(method.scope)
        return method.answer(context)

    def _check_token(self, method: Method, asked: ApiRequest) -> None:
        """The right token in the right place: an `xapp-` token in the header only (§1.3)."""
        wants_app = method.takes_app_token
        token = asked.header_token if wants_app else asked.token
        if token is None:
            raise SlackRefusal("not_authed")
        if token in self.workspace.old_bot_tokens:
            raise SlackRefusal("token_revoked")
        if token not in {self.workspace.bot_token, self.workspace.app_token}:
            raise SlackRefusal("invalid_auth")
        if (token == self.workspace.app_token) != wants_app:
            raise SlackRefusal("not_allowed_token_type")
        if self.workspace.token_error is not None and not wants_app:
            raise SlackRefusal(self.workspace.token_error)
