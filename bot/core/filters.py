"""What narrows a list: `since 7d server:vbr01 job:SQL* warning` (DESIGN §6)."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import get_close_matches
from fnmatch import fnmatchcase

from bot.core.sessions import Verdict

LONGEST_SINCE = timedelta(days=365)

VERDICTS = {
    "failed": Verdict.FAILED,
    "warning": Verdict.WARNING,
    "success": Verdict.SUCCESS,
    "running": Verdict.UNFINISHED,
}
_ALIKE = {
    "failure": "failed",
    "failures": "failed",
    "warnings": "warning",
    "warned": "warning",
    "succeeded": "success",
    "successful": "success",
    "ok": "success",
}
_SINCE = frozenset({"since", "last"})
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"(\d{1,6})\s*(m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)", re.IGNORECASE)
_TOKEN = re.compile(
    r"""(?:(?P<key>jobs?|servers?|since|last):\s*)?"""
    r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|`(?P<tick>[^`]*)`|(?P<bare>\S+))""",
    re.IGNORECASE,
)
_QUOTES = ('"', "'", "`")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list holds: nothing said is everything; several jobs or servers are any of them."""

    since: timedelta | None = None
    jobs: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    verdicts: frozenset[Verdict] = frozenset()

    @property
    def is_any(self) -> bool:
        """Whether it lets everything through."""
        return self == Filter()

    def takes(self, job_name: str, backup_server: str) -> bool:
        """Whether the list holds what is of this job."""
        return _fits(job_name, self.jobs) and _fits(backup_server, self.servers)

    def takes_verdict(self, verdict: Verdict) -> bool:
        """Whether the list holds what ended so."""
        return not self.verdicts or verdict in self.verdicts

    def spell(self) -> str:
        """Write it as a person would; `parse_filter` understands it."""
        words = [f"since {spell_span(self.since)}"] if self.since else []
        words += [f"server:{_quoted(each)}" for each in self.servers]
        words += [f"job:{_quoted(each)}" for each in self.jobs]
        words += [word for word, verdict in VERDICTS.items() if verdict in self.verdicts]
        return " ".join(words)


@dataclass(frozen=True, slots=True)
class NoFilter:
    """A word that narrows nothing, and the one that it may be a slip of ("" if none)."""

    word: str
    nearest: str = ""


@dataclass(frozen=True, slots=True)
class _Word:
    key: str
    text: str
    is_quoted: bool


def parse_filter(text: str) -> Filter | NoFilter:
    """Understand the words after a list's name; a name with spaces may go without quotes."""
    found, words = Filter(), list(_words(text))
    open_key = ""
    while words:
        word = words.pop(0)
        folded = "" if word.is_quoted else word.text.casefold()
        folded = _ALIKE.get(folded, folded)
        if word.key in ("job", "server"):
            found = _with_name(found, word.key, word.text)
            open_key = "" if word.is_quoted else word.key
        elif word.key == "since" or folded in _SINCE:
            span = _take_span(word, words)
            if isinstance(span, NoFilter):
                return span
            found, open_key = replace(found, since=span), ""
        elif folded in VERDICTS:
            found = replace(found, verdicts=found.verdicts | {VERDICTS[folded]})
            open_key = ""
        elif open_key and not word.is_quoted:
            found = _extended(found, open_key, word.text)
        elif word.is_quoted or _is_glob(word.text):
            found = _with_name(found, "job", word.text)
        else:
            return NoFilter(word.text, _nearest(folded))
    return found


def split_last(text: str, wanted: str) -> tuple[str, bool]:
    """Part `failed since 7d export` before its last word, if that is the wanted one."""
    rest, _, last = f" {text}".rpartition(" ")
    return (rest.strip(), True) if last.casefold() == wanted else (text, False)


def split_verdicts(text: str) -> tuple[str, frozenset[Verdict]]:
    """Part `SQL Replica failed warning` before the results at its end."""
    verdicts: set[Verdict] = set()
    while True:
        rest, _, last = f" {text}".rpartition(" ")
        word = _ALIKE.get(last.casefold(), last.casefold())
        if word not in VERDICTS or not rest.strip():
            return text, frozenset(verdicts)
        text = rest.strip()
        verdicts.add(VERDICTS[word])


def spell_span(span: timedelta) -> str:
    """Write a span with the largest unit that leaves nothing over."""
    minutes = int(span.total_seconds() // 60)
    for size, unit in ((1_440, "d"), (60, "h")):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def _words(text: str) -> Iterator[_Word]:
    for found in _TOKEN.finditer(text):
        key = (found["key"] or "").casefold().rstrip("s")
        bare = found["bare"]
        quoted = next((found[name] for name in ("double", "single", "tick") if found[name]), "")
        if bare or quoted:
            yield _Word({"last": "since"}.get(key, key), bare or quoted, not bare)


def _take_span(word: _Word, words: list[_Word]) -> timedelta | NoFilter:
    """Read `7d`, or `7 days` from two words."""
    said = word.text if word.key else (words.pop(0).text if words else "")
    if said.isdigit() and words:
        said += words.pop(0).text
    found = _SPAN.fullmatch(said)
    if found is None:
        return NoFilter(f"since {said}".strip(), "since 7d")
    span = timedelta(**{_UNITS[found[2][0].casefold()]: int(found[1])})
    return min(span, LONGEST_SINCE) if span else NoFilter(f"since {said}", "since 7d")


def _with_name(found: Filter, key: str, name: str) -> Filter:
    if key == "server":
        return replace(found, servers=(*found.servers, name))
    return replace(found, jobs=(*found.jobs, name))


def _extended(found: Filter, key: str, word: str) -> Filter:
    """Add a word to the name that was begun without quotes."""
    names = found.servers if key == "server" else found.jobs
    longer = (*names[:-1], f"{names[-1]} {word}")
    return replace(found, servers=longer) if key == "server" else replace(found, jobs=longer)


def _nearest(word: str) -> str:
    known = [*VERDICTS, *_ALIKE, "since", "export"]
    close = get_close_matches(word, known, n=1, cutoff=0.7)
    found = _ALIKE.get(close[0], close[0]) if close else ""
    return "since 7d" if found == "since" else found


def _fits(name: str, patterns: Collection[str]) -> bool:
    folded = name.casefold()
    return not patterns or any(
        folded == each.casefold() or fnmatchcase(folded, each.casefold()) for each in patterns
    )


def _is_glob(word: str) -> bool:
    return "*" in word or "?" in word


def _quoted(name: str) -> str:
    quote = next((each for each in _QUOTES if each not in name), '"')
    is_plain = name and not any(each in name for each in (*_QUOTES, " "))
    return name if is_plain else f"{quote}{name}{quote}"
