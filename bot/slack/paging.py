"""The buttons that turn a list's pages: what they carry, so that nobody loses the place."""

from datetime import timedelta

from bot.core.filters import Filter, parse_filter
from bot.core.lists import Listed, ListKind, ListQuestion
from bot.core.sessions import EPOCH
from bot.slack.action_ids import EXPORT, TURN, numbered
from bot.slack.documents import Button

BETWEEN = "|"  # parts a value; the last part may hold it too
LONGEST = 1_900  # characters of a value: Slack takes 2,000 (reference §1.5)
MICROSECOND = timedelta(microseconds=1)
_PREVIOUS, _NEXT = 0, 1


def page_value(question: ListQuestion) -> str:
    """Write down which page of which list."""
    at = (question.at - EPOCH) // MICROSECOND if question.at else 0
    parts = (question.kind.value, str(question.page), str(at), question.subject)
    return BETWEEN.join((*parts, question.filter.spell()))


def read_page(value: str) -> ListQuestion | None:
    """Read what `page_value` wrote; None where this is no such value."""
    parts = value.split(BETWEEN, 4)
    try:
        kind, page, at = ListKind(parts[0]), int(parts[1]), int(parts[2])
        subject, words = parts[3:]
        moment = EPOCH + at * MICROSECOND if at else None
    except (ValueError, IndexError, OverflowError):
        return None
    wanted = parse_filter(words)
    if not isinstance(wanted, Filter):
        return None
    return ListQuestion(kind, wanted, page, moment, subject)


def page_buttons(listed: Listed) -> list[Button]:
    """Offer the pages before and after this one, and the whole list as a file."""
    question, last = listed.question, listed.pages - 1
    page, buttons = question.page, list[Button]()
    if len(page_value(question)) > LONGEST:
        return buttons
    if page > 0:
        buttons.append(_turn("‹ Previous", question, page - 1, listed.pages, _PREVIOUS))
    if page < last:
        buttons.append(_turn("Next ›", question, page + 1, listed.pages, _NEXT))
    if listed.total:
        value = page_value(question)
        buttons.append(Button("Export CSV", EXPORT, value, label="Send me all rows as a CSV file"))
    return buttons


def _turn(text: str, question: ListQuestion, page: int, pages: int, index: int) -> Button:
    of = ListQuestion(question.kind, question.filter, page, question.at, question.subject)
    label = f"{text} page: {page + 1} of {pages}"
    return Button(text, numbered(TURN, index), page_value(of), label=label)
