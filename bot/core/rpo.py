"""How often a job runs by its own habit, and how old its newest good replica may be."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

FEWEST_RUNS = 3
"""A habit needs so many runs (DESIGN §2, RPO)."""


def usual_interval(created_at: Sequence[datetime]) -> timedelta | None:
    """Tell the median time between runs, None with fewer than 3 of them."""
    if len(created_at) < FEWEST_RUNS:
        return None
    usual = median_span(later - earlier for earlier, later in pairwise(sorted(created_at)))
    return usual if usual > timedelta(0) else None


def automatic_rpo(interval: timedelta | None) -> timedelta | None:
    """Derive the RPO of a job without a rule of its own: one and a half usual intervals."""
    return None if interval is None else interval * 1.5


def median_span(spans: Iterable[timedelta]) -> timedelta:
    """Tell the middle one of some spans; there must be at least one."""
    return timedelta(seconds=median(span.total_seconds() for span in spans))
