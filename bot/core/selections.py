"""What a person wants to subscribe to: jobs, globs, backup servers, and which results."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from bot.core.audiences import ANY_BAD, Subscription
from bot.core.references import nearest_names
from bot.core.sessions import Verdict
from bot.core.targets import SERVER_PREFIX, KnownJob, NoTarget, find_jobs

ONLY_FAILED = frozenset({Verdict.FAILED})
_VERDICTS = {"failed": ONLY_FAILED, "warning": ANY_BAD, "warnings": ANY_BAD}
_EVERYTHING = frozenset({"all", "everything"})
_GLOB = re.compile(r"[*?\[]")
_WORD = re.compile(r"""(server:)?(?:"([^"]*)"|'([^']*)'|`([^`]*)`|(\S+))""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a subscription is to cover; `verdicts` is None where no result was named."""

    patterns: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    verdicts: frozenset[Verdict] | None = None

    def is_of(self, subscription: Subscription) -> bool:
        """Whether a subscription covers the same jobs and servers; case and order do not count."""
        return _set(self.patterns) == _set(subscription.patterns) and _set(self.servers) == _set(
            subscription.servers
        )


def parse_selection(text: str, jobs: Sequence[KnownJob]) -> Selection:
    """Understand `"SQL Replica" Web* server:vbr01 failed`.

    A name with spaces needs quotes, unless it stands alone or between commas.
    """
    selection, names, is_quoted = Selection(), list[str](), False
    for prefix, *quoted, bare in _WORD.findall(text):
        word = next(filter(None, quoted), "") or bare
        if prefix:
            selection = replace(selection, servers=(*selection.servers, word))
        elif bare and bare.casefold() in _VERDICTS:
            selection = replace(selection, verdicts=_VERDICTS[bare.casefold()])
        elif word:
            names.append(word)
            is_quoted = is_quoted or not bare
    return _with_names(selection, names, jobs, is_quoted=is_quoted)


def _with_names(
    selection: Selection, names: Sequence[str], jobs: Sequence[KnownJob], *, is_quoted: bool
) -> Selection:
    whole = " ".join(names)
    if not is_quoted and whole.casefold() in _EVERYTHING:
        return selection
    if is_quoted or all(is_glob(each) or find_jobs(each, jobs) for each in names):
        return replace(selection, patterns=tuple(names))
    found = find_jobs(whole, jobs)
    if len(found) == 1 and whole.casefold() != found[0].name.casefold():
        # `name @ server` means this one of several jobs of that name
        return replace(selection, patterns=(found[0].name,), servers=(found[0].backup_server,))
    parts = [part.strip() for part in whole.split(",")]
    if not found and len(parts) > 1 and all(parts):
        return replace(selection, patterns=tuple(parts))
    return replace(selection, patterns=(whole,))


def find_unknown(selection: Selection, jobs: Sequence[KnownJob]) -> NoTarget | None:
    """Find the first name that is no glob and that nothing is called by."""
    servers = {job.backup_server for job in jobs if job.backup_server}
    for said in selection.patterns:
        if not is_glob(said) and not find_jobs(said, jobs):
            return NoTarget(said, nearest_names(said, (job.name for job in jobs)))
    for said in selection.servers:
        if not is_glob(said) and said.casefold() not in {each.casefold() for each in servers}:
            nearest = nearest_names(said, servers) or tuple(sorted(servers))[:5]
            return NoTarget(SERVER_PREFIX + said, tuple(SERVER_PREFIX + each for each in nearest))
    return None


def count_matching(subscription: Subscription, jobs: Iterable[KnownJob]) -> int:
    """Count the jobs that a subscription covers now."""
    return sum(subscription.covers(job.name, job.backup_server) for job in jobs)


def idle_patterns(selection: Selection, jobs: Sequence[KnownJob]) -> tuple[str, ...]:
    """Name the globs that match nothing now."""
    names = [job.name.casefold() for job in jobs]
    return tuple(
        pattern
        for pattern in selection.patterns
        if not any(
            name == pattern.casefold() or fnmatchcase(name, pattern.casefold()) for name in names
        )
    )


def is_glob(name: str) -> bool:
    """Whether a name has characters that stand for others."""
    return bool(_GLOB.search(name))


def _set(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)
