"""How far the automatic retries of jobs are."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Subquery, func, select

from bot.core.rpo import median_span
from bot.core.sessions import Verdict
from bot.core.stores import Retries
from bot.core.views import RunningRetry
from bot.store.ledgers import Ledger
from bot.store.rows import chunked
from bot.store.tables import jobs, sessions

NEWEST = 20
"""So many of a job's sessions tell how long they usually take; no job retries so often."""


class RetryLedger(Ledger):
    """The retries' part of `bot.core.transactions.PollingTransaction`."""

    async def load_retries(self, job_uids: Collection[str]) -> dict[str, Retries]:
        """Count the retries of each job's newest run, and learn how long its runs take."""
        newest = await self._load_newest(job_uids)
        return {uid: Retries(_count(of), _usual_duration(of)) for uid, of in newest.items()}

    async def load_running_retries(self, job_uids: Collection[str]) -> dict[str, RunningRetry]:
        """Tell which of these jobs are being retried now: the how manieth retry, and of how many.

        How many there will be at most is 0 where EM does not tell.
        """
        query = select(sessions.c.job_uid).where(
            sessions.c.verdict == int(Verdict.UNFINISHED),
            sessions.c.is_retry,
            sessions.c.is_vanished.is_(False),
            func.lower(sessions.c.state) != "stopped",
        )
        found = self.select_in(query, sessions.c.job_uid, sorted(job_uids))
        retrying = [row.job_uid async for row in found]
        if not retrying:
            return {}
        counts = await self.load_retries(retrying)
        most = {
            row.job_uid: row.retry_times or 0
            async for row in self.select_in(select(jobs), jobs.c.job_uid, sorted(set(retrying)))
        }
        return {uid: RunningRetry(of.count, most.get(uid, 0)) for uid, of in counts.items()}

    async def _load_newest(self, job_uids: Collection[str]) -> dict[str, list[Row[Any]]]:
        """Load each job's newest sessions, the newest first."""
        newest: dict[str, list[Row[Any]]] = {}
        for some in chunked(sorted(job_uids)):
            ranked = _ranked(self.em, some)
            query = select(ranked).where(ranked.c.place <= NEWEST).order_by(ranked.c.place)
            for row in await self.connection.execute(query):
                newest.setdefault(row.job_uid, []).append(row)
        return newest


def _ranked(em: str, job_uids: Sequence[str]) -> Subquery:
    place = func.row_number().over(
        partition_by=sessions.c.job_uid, order_by=sessions.c.created_at.desc()
    )
    return (
        select(
            sessions.c.job_uid,
            sessions.c.created_at,
            sessions.c.ended_at,
            sessions.c.is_retry,
            place.label("place"),
        )
        .where(sessions.c.em == em, sessions.c.job_uid.in_(job_uids))
        .subquery()
    )


def _count(newest_first: list[Row[Any]]) -> int:
    """Count the retries since the run's first attempt."""
    count = 0
    for row in newest_first:
        if not row.is_retry:
            break
        count += 1
    return count


def _usual_duration(newest_first: list[Row[Any]]) -> timedelta:
    spans = [row.ended_at - row.created_at for row in newest_first if row.ended_at is not None]
    return max(median_span(spans), timedelta(0)) if spans else timedelta(0)
