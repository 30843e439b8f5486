"""Misbehaviour of the Web API: the next calls of a method fail, before or AFTER acceptance.

After acceptance the message is really stored and only the answer is lost: the ambiguous outcomes
of reference §1.8 and §4.4. What a plan of faults does to one call is decided in `WebApi`.
"""

import asyncio
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from bot.demo.slack.changes import Changes
from bot.demo.slack.connections import close_quietly, reset
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import RateLimited, SlackRefusal

FaultKind = Literal["time_out", "close", "reset", "http_500", "refuse", "rate_limit", "hold"]
EVERY_METHOD = "*"


class Held:
    """A call that is kept waiting: `wait` until someone is, then `release` or kill the client.

    A client that goes away while it is held before acceptance is not served.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._free = asyncio.Event()
        self.waiting = 0

    async def wait(self, timeout: float = 10.0) -> None:  # noqa: ASYNC109  # our whole interface
        """Return once a call is being held."""
        await self._changes.until(lambda: self.waiting > 0, timeout)

    def release(self) -> None:
        """Let the held calls go on, and later ones pass."""
        self._free.set()

    async def keep(self) -> None:
        """Hold the calling request until it is released."""
        self.waiting += 1
        self._changes.ring()
        await self._free.wait()


@dataclass(slots=True)
class Fault:
    """What happens to the next calls of one method; `times` None means until cleared.

    With a `channel` it meets only calls that name this channel, or answer in it.
    """

    method: str
    kind: FaultKind
    after_acceptance: bool = False
    times: int | None = 1
    error: str = "fatal_error"
    retry_after: int = 1
    held: Held | None = None
    channel: str | None = None

    def meets(self, method: str, channel: str | None) -> bool:
        """Whether it waits for such a call."""
        is_here = self.channel in {None, channel}
        return is_here and self.times != 0 and self.method in {method, EVERY_METHOD}


class FaultPlan:
    """The faults that wait for calls. `response_url` and `upload` count as methods, `*` as all.

    With `channel` (an id) a fault leaves the calls of other channels alone.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._faults: list[Fault] = []
        self._cleared = asyncio.Event()

    def time_out(
        self,
        method: str,
        *,
        times: int | None = 1,
        after_acceptance: bool = False,
        channel: str | None = None,
    ) -> None:
        """Never answer: the call hangs until the client gives up or faults are cleared."""
        self.add(Fault(method, "time_out", after_acceptance, times, channel=channel))

    def close(
        self,
        method: str,
        *,
        times: int | None = 1,
        after_acceptance: bool = False,
        channel: str | None = None,
    ) -> None:
        """Hang up without a response (reference §4.4)."""
        self.add(Fault(method, "close", after_acceptance, times, channel=channel))

    def reset(
        self,
        method: str,
        *,
        times: int | None = 1,
        after_acceptance: bool = False,
        channel: str | None = None,
    ) -> None:
        """Reset the connection (reference §4.4)."""
        self.add(Fault(method, "reset", after_acceptance, times, channel=channel))

    def http_500(
        self,
        method: str,
        *,
        times: int | None = 1,
        after_acceptance: bool = False,
        channel: str | None = None,
    ) -> None:
        """Answer HTTP 500 without JSON (reference §4.4)."""
        self.add(Fault(method, "http_500", after_acceptance, times, channel=channel))

    def refuse(
        self,
        method: str,
        error: str,
        *,
        times: int | None = 1,
        after_acceptance: bool = False,
        channel: str | None = None,
    ) -> None:
        """Answer `ok: false` with any error; `fatal_error` may come after acceptance (§1.8).

        A `response_url` refuses with an HTTP status: 404 or 410 for `expired_url`, `used_url` and
        `invalid_url` (reference §5), otherwise 400.
        """
        self.add(Fault(method, "refuse", after_acceptance, times, error=error, channel=channel))

    def rate_limit(
        self,
        method: str,
        *,
        retry_after: int = 1,
        times: int | None = 1,
        channel: str | None = None,
    ) -> None:
        """Answer HTTP 429 with `Retry-After` (reference §1.2)."""
        limit = Fault(method, "rate_limit", False, times, retry_after=retry_after, channel=channel)
        self.add(limit)

    def hold(
        self, method: str, *, after_acceptance: bool = True, channel: str | None = None
    ) -> Held:
        """Keep the next call waiting, by default between acceptance and the client's knowledge."""
        held = Held(self._changes)
        self.add(Fault(method, "hold", after_acceptance, 1, held=held, channel=channel))
        return held

    def add(self, fault: Fault) -> None:
        """Plan a fault; earlier ones of the same method come first."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Behave again: plan nothing, let go of everything that hangs or is held."""
        for fault in self._faults:
            if fault.held:
                fault.held.release()
        self._faults.clear()
        self._cleared.set()
        self._cleared = asyncio.Event()

    def describe(self) -> list[Json]:
        """The faults that still wait for calls, and how many calls each of them holds."""
        return [
            {
                "method": fault.method,
                "kind": fault.kind,
                "channel": fault.channel,
                "after_acceptance": fault.after_acceptance,
                "times": fault.times,
                "holding": fault.held.waiting if fault.held else 0,
            }
            for fault in self._faults
            if fault.times != 0 or fault.held
        ]

    def take(
        self, method: str, *, after_acceptance: bool, channel: str | None = None
    ) -> Fault | None:
        """The fault that meets this call at this point, used up as far as it counts."""
        for fault in self._faults:
            if fault.after_acceptance == after_acceptance and fault.meets(method, channel):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    async def strike(self, fault: Fault, request: web.Request) -> None:
        """Do to a request what the fault says; returns only where the call then goes on."""
        if fault.held is not None:
            await fault.held.keep()
        elif fault.kind == "time_out":
            await self._cleared.wait()
            close_quietly(request)
        elif fault.kind == "close":
            close_quietly(request)
        elif fault.kind == "reset":
            reset(request)
        elif fault.kind == "rate_limit":
            raise RateLimited(fault.retry_after)
        elif fault.kind == "refuse":
            raise SlackRefusal(fault.error)
        else:
            raise web.HTTPInternalServerError(text="Internal Server Error")
