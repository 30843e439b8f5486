"""Who wants to hear of what: the alert channel, and the channels and people that subscribed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from bot.core.sessions import Verdict

ANY_BAD = frozenset({Verdict.WARNING, Verdict.FAILED})


@dataclass(frozen=True, slots=True)
class Subscription:
    """Routes what matches to a channel, or to a person (`channel` is then a user's id).

    `patterns` are job names or globs, `servers` names of backup servers; empty ones match all.
    Case is ignored. `id` is 0 for the alert channel and for what is not stored yet.
    """

    id: int
    channel: str
    verdicts: frozenset[Verdict] = ANY_BAD
    patterns: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    subscribed_by: str = ""
    subscribed_at: datetime | None = None

    def matches(self, job_name: str, backup_server: str, verdict: Verdict) -> bool:
        """Whether a bad session of this job, ended so, belongs here."""
        return verdict in self.verdicts and self.covers(job_name, backup_server)

    def covers(self, job_name: str, backup_server: str) -> bool:
        """Whether this job belongs here, however its sessions end."""
        name, server = job_name.casefold(), backup_server.casefold()
        is_named = not self.patterns or any(_fits(name, each) for each in self.patterns)
        return is_named and (not self.servers or any(_fits(server, each) for each in self.servers))


def channels_for(
    subscriptions: Iterable[Subscription], job_name: str, backup_server: str, verdict: Verdict
) -> tuple[str, ...]:
    """Name the channels that want to hear of this, each once, in the order of subscribing."""
    wanting = (s.channel for s in subscriptions if s.matches(job_name, backup_server, verdict))
    return tuple(dict.fromkeys(wanting))


def wanted_verdicts(subscriptions: Iterable[Subscription]) -> frozenset[Verdict]:
    """Name the verdicts that anybody wants to hear of."""
    return frozenset().union(*(each.verdicts for each in subscriptions))


def _fits(name: str, pattern: str) -> bool:
    """Compare a name with a glob; a pattern that is the very name fits, whatever it holds."""
    folded = pattern.casefold()
    return name == folded or fnmatchcase(name, folded)
