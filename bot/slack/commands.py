"""`/replica`: from what was typed to the answer (DESIGN §6)."""

from dataclasses import dataclass

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.answering import Answering
from bot.slack.clients import Json
from bot.slack.markup import neutral
from bot.slack.parsing import WISHES, Question, Verb, parse_question
from bot.slack.questions import Questions
from bot.slack.responding import Asker
from bot.slack.words import cut

WORKING = "⏳ Working on it… the answer follows here."


@dataclass(frozen=True, slots=True)
class Commands:
    """The listeners of slash commands."""

    questions: Questions
    answering: Answering

    async def replica_asked(self, ack: AsyncAck, body: Json) -> None:
        """Answer `/replica …`, under whatever name the command was installed."""
        question = parse_question(str(body.get("text") or ""))
        asker = Asker.of_command(body)
        work = self.questions.answer(question, asker)
        await self.answering.answer_command(ack, asker, interim_line(question), work)


def interim_line(question: Question) -> str:
    """Say what is being asked, in words that still read well once the answer stands below."""
    subject = neutral(cut(question.subject, 100))
    of_what = {
        Verb.FAILED: "what is failing",
        Verb.RUNNING: "what is running",
        Verb.JOBS: "the jobs",
        Verb.JOB: f"the job {subject}",
        Verb.SUMMARY: "a summary",
        Verb.TASKS: f"the VMs of {subject}",
        Verb.SESSION: subject,
        Verb.WATCH: subject,
    }
    if question.verb in WISHES - {Verb.WATCH}:
        return WORKING
    what = of_what.get(question.verb, "that")
    return f"⏳ Asking Enterprise Manager for {what}… the answer follows here."
