"""Slack's Web API as one call that never retries and never guesses (reference §1.8).

The stock client doubles a post on a dropped connection (measured, reference §4.4), so every client
made here has no retry handlers; `SlackCalls` turns its many failures into one `CallFailed`.
"""

import ipaddress
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import ReplicaBotError
from bot.slack.outcomes import NOT_SENT, UNANSWERED
from bot.slack.richness import Richness
from bot.slack.scopes import METHODS

Json = dict[str, Any]
"""A JSON object of Slack's: the one place where `Any` enters."""

REQUEST_TIMEOUT = timedelta(seconds=10)
"""An unanswered request is given up then; DESIGN §2 waits 10 s more before it counts as absent."""

CONNECT_TIMEOUT = timedelta(seconds=5)
"""A connection that is not made by then was never written to, so nothing was sent."""


class CallFailed(ReplicaBotError):
    """A Web API call that Slack did not answer with ok.

    `code` is Slack's own word, or the cause where it said none; `status` is `NOT_SENT` where
    nothing left us, `UNANSWERED` where the request was sent and no whole answer came.
    """

    def __init__(
        self, method: str, code: str, status: int, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{method}: {code or 'no word from Slack'} ({status})")
        self.method = method
        self.code = code
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is in this workspace, by auth.test."""

    bot_id: str
    user_id: str
    user: str
    team: str
    team_id: str
    scopes: frozenset[str] | None = None


def open_session() -> aiohttp.ClientSession:
    """Open the HTTP session that everything towards Slack shares; close it last."""
    timeout = aiohttp.ClientTimeout(
        total=REQUEST_TIMEOUT.total_seconds(), sock_connect=CONNECT_TIMEOUT.total_seconds()
    )
    return aiohttp.ClientSession(timeout=timeout)


def build_client(
    token: str, session: aiohttp.ClientSession, base_url: str = "https://slack.com/api/"
) -> AsyncWebClient:
    """Build the Web API client: no retries, our session, the proxy of the environment."""
    client = AsyncWebClient(token, base_url, session=session, retry_handlers=[])
    client.proxy = proxy_for(base_url)
    return client


def proxy_for(url: str) -> str | None:
    """Choose the proxy for an address: HTTPS_PROXY's, but none for loopback and NO_PROXY."""
    host = urlsplit(url).hostname or ""
    if _is_loopback(host) or proxy_bypass(host):
        return None
    return load_http_proxy_from_env()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@dataclass(frozen=True, slots=True)
class Reply:
    """What Slack answered with ok, and the headers it came with."""

    data: Json
    headers: Mapping[str, str]


@dataclass(slots=True)
class SlackCalls:
    """Calls methods of the Web API, and keeps Slack's clock and who we are there."""

    client: AsyncWebClient
    monotonic: Callable[[], float] = time.monotonic
    richness: Richness = field(default_factory=Richness)
    _clock: tuple[datetime, float] | None = field(default=None, init=False)
    _identity: Identity | None = field(default=None, init=False)

    async def call(self, method: str, **arguments: Any) -> Json:
        """Call a method once, without the arguments that are None; raises `CallFailed`."""
        return (await self.fetch(method, **arguments)).data

    async def fetch(self, method: str, *, token: str = "", **arguments: Any) -> Reply:
        """Call a method once, with another token if given; raises `CallFailed`."""
        verb = METHODS[method].verb
        given = {name: value for name, value in arguments.items() if value is not None}
        sent: Json = {"json" if verb == "POST" else "params": given}
        if token:
            sent["headers"] = {"Authorization": f"Bearer {token}"}
        try:
            response = await self.client.api_call(method, http_verb=verb, **sent)
        except SlackApiError as refused:
            raise self._refusal(method, refused) from refused
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError) as unreached:
            raise CallFailed(method, f"not connected: {unreached}", NOT_SENT) from unreached
        except aiohttp.ConnectionTimeoutError as unreached:
            raise CallFailed(method, "no connection in time", NOT_SENT) from unreached
        except (TimeoutError, aiohttp.ClientError, ValueError, AttributeError) as lost:
            # AttributeError is the SDK's own, on a body that is not a JSON object
            raise CallFailed(method, type(lost).__name__, UNANSWERED) from lost
        self._read_clock(response.headers)
        return Reply(_object(response.data), response.headers)

    async def identify(self) -> Identity:
        """Ask once who we are; raises `CallFailed`."""
        if self._identity is None:
            self._identity = _identity_of(await self.fetch("auth.test"))
        return self._identity

    def slack_time(self, now: datetime) -> datetime:
        """Tell Slack's clock at this moment; `now` until Slack has answered once."""
        if self._clock is None:
            return now
        date, at = self._clock
        return date + timedelta(seconds=self.monotonic() - at)

    def _refusal(self, method: str, refused: SlackApiError) -> CallFailed:
        """Read the refusal; a broken body leaves the SDK with aiohttp's response, not its own."""
        response = refused.response
        status = int(getattr(response, "status_code", 0) or getattr(response, "status", UNANSWERED))
        self._read_clock(response.headers)
        data = _object(getattr(response, "data", None))
        wait = response.headers.get("Retry-After", "")
        retry_after = float(wait) if wait.isdigit() else None
        return CallFailed(method, str(data.get("error", "")), status, retry_after)

    def _read_clock(self, headers: Mapping[str, str]) -> None:
        try:
            date = parsedate_to_datetime(headers.get("Date", ""))
        except ValueError:
            return
        self._clock = (date.replace(tzinfo=date.tzinfo or UTC), self.monotonic())


def _object(data: Any) -> Json:
    return dict(data) if isinstance(data, dict) else {}


def _identity_of(reply: Reply) -> Identity:
    names = ("bot_id", "user_id", "user", "team", "team_id")
    scopes = reply.headers.get("x-oauth-scopes")
    granted = frozenset(scope.strip() for scope in scopes.split(",")) if scopes else None
    return Identity(**{name: str(reply.data.get(name) or "") for name in names}, scopes=granted)
