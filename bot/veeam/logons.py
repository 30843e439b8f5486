"""Logs on to EM and off again, and holds the token in between (reference §3).

However many callers need a logon at once, there is one; nothing of it is ever logged or shown.
"""

import asyncio
from base64 import b64encode
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote

import structlog
from pydantic import ValidationError

from bot.errors import EnterpriseManagerError, LogonRefused
from bot.veeam import wire
from bot.veeam.decoding import Undecodable, decode
from bot.veeam.exchanges import Exchanges
from bot.veeam.refusals import KINDS, message_in, refusal, unexpected
from bot.veeam.replies import Reply

log = structlog.get_logger(__name__)

TOKEN_HEADER = "X-RestSvcSessionId"  # noqa: S105 - the header's name, not a secret
LOG_ON_PATH = "/api/sessionMngr/?v=latest"
ASKED = "log on to Enterprise Manager"
LOG_OFF_TIMEOUT = 2.0
"""Seconds: a bot that is told to stop does not wait longer for a courtesy."""


@dataclass(frozen=True, slots=True)
class Logon:
    """One logon: the token that proves it and the id that ends it, equally secret."""

    token: str = field(repr=False)
    session_id: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What a request of this logon carries."""
        return {TOKEN_HEADER: self.token}


class Logons:
    """Keeps one logon alive for everybody."""

    def __init__(self, exchanges: Exchanges, username: str, password: str) -> None:
        self._exchanges = exchanges
        self._credentials = b64encode(f"{username}:{password}".encode()).decode()
        self._current: Logon | None = None
        self._attempt: asyncio.Task[Logon] | None = None

    async def current(self) -> Logon:
        """Give the logon in use, logging on if there is none; all callers share one attempt."""
        if self._current is not None:
            return self._current
        if self._attempt is None:
            self._attempt = asyncio.create_task(self._log_on())
            self._attempt.add_done_callback(_mark_error_as_seen)
        return await asyncio.shield(self._attempt)

    async def renew(self, refused: Logon) -> Logon:
        """Replace a logon that EM answers with 401, unless somebody has done so already."""
        if self._current is refused:
            self._current = None
        return await self.current()

    async def log_off(self) -> None:
        """End our own session on EM; a failure is logged and goes no further."""
        if self._attempt is not None:
            self._attempt.cancel()
        logon, self._current = self._current, None
        if logon is None or not logon.session_id:
            return
        try:
            async with asyncio.timeout(LOG_OFF_TIMEOUT):
                path = f"/api/logonSessions/{quote(logon.session_id, safe='')}"
                reply = await self._exchanges.send("DELETE", path, "log off", logon.headers)
            log.debug("em_logged_off", status=reply.status)
        except (EnterpriseManagerError, TimeoutError) as error:
            log.warning("em_logoff_failed", error=str(error))

    async def _log_on(self) -> Logon:
        try:
            headers = {"Authorization": f"Basic {self._credentials}", "Content-Length": "0"}
            reply = await self._exchanges.send("POST", LOG_ON_PATH, ASKED, headers)
            self._current = _logon_in(reply)
            return self._current
        finally:
            self._attempt = None


def _logon_in(reply: Reply) -> Logon:
    if reply.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        _, otherwise, hint = KINDS[HTTPStatus.UNAUTHORIZED]
        raise LogonRefused(ASKED, message_in(reply) or otherwise, hint)
    if reply.status != HTTPStatus.CREATED:
        raise refusal_of_logon(reply)
    token = reply.headers.get(TOKEN_HEADER, "")
    if not token:
        raise unexpected(reply, ASKED, "the answer to the logon carries no session token")
    return Logon(token, _session_id_in(reply))


def refusal_of_logon(reply: Reply) -> EnterpriseManagerError:
    """Make the error for a logon that ended neither well nor with a refusal of the account."""
    if reply.status < HTTPStatus.BAD_REQUEST:
        return unexpected(reply, ASKED, f"it answers {reply.status} where 201 means success")
    if reply.status == HTTPStatus.NOT_FOUND:
        return unexpected(reply, ASKED, "this address answers, but is not EM's REST API")
    return refusal(reply, ASKED)


def _session_id_in(reply: Reply) -> str:
    """Read the id that the logoff needs; a logon is good without it."""
    try:
        body = wire.LogonSession.model_validate(decode(reply.media_type, reply.body))
    except (Undecodable, ValidationError):
        log.warning("em_logon_unreadable", consequence="the bot cannot log off")
        return ""
    return body.session_id or ""


def _mark_error_as_seen(attempt: asyncio.Task[Logon]) -> None:
    """Keep asyncio quiet when everybody who waited for the attempt was cancelled."""
    if not attempt.cancelled():
        attempt.exception()
