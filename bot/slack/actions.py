"""The buttons below answers and alerts (DESIGN §6)."""

from dataclasses import dataclass

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.core.answers import SessionAnswer
from bot.core.permissions import Deed
from bot.core.ports import Clock
from bot.slack.answering import Answering, Work
from bot.slack.answers import answer_document, plain_document
from bot.slack.asking import Asking
from bot.slack.clients import Json
from bot.slack.permitting import Permitting
from bot.slack.responding import Asker, Response
from bot.slack.session_answers import session_document, tasks_document
from bot.slack.values import value_of

INTERIM = "⏳ Asking Enterprise Manager… the answer follows here."
OLD_BUTTON = "This button is from an older version of me and does nothing now: try /replica help."


@dataclass(frozen=True, slots=True)
class Actions:
    """The listeners of buttons; their values are session uids or job names."""

    asking: Asking
    answering: Answering
    clock: Clock
    permitting: Permitting

    async def details_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Show one session to the one who pressed."""
        await self._answer(ack, body, self._show(value_of(body)))

    async def candidate_picked(self, ack: AsyncAck, body: Json) -> None:
        """Show the candidate in the place of the list, which only the one who picked sees."""
        await self._answer(ack, body, self._show(value_of(body), replaces=True))

    async def tasks_clicked(self, ack: AsyncAck, body: Json) -> None:
        """List every VM of a session."""
        await self._answer(ack, body, self._list_tasks(value_of(body)))

    async def share_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Show the session's answer, as it is now, to the whole channel."""
        asker = Asker.of_press(body)
        work = self._share(value_of(body), asker.user_id)
        await self._answer(ack, body, self.permitting.let(asker, Deed.SHARE, work))

    async def refresh_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Ask again and replace the answer; a shared one then says who did."""
        container = body.get("container") or {}
        by = "" if container.get("is_ephemeral") else Asker.of_press(body).user_id
        await self._answer(ack, body, self._refresh(value_of(body), by))

    async def link_opened(self, ack: AsyncAck) -> None:
        """Take note that a link was followed: Slack wants that acknowledged too."""
        await ack()

    async def old_button_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Say that a button no longer does anything, which Slack says without words."""
        await self._answer(ack, body, _say(OLD_BUTTON))

    async def _answer(self, ack: AsyncAck, body: Json, work: Work) -> None:
        await self.answering.answer_press(ack, Asker.of_press(body), INTERIM, work)

    async def _show(self, asked: str, *, replaces: bool = False) -> Response:
        found = await self.asking.find(asked)
        return Response(answer_document(found, self.clock()), replaces=replaces)

    async def _list_tasks(self, session_uid: str) -> Response:
        found = await self.asking.find(session_uid)
        if isinstance(found, SessionAnswer):
            return Response(tasks_document(found))
        return Response(answer_document(found, self.clock()))

    async def _share(self, session_uid: str, user_id: str) -> Response:
        found = await self.asking.find(session_uid)
        if not isinstance(found, SessionAnswer):
            return Response(answer_document(found, self.clock()))
        shared = session_document(found, self.clock(), shared_by=user_id)
        return Response(shared, is_visible=True)

    async def _refresh(self, session_uid: str, user_id: str) -> Response:
        found = await self.asking.find(session_uid)
        if not isinstance(found, SessionAnswer):
            return Response(answer_document(found, self.clock()))
        fresh = session_document(found, self.clock(), refreshed_by=user_id)
        return Response(fresh, is_visible=bool(user_id), replaces=True)


async def _say(sentence: str) -> Response:
    return Response(plain_document(sentence))
