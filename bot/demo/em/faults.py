"""How the emulated EM misbehaves: everything a network, a proxy or a bad day can do to a client.

Each method arms one fault for the requests that match; faults add up. `times=None` lasts until
`clear()`. `path` is a regular expression, searched in the decoded path and query.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol

from aiohttp import web

from bot.demo.em import bodies
from bot.demo.em.calls import Answer
from bot.demo.em.refusals import Refusal
from bot.demo.em.replies import refusal, reply
from bot.demo.em.sites import Site

Before = Callable[[web.Request], Awaitable[web.StreamResponse | None]]
After = Callable[[web.Request, web.Response], Awaitable[web.StreamResponse]]

REFUSED_LOGON = "The user name or password is incorrect"


class Network(Protocol):
    """The listening socket, which can go away and come back."""

    async def close_door(self) -> None:
        """Stop listening and drop every connection."""

    async def open_door(self) -> None:
        """Listen again, on the same port."""

    async def show_certificate(self, *, other_authority: bool) -> None:
        """Show a new certificate, signed by the same CA or by another."""

    async def show_first_certificate(self) -> None:
        """Show again what was shown at the start."""


@dataclass(eq=False)
class Fault:
    """One armed fault; `used` counts the requests it has met."""

    mode: str
    method: str | None
    path: re.Pattern[str]
    left: int | None
    before: Before | None = None
    after: After | None = None
    row_shift: int = 0
    used: int = 0

    def matches(self, request: web.Request) -> bool:
        """Whether this request is meant, and the fault not used up."""
        if self.left == 0 or self.method not in (None, request.method):
            return False
        return bool(self.path.search(f"{request.path}?{request.query_string}"))


@dataclass(eq=False)
class Hold:
    """A request that hangs: `await hold.held.wait()`, then `hold.release()`."""

    held: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let the held requests go on."""
        self.released.set()

    async def wait(self) -> None:
        """Tell that a request is held, and hold it."""
        self.held.set()
        await self.released.wait()


class Faults:
    """The armed faults of one emulated EM."""

    def __init__(self, site: Site, network: Network) -> None:
        self._site = site
        self._network = network
        self._armed: list[Fault] = []
        self._holds: list[Hold] = []
        self.is_down = False

    @property
    def armed(self) -> list[Fault]:
        """The faults that can still happen."""
        return [fault for fault in self._armed if fault.left != 0]

    def take(self, request: web.Request) -> list[Fault]:
        """The faults that meet this request; each is used up by one."""
        met = [fault for fault in self._armed if fault.matches(request)]
        for fault in met:
            fault.used += 1
            fault.left = None if fault.left is None else fault.left - 1
        return met

    def answer(
        self, status: int, *, message: str = "Armed fault.", body: bool = True, **match: Any
    ) -> Fault:
        """Answer with a status, with or without EM's error body (reference §10, §11)."""
        refused = Refusal(HTTPStatus(status), message)
        return self._arm(str(status), before=partial(self._refuse, refused, body), **match)

    def refuse_logons(self, **match: Any) -> Fault:
        """Answer logons as if the password were wrong (reference §3)."""
        match = {"method": "POST", "path": "/sessionMngr", **match}
        return self.answer(401, message=REFUSED_LOGON, **match)

    def drop(self, **match: Any) -> Fault:
        """Reset the connection instead of answering."""
        return self._arm("drop", before=_drop, **match)

    def cut(self, **match: Any) -> Fault:
        """Reset the connection in the middle of the body."""
        return self._arm("cut", after=_cut, **match)

    def hold(self, *, answered: bool = False, **match: Any) -> Hold:
        """Hang until released: before EM acts, or with `answered` when it has acted."""
        hold = Hold()
        self._holds.append(hold)
        if answered:
            self._arm("hold", after=partial(_hold_answer, hold), **match)
        else:
            self._arm("hold", before=partial(_hold_request, hold), **match)
        return hold

    def slow(self, seconds: float = 60.0, **match: Any) -> Fault:
        """Answer only after so long; a client that does not wait has gone by then."""
        return self._arm("slow", before=partial(_wait, seconds), **match)

    def trickle(self, every_seconds: float = 1.0, **match: Any) -> Fault:
        """Send the body byte by byte: no single read of the client's takes long."""
        return self._arm("trickle", after=partial(bodies.trickle, every_seconds), **match)

    def login_page(self, **match: Any) -> Fault:
        """A proxy's HTML page with status 200."""
        return self._arm("html", before=bodies.login_page, **match)

    def content_type(self, kind: str = "text/plain", **match: Any) -> Fault:
        """The right body under a wrong Content-Type."""
        return self._arm("content_type", after=partial(bodies.retype, kind), **match)

    def truncate(self, **match: Any) -> Fault:
        """Half a body in a whole response."""
        return self._arm("truncated", after=bodies.truncate, **match)

    def empty(self, **match: Any) -> Fault:
        """Status 200 and no body."""
        return self._arm("empty", before=bodies.empty, **match)

    def huge(self, megabytes: int = 50, **match: Any) -> Fault:
        """A well-formed body of many megabytes, streamed."""
        return self._arm("huge", before=partial(bodies.huge, megabytes), **match)

    def entity_bomb(self, **match: Any) -> Fault:
        """XML whose entities unfold to gigabytes."""
        return self._arm("entity_bomb", before=bodies.entity_bomb, **match)

    def external_entity(self, url: str = "file:///etc/passwd", **match: Any) -> Fault:
        """XML with an entity that points at a file or an address."""
        return self._arm("external_entity", before=partial(bodies.external_entity, url), **match)

    def foreign_links(self, url: str = "https://elsewhere.example:9398", **match: Any) -> Fault:
        """Every link points to another host, as EM's own name may differ (reference §4)."""
        after = partial(bodies.relink, self._site, url)
        return self._arm("foreign_links", after=after, **match)

    def shift_rows(self, by: int = 1, **match: Any) -> Fault:
        """Rows move between pages: each page repeats `by` rows, or skips them if negative (§9)."""
        return self._arm("shift_rows", row_shift=by, **{"path": "/query", **match})

    def expire_logons(self) -> None:
        """End every logon now, as the idle time-out does (reference §3)."""
        self._site.logons.close_all()

    def expire_logons_at(self, **match: Any) -> Fault:
        """End every logon when such a request comes, such as `path="page=2"`: it gets 401."""
        return self._arm("expire_logons_at", before=self._expire, **match)

    def upgrade(self) -> None:
        """Become EM 13 while clients are logged on: camelCase from the next answer on (§4).

        The service has been restarted for it, so that every logon is gone.
        """
        self._site.options = replace(
            self._site.options, json_case="camel", bom=True, fraction_digits=6
        )
        self.expire_logons()

    async def change_certificate(self, *, other_authority: bool = False) -> None:
        """Show a new certificate from now on, signed by the same CA or by another (§2)."""
        await self._network.show_certificate(other_authority=other_authority)

    async def restore_certificate(self) -> None:
        """Show again what was shown at the start."""
        await self._network.show_first_certificate()

    def clear(self) -> None:
        """Mend everything but a closed door, and let held requests go."""
        for hold in self._holds:
            hold.release()
        self._holds.clear()
        self._armed.clear()

    async def go_down(self) -> None:
        """Stop accepting connections; the open ones are dropped."""
        self.is_down = True
        await self._network.close_door()

    async def come_back(self) -> None:
        """Accept connections again, on the same port."""
        await self._network.open_door()
        self.is_down = False

    def _arm(  # noqa: PLR0913 — the parts of a fault
        self,
        mode: str,
        *,
        times: int | None = 1,
        method: str | None = None,
        path: str = "",
        before: Before | None = None,
        after: After | None = None,
        row_shift: int = 0,
    ) -> Fault:
        pattern = re.compile(path, re.IGNORECASE)
        fault = Fault(mode, method, pattern, times, before, after, row_shift)
        self._armed.append(fault)
        return fault

    async def _expire(self, request: web.Request) -> None:
        self.expire_logons()

    async def _refuse(
        self, refused: Refusal, body: bool, request: web.Request
    ) -> web.StreamResponse:
        answer = refusal(refused)
        if not body:
            answer = Answer(None, answer.status, answer.headers)
        return reply(self._site, request, answer)


async def _drop(request: web.Request) -> web.StreamResponse:
    bodies.abort(request)
    return web.Response()


async def _cut(request: web.Request, response: web.Response) -> web.StreamResponse:
    return await bodies.cut(request, response)


async def _wait(seconds: float, request: web.Request) -> None:
    await asyncio.sleep(seconds)


async def _hold_request(hold: Hold, request: web.Request) -> None:
    await hold.wait()


async def _hold_answer(
    hold: Hold, request: web.Request, response: web.Response
) -> web.StreamResponse:
    await hold.wait()
    return response
