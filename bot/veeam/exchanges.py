"""Sends one request to EM and gets the reply; knows nothing of what it means.

GETs are retried here and nowhere else; whatever writes is sent once (reference §10).
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
import stamina

from bot.errors import EnterpriseManagerUnavailable, EnterpriseManagerUnreachable
from bot.veeam.addresses import Address
from bot.veeam.certificates import FingerprintDiffers, fetch_fingerprint, find_certificate_error
from bot.veeam.refusals import refusal
from bot.veeam.replies import Reply, read_reply

TIMEOUTS = httpx.Timeout(connect=3.0, read=15.0, write=5.0, pool=10.0)
"""Seconds; EM's answer to a wide query takes several, a connection on a company's network none."""

WHOLE_ANSWER = 4
"""So many times the read time-out a whole answer may take: that one begins anew with each byte."""

AT_ONCE = 8
LIMITS = httpx.Limits(
    max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE, keepalive_expiry=30.0
)
"""Few connections, so that the bot is a light guest; idle ones go before EM drops them.

The two numbers are equal: httpcore counts busy connections as idle ones too, so that with a smaller
second one it would close each connection after every reply, and shake hands anew (measured).
"""

ATTEMPTS = 3
ATTEMPTS_WITHIN = 8.0
"""Seconds after the first attempt in which another may begin."""

NOT_LOGGED = ("httpx", "httpcore")
"""They would log URLs and headers, and with them EM's session ids and tokens (reference §3)."""

ACCEPTED = {"json": "application/json", "xml": "application/xml"}
"""Exactly one type: with a list of several EM misreads what it is sent (reference §4)."""


HINT_ON_FINGERPRINT = (
    "If its certificate was renewed, compare the new one on the Enterprise Manager server itself,"
    " then set VEEAM_FINGERPRINT; if it was not, somebody is in between."
)


NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class NotSent(EnterpriseManagerUnreachable):
    """There was no connection, so that EM has heard nothing of it."""


class CertificateNotTrusted(NotSent):
    """Another attempt would show the same certificate: this is not retried."""


class Exchanges:
    """The connections to one EM: pooled, no cookies, no redirects, no proxy (reference §3)."""

    def __init__(
        self, address: Address, trust: ssl.SSLContext, wire_format: str, timeouts: httpx.Timeout
    ) -> None:
        for name in NOT_LOGGED:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._address = address
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._http = httpx.AsyncClient(
            base_url=address.origin,
            verify=trust,
            timeout=timeouts,
            limits=LIMITS,
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={
                "Accept": ACCEPTED[wire_format],
                "Accept-Encoding": "identity",
                "User-Agent": "replica-bot",
            },
        )

    async def get(self, path: str, asked: str, headers: dict[str, str]) -> Reply:
        """Ask, again if EM is busy or not reached; raises `EnterpriseManagerUnavailable`."""
        async for attempt in stamina.retry_context(
            on=_is_worth_another_attempt,
            attempts=ATTEMPTS,
            timeout=ATTEMPTS_WITHIN,
            wait_initial=0.2,
            wait_max=2.0,
            wait_jitter=0.5,
        ):
            with attempt:
                return await self.send("GET", path, asked, headers)
        raise AssertionError("stamina ends with a result or an error")  # pragma: no cover

    async def send(self, method: str, path: str, asked: str, headers: dict[str, str]) -> Reply:
        """Send once, whatever comes of it; 503 is an error, other statuses are the caller's."""
        try:
            async with (
                self._turn(),
                self._in_time(),
                self._http.stream(method, path, headers=headers) as response,
            ):
                reply = await read_reply(response, asked)
        except (httpx.TransportError, OSError) as error:
            raise await self._unreachable(asked, error) from error
        if reply.status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise refusal(reply, asked)
        return reply

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait here for a connection: in httpcore's pool all who wait race for each (measured)."""
        try:
            async with asyncio.timeout(self._http.timeout.pool):
                await self._turns.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("all connections are busy") from None
        try:
            yield
        finally:
            self._turns.release()

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        """End an answer that trickles: it would keep a poll waiting for ever."""
        read = self._http.timeout.read
        try:
            async with asyncio.timeout(read and WHOLE_ANSWER * read):
                yield
        except TimeoutError:
            raise httpx.ReadTimeout("the whole answer takes too long") from None

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def _unreachable(self, asked: str, error: Exception) -> EnterpriseManagerUnreachable:
        name = self._address.name
        distrust = find_certificate_error(error)
        if distrust is None:
            kind = NotSent if isinstance(error, NEVER_SENT) else EnterpriseManagerUnreachable
            return kind(asked, f"{name} {_describe(error)}", _hint_on(error))
        if isinstance(distrust, FingerprintDiffers):
            said = f"{name} is not the server that VEEAM_FINGERPRINT names: {distrust.args[0]}"
            return CertificateNotTrusted(asked, said, HINT_ON_FINGERPRINT)
        seen = await fetch_fingerprint(self._address)
        said = f"the certificate of {name} is not trusted ({distrust.verify_message})"
        return CertificateNotTrusted(asked, said, _hint_on_certificate(seen))


def _is_worth_another_attempt(error: Exception) -> bool:
    passing = isinstance(error, EnterpriseManagerUnavailable)
    return passing and not isinstance(error, CertificateNotTrusted)


def _describe(error: Exception) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return "does not answer the connection"
    if isinstance(error, httpx.PoolTimeout):
        return "has not answered the bot's other questions yet"
    if isinstance(error, httpx.TimeoutException):
        return "accepted the question but did not answer in time"
    if isinstance(error, httpx.ConnectError):
        return f"cannot be reached ({error})"
    return f"broke off the connection ({str(error) or type(error).__name__})"


def _hint_on(error: Exception) -> str:
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return (
            "Check VEEAM_URL (https, port 9398), the firewall, and that the service"
            " Veeam RESTful API runs on the Enterprise Manager server."
        )
    return "Enterprise Manager may be restarting or overloaded; the bot asks again by itself."


def _hint_on_certificate(seen: str | None) -> str:
    hint = "Set VEEAM_CA_FILE to the CA's certificate, or VEEAM_FINGERPRINT to the server's SHA-256"
    if seen is None:
        return hint + "."
    return (
        f"{hint}. It shows {seen} now: compare that with the certificate"
        " on the Enterprise Manager server itself before you trust it."
    )
