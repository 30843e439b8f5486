"""What runs when: the workers, on APScheduler.

Workers are coroutines, at most one of each at a time; a late one runs once instead of never (the
library's own default of one second would skip it). They go on when the system's clock is set back:
the library waits for a moment, so without help it would sleep until the clock has caught up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.errors import DatabaseUnavailable

MISFIRE_GRACE_SECONDS = 3_600
WATCH_CLOCK_EVERY = 1.0  # seconds by the loop's clock, which nobody sets back

STEP = timedelta(seconds=1)
"""The clock was set back if a worker's turn is by more than this further off than it can be."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Worker:
    """Something that runs again and again, under a name for the log."""

    name: str
    work: Callable[[], Awaitable[object]]
    every: timedelta


class Scheduling:
    """Runs the workers from `start` until `stop`."""

    def __init__(self, workers: Iterable[Worker]) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={
                "coalesce": True,
                "max_instances": 1,
                "misfire_grace_time": MISFIRE_GRACE_SECONDS,
            },
        )
        self._scheduler.add_listener(_log_error, EVENT_JOB_ERROR)
        self._intervals: dict[str, timedelta] = {}
        self._watch: asyncio.TimerHandle | None = None
        for worker in workers:
            self._intervals[worker.name] = worker.every
            self._scheduler.add_job(
                worker.work,
                "interval",
                seconds=worker.every.total_seconds(),
                id=worker.name,
                next_run_time=datetime.now(UTC),
            )

    def start(self) -> None:
        """Start the workers; needs a running loop."""
        self._scheduler.start()
        self._watch_clock()

    def stop(self) -> None:
        """Start no worker any more; those under way are cancelled."""
        if self._watch:
            self._watch.cancel()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _watch_clock(self) -> None:
        """Give each worker its turn now whose turn the clock, set back, has moved away."""
        now = datetime.now(UTC)
        late = [
            job
            for job in self._scheduler.get_jobs()
            if job.next_run_time - now > self._intervals[job.id] + STEP
        ]
        if late:
            log.warning("clock_was_set_back", workers=[job.id for job in late])
        for job in late:
            job.modify(next_run_time=now)
        self._watch = asyncio.get_running_loop().call_later(WATCH_CLOCK_EVERY, self._watch_clock)


def _log_error(event: JobExecutionEvent) -> None:
    if isinstance(event.exception, asyncio.CancelledError):
        return  # the bot stops; what the worker had not committed is done again at the next start
    if isinstance(event.exception, DatabaseUnavailable):
        return  # the database has logged it, once; the worker's next turn tries again
    log.error("worker_failed", worker=event.job_id, exc_info=event.exception)
