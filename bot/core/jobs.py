"""What a replication job's own options say: when it runs next, how it retries, which VMs it holds.

Only Portal Administrators may read them (reference §13), so that every part may be unknown: None.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.actions import Action

OPTIONS_READ_EVERY = timedelta(hours=1)
"""How often the options of all jobs are read: people change them rarely, and EM must not notice."""

OPTIONS_HOLD_FOR = timedelta(hours=2)
"""What was read longer ago counts as unknown: by then two readings have failed or were refused."""


@dataclass(frozen=True, slots=True)
class RetryOptions:
    """How often a job retries its failed VMs by itself, and how long it waits before each time."""

    times: int
    wait: timedelta


@dataclass(frozen=True, slots=True)
class JobOptions:
    """The options of one job, as far as EM told them.

    `retry` without times is a job that does not retry; `vms` empty is a job without any; `offers`
    are the actions to which EM gives links.
    """

    job_uid: str
    name: str = ""
    backup_server: str = ""
    next_run_at: datetime | None = None
    is_schedule_configured: bool | None = None
    is_schedule_enabled: bool | None = None
    retry: RetryOptions | None = None
    vms: tuple[str, ...] | None = None
    offers: frozenset[Action] | None = None


def retry_grace(options: RetryOptions, usual_duration: timedelta) -> timedelta:
    """Tell after how long the last retry of a failed run can be expected to be over."""
    return max(options.times, 0) * max(options.wait + usual_duration, timedelta(0))
