"""The button by which people say that what was found is on purpose (DESIGN §2, Incidents)."""

import re
from dataclasses import dataclass

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.core.permissions import Deed
from bot.services.inspecting import Inspecting
from bot.slack.action_ids import FINDING_CLOSE
from bot.slack.answering import Answering
from bot.slack.answers import plain_document
from bot.slack.clients import Json
from bot.slack.permitting import Permitting
from bot.slack.responding import Asker, Response
from bot.slack.values import value_of

INTERIM = "⏳ Working on it… the answer follows here."
CLOSED = "I say no more of this until it happens anew; the message says that you closed it."
CLOSED_BEFORE = "Somebody has closed it already: I say no more of this until it happens anew."
OVER = "That is over already: there is nothing to close."


@dataclass(frozen=True, slots=True)
class Closing:
    """The listener of that button; its value is the finding's id."""

    inspecting: Inspecting
    answering: Answering
    permitting: Permitting

    async def close_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Say no more of what a person wants."""
        asker = Asker.of_press(body)
        work = self.permitting.let(asker, Deed.CLOSE, self._close(value_of(body), asker))
        await self.answering.answer_press(ack, asker, INTERIM, work)

    async def _close(self, finding_id: str, asker: Asker) -> Response:
        found = finding_id.isdecimal()
        closed = await self.inspecting.close(int(finding_id), asker.user_id) if found else None
        if closed is None:
            return Response(plain_document(OVER))
        is_first = closed.closed_by == asker.user_id
        return Response(plain_document(CLOSED if is_first else CLOSED_BEFORE))


def register_closing(app: AsyncApp, closing: Closing) -> None:
    """Bind the button; before `listeners.register`, whose last listener takes anything."""
    app.action(re.compile(rf"^{FINDING_CLOSE}(:\d+)?$"))(closing.close_clicked)
