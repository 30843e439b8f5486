"""`/replica`: from what was typed to the answer (DESIGN §6)."""

import asyncio
from dataclasses import dataclass, field

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.core.answers import Answer, SessionAnswer, Unknown
from bot.core.ports import Clock
from bot.slack.answering import Answering
from bot.slack.answers import answer_document, plain_document, unknown_document
from bot.slack.asking import Asking
from bot.slack.clients import Json
from bot.slack.documents import Document
from bot.slack.help import HELP
from bot.slack.markup import neutral
from bot.slack.parsing import WISHES, Question, Verb, nearest_verb, parse_question
from bot.slack.responding import Asker, Response
from bot.slack.session_answers import tasks_document
from bot.slack.summaries import summary_document
from bot.slack.wishing import Wishing
from bot.slack.words import cut

WORKING = "⏳ Working on it… the answer follows here."
TASKS_OF_WHAT = "Which session’s VMs? Say “/replica tasks” and its id, its name, or a job’s name."


@dataclass(frozen=True, slots=True)
class Commands:
    """The listeners of slash commands."""

    asking: Asking
    answering: Answering
    clock: Clock
    wishing: Wishing
    lookups: dict[Question, asyncio.Task[Document]] = field(
        default_factory=dict, init=False, compare=False
    )

    async def replica_asked(self, ack: AsyncAck, body: Json) -> None:
        """Answer `/replica …`, under whatever name the command was installed."""
        question = parse_question(str(body.get("text") or ""))
        asker = Asker.of_command(body)
        is_wish = question.verb in WISHES
        work = self.wishing.answer(question, asker) if is_wish else self._respond(question)
        await self.answering.answer_command(ack, asker, interim_line(question), work)

    async def _respond(self, question: Question) -> Response:
        """Look it up, together with whoever asks the same meanwhile.

        After an alert many people do: EM, which answers slowly, is asked once for all of them.
        """
        lookup = self.lookups.get(question)
        if lookup is None:
            lookup = self.lookups[question] = asyncio.create_task(self.answer(question))
            lookup.add_done_callback(lambda _: self.lookups.pop(question))
        return Response(await asyncio.shield(lookup))

    async def answer(self, question: Question) -> Document:
        """Find the answer to one question; raises `EnterpriseManagerError`."""
        match question.verb:
            case Verb.HELP:
                return HELP
            case Verb.TASKS:
                return await self._list_tasks(question.subject)
            case Verb.SUMMARY:
                return summary_document(await self.asking.summarize())
            case Verb.SESSION:
                return await self._find(question.subject)
            case _:
                return answer_document(await self._list(question.verb), self.clock())

    async def _list(self, verb: Verb) -> Answer:
        if verb is Verb.FAILED:
            return await self.asking.list_failed()
        if verb is Verb.RUNNING:
            return await self.asking.list_running()
        return await self.asking.describe_status()

    async def _find(self, subject: str) -> Document:
        found = await self.asking.find(subject)
        if isinstance(found, Unknown):
            return unknown_document(found, nearest_verb(subject))
        return answer_document(found, self.clock())

    async def _list_tasks(self, subject: str) -> Document:
        if not subject:
            return plain_document(TASKS_OF_WHAT)
        found = await self.asking.find(subject)
        if isinstance(found, SessionAnswer):
            return tasks_document(found)
        return answer_document(found, self.clock())


def interim_line(question: Question) -> str:
    """Say what is being asked, in words that still read well once the answer stands below."""
    of_what = {
        Verb.FAILED: "what is failing",
        Verb.RUNNING: "what is running",
        Verb.SUMMARY: "a summary",
        Verb.TASKS: f"the VMs of {neutral(cut(question.subject, 100))}",
        Verb.SESSION: neutral(cut(question.subject, 100)),
        Verb.WATCH: neutral(cut(question.subject, 100)),
    }
    if question.verb in WISHES - {Verb.WATCH}:
        return WORKING
    what = of_what.get(question.verb, "that")
    return f"⏳ Asking Enterprise Manager for {what}… the answer follows here."
