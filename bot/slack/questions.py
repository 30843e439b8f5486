"""From a question to its answer, however it was asked: command, button, mention, direct message."""

import asyncio
from dataclasses import dataclass, field, replace

from bot.core.answers import Unknown
from bot.core.exports import Export
from bot.core.filters import Filter, NoFilter, parse_filter, split_last, split_verdicts
from bot.core.lists import Listed, ListKind, ListQuestion
from bot.core.ports import Clock
from bot.core.targets import NoTarget
from bot.slack.answers import answer_document, status_document, unknown_document
from bot.slack.asking import Answers
from bot.slack.documents import Document
from bot.slack.files import FileSender
from bot.slack.help import HELP, help_document, no_command_document
from bot.slack.jobs import job_document, no_job_document, which_job_document
from bot.slack.lists import list_document
from bot.slack.overviews import overview_document
from bot.slack.parsing import (
    LISTS,
    WISHES,
    Question,
    Verb,
    nearest_verb,
    unquoted,
    verb_of,
)
from bot.slack.responding import Asker, Response
from bot.slack.summaries import summary_document
from bot.slack.wishing import Wishing
from bot.slack.words import cut

TASKS_OF_WHAT = "Which session’s VMs? Say its handle, its id, its name, or a job’s name:"
EXPORT = "export"

_NAMED_BY_REFERENCE = frozenset(
    {
        Verb.ACK,
        Verb.UNACK,
        Verb.CLOSE,
        Verb.MUTE,
        Verb.UNMUTE,
        Verb.WATCH,
        Verb.UNWATCH,
        Verb.RETRY,
        Verb.START,
    }
)
"""Wishes about a job that may be named by what it did: `#12`, `#4f3a`."""

_BY_NUMBER = frozenset({Verb.ACK, Verb.UNACK, Verb.CLOSE, Verb.RETRY, Verb.START})
"""Those that take the number of an incident themselves."""

_BY_HANDLE = frozenset({Verb.WATCH})
"""Those that take the handle of a session themselves."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Answers questions and does what is wished; raises `EnterpriseManagerError`."""

    answers: Answers
    wishing: Wishing
    sender: FileSender
    clock: Clock
    lookups: dict[Question, asyncio.Task[Document]] = field(
        default_factory=dict, init=False, compare=False
    )

    async def answer(self, question: Question, asker: Asker) -> Response:
        """Answer one question of this person."""
        if question.verb in WISHES:
            return await self.wishing.answer(await self._named(question), asker)
        if question.verb in LISTS:
            subject, is_export = split_last(question.subject, EXPORT)
            if is_export:
                return await self._export(replace(question, subject=subject), asker)
        return Response(await self._look_up_once(question))

    async def turn(self, question: ListQuestion) -> Response:
        """Show a page of a list."""
        return Response(await self._list(question))

    async def send(self, question: ListQuestion, asker: Asker) -> Response:
        """Send a whole list as a file to the one who asked."""
        export = await self.answers.listing.export(question)
        if isinstance(export, Export):
            return Response(await self.sender.send(export, asker.user_id))
        return Response(answer_document(export, self.clock()))

    async def describe(self, said: str) -> Document:
        """Tell how one job is."""
        found = await self.answers.surveying.describe(said)
        return no_job_document(found) if isinstance(found, NoTarget) else job_document(found)

    async def list_vms(self, session_uid: str) -> Document:
        """List the VMs of a session."""
        return await self._list(ListQuestion(ListKind.TASKS, subject=session_uid))

    async def _look_up_once(self, question: Question) -> Document:
        """Look it up, together with whoever asks the same meanwhile.

        After an alert many people do: EM, which answers slowly, is asked once for all of them.
        """
        lookup = self.lookups.get(question)
        if lookup is None:
            lookup = self.lookups[question] = asyncio.create_task(self._look_up(question))
            lookup.add_done_callback(lambda _: self.lookups.pop(question))
        return await asyncio.shield(lookup)

    async def _look_up(  # noqa: PLR0911 - one line for each verb
        self, question: Question
    ) -> Document:
        match question.verb:
            case Verb.HELP:
                return _help(question.subject)
            case Verb.OVERVIEW:
                return overview_document(await self.answers.surveying.overview(), self.clock())
            case Verb.SUMMARY:
                return summary_document(await self.answers.asking.summarize())
            case Verb.STATUS:
                return status_document(await self.answers.asking.describe_status(), self.clock())
            case Verb.JOB:
                return await self._show_job(question)
            case Verb.FAILED | Verb.RUNNING | Verb.JOBS | Verb.TASKS:
                return await self._list_or_name(question)
            case _:
                return await self._find(question.subject)

    async def _find(self, subject: str) -> Document:
        found = await self.answers.asking.look_up(subject)
        if isinstance(found, Unknown):
            return unknown_document(found, nearest_verb(subject))
        return answer_document(found, self.clock())

    async def _show_job(self, question: Question) -> Document:
        """Tell how a job is; a name may begin with `job`."""
        if not question.subject:
            return which_job_document()
        found = await self.answers.surveying.describe(question.subject)
        if not isinstance(found, NoTarget):
            return job_document(found)
        whole = await self.answers.surveying.describe(question.typed)
        return no_job_document(found) if isinstance(whole, NoTarget) else job_document(whole)

    async def _list_or_name(self, question: Question) -> Document:
        """List, unless the words after it narrow nothing: then a name may begin with that word."""
        wanted = await self._understand(question)
        if isinstance(wanted, ListQuestion):
            return await self._list(wanted)
        if isinstance(wanted, Document):
            return wanted
        found = await self.answers.asking.look_up(question.typed or question.subject)
        if isinstance(found, Unknown):
            return help_document(question.verb, (_no_filter(wanted, question.verb),))
        return answer_document(found, self.clock())

    async def _understand(self, question: Question) -> ListQuestion | NoFilter | Document:
        """Make a list's question of the words after its name."""
        kind = ListKind(question.verb.value)
        if kind is not ListKind.TASKS:
            wanted = parse_filter(question.subject)
            return ListQuestion(kind, wanted) if isinstance(wanted, Filter) else wanted
        if not question.subject:
            return help_document(Verb.TASKS, (TASKS_OF_WHAT,))
        name, verdicts = split_verdicts(question.subject)
        if verdicts and not isinstance(
            await self.answers.asking.find(unquoted(question.subject)), Unknown
        ):
            return ListQuestion(kind, subject=unquoted(question.subject))
        return ListQuestion(kind, Filter(verdicts=verdicts), subject=unquoted(name))

    async def _list(self, question: ListQuestion) -> Document:
        found = await self.answers.listing.list(question)
        if isinstance(found, Listed):
            return list_document(found, self.clock())
        return answer_document(found, self.clock())

    async def _export(self, question: Question, asker: Asker) -> Response:
        wanted = await self._understand(question)
        if isinstance(wanted, ListQuestion):
            return await self.send(wanted, asker)
        if isinstance(wanted, Document):
            return Response(wanted)
        return Response(help_document(question.verb, (_no_filter(wanted, question.verb),)))

    async def _named(self, question: Question) -> Question:
        """Put the job's name in the place of `#12` or `#4f3a`, where a job is wished something."""
        first, _, rest = question.subject.partition(" ")
        if question.verb not in _NAMED_BY_REFERENCE or not first.startswith("#"):
            return question
        is_number = first[1:].isdigit()
        if question.verb in (_BY_NUMBER if is_number else _BY_HANDLE):
            return question
        job = await self.answers.surveying.find_job(first)
        if job is None:
            return question
        quote = next((each for each in ('"', "'", "`") if each not in job.full_name), "")
        subject = f"{quote}{job.full_name}{quote} {rest}"
        return replace(question, subject=subject.rstrip())


def _help(subject: str) -> Document:
    if not subject:
        return HELP
    verb = verb_of(subject.split(" ")[0])
    return help_document(verb) if verb else no_command_document(subject, nearest_verb(subject))


def _no_filter(wrong: NoFilter, verb: Verb) -> str:
    word = cut(wrong.word, 100)
    if wrong.nearest:
        return (
            f"🔍 I do not know how “{word}” narrows {verb.value}. Did you mean “{wrong.nearest}”?"
        )
    hint = f"a job is job:{word}, a backup server server:{word}"
    return f"🔍 I do not know how “{word}” narrows {verb.value}: {hint}."
