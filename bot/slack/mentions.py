"""The same questions as a mention or in a direct message (DESIGN §6).

A mention is answered in its thread for all to see, a direct message where it stands. Slack sends
an event again when its acknowledgement was late (reference §1.1): each is answered once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.answering import Answering
from bot.slack.clients import CallFailed, Json
from bot.slack.parsing import Question, parse_question
from bot.slack.questions import Questions
from bot.slack.responding import Asker, Response

REMEMBERED = 1_000
"""Event ids: Slack repeats an event for some 5 minutes, and people do not type so fast."""

INTERIM = "⏳ Asking Enterprise Manager… the answer follows here."

_MENTION = re.compile(r"<@(\w+)(?:\|[^>]*)?>")


@dataclass(frozen=True, slots=True)
class Mentions:
    """The listeners of what people say to the bot without a command."""

    questions: Questions
    answering: Answering
    heard: dict[str, None] = field(default_factory=dict, init=False, compare=False)

    async def bot_mentioned(self, ack: AsyncAck, body: Json) -> None:
        """Answer a mention in its thread."""
        await ack()
        event = _event_of(body)
        if self._is_new_question(body, event) and event.get("channel_type") != "im":
            thread_ts = str(event.get("thread_ts") or event.get("ts") or "")
            self._answer(event, thread_ts)

    async def message_said(self, ack: AsyncAck, body: Json) -> None:
        """Answer what is said in a direct message; all else is none of the bot's business."""
        await ack()
        event = _event_of(body)
        if event.get("channel_type") == "im" and self._is_new_question(body, event):
            self._answer(event, str(event.get("thread_ts") or ""))

    def _answer(self, event: Mapping[str, object], thread_ts: str) -> None:
        asker = Asker(str(event.get("user")), str(event.get("channel")), "", thread_ts)
        work = self._look_up(str(event.get("text") or ""), asker)
        self.answering.answer_message(asker, INTERIM, work)

    async def _look_up(self, text: str, asker: Asker) -> Response | None:
        bot_id = await self._own_user_id()
        if asker.user_id == bot_id:
            return None
        return await self.questions.answer(understand(text, bot_id), asker)

    async def _own_user_id(self) -> str:
        try:
            return (await self.answering.calls.identify()).user_id
        except CallFailed:
            return ""

    def _is_new_question(self, body: Json, event: Mapping[str, object]) -> bool:
        """Whether a person said it just now: no bot, no edit, no thread's copy, nothing twice."""
        if event.get("bot_id") or event.get("subtype") or event.get("edited"):
            return False
        if not event.get("user"):
            return False
        event_id = str(body.get("event_id") or event.get("ts") or "")
        if event_id in self.heard:
            return False
        self.heard[event_id] = None
        if len(self.heard) > REMEMBERED:
            del self.heard[next(iter(self.heard))]
        return True


def understand(text: str, bot_user_id: str) -> Question:
    """Take the question out of a message: without the bot's own name, wherever it stands."""
    named = [found for found in _MENTION.finditer(text) if found[1] == bot_user_id]
    first = named[0] if named else None if bot_user_id else _MENTION.match(text.strip())
    said = text.replace(first[0], " ", 1) if first else text
    return parse_question(said.strip(" ,:\u00a0"))


def _event_of(body: Json) -> Mapping[str, object]:
    event = body.get("event")
    return event if isinstance(event, dict) else {}
