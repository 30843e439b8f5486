"""The buttons, menus and the form by which people handle alerts: acknowledge, mute, unsubscribe."""

from dataclasses import dataclass

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.core.actions import Action
from bot.core.permissions import Deed
from bot.services.handling import Handling
from bot.slack.actions import OLD_BUTTON
from bot.slack.alerts import incident_document
from bot.slack.answering import Answering, Work
from bot.slack.answers import plain_document
from bot.slack.clients import CallFailed, Json, SlackCalls
from bot.slack.controls import read_subject
from bot.slack.handling import group_document, handled_document
from bot.slack.menus import read_mute_choice
from bot.slack.modals import note_form, read_note
from bot.slack.permitting import Permitting
from bot.slack.responding import Asker, Response
from bot.slack.values import value_of
from bot.slack.wishes import JOB, unsubscribed_document
from bot.slack.wishing import Wishing, is_direct, mute_response, place_of, unmute_response

INTERIM = "⏳ Working on it… the answer follows here."
SENT_AGAIN = "I know this incident no more: see /replica failed."
NO_FORM = (
    "Slack did not open the form ({code}). Write the note so: /replica ack #{number} your note"
)
EMPTY_NOTE = "The note was empty, so I changed nothing."
OLD_CHOICE = "I do not know this choice any more. Say it so: /replica mute <job> 4h"
NOT_HERE = "This subscription has ended already, or belongs to another channel."
NOT_YOURS = "You do not wait for that any more."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Deeds:
    """The listeners of what is pressed, chosen and submitted; who did it is in the payload."""

    handling: Handling
    wishing: Wishing
    answering: Answering
    calls: SlackCalls

    async def acknowledge_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Note that this person looks after the incident."""
        await self._answer(ack, body, Deed.ACKNOWLEDGE, self._acknowledge(body))

    async def acknowledge_all_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Note that this person looks after a whole group."""
        await self._answer(ack, body, Deed.ACKNOWLEDGE, self._acknowledge_all(body))

    async def note_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Open the form for a note, within the 3 seconds that Slack's trigger lives."""
        await ack()
        asker = Asker.of_press(body)
        work = self._permitting.let(asker, Deed.ACKNOWLEDGE, self._open_form(body))
        self.answering.follow(asker, work)

    async def note_written(self, ack: AsyncAck, body: Json) -> None:
        """Close the form and keep the note."""
        written = read_note(body)
        asker = written.asker
        note = self._keep_note(written.incident_id, written.note, asker)
        work = self._permitting.let(asker, Deed.ACKNOWLEDGE, note)
        await self.answering.answer_press(ack, asker, INTERIM, work)

    async def member_picked(self, ack: AsyncAck, body: Json) -> None:
        """Show one incident of a group, with its own buttons, to the one who picked it."""
        await self._answer(ack, body, Deed.ASK, self._show_member(body))

    async def mute_chosen(self, ack: AsyncAck, body: Json) -> None:
        """Mute a job or its backup server, or give a mute another end."""
        await self._answer(ack, body, Deed.MUTE, self._mute(body))

    async def unmute_clicked(self, ack: AsyncAck, body: Json) -> None:
        """End a mute."""
        await self._answer(ack, body, Deed.MUTE, self._unmute(body))

    async def unsubscribe_clicked(self, ack: AsyncAck, body: Json) -> None:
        """End a subscription of this channel, or of this person."""
        await self._answer(ack, body, Deed.SUBSCRIBE, self._unsubscribe(body))

    async def watch_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Watch one of several candidates."""
        await self._answer(ack, body, Deed.WATCH, self._watch(body))

    async def unwatch_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Give up a watch."""
        await self._answer(ack, body, Deed.WATCH, self._unwatch(body))

    async def retry_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Have Veeam retry a job; the dialog has asked already."""
        await self._answer(ack, body, Deed.RETRY, self._act(Action.RETRY, body))

    async def start_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Have Veeam start a job; the dialog has asked already."""
        await self._answer(ack, body, Deed.START, self._act(Action.START, body))

    async def collect_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Have EM collect from a backup server now."""
        work = self.wishing.acting.collect(value_of(body), Asker.of_press(body))
        await self._answer(ack, body, Deed.COLLECT, work)

    async def older_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Show what was done before what is shown."""
        await self._answer(ack, body, Deed.AUDIT, self.wishing.acting.list_older(value_of(body)))

    @property
    def _permitting(self) -> Permitting:
        return self.wishing.permitting

    async def _answer(self, ack: AsyncAck, body: Json, deed: Deed, work: Work) -> None:
        asker = Asker.of_press(body)
        allowed = self._permitting.let(asker, deed, work)
        await self.answering.answer_press(ack, asker, INTERIM, _of_now(allowed))

    async def _act(self, action: Action, body: Json) -> Response:
        return await self.wishing.acting.act(action, value_of(body), Asker.of_press(body))

    async def _acknowledge(self, body: Json) -> Response:
        asker, incident_id = Asker.of_press(body), int(value_of(body))
        done = await self.handling.acknowledging.acknowledge(incident_id, asker.user_id)
        return Response(handled_document(done))

    async def _acknowledge_all(self, body: Json) -> Response:
        asker = Asker.of_press(body)
        done = await self.handling.acknowledging.acknowledge_group(value_of(body), asker.user_id)
        return Response(group_document(done))

    async def _open_form(self, body: Json) -> Response | None:
        asker, incident_id = Asker.of_press(body), int(value_of(body))
        view = await self.handling.acknowledging.find(incident_id)
        is_own = view is not None and view.incident.acknowledged_by == asker.user_id
        note = view.incident.acknowledged_note if view and is_own else ""
        form = note_form(incident_id, asker, note)
        try:
            await self.calls.call("views.open", trigger_id=body.get("trigger_id"), view=form)
        except CallFailed as failed:
            log.warning("form_not_opened", error=failed.code)
            code = failed.code or "it did not say why"
            return _say(NO_FORM.format(code=code, number=incident_id))
        return None

    async def _keep_note(self, incident_id: int, note: str, asker: Asker) -> Response:
        if not note.strip():
            return _say(EMPTY_NOTE)
        done = await self.handling.acknowledging.acknowledge(incident_id, asker.user_id, note)
        return Response(handled_document(done))

    async def _show_member(self, body: Json) -> Response:
        view = await self.handling.acknowledging.find(int(value_of(body)))
        if view is None:
            return _say(SENT_AGAIN)
        offers = self._permitting.offers_actions
        return Response(incident_document(view, offers_actions=offers))

    async def _mute(self, body: Json) -> Response:
        asker, chosen = Asker.of_press(body), read_mute_choice(value_of(body))
        if chosen is None:
            return _say(OLD_CHOICE)
        scope, subject, end = chosen
        done = await self.handling.muting.mute_subject(scope, subject, end, asker.user_id)
        return mute_response(done, asker)

    async def _unmute(self, body: Json) -> Response:
        asker = Asker.of_press(body)
        scope, subject = read_subject(value_of(body))
        done = await self.handling.muting.unmute_subject(scope, subject, asker.user_id)
        return unmute_response(done)

    async def _unsubscribe(self, body: Json) -> Response:
        asker, subscribing = Asker.of_press(body), self.handling.subscribing
        number = int(value_of(body))
        ended = await subscribing.unsubscribe_id(number, place_of(asker), asker.user_id)
        if ended is None:
            return _say(NOT_HERE)
        document = unsubscribed_document([ended], is_person=is_direct(asker))
        return Response(document, is_visible=True)

    async def _watch(self, body: Json) -> Response:
        asker, value = Asker.of_press(body), value_of(body)
        done = await self.handling.watching.watch(
            value.removeprefix(JOB), asker.user_id, is_job=value.startswith(JOB)
        )
        return self.wishing.watch_response(done)

    async def _unwatch(self, body: Json) -> Response:
        asker = Asker.of_press(body)
        is_ended = await self.handling.watching.unwatch_id(int(value_of(body)), asker.user_id)
        return _say("You no longer wait for it." if is_ended else NOT_YOURS)


async def _of_now(work: Work) -> Response:
    """Do what a button asks for; a value that is none was made by another version of the bot."""
    try:
        return await work
    except ValueError as error:
        log.warning("button_not_understood", exc_info=error)
        return _say(OLD_BUTTON)


def _say(sentence: str) -> Response:
    return Response(plain_document(sentence))
