"""What a message says of its own delivery: whom it calls, and what went wrong on its way.

All of it is kept with the notice, so that it still stands there after every edit; only the first
post notifies those it calls.
"""

from dataclasses import replace
from datetime import timedelta

from bot.core.notices import Notice
from bot.slack.documents import Document, Line, Mention, Part, paragraph
from bot.slack.words import duration

DUPLICATE: Line = ("⚠️ possible duplicate: Slack did not confirm the first attempt to post this.",)


def postmark(document: Document, notice: Notice) -> Document:
    """Add to a message what is to be said of its delivery."""
    marks = _marks(notice)
    first, rest = document.parts[:1], document.parts[1:]
    parts: tuple[Part, ...] = (*first, paragraph(*marks), *rest) if marks else document.parts
    marked = replace(document, parts=parts)
    if not notice.mention:
        return marked
    called = Mention(notice.mention)
    return Document((called, " ", *marked.summary), (paragraph((called,)), *marked.parts))


def _marks(notice: Notice) -> list[Line]:
    marks: list[Line] = []
    if notice.held_up_s:
        span = duration(timedelta(minutes=notice.held_up_s // 60))
        marks.append((f"⏳ held up {span} by Slack",))
    if notice.is_possible_duplicate:
        marks.append(DUPLICATE)
    return marks
