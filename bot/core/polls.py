"""What polling remembers of an EM between two cycles, and when it looks further back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

OVERLAP = timedelta(minutes=60)
"""How far behind the watermark bad sessions are read again: EM collects every 15 minutes."""

HISTORY = timedelta(days=30)
"""How far back EM lists sessions (reference §14)."""

BLIND_AFTER = 3
"""EM unreachable or refusing for over so many polls is told (DESIGN §2, Polling)."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A regular look further back than the watermark, for what EM reports late."""

    name: str
    every: timedelta
    span: timedelta
    only_bad: bool


SWEEPS = (
    Sweep("hour", every=timedelta(minutes=15), span=OVERLAP, only_bad=False),
    Sweep("two_days", every=timedelta(hours=1), span=timedelta(hours=48), only_bad=True),
    Sweep("month", every=timedelta(days=1), span=HISTORY, only_bad=True),
)


@dataclass(frozen=True, slots=True)
class EmState:
    """An EM as of the last committed poll.

    All moments are EM's own, but for `polled_at`, `failing_since_at` and `swept_at`, which are
    the bot's. `baseline_at` is None until the first import is complete; `import_started_at` is EM's
    clock when it began, and `import_cursor_at` how far it has come.
    """

    import_started_at: datetime | None = None
    import_cursor_at: datetime | None = None
    baseline_at: datetime | None = None
    watermark_at: datetime | None = None
    server_time_at: datetime | None = None
    polled_at: datetime | None = None
    failed_polls: int = 0
    failing_since_at: datetime | None = None
    problem: str = ""
    swept_at: Mapping[str, datetime] | None = None

    def is_sweep_due(self, sweep: Sweep, now: datetime) -> bool:
        """Whether this sweep's time has come; the bot's clock may have been set back since."""
        last = (self.swept_at or {}).get(sweep.name)
        return last is None or now - last >= sweep.every or last > now


def advance_watermark(
    current: datetime, ended: list[datetime], server_time: datetime | None
) -> datetime:
    """Move W to the largest end seen, but never beyond EM's own clock.

    One backup server with a fast clock must not hide the others, and an EM restored from a backup
    must not stay in the future (DESIGN §2, Polling).
    """
    furthest = max([current, *ended])
    return furthest if server_time is None else min(furthest, server_time)
