"""What a person means by a job, a backup server or everything, and until when (DESIGN §6)."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.core.mutes import Mute, Scope
from bot.core.references import nearest_names

EVERYTHING = "everything"
SERVER_PREFIX = "server:"
_EVERYTHING = frozenset({"all", EVERYTHING})
_QUOTES = "\"'`"


@dataclass(frozen=True, slots=True)
class KnownJob:
    """How people call a job; `full_name` names its backup server where its name is not unique."""

    uid: str
    name: str
    backup_server: str
    full_name: str


@dataclass(frozen=True, slots=True)
class Target:
    """What is meant: `subject` as `bot.core.mutes.Mute` has it, `name` for people."""

    scope: Scope
    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class NoTarget:
    """Nothing is called so, or several things are: the names that may be meant."""

    said: str
    candidates: tuple[str, ...] = ()
    is_ambiguous: bool = False


def name_jobs(of_jobs: Iterable[tuple[str, str, str]]) -> tuple[KnownJob, ...]:
    """Call jobs, given as uid, name and backup server, by names that people can tell apart."""
    everything = list(of_jobs)
    counts = Counter(_folded(name) for _, name, _ in everything)
    return tuple(
        KnownJob(
            uid,
            name,
            server,
            f"{name} @ {server}" if server and counts[_folded(name)] > 1 else name,
        )
        for uid, name, server in everything
    )


def find_target(said: str, jobs: Sequence[KnownJob]) -> Target | NoTarget:
    """Find the one thing that is called so."""
    folded = _folded(said)
    if folded in _EVERYTHING:
        return Target(Scope.ALL, "", EVERYTHING)
    if folded.startswith(SERVER_PREFIX):
        return _find_server(said[said.index(":") + 1 :].strip().strip(_QUOTES), jobs)
    found = find_jobs(said, jobs)
    if len(found) == 1:
        return Target(Scope.JOB, found[0].uid, found[0].full_name)
    if found:
        return NoTarget(said, tuple(job.full_name for job in found), is_ambiguous=True)
    return NoTarget(said, nearest_names(said, (job.full_name for job in jobs)))


def find_jobs(said: str, jobs: Iterable[KnownJob]) -> list[KnownJob]:
    """Find the jobs called so, by name alone or `name @ backup server`; case is ignored."""
    folded = _folded(said)
    return [
        job
        for job in jobs
        if folded in (_folded(job.name), _folded(f"{job.name} @ {job.backup_server}"))
    ]


def _find_server(said: str, jobs: Sequence[KnownJob]) -> Target | NoTarget:
    servers = {_folded(job.backup_server): job.backup_server for job in jobs if job.backup_server}
    name = servers.get(_folded(said))
    if name:
        return Target(Scope.SERVER, name, f"backup server {name}")
    nearest = nearest_names(said, servers.values()) or tuple(sorted(servers.values()))[:5]
    return NoTarget(SERVER_PREFIX + said, tuple(SERVER_PREFIX + each for each in nearest))


def describe(mute: Mute, jobs: Iterable[KnownJob]) -> str:
    """Name what a mute hides."""
    if mute.scope is Scope.ALL:
        return EVERYTHING
    if mute.scope is Scope.SERVER:
        return f"backup server {mute.subject}"
    return next((job.full_name for job in jobs if job.uid == mute.subject), "a job that is gone")


def split_end(
    text: str, jobs: Sequence[KnownJob], is_end: Callable[[str], bool]
) -> tuple[str, str]:
    """Part `SQL Replica for 4h` into what is meant and until when, "" where that is not said.

    A known name wins over words that could be an end; quotes say what belongs together.
    """
    start = len(SERVER_PREFIX) if text.casefold().startswith(SERVER_PREFIX) else 0
    if text[start : start + 1] in tuple(_QUOTES):
        close = text.find(text[start], start + 1)
        if close > 0:
            return text[:start] + text[start + 1 : close], text[close + 1 :].strip()
    words = text.split()
    parted = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words) + 1)]
    for said, rest in reversed(parted):
        if (not rest or is_end(rest)) and _is_known(said, jobs):
            return said, rest
    by_end = next((part for part in parted if is_end(part[1])), None)
    by_name = next((part for part in reversed(parted) if _is_known(part[0], jobs)), None)
    return by_end or by_name or _split_at_word(words)


def _is_known(said: str, jobs: Sequence[KnownJob]) -> bool:
    target = find_target(said, jobs)
    return isinstance(target, Target) or target.is_ambiguous


def _split_at_word(words: Sequence[str]) -> tuple[str, str]:
    """Part at the last `for` or `until`, after which something stands that nobody understands."""
    for at in range(len(words) - 1, 0, -1):
        if words[at].casefold() in ("for", "until", "till"):
            return " ".join(words[:at]), " ".join(words[at:])
    return " ".join(words), ""


def _folded(name: str) -> str:
    """Compare names as people type them: case and doubled spaces do not count."""
    return " ".join(name.casefold().split())
