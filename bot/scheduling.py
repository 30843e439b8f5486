"""What runs when: the workers, on APScheduler.

Workers are coroutines, at most one of each at a time; a late one runs once instead of never (the
library's own default of one second would skip it).
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
        for worker in workers:
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

    def stop(self) -> None:
        """Start no worker any more; those under way are cancelled."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


def _log_error(event: JobExecutionEvent) -> None:
    if isinstance(event.exception, asyncio.CancelledError):
        return  # the bot stops; what the worker had not committed is done again at the next start
    if isinstance(event.exception, DatabaseUnavailable):
        return  # the database has logged it, once; the worker's next turn tries again
    log.error("worker_failed", worker=event.job_id, exc_info=event.exception)
