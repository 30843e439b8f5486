"""`/replica ack`, `mute`, `subscribe`, `watch` and their kin: from words to what is done."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.actions import Action
from bot.core.answers import Unknown
from bot.core.permissions import Deed
from bot.core.ports import Clock
from bot.core.spans import Unclear
from bot.core.targets import NoTarget
from bot.services.acknowledging import NotFailing
from bot.services.handling import Handling
from bot.services.muting import Muted, Unmuted
from bot.services.subscribing import ToldAnyway
from bot.services.watching import EndedAlready, Watched, WhichOne
from bot.slack.acting import ActingAnswers
from bot.slack.answers import plain_document, unknown_document
from bot.slack.clients import SlackCalls
from bot.slack.handling import (
    handled_document,
    muted_document,
    mutes_document,
    no_target_document,
    not_failing_document,
    unclear_document,
    unmuted_document,
)
from bot.slack.memberships import is_member
from bot.slack.parsing import Question, Verb, parse_incident, unquoted
from bot.slack.permitting import Permitting
from bot.slack.responding import Asker, Response
from bot.slack.wishes import (
    INVITE,
    ended_already_document,
    subscribed_document,
    subscriptions_document,
    told_anyway_document,
    unknown_names_document,
    unsubscribed_document,
    unwatched_document,
    watched_document,
    watches_document,
    which_document,
)
from bot.slack.words import cut

WHICH_INCIDENT = (
    "Which incident? Say its number, for example “/replica {verb} #12”, or its job’s name. Both "
    "stand in the alert, and in /replica failed."
)
MUTE_WHAT = (
    "Mute what, and for how long? For example “/replica mute SQL Replica 4h”, “/replica mute "
    "server:vbr01 until Monday 08:00”, “/replica mute all 1h”."
)
UNMUTE_WHAT = "Unmute what? /replica mutes lists what is muted."
WATCH_WHAT = (
    "Watch what? Say a job’s name, or a session’s id or name: “/replica watch SQL Replica”."
)
NOT_CHECKED = (
    "Slack does not tell me whether I am in this channel. If I am not, say /invite @replica-bot."
)
DIRECT_MESSAGE = "D"  # begins the id of a direct message, Slack's own convention

DEEDS = {
    Verb.ACK: Deed.ACKNOWLEDGE,
    Verb.UNACK: Deed.ACKNOWLEDGE,
    Verb.CLOSE: Deed.CLOSE,
    Verb.MUTE: Deed.MUTE,
    Verb.UNMUTE: Deed.MUTE,
    Verb.MUTES: Deed.ASK,
    Verb.SUBSCRIBE: Deed.SUBSCRIBE,
    Verb.UNSUBSCRIBE: Deed.SUBSCRIBE,
    Verb.SUBSCRIPTIONS: Deed.ASK,
    Verb.WATCH: Deed.WATCH,
    Verb.UNWATCH: Deed.WATCH,
    Verb.WATCHES: Deed.WATCH,
    Verb.RETRY: Deed.RETRY,
    Verb.START: Deed.START,
    Verb.COLLECT: Deed.COLLECT,
    Verb.AUDIT: Deed.AUDIT,
}
"""What a person must be allowed for each wish."""

Answerer = Callable[[str, Asker], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Wishing:
    """Does what people ask for; everything here but `watch` asks the database alone."""

    handling: Handling
    calls: SlackCalls
    clock: Clock
    permitting: Permitting
    acting: ActingAnswers

    async def answer(self, question: Question, asker: Asker) -> Response:
        """Do what is asked, if this person may, and say what came of it."""
        answerers: Mapping[Verb, Answerer] = {
            Verb.ACK: self._acknowledge,
            Verb.UNACK: self._unacknowledge,
            Verb.CLOSE: self._close,
            Verb.MUTE: self._mute,
            Verb.UNMUTE: self._unmute,
            Verb.MUTES: self._list_mutes,
            Verb.SUBSCRIBE: self._subscribe,
            Verb.UNSUBSCRIBE: self._unsubscribe,
            Verb.SUBSCRIPTIONS: self._list_subscriptions,
            Verb.WATCH: self._watch,
            Verb.UNWATCH: self._unwatch,
            Verb.WATCHES: self._list_watches,
            Verb.RETRY: self._retry,
            Verb.START: self._start,
            Verb.COLLECT: self.acting.collect,
            Verb.AUDIT: self._list_audits,
        }
        work = answerers[question.verb](question.subject, asker)
        return await self.permitting.let(asker, DEEDS[question.verb], work)

    async def _retry(self, subject: str, _asker: Asker) -> Response:
        return await self.acting.propose(Action.RETRY, subject)

    async def _start(self, subject: str, _asker: Asker) -> Response:
        return await self.acting.propose(Action.START, subject)

    async def _list_audits(self, subject: str, _asker: Asker) -> Response:
        return await self.acting.list_audits(subject)

    async def _acknowledge(self, subject: str, asker: Asker) -> Response:
        named = await self._find_incident(subject, Verb.ACK)
        if isinstance(named, Response):
            return named
        incident_id, note = named
        acknowledging = self.handling.acknowledging
        done = await acknowledging.acknowledge(incident_id, asker.user_id, unquoted(note))
        return Response(handled_document(done))

    async def _unacknowledge(self, subject: str, asker: Asker) -> Response:
        named = await self._find_incident(subject, Verb.UNACK)
        if isinstance(named, Response):
            return named
        done = await self.handling.acknowledging.unacknowledge(named[0], asker.user_id)
        return Response(handled_document(done))

    async def _close(self, subject: str, asker: Asker) -> Response:
        named = await self._find_incident(subject, Verb.CLOSE)
        if isinstance(named, Response):
            return named
        done = await self.handling.acknowledging.close(named[0], asker.user_id)
        return Response(handled_document(done))

    async def _find_incident(self, subject: str, verb: Verb) -> tuple[int, str] | Response:
        """Understand which incident is meant, by its number or its job's name, and what follows."""
        if not subject:
            return _say(WHICH_INCIDENT.format(verb=verb))
        found = parse_incident(subject) or await self.handling.acknowledging.find_by_job(subject)
        match found:
            case NotFailing():
                return Response(not_failing_document(found))
            case NoTarget():
                return _which(found, verb)
        return found

    async def _mute(self, subject: str, asker: Asker) -> Response:
        if not subject:
            return _say(MUTE_WHAT)
        return mute_response(await self.handling.muting.mute(subject, asker.user_id), asker)

    async def _unmute(self, subject: str, asker: Asker) -> Response:
        if not subject:
            return _say(UNMUTE_WHAT)
        done = await self.handling.muting.unmute(unquoted(subject), asker.user_id)
        if isinstance(done, NoTarget):
            return Response(no_target_document(done))
        return unmute_response(done)

    async def _list_mutes(self, _subject: str, _asker: Asker) -> Response:
        return Response(mutes_document(await self.handling.muting.list_mutes()))

    async def _subscribe(self, subject: str, asker: Asker) -> Response:
        """Subscribe the channel, or in a direct message the person, if the bot can post there."""
        is_there = True if is_direct(asker) else await is_member(self.calls, asker.channel_id)
        if is_there is False:
            return _say(INVITE)
        done = await self.handling.subscribing.subscribe(subject, place_of(asker), asker.user_id)
        if isinstance(done, NoTarget):
            return Response(unknown_names_document(done))
        if isinstance(done, ToldAnyway):
            return Response(told_anyway_document(done))
        note = NOT_CHECKED if is_there is None else ""
        document = subscribed_document(done, is_person=is_direct(asker), note=note)
        return Response(document, is_visible=not done.was_known)

    async def _unsubscribe(self, subject: str, asker: Asker) -> Response:
        if not subject:
            return await self._list_subscriptions("", asker)
        ended = await self.handling.subscribing.unsubscribe(subject, place_of(asker), asker.user_id)
        document = unsubscribed_document(ended, is_person=is_direct(asker))
        return Response(document, is_visible=bool(ended))

    async def _list_subscriptions(self, _subject: str, asker: Asker) -> Response:
        mine = await self.handling.subscribing.list_subscriptions(place_of(asker))
        return Response(subscriptions_document(mine, is_person=is_direct(asker)))

    async def _watch(self, subject: str, asker: Asker) -> Response:
        if not subject:
            return _say(WATCH_WHAT)
        done = await self.handling.watching.watch(unquoted(subject), asker.user_id)
        return self.watch_response(done)

    def watch_response(self, done: Watched | EndedAlready | WhichOne | Unknown) -> Response:
        """Say what came of a wish to watch."""
        match done:
            case Watched():
                return Response(watched_document(done, self.clock()))
            case EndedAlready():
                return Response(ended_already_document(done, self.clock()))
            case WhichOne():
                return Response(which_document(done))
            case Unknown():
                return Response(unknown_document(done))

    async def _unwatch(self, subject: str, asker: Asker) -> Response:
        if not subject:
            return await self._list_watches("", asker)
        ended = await self.handling.watching.unwatch(unquoted(subject), asker.user_id)
        return Response(unwatched_document(ended))

    async def _list_watches(self, _subject: str, asker: Asker) -> Response:
        mine = await self.handling.watching.list_watches(asker.user_id)
        return Response(watches_document(mine))


def mute_response(done: Muted | NoTarget | Unclear, asker: Asker) -> Response:
    """Say what came of a wish to mute: to all where it was done, for the team must know."""
    if isinstance(done, NoTarget):
        return Response(no_target_document(done))
    if isinstance(done, Unclear):
        return Response(unclear_document(done))
    return Response(muted_document(done, asker.user_id), is_visible=True)


def unmute_response(done: Unmuted) -> Response:
    """Say that a mute was ended; the announcement of its end tells all the others."""
    return Response(unmuted_document(done))


def is_direct(asker: Asker) -> bool:
    """Whether a person asks in a direct message, where what they subscribe is for them alone."""
    return asker.channel_id.startswith(DIRECT_MESSAGE)


def place_of(asker: Asker) -> str:
    """Name where a subscription leads: the channel, or the person who asks."""
    return asker.user_id if is_direct(asker) else asker.channel_id


def _which(missing: NoTarget, verb: Verb) -> Response:
    """Ask which incident, with the jobs that may be meant."""
    if missing.candidates:
        return Response(no_target_document(missing))
    return _say(f"🔍 I know no job “{cut(missing.said, 200)}”. {WHICH_INCIDENT.format(verb=verb)}")


def _say(sentence: str) -> Response:
    return Response(plain_document(sentence))
