"""What jobs' own options say, as it was when EM last told them."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, case, select
from sqlalchemy.dialects.sqlite import Insert, insert

from bot.core.actions import Action
from bot.core.jobs import OPTIONS_HOLD_FOR, JobOptions, RetryOptions
from bot.core.sessions import EPOCH
from bot.store.ledgers import Ledger
from bot.store.tables import jobs

OF_SESSIONS = ("name", "folded_name", "backup_server", "named_at")
"""What a job's newest session says better: written only for a job that has none yet."""


class JobLedger(Ledger):
    """The jobs' part of `bot.core.transactions.PollingTransaction`."""

    async def save_job_options(self, options: Sequence[JobOptions], at: datetime) -> None:
        """Keep what EM said of these jobs at `at`; one that has never run becomes known by it."""
        if options:
            of_rows = [{"em": self.em, **_values(each, at)} for each in options]
            await self.connection.execute(_upsert(list(of_rows[0])), of_rows)

    async def load_job_options(
        self, job_uids: Collection[str], now: datetime
    ) -> dict[str, JobOptions]:
        """Load the options of those of these jobs that EM has told lately."""
        known = jobs.c.options_at > now - OPTIONS_HOLD_FOR
        return {
            row.job_uid: options_of(row)
            async for row in self.select_in(
                select(jobs).where(known), jobs.c.job_uid, sorted(job_uids)
            )
        }


def _upsert(names: Sequence[str]) -> Insert:
    """Insert jobs, or replace their options; that a schedule was on is remembered."""
    statement = insert(jobs)
    keys = ("em", "job_uid", *OF_SESSIONS)
    changed: dict[str, ColumnElement[Any]] = {
        name: statement.excluded[name] for name in names if name not in keys
    }
    was_on = jobs.c.is_schedule_enabled.is_(True)
    changed["was_scheduled"] = case((was_on, True), else_=jobs.c.was_scheduled)
    return statement.on_conflict_do_update(["em", "job_uid"], set_=changed)


def _values(options: JobOptions, at: datetime) -> dict[str, Any]:
    retry = options.retry
    return {
        "job_uid": options.job_uid,
        "name": options.name,
        "folded_name": options.name.casefold(),
        "backup_server": options.backup_server,
        "named_at": EPOCH,
        "next_run_at": options.next_run_at,
        "options_at": at,
        "is_schedule_configured": options.is_schedule_configured,
        "is_schedule_enabled": options.is_schedule_enabled,
        "retry_times": retry.times if retry else None,
        "retry_wait_s": int(retry.wait.total_seconds()) if retry else None,
        "included_vms": None if options.vms is None else json.dumps(options.vms),
        "offers": None if options.offers is None else " ".join(sorted(options.offers)),
    }


def options_of(row: Row[Any]) -> JobOptions:
    """Read the options of a job."""
    return JobOptions(
        job_uid=row.job_uid,
        name=row.name,
        backup_server=row.backup_server,
        next_run_at=row.next_run_at,
        is_schedule_configured=row.is_schedule_configured,
        is_schedule_enabled=row.is_schedule_enabled,
        retry=_retry(row),
        vms=None if row.included_vms is None else tuple(json.loads(row.included_vms)),
        offers=offers_of(row),
    )


def offers_of(row: Row[Any]) -> frozenset[Action] | None:
    """Read which actions EM offers on a job; None where that is not known."""
    return None if row.offers is None else frozenset(map(Action, row.offers.split()))


def _retry(row: Row[Any]) -> RetryOptions | None:
    if row.retry_times is None or row.retry_wait_s is None:
        return None
    return RetryOptions(row.retry_times, timedelta(seconds=row.retry_wait_s))
