"""`/replica retry`, `start`, `collect` and `audit`, and their buttons."""

from dataclasses import dataclass

from bot.core.actions import Action, JobAction
from bot.core.targets import NoTarget
from bot.services.acknowledging import Acknowledging
from bot.services.acting import Acting, Impossible, Proposed, UnderWay
from bot.services.auditing import Auditing
from bot.services.collecting import Collected, Collecting
from bot.slack.action_documents import (
    acted_document,
    collected_document,
    collected_lately_document,
    impossible_document,
    no_server_document,
    proposed_document,
    under_way_document,
)
from bot.slack.answers import plain_document
from bot.slack.audit import audit_document, read_older
from bot.slack.documents import Document
from bot.slack.handling import no_target_document
from bot.slack.parsing import parse_incident, unquoted
from bot.slack.responding import Asker, Response

WHICH_JOB = "Which job? Say its name, or its incident’s number: “/replica {verb} SQL Replica”."
GONE = "I know this job no more: see /replica failed."


@dataclass(frozen=True, slots=True)
class ActingAnswers:
    """Does what operators ask for and says what came of it; who may is checked before."""

    acting: Acting
    collecting: Collecting
    auditing: Auditing
    acknowledging: Acknowledging

    async def propose(self, action: Action, subject: str) -> Response:
        """Say what will happen to which job, with a button to confirm it."""
        if not subject:
            return _say(WHICH_JOB.format(verb=action.value))
        job_uid, numbered = "", parse_incident(subject)
        if numbered:
            view = await self.acknowledging.find(numbered[0])
            if view is None:
                return _say(f"I know no incident #{numbered[0]}: see /replica failed.")
            job_uid = view.incident.job_uid
        found = await self.acting.propose(action, unquoted(subject), job_uid)
        if isinstance(found, Proposed):
            return Response(proposed_document(found))
        return Response(_missing(found))

    async def act(self, action: Action, job_uid: str, asker: Asker) -> Response:
        """Have EM do it, once."""
        done = await self.acting.act(action, job_uid, asker.user_id, asker.channel_id)
        match done:
            case JobAction():
                return Response(acted_document(done))
            case UnderWay():
                return Response(under_way_document(done))
            case NoTarget():
                return _say(GONE)
        return Response(impossible_document(done))

    async def collect(self, subject: str, asker: Asker) -> Response:
        """Have EM collect from a backup server, at most once in 5 minutes."""
        done = await self.collecting.collect(unquoted(subject), asker.user_id)
        if isinstance(done, NoTarget):
            return Response(no_server_document(done))
        if isinstance(done, Collected):
            return Response(collected_document(done))
        return Response(collected_lately_document(done))

    async def list_audits(self, words: str, before_id: int = 0) -> Response:
        """List who did what."""
        page = await self.auditing.list_newest(words, before_id)
        return Response(audit_document(page, words, is_older=bool(before_id)))

    async def list_older(self, value: str) -> Response:
        """List what was done before that; raises ValueError for a value that is none."""
        before_id, words = read_older(value)
        return await self.list_audits(words, before_id)


def _missing(found: Impossible | NoTarget) -> Document:
    return no_target_document(found) if isinstance(found, NoTarget) else impossible_document(found)


def _say(sentence: str) -> Response:
    return Response(plain_document(sentence))
