"""HTTP mode: payloads as signed requests to the app's request URL (reference §1.1, §1.4, §2).

One URL takes commands (a form), what people press (a form with `payload`) and events (JSON).
"""

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from bot.demo.slack.missed import Missed
from bot.demo.slack.options import Json
from bot.demo.slack.payloads import VERIFICATION_TOKEN
from bot.demo.slack.sockets import ACK_SECONDS, Ack, Kind
from bot.demo.slack.workspace import Workspace

CHALLENGE = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """One request as it went out: to be sent once more, or to be spoiled by a test."""

    url: str
    body: bytes
    headers: dict[str, str]


class SignedRequests:
    """Sends payloads to `SlackOptions.http_url`, and remembers the last request."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._session: aiohttp.ClientSession | None = None
        self.last: SignedRequest | None = None
        self._last_event: Json | None = None

    async def deliver(self, kind: Kind, payload: Json, **extra: object) -> Ack | Missed:
        """Send one payload; its acknowledgement is any 2xx within 3 s (reference §1.1)."""
        self._last_event = payload if kind == "events_api" else None
        request = self.sign(*_written(kind, payload), retry=extra)
        self.last = request
        started_at = asyncio.get_running_loop().time()
        try:
            status, no_retry, answer = await self._post(request)
        except TimeoutError:
            return Missed("operation_timeout", "http_timeout")
        except aiohttp.ClientSSLError:
            return Missed("dispatch_failed", "ssl_error")
        except aiohttp.ClientError:
            return Missed("dispatch_failed", "connection_failed")
        if status // 100 != 2:
            return Missed("dispatch_failed", "http_error", is_final=no_retry)
        seconds = asyncio.get_running_loop().time() - started_at
        return Ack(seconds, _read(answer))

    async def redeliver(self) -> Ack | Missed:
        """Send the last event again, signed anew, as after a lost answer (reference §1.1)."""
        if self._last_event is None:
            raise LookupError("no event was sent yet")
        again: Json = {"retry_attempt": 1, "retry_reason": "http_timeout"}
        return await self.deliver("events_api", self._last_event, **again)

    async def send(self, request: SignedRequest) -> int:
        """Send a request exactly as it is, a replay or a forgery; the status of the answer."""
        return (await self._post(request))[0]

    async def verify(self, url: str) -> None:
        """What Slack does when a request URL is entered: `url_verification`, and `ssl_check`.

        `LookupError` where the challenge does not come back (reference §1.4).
        """
        asked = {"token": VERIFICATION_TOKEN, "challenge": CHALLENGE, "type": "url_verification"}
        body = json.dumps(asked).encode()
        status, _, answer = await self._post(self.sign(body, "application/json", url=url))
        echoed = (_read(answer) or {}).get("challenge") or answer[1]
        if status != 200 or echoed != CHALLENGE:
            raise LookupError(f"{url} answered the challenge with HTTP {status}: {echoed!r}")
        check = urlencode({"ssl_check": "1", "token": VERIFICATION_TOKEN}).encode()
        status, _, _ = await self._post(self.sign(check, _FORM, url=url))
        if status != 200:
            raise LookupError(f"{url} answered ssl_check with HTTP {status}")

    def sign(
        self, body: bytes, content_type: str, *, url: str | None = None, retry: Json | None = None
    ) -> SignedRequest:
        """A request with the headers of §1.4, by the workspace's own clock and secret."""
        stamp = str(int(self._workspace.now()))
        secret = self._workspace.signing_secret.encode()
        digest = hmac.new(secret, b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest.hexdigest()}",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        if retry and retry.get("retry_attempt"):
            headers["X-Slack-Retry-Num"] = str(retry["retry_attempt"])
            headers["X-Slack-Retry-Reason"] = str(retry["retry_reason"])
        return SignedRequest(url or str(self._workspace.options.http_url), body, headers)

    async def close(self) -> None:
        """End the connections to the app."""
        if self._session is not None:
            await self._session.close()

    async def _post(self, request: SignedRequest) -> tuple[int, bool, tuple[str, str]]:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        async with (
            asyncio.timeout(ACK_SECONDS),
            self._session.post(
                request.url, data=request.body, headers=request.headers, allow_redirects=False
            ) as response,
        ):
            no_retry = response.headers.get("X-Slack-No-Retry") == "1"
            return response.status, no_retry, (response.content_type, await response.text())


def _written(kind: Kind, payload: Json) -> tuple[bytes, str]:
    """A payload as its kind travels, and the content type of that."""
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(fields).encode(), _FORM


def _read(answer: tuple[str, str]) -> Json | None:
    """What an answer says: JSON, or plain text as a message."""
    content_type, body = answer
    if not body:
        return None
    if content_type != "application/json":
        return {"text": body}
    try:
        decoded = json.loads(body)
    except ValueError:
        return None
    return decoded if isinstance(decoded, dict) else None
