"""What runs when: the workers, on APScheduler.

Workers are coroutines, at most one of each at a time; a late one runs once instead of never (the
library's own default of one second would skip it).
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

MISFIRE_GRACE_SECONDS = 3_600
SWEEP_CHECK_EVERY = timedelta(seconds=30)
SUMMARY_CHECK_EVERY = timedelta(seconds=15)
"""The summary is due at a wall-clock time; looking often makes it robust against anything."""

log = structlog.get_logger()

Worker = Callable[[], Awaitable[object]]


class Scheduling:
    """Runs the workers from `start` until `stop`."""

    def __init__(
        self, poll: Worker, sweep: Worker, promise_summary: Worker, poll_interval: timedelta
    ) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={
                "coalesce": True,
                "max_instances": 1,
                "misfire_grace_time": MISFIRE_GRACE_SECONDS,
            },
        )
        self._scheduler.add_listener(_log_error, EVENT_JOB_ERROR)
        self._add("poll", poll, poll_interval)
        self._add("sweep", sweep, SWEEP_CHECK_EVERY)
        self._add("summary", promise_summary, SUMMARY_CHECK_EVERY)

    def _add(self, name: str, worker: Worker, every: timedelta) -> None:
        self._scheduler.add_job(
            worker,
            "interval",
            seconds=every.total_seconds(),
            id=name,
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
    log.error("worker_failed", worker=event.job_id, exc_info=event.exception)
