"""Short handles: what people type for a session that the bot has shown, such as `#4f3a`."""

import re
from collections.abc import Iterator
from hashlib import sha256

SHORTEST = 4
"""So many digits name some hundreds of sessions without a collision; after one, there are more."""

LONGEST = 64  # the digits of a SHA-256

_HANDLE = re.compile(r"#(?=[0-9a-f]*[a-f])([0-9a-f]{4,64})", re.IGNORECASE)
_INCIDENT = re.compile(r"#(\d{1,9})")


def candidates(subject: str) -> Iterator[str]:
    """Name a subject by ever more digits of its hash; the first that is free becomes its handle.

    One without a letter is left out: `#1234` is always the number of an incident.
    """
    digits = sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()
    for length in range(SHORTEST, LONGEST + 1):
        if not digits[:length].isdigit():
            yield digits[:length]


def read_handle(text: str) -> str:
    """Take the handle from `#4f3a`; "" where this is none."""
    found = _HANDLE.fullmatch(text.strip())
    return found[1].lower() if found else ""


def read_incident(text: str) -> int:
    """Take the number from `#12`; 0, which no incident has, where this is none."""
    found = _INCIDENT.fullmatch(text.strip())
    return int(found[1]) if found else 0
