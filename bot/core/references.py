"""What a person means by a session: the forms they have at hand (DESIGN §6)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from bot.core.handles import read_handle, read_incident

SHORTEST_PREFIX = 8
SHORTEST_GUID_MEANT = 20
FEWEST_DASHES = 3

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_PREFIX = re.compile(r"[0-9a-f]{8}[0-9a-f-]{0,27}", re.IGNORECASE)
_SESSION_URN = "urn:veeam:replicajobsession:"
_SESSION_PATH = "/replicasessions/"


class Form(StrEnum):
    """How a session was named."""

    ID = "id"
    HANDLE = "handle"
    INCIDENT = "incident"
    PREFIX = "prefix"
    NAME = "name"
    FOREIGN = "foreign"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Reference:
    """A form and what is left of the text: a GUID or its start, a handle, a number, or a name."""

    form: Form
    text: str


def parse_reference(text: str) -> Reference:
    """Understand a bare GUID (any case, braces), a URN, an EM URL, a GUID's start, or a name.

    `#4f3a` is the HANDLE of a session, `#12` the number of an INCIDENT.

    A URN or URL of another kind of thing is FOREIGN; what looks like a GUID but is none, MALFORMED.
    """
    cleaned = text.strip().strip("{}<>()[]'\"`").strip()
    lowered = cleaned.lower()
    guid = _GUID.search(cleaned)
    if guid and guid.group() == cleaned:
        return Reference(Form.ID, lowered)
    if lowered.startswith("urn:") or "://" in lowered:
        is_session = _SESSION_URN in lowered or _SESSION_PATH in lowered
        if guid and is_session:
            return Reference(Form.ID, guid.group().lower())
        return Reference(Form.FOREIGN if guid else Form.MALFORMED, cleaned)
    if _PREFIX.fullmatch(cleaned):
        return Reference(Form.PREFIX, lowered)
    if _looks_like_a_guid(lowered):
        return Reference(Form.MALFORMED, cleaned)
    return _short_reference(cleaned) or Reference(Form.NAME, text.strip().strip("'\"`").strip())


def _short_reference(text: str) -> Reference | None:
    handle, number = read_handle(text), read_incident(text)
    if handle:
        return Reference(Form.HANDLE, handle)
    return Reference(Form.INCIDENT, str(number)) if number else None


def _looks_like_a_guid(text: str) -> bool:
    """Whether someone meant a GUID: long, of several parts, and nearly all hexadecimal."""
    if len(text) < SHORTEST_GUID_MEANT or text.count("-") < FEWEST_DASHES or " " in text:
        return False
    return sum(character in "0123456789abcdef-" for character in text) >= 0.9 * len(text)


def nearest_names(asked: str, names: Iterable[str], most: int = 5) -> tuple[str, ...]:
    """Find the names that look most like what was asked; case is ignored."""
    by_folded = {name.casefold(): name for name in names}
    folded = asked.casefold()
    containing = [name for key, name in by_folded.items() if folded and folded in key]
    alike = [by_folded[key] for key in get_close_matches(folded, by_folded, n=most, cutoff=0.5)]
    return tuple(dict.fromkeys([*sorted(containing, key=len), *alike]))[:most]
