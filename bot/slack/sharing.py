"""The Share button, and how a shared answer about a running session stands in its channel."""

from dataclasses import dataclass, replace

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.core.answers import SessionAnswer
from bot.core.live_answers import Following, LiveAnswer, count_done
from bot.core.notices import PostedMessage
from bot.core.permissions import Deed
from bot.core.ports import Clock
from bot.core.sessions import Verdict
from bot.errors import DeliveryAmbiguous, DeliveryFailed, MessageRefused
from bot.services.sharing import Sharing
from bot.slack.action_ids import SHARE
from bot.slack.actions import INTERIM
from bot.slack.answering import Answering
from bot.slack.answers import answer_document, plain_document
from bot.slack.asking import Asking
from bot.slack.clients import CallFailed, Json, SlackCalls
from bot.slack.documents import Document, Line, paragraph
from bot.slack.layout import Message, render, render_plainly
from bot.slack.outcomes import TOO_RICH, delivery_failure
from bot.slack.permitting import Permitting
from bot.slack.responding import Asker, Response
from bot.slack.session_answers import session_document
from bot.slack.values import value_of
from bot.slack.verdicts import verdict_of

UNSURE = (
    "Slack did not say whether it took the message. If it does not stand in the channel, press"
    " Share again."
)
FOLLOWED = "This message follows the session to its end."
GIVEN_UP = "This message no longer follows the session, after 48 h: press Refresh."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shares:
    """The listener of Share; its value is the session's uid."""

    asking: Asking
    answering: Answering
    sharing: Sharing
    clock: Clock
    permitting: Permitting

    async def share_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Show the session's answer, as it is now, to the whole channel."""
        asker = Asker.of_press(body)
        work = self.permitting.let(asker, Deed.SHARE, self._share(value_of(body), asker))
        await self.answering.answer_press(ack, asker, INTERIM, work)

    async def _share(self, session_uid: str, asker: Asker) -> Response | None:
        """Share it; one that runs is a message of our own where we may post, so that it moves."""
        found = await self.asking.find(session_uid)
        if not isinstance(found, SessionAnswer):
            return Response(answer_document(found, self.clock()))
        is_running = verdict_of(found.session) is Verdict.UNFINISHED and not found.confirmed_at
        if is_running:
            try:
                await self.sharing.share(found, asker.channel_id, asker.user_id)
            except DeliveryAmbiguous:
                return Response(plain_document(UNSURE))
            except DeliveryFailed as refused:
                log.info("shared_answer_stands_still", error=str(refused))
            else:
                return None
        document = session_document(found, self.clock(), shared_by=asker.user_id)
        return Response(document, is_visible=True)


@dataclass(frozen=True, slots=True)
class SlackBoard:
    """Implements `bot.core.live_answers.SharedBoard` for Slack."""

    calls: SlackCalls
    clock: Clock

    async def post(self, channel: str, answer: SessionAnswer, shared_by: str) -> PostedMessage:
        """Post an answer that will move."""
        document = shared_document(self._plain(answer, shared_by), answer, Following.ON)
        said = await self._send(
            "chat.postMessage", document, channel=channel, unfurl_links=False, unfurl_media=False
        )
        if not said.get("ts"):
            raise DeliveryAmbiguous("Sharing an answer", "ok, without the message's timestamp")
        return PostedMessage(str(said.get("channel") or channel), str(said["ts"]), 0)

    async def edit(self, live: LiveAnswer, answer: SessionAnswer, following: Following) -> None:
        """Show the answer as it is now."""
        document = shared_document(self._plain(answer, live.shared_by), answer, following)
        await self._send("chat.update", document, channel=live.channel, ts=live.message_ts)

    def _plain(self, answer: SessionAnswer, shared_by: str) -> Document:
        return session_document(answer, self.clock(), shared_by=shared_by)

    async def _send(self, method: str, document: Document, **arguments: object) -> Json:
        """Send it, and once more plainly where Slack refuses its blocks (DESIGN §6)."""
        try:
            return await self._call(method, render(document), arguments)
        except MessageRefused as refused:
            if refused.code not in TOO_RICH:
                raise
        said = await self._call(method, render_plainly(document), arguments)
        self.calls.richness.note_refused()
        return said

    async def _call(self, method: str, message: Message, arguments: Json) -> Json:
        try:
            return await self.calls.call(method, **arguments, **message.as_arguments())
        except CallFailed as failed:
            doing = f"Sharing an answer in Slack channel {arguments['channel']}"
            raise delivery_failure(
                doing, failed.code, failed.status, failed.retry_after
            ) from failed


def shared_document(document: Document, answer: SessionAnswer, following: Following) -> Document:
    """Add how many VMs are done, and whether the message still moves, above the buttons."""
    lines: list[Line] = []
    if following is not Following.OVER:
        done, total = count_done(answer.tasks or ())
        lines = [
            (f"{done} of {total} VMs done.",) if total else (),
            (FOLLOWED if following is Following.ON else GIVEN_UP,),
        ]
    if not lines:
        return document
    *above, buttons = document.parts
    return replace(document, parts=(*above, paragraph(*lines), buttons))


def register_sharing(app: AsyncApp, shares: Shares) -> None:
    """Bind the button; before `listeners.register`, whose last listener takes anything."""
    app.action(SHARE)(shares.share_clicked)
