"""How it reads who did what (`/replica audit`)."""

from bot.core.audits import Audit, AuditPage
from bot.slack.action_ids import AUDIT_OLDER
from bot.slack.documents import (
    Bold,
    Bullets,
    Button,
    Buttons,
    Document,
    Line,
    Moment,
    Part,
    Person,
    paragraph,
)
from bot.slack.words import cut

NAME = 120  # characters of what it was done to
OUTCOME = 300  # characters of what came of it
BETWEEN = "|"  # parts a value: the id before which, then the words


def audit_document(page: AuditPage, words: str, *, is_older: bool = False) -> Document:
    """List what was done, newest first."""
    about = f" with “{cut(words, NAME)}”" if words else ""
    if not page.audits:
        sentence = f"Nothing {'older ' if is_older else ''}is recorded{about}."
        return Document((sentence,), (paragraph((sentence,)),))
    title = f"Who did what{about}{', before that' if is_older else ''}"
    parts: list[Part] = [paragraph((Bold(title),)), Bullets(tuple(map(_line, page.audits)))]
    if page.has_more:
        value = f"{page.audits[-1].id}{BETWEEN}{words}"
        parts.append(Buttons((Button("Older", AUDIT_OLDER, value, label="What was done before"),)))
    return Document((f"{title}: the newest {len(page.audits)}",), tuple(parts))


def read_older(value: str) -> tuple[int, str]:
    """Read before which id and with which words; raises ValueError."""
    before, words = value.split(BETWEEN, 1)
    return int(before), words


def _line(audit: Audit) -> Line:
    name = cut(audit.subject_name or audit.subject, NAME)
    outcome = f": {cut(audit.outcome, OUTCOME)}"
    what = Bold(f"{audit.action.value} {name}")
    return (Moment(audit.at), " ", Person(audit.user_id), " ", what, outcome)
