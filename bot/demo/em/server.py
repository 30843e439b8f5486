"""The emulated Veeam Backup Enterprise Manager, served over HTTPS: what tests and the demo start.

It is judged by clients that know nothing of this project, and shares no code with the rest of it.
Everything it does is written from the reference; each refusal names its section.
"""

import asyncio
import contextlib
import logging
import tempfile
from http import HTTPStatus
from pathlib import Path
from random import Random

from aiohttp import web

from bot.demo.em import control
from bot.demo.em.activity import Activity
from bot.demo.em.calls import Answer, Call
from bot.demo.em.certificates import Authority, Certificates
from bot.demo.em.faults import Fault, Faults
from bot.demo.em.history import add_history
from bot.demo.em.logons import Account, Logons, Role
from bot.demo.em.options import EmOptions
from bot.demo.em.refusals import Refusal, not_found
from bot.demo.em.replies import refusal, reply, stamp
from bot.demo.em.routes import PUBLIC, find_route
from bot.demo.em.sites import Site
from bot.demo.em.world import World

WATCHER = Account("DEMO\\watcher", "watch-only", Role.PORTAL_USER)
ADMINISTRATOR = Account("DEMO\\veeamadmin", "full-control", Role.PORTAL_ADMINISTRATOR)
OPERATOR = Account("DEMO\\operator", "jobs-too", Role.PORTAL_ADMINISTRATOR)
RESTORER = Account("DEMO\\helpdesk", "restore-only", Role.VM_RESTORE_OPERATOR)

log = logging.getLogger(__name__)

# Held requests must not keep a closing server waiting.
SHUTDOWN_SECONDS = 0.1


class EnterpriseManager:
    """One emulated EM. Make it with `await EnterpriseManager.start(…)`, end it with `stop()`."""

    username, password = WATCHER.username, WATCHER.password
    admin_username, admin_password = ADMINISTRATOR.username, ADMINISTRATOR.password
    operator_username, operator_password = OPERATOR.username, OPERATOR.password
    restore_username, restore_password = RESTORER.username, RESTORER.password

    def __init__(self, host: str, port: int, options: EmOptions) -> None:
        self.world = World()
        self.requests: list[tuple[str, str, str | None]] = []
        self._host, self._port = host, port
        self._logons = Logons((WATCHER, ADMINISTRATOR, OPERATOR, RESTORER))
        self._site = Site(self.world, self._logons, options)
        self.options = options
        self.faults = Faults(self._site, self)
        self._folder = tempfile.TemporaryDirectory(prefix="demo-em-")
        self._authority = Authority(Path(self._folder.name), host)
        self._first = self._shown = self._authority.issue()
        self._runner: web.AppRunner | None = None
        self._activity: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        history: bool = False,
        options: EmOptions = EmOptions(),  # noqa: B008 — frozen, so that sharing it is safe
    ) -> "EnterpriseManager":
        """Start serving, with thirty days of history or an empty world."""
        manager = cls(host, port, options)
        if history:
            add_history(manager.world)
        await manager.open_door()
        return manager

    @property
    def url(self) -> str:
        """Where it is served: `https://host:port`."""
        return self._site.url

    @property
    def ca_file(self) -> Path:
        """The CA that has signed the certificate that is shown now."""
        return self._shown.ca_file

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate that is shown now, in hex."""
        return self._shown.fingerprint

    @property
    def options(self) -> EmOptions:
        """The switches; assign a changed copy at any time."""
        return self._site.options

    @options.setter
    def options(self, options: EmOptions) -> None:
        self._site.options = options
        self._logons.idle_seconds = options.logon_idle_seconds

    @property
    def logon_count(self) -> int:
        """How many logons there have been."""
        return self._logons.count

    def control_app(self) -> web.Application:
        """The control API, to be mounted in an application of the caller's."""
        return control.control_app(self)

    def play(self, every_seconds: float = 4.0, seed: int | None = None) -> None:
        """Let jobs run by themselves from now on; an error in it is raised by `stop()`."""
        if self._activity is None:
            activity = Activity(self.world, Random(seed))  # noqa: S311 — chance, not a secret
            self._activity = asyncio.create_task(activity.run(every_seconds))
            self._activity.add_done_callback(_tell_failure)

    async def pause(self) -> None:
        """Stop what `play` began."""
        activity, self._activity = self._activity, None
        if activity is not None:
            activity.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await activity

    async def stop(self) -> None:
        """End everything: activity, held requests, connections, the socket, the folder."""
        self.faults.clear()
        try:
            await self.pause()
        finally:
            await self.close_door()
            self._folder.cleanup()

    async def open_door(self) -> None:
        """Listen; the first time on the port asked for, later on the one it had."""
        if self._runner is not None:
            return
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        app.on_response_prepare.append(self._stamp)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await self._runner.setup()
        await web.TCPSite(
            self._runner, self._host, self._port, ssl_context=self._shown.context
        ).start()
        self._port = self._runner.addresses[0][1]
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self._site.url = f"https://{shown}:{self._port}"

    async def close_door(self) -> None:
        """Stop listening and drop every connection."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def show_certificate(self, *, other_authority: bool) -> None:
        """Show a new certificate from now on; every connection is made anew."""
        if other_authority:
            self._authority = self._authority.succeeded_by_another()
        await self._show(self._authority.issue())

    async def show_first_certificate(self) -> None:
        """Show again what was shown at the start."""
        await self._show(self._first)

    async def _show(self, certificates: Certificates) -> None:
        is_new, self._shown = certificates is not self._shown, certificates
        if is_new and self._runner is not None:
            await self.close_door()
            await self.open_door()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        logon = self._logons.peek(request.headers)
        account = logon.account.username if logon else None
        self.requests.append((request.method, request.path_qs, account))
        met = self.faults.take(request)
        for fault in met:
            early = await fault.before(request) if fault.before else None
            if early is not None:
                return early
        return await self._answer(request, met)

    async def _answer(self, request: web.Request, met: list[Fault]) -> web.StreamResponse:
        shift = sum(fault.row_shift for fault in met)
        response: web.StreamResponse = reply(self._site, request, self._result(request, shift))
        for fault in met:
            if fault.after and isinstance(response, web.Response):
                response = await fault.after(request, response)
        return response

    def _result(self, request: web.Request, row_shift: int) -> Answer:
        try:
            return self._resource(request, row_shift)
        except Refusal as refused:
            return refusal(refused)

    def _resource(self, request: web.Request, row_shift: int) -> Answer:
        base, _, path = request.path.lstrip("/").partition("/")
        if base.lower() != "api":
            raise not_found(request.path)  # reference §2
        found = find_route(path, self.options)
        is_public = found is not None and found[0].pattern[0] in PUBLIC
        logon = None if is_public else self._logons.find(request.headers)  # reference §10: 401
        if found is None:
            raise not_found(request.path)  # reference §10
        route, ids = found
        handler = route.handlers.get(request.method)
        if handler is None:
            refused = Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "The method is not supported.")
            return refusal(refused, {"Allow": ", ".join(route.handlers)})  # reference §10
        authorization = request.headers.get("Authorization")
        pairs = tuple(request.query.items())
        return handler(Call(self._site, request.path, ids, pairs, authorization, logon, row_shift))

    async def _stamp(self, request: web.Request, response: web.StreamResponse) -> None:
        stamp(self._site, response)


def _tell_failure(activity: asyncio.Task[None]) -> None:
    if not activity.cancelled() and activity.exception() is not None:
        log.error("the demo's activity has ended", exc_info=activity.exception())
