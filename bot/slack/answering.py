"""Answers inside Slack’s 3 seconds, or says at once that it is working on it (DESIGN §6)."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.errors import EnterpriseManagerError, ReplicaBotError
from bot.slack.answers import error_document, plain_document
from bot.slack.clients import SlackCalls
from bot.slack.documents import Document
from bot.slack.files import FileSender
from bot.slack.layout import render, render_plainly
from bot.slack.responding import Asker, Responding, Response, shown_to_all

log = structlog.get_logger(__name__)

PATIENCE = timedelta(seconds=1)
"""How long an answer may take to ride in the acknowledgement (DESIGN §6)."""

GRACE = timedelta(seconds=1)
"""How long answers under way may still take at the end of the program."""

Work = Coroutine[Any, Any, Response]
AtHome = Callable[[Asker, Document], None]
"""Shows an answer in the Home tab, where there is no channel for it."""

PressWork = Coroutine[Any, Any, Response | None]
"""A press may be answered by what it changes, without words."""

_Answer = TypeVar("_Answer", Response, Response | None)


class Answering:
    """Owns every answer that is being looked up, from the question to its arrival in Slack."""

    def __init__(
        self,
        responding: Responding,
        patience: timedelta = PATIENCE,
        grace: timedelta = GRACE,
        at_home: AtHome | None = None,
    ) -> None:
        self._responding = responding
        self._at_home = at_home
        self._patience = patience.total_seconds()
        self._grace = grace.total_seconds()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def calls(self) -> SlackCalls:
        """Slack's methods, for what an answer needs beside its way to the person."""
        return self._responding.calls

    @property
    def sender(self) -> FileSender:
        """Who sends files to people."""
        return FileSender(self._responding.calls, self._responding.session)

    async def answer_command(self, ack: AsyncAck, asker: Asker, interim: str, work: Work) -> None:
        """Acknowledge with the answer, or with the interim line and let the answer follow.

        After a slash command the answer is a second message, so the line reads well if it stays.
        """
        lookup = self._start(guarded(work))
        if await self._is_ready(lookup):
            response = lookup.result()
            is_plain = self.calls.richness.is_refused
            message = (render_plainly if is_plain else render)(response.document)
            who_sees = "in_channel" if response.is_visible else "ephemeral"
            await ack(text=message.text, blocks=message.blocks, response_type=who_sees)
            return
        await ack(text=interim, response_type="ephemeral")
        self._start(self._follow(asker, lookup))

    async def answer_press(
        self, ack: AsyncAck, asker: Asker, interim: str, work: PressWork
    ) -> None:
        """Acknowledge at once; the answer follows, and the interim line if it takes long."""
        await ack()
        lookup = self._start(guarded(work))
        self._start(self._follow_press(asker, interim, lookup))

    def follow(self, asker: Asker, work: PressWork) -> None:
        """Do something that has been acknowledged; an answer follows only if there is one."""
        self._start(self._follow(asker, self._start(guarded(work))))

    def answer_message(
        self, asker: Asker, interim: str, work: Coroutine[Any, Any, Response | None]
    ) -> None:
        """Answer what was said where it was said, for all to see; also what went wrong."""
        self._start(self._follow_message(asker, interim, self._start(guarded(work))))

    async def close(self) -> None:
        """Let answers under way arrive for a moment, then give them up."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._grace)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _follow_press(
        self, asker: Asker, interim: str, lookup: asyncio.Task[Response | None]
    ) -> None:
        if not await self._is_ready(lookup) and asker.home is None:
            await self._responding.respond(asker, Response(plain_document(interim)))
        await self._follow(asker, lookup)

    async def _follow(self, asker: Asker, lookup: asyncio.Future[Any]) -> None:
        response: Response | None = await lookup
        if response is None:
            return
        if asker.home is not None and self._at_home:
            self._at_home(asker, response.document)
        else:
            await self._responding.respond(asker, response)

    async def _follow_message(
        self, asker: Asker, interim: str, lookup: asyncio.Task[Response | None]
    ) -> None:
        if not await self._is_ready(lookup):
            waiting = Response(plain_document(interim), is_visible=True)
            await self._responding.respond(asker, waiting)
        response = await lookup
        if response is not None:
            await self._responding.respond(asker, shown_to_all(response))

    async def _is_ready(self, lookup: asyncio.Future[Any]) -> bool:
        done, _ = await asyncio.wait({lookup}, timeout=self._patience)
        return bool(done)

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def guarded(work: Coroutine[Any, Any, _Answer]) -> _Answer | Response:
    """Turn whatever goes wrong into an answer that helps."""
    try:
        return await work
    except EnterpriseManagerError as error:
        return Response(error_document(error))
    except ReplicaBotError as error:
        log.warning("question_not_answered", error=str(error))
        return Response(plain_document(f"I could not answer: {error}"))
    except Exception as error:  # noqa: BLE001  # around a listener: a person waits for words
        return Response(plain_document(apology_for(error)))


def apology_for(error: BaseException) -> str:
    """Log an error that nobody expected, and say so with the reference that finds it in the log."""
    reference = secrets.token_hex(4)
    log.error("question_failed", reference=reference, exc_info=error)
    return f"Something in me broke; my log knows more under {reference}. Please try again."
