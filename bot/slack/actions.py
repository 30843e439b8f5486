"""The buttons below answers and alerts (DESIGN §6)."""

from dataclasses import dataclass, replace

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.core.answers import SessionAnswer
from bot.core.permissions import Deed
from bot.core.ports import Clock
from bot.slack.answering import Answering, Work
from bot.slack.answers import answer_document, plain_document
from bot.slack.asking import Asking
from bot.slack.clients import Json
from bot.slack.menus import job_options
from bot.slack.paging import read_page
from bot.slack.parsing import clean, parse_question
from bot.slack.permitting import Permitting
from bot.slack.questions import Questions
from bot.slack.responding import Asker, Response, shown_to_all
from bot.slack.session_answers import session_document
from bot.slack.values import value_of

INTERIM = "⏳ Asking Enterprise Manager… the answer follows here."
OLD_BUTTON = "This button is from an older version of me and does nothing now: try /replica help."


@dataclass(frozen=True, slots=True)
class Actions:
    """The listeners of buttons; their values are session uids, job names, pages or questions."""

    questions: Questions
    answering: Answering
    clock: Clock
    permitting: Permitting

    @property
    def asking(self) -> Asking:
        """Who finds sessions."""
        return self.questions.answers.asking

    async def details_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Show one session to the one who pressed."""
        await self._answer(ack, body, self._show(value_of(body)))

    async def candidate_picked(self, ack: AsyncAck, body: Json) -> None:
        """Show the candidate in the place of the list, which only the one who picked sees."""
        await self._answer(ack, body, _in_place(body, self._show(value_of(body))))

    async def tasks_clicked(self, ack: AsyncAck, body: Json) -> None:
        """List every VM of a session."""
        await self._answer(ack, body, self._list_vms(value_of(body)))

    async def question_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Answer what the button asks, as if it had been typed."""
        asker, question = Asker.of_press(body), parse_question(value_of(body))
        await self._answer(ack, body, self.questions.answer(question, asker))

    async def page_turned(self, ack: AsyncAck, body: Json) -> None:
        """Show another page in the place of this one."""
        page = read_page(value_of(body))
        work = _in_place(body, self.questions.turn(page)) if page else _say(OLD_BUTTON)
        await self._answer(ack, body, work)

    async def export_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Send the whole list to the one who pressed."""
        page, asker = read_page(value_of(body)), Asker.of_press(body)
        work = self.questions.send(page, asker) if page else _say(OLD_BUTTON)
        await self._answer(ack, body, self.permitting.let(asker, Deed.EXPORT, work))

    async def job_chosen(self, ack: AsyncAck, body: Json) -> None:
        """Tell how the job is that was pressed, or found by typing."""
        await self._answer(ack, body, self._describe(value_of(body)))

    async def job_typed(self, ack: AsyncAck, body: Json) -> None:
        """Propose jobs while somebody types; without any there is nothing to choose."""
        jobs = await self.questions.answers.surveying.suggest(clean(str(body.get("value") or "")))
        await ack(options=job_options(jobs))

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

    async def _show(self, asked: str) -> Response:
        found = await self.asking.find(asked)
        return Response(answer_document(found, self.clock()))

    async def _list_vms(self, session_uid: str) -> Response:
        return Response(await self.questions.list_vms(session_uid))

    async def _describe(self, said: str) -> Response:
        return Response(await self.questions.describe(said))

    async def _refresh(self, session_uid: str, user_id: str) -> Response:
        found = await self.asking.find(session_uid)
        if not isinstance(found, SessionAnswer):
            return Response(answer_document(found, self.clock()))
        fresh = session_document(found, self.clock(), refreshed_by=user_id)
        return Response(fresh, is_visible=bool(user_id), replaces=True)


async def _in_place(body: Json, work: Work) -> Response:
    """Put an answer in the place of what was pressed; what all see stays for all to see."""
    response = replace(await work, replaces=True)
    is_mine = (body.get("container") or {}).get("is_ephemeral")
    return response if is_mine else shown_to_all(response)


async def _say(sentence: str) -> Response:
    return Response(plain_document(sentence))
