"""Asks EM for one thing as one logged-on user, and reads the answer into a model."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Generic, TypeVar

from pydantic import ValidationError

from bot.errors import LogonRefused
from bot.veeam.decoding import Undecodable, decode
from bot.veeam.exchanges import Exchanges
from bot.veeam.fields import Model
from bot.veeam.logons import Logons
from bot.veeam.refusals import message_in, refusal, unexpected
from bot.veeam.replies import Reply

DECODE_HERE_UP_TO = 512 * 1024
"""Bytes: a page of 100 sessions (150 KB) takes 2 ms as JSON, 5 as XML; more goes to a thread."""

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Answer(Generic[M]):
    """What EM said, and what time it was there."""

    content: M
    server_time: datetime | None


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


def _refused_again(reply: Reply, asked: str) -> LogonRefused:
    said = message_in(reply) or "Enterprise Manager refuses the session it has just given"
    return LogonRefused(
        asked, said, "Check the account's role in Enterprise Manager, and proxies on the way to it."
    )
