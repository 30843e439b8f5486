"""How old a job's newest good replica may be: by a rule that people set, or by the job's habit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from statistics import median

AUTOMATIC = 1.5
"""Without a rule the newest good replica may be so many usual intervals old (DESIGN §2, RPO)."""

MOST, OUTLIER = 0.9, 1.5
"""A span is an outlier if it is so many times as long as all but the longest tenth: it says what
went wrong once, not what is usual."""


@dataclass(frozen=True, slots=True)
class RpoRule:
    """Sets the RPO of some jobs: `limit`, or by habit where that is None; "" matches every name.

    `job` and `server` are names or globs, compared without case. `is_off`: they have no RPO.
    """

    limit: timedelta | None = None
    job: str = ""
    server: str = ""
    is_off: bool = False

    def matches(self, job_name: str, backup_server: str) -> bool:
        """Whether the rule is about this job."""
        return _fits(job_name, self.job) and _fits(backup_server, self.server)


@dataclass(frozen=True, slots=True)
class RpoPolicy:
    """All rules. One for jobs goes before one for servers, that before one for all; then by order.

    Where no rule matches, the job's habit says it.
    """

    rules: tuple[RpoRule, ...] = ()

    def rule_for(self, job_name: str, backup_server: str) -> RpoRule:
        """Choose the rule of a job."""
        matching = [rule for rule in self.rules if rule.matches(job_name, backup_server)]
        return min(matching, key=lambda each: (not each.job, not each.server), default=RpoRule())


def median_span(spans: Iterable[timedelta]) -> timedelta:
    """Tell the middle one of some spans; there must be at least one."""
    return timedelta(seconds=median(span.total_seconds() for span in spans))


def longest_usual(spans: Iterable[timedelta]) -> timedelta:
    """Tell the longest of some spans, but for outliers; nothing where there is none."""
    ordered = sorted(max(span, timedelta(0)) for span in spans)
    if not ordered:
        return timedelta(0)
    most = ordered[min(int(len(ordered) * MOST), len(ordered) - 1)] * OUTLIER
    return max(each for each in ordered if each <= most)


def _fits(name: str, pattern: str) -> bool:
    folded, wanted = name.casefold(), pattern.casefold()
    return not pattern or folded == wanted or fnmatchcase(folded, wanted)
