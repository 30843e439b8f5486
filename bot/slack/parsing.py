"""What a person typed after `/replica`, made into a question (DESIGN §6, reference §1.6).

Slack and its clients change what is typed: they escape `&<>`, wrap links, curl quotes and put in
spaces that are none.
"""

import difflib
import html
import re
from dataclasses import dataclass, field
from enum import StrEnum


class Verb(StrEnum):
    """What can be asked; SESSION is everything that begins with no other verb, OVERVIEW nothing."""

    OVERVIEW = "overview"
    HELP = "help"
    SESSION = "session"
    FAILED = "failed"
    RUNNING = "running"
    JOBS = "jobs"
    JOB = "job"
    TASKS = "tasks"
    SUMMARY = "summary"
    STATUS = "status"
    ACK = "ack"
    UNACK = "unack"
    CLOSE = "close"
    MUTE = "mute"
    UNMUTE = "unmute"
    MUTES = "mutes"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    SUBSCRIPTIONS = "subscriptions"
    WATCH = "watch"
    UNWATCH = "unwatch"
    WATCHES = "watches"
    RETRY = "retry"
    START = "start"
    COLLECT = "collect"
    AUDIT = "audit"


WISHES = frozenset(
    {
        Verb.ACK,
        Verb.UNACK,
        Verb.CLOSE,
        Verb.MUTE,
        Verb.UNMUTE,
        Verb.MUTES,
        Verb.SUBSCRIBE,
        Verb.UNSUBSCRIBE,
        Verb.SUBSCRIPTIONS,
        Verb.WATCH,
        Verb.UNWATCH,
        Verb.WATCHES,
        Verb.RETRY,
        Verb.START,
        Verb.COLLECT,
        Verb.AUDIT,
    }
)
"""What changes how the bot treats something, or lists what did: `bot.slack.wishing` answers it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and of what; `subject` is empty where the verb needs none.

    `typed` is all that was said: a name may begin like a verb.
    """

    verb: Verb
    subject: str = ""
    typed: str = field(default="", compare=False)


LISTS = frozenset({Verb.FAILED, Verb.RUNNING, Verb.JOBS, Verb.TASKS})
"""What is listed page by page; words after it narrow the list."""

_ALONE = frozenset(
    {
        Verb.OVERVIEW,
        Verb.SUMMARY,
        Verb.STATUS,
        Verb.MUTES,
        Verb.SUBSCRIPTIONS,
        Verb.WATCHES,
    }
)
"""With words behind it, such a word is the beginning of a name."""

_ASKS_HELP = frozenset({"help", "?", "--help", "-h"})
_OWN_NAME = re.compile(r"/?replica(?:-[\w-]+)?\s+(?=\S)", re.IGNORECASE)
_INCIDENT = re.compile(r"#?(\d{1,9})(?:\s+(.*))?", re.DOTALL)
_WRAPPED = re.compile(r"<(?P<target>[^<>|\s]+)(?:\|(?P<label>[^<>]*))?>")
_QUOTES = str.maketrans("“”„‟‘’‚‛", "\"\"\"\"''''")
_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])
_PAIRS = ("`", '"', "'", "*")


def parse_question(text: str) -> Question:
    """Understand what was typed; nothing at all asks for the overview."""
    words = _without_own_name(clean(text))
    first, _, rest = words.partition(" ")
    verb = verb_of(unquoted(first))
    if not words:
        return Question(Verb.OVERVIEW)
    if words in _ASKS_HELP:
        return Question(Verb.HELP)
    if verb is Verb.HELP:
        return Question(Verb.HELP, unquoted(rest).lstrip("/"))
    if verb and verb is not Verb.SESSION and rest.casefold() in _ASKS_HELP:
        return Question(Verb.HELP, verb.value)
    if verb is None or verb is Verb.SESSION or (rest and verb in _ALONE):
        subject = rest if verb is Verb.SESSION and rest else words
        return Question(Verb.SESSION, unquoted(subject))
    return Question(verb, rest if verb in WISHES | LISTS else unquoted(rest), words)


def parse_incident(subject: str) -> tuple[int, str] | None:
    """Understand `#12 looking at it`: an incident's number and what follows."""
    found = _INCIDENT.fullmatch(subject)
    return (int(found[1]), found[2] or "") if found else None


def clean(text: str) -> str:
    """Undo what Slack and its clients did to the text."""
    unwrapped = _WRAPPED.sub(_unwrap, text)
    plain = html.unescape(unwrapped).translate(_INVISIBLE).translate(_QUOTES)
    return unquoted(" ".join(plain.split()))


def unquoted(text: str) -> str:
    """Take off the quotes or back-ticks that a person put around a name."""
    while len(text) > 1 and text[0] == text[-1] and text[0] in _PAIRS:
        text = text[1:-1].strip()
    return text


def nearest_verb(text: str) -> str:
    """Name the verb that the first word is likely a slip of, if any."""
    first = unquoted(text.split(" ")[0]).lower()
    known = [verb.value for verb in Verb if verb is not Verb.OVERVIEW]
    return next(iter(difflib.get_close_matches(first, known, n=1, cutoff=0.7)), "")


def verb_of(word: str) -> Verb | None:
    """Take a word as a verb."""
    try:
        return Verb(word.lower())
    except ValueError:
        return None


def _without_own_name(words: str) -> str:
    """Drop `/replica` where somebody typed or pasted it once more."""
    return _OWN_NAME.sub("", words, count=1) if words.startswith("/") else words


def _unwrap(found: re.Match[str]) -> str:
    """Turn `<https://em/…|em/…>` into the address, `<@U1|ana>` and `<#C1|ops>` into the names."""
    target, label = found["target"], found["label"]
    if target[0] in "@#!":
        return label or target
    return target.removeprefix("mailto:") if not label or "://" in target else label
