"""Asks EM for one thing as one logged-on user, and reads the answer into a model."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Generic, TypeVar

from pydantic import ValidationError

from bot.errors import (
    EnterpriseManagerError,
    EnterpriseManagerUnavailable,
    LogonRefused,
    OrderUnclear,
    UnexpectedReply,
)
from bot.veeam.decoding import Undecodable, decode
from bot.veeam.exchanges import Exchanges, NotSent
from bot.veeam.fields import Model
from bot.veeam.logons import Logon, Logons
from bot.veeam.refusals import message_in, refusal, unexpected
from bot.veeam.replies import Reply

DECODE_HERE_UP_TO = 512 * 1024
"""Bytes: a page of 100 sessions (150 KB) takes 2 ms as JSON, 5 as XML; more goes to a thread."""

LOOK_FIRST = "Look in the Veeam console whether it has begun, before you try again."

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Answer(Generic[M]):
    """What EM said, and what time it was there."""

    content: M
    server_time: datetime | None


@dataclass(frozen=True, slots=True)
class Followed(Generic[M]):
    """What EM made of an order, and the logon inside which alone it can be asked for again."""

    content: M
    logon: Logon = field(repr=False)


class Conversation:
    """Questions and answers between one account and one EM."""

    def __init__(self, exchanges: Exchanges, logons: Logons) -> None:
        self._exchanges = exchanges
        self._logons = logons
        self.last_server_time: datetime | None = None

    async def ask(self, path: str, asked: str, model: type[M]) -> Answer[M]:
        """GET a resource; raises an `EnterpriseManagerError`. On 401 it logs on again, once."""
        logon = await self._logons.current()
        reply = await self._exchanges.get(path, asked, logon.headers)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            logon = await self._logons.renew(logon)
            reply = await self._exchanges.get(path, asked, logon.headers)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            raise _refused_again(reply, asked)
        return await self._read(reply, asked, model)

    async def order(self, path: str, asked: str, model: type[M]) -> Followed[M]:
        """POST once; raises `OrderUnclear` where EM may have taken it all the same.

        A 401 proves that it was not taken, but the order is not sent again even so: the logon is
        made anew, and whoever wants it says it again.
        """
        logon = await self._logons.current()
        try:
            reply = await self._exchanges.send("POST", path, asked, logon.headers)
        except NotSent:
            raise
        except (EnterpriseManagerUnavailable, UnexpectedReply) as error:
            raise OrderUnclear(asked, error.said, LOOK_FIRST) from error
        if reply.status == HTTPStatus.UNAUTHORIZED:
            await self._logons.renew(logon)
            raise _ended_before(reply, asked)
        if (
            reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            and reply.status != HTTPStatus.NOT_IMPLEMENTED
        ):
            raise OrderUnclear(asked, refusal(reply, asked).said, LOOK_FIRST)
        if reply.status != HTTPStatus.ACCEPTED:
            raise _not_taken(reply, asked)
        try:
            return Followed(read_content(reply, asked, model), logon)
        except UnexpectedReply as error:
            raise OrderUnclear(asked, error.said, LOOK_FIRST) from error

    async def look(self, path: str, asked: str, followed: Followed[M]) -> M:
        """GET what an order has made, inside the logon that made it; it is never renewed."""
        reply = await self._exchanges.get(path, asked, followed.logon.headers)
        return (await self._read(reply, asked, type(followed.content))).content

    async def ask_anonymously(self, path: str, asked: str, model: type[M]) -> Answer[M]:
        """GET what EM tells everybody; no credentials are sent."""
        return await self._read(await self._exchanges.get(path, asked, {}), asked, model)

    async def _read(self, reply: Reply, asked: str, model: type[M]) -> Answer[M]:
        if reply.server_time is not None:
            self.last_server_time = reply.server_time
        if reply.status != HTTPStatus.OK:
            raise refusal(reply, asked)
        if len(reply.body) <= DECODE_HERE_UP_TO:
            content = read_content(reply, asked, model)
        else:
            content = await asyncio.to_thread(read_content, reply, asked, model)
        return Answer(content, reply.server_time)


def read_content(reply: Reply, asked: str, model: type[M]) -> M:
    """Read a body into a model; raises `UnexpectedReply`."""
    try:
        return model.model_validate(decode(reply.media_type, reply.body))
    except Undecodable as error:
        raise unexpected(reply, asked, str(error)) from error
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors()[:3])
        why = f"the answer is not a {model.__name__}: {fields or 'content'} is missing or wrong"
        raise unexpected(reply, asked, why) from None


def _ended_before(reply: Reply, asked: str) -> LogonRefused:
    said = message_in(reply) or "the bot's session on Enterprise Manager had ended"
    return LogonRefused(asked, said, "Nothing was done. Please try again.")


def _not_taken(reply: Reply, asked: str) -> EnterpriseManagerError:
    """Make the error for an order that EM refuses, or of which a good answer is no promise."""
    error = refusal(reply, asked)
    if reply.status < HTTPStatus.BAD_REQUEST:
        return OrderUnclear(asked, f"it answers {reply.status}, not 202", LOOK_FIRST)
    return error


def _refused_again(reply: Reply, asked: str) -> LogonRefused:
    said = message_in(reply) or "Enterprise Manager refuses the session it has just given"
    return LogonRefused(
        asked, said, "Check the account's role in Enterprise Manager, and proxies on the way to it."
    )
