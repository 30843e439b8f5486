"""What inspecting reads: the jobs of which there is news, their runs, and what runs now."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select

from bot.core.facts import VmSet
from bot.core.findings import Finding
from bot.core.habits import Run
from bot.core.inspections import JobRecord, RunningSession
from bot.core.mutes import Mute
from bot.core.polls import EmState
from bot.core.sessions import EPOCH, Verdict
from bot.store.databases import Database
from bot.store.findings import open_findings, to_finding
from bot.store.jobs import options_of
from bot.store.mutes import mutes_in_force, to_mute
from bot.store.polls import SqlPollingStore, SqlPollingTransaction
from bot.store.tables import jobs, outages, sessions, vm_sets

FEWEST = 60
"""So many of a job's newest runs are read however old they are: rare jobs have habits too."""

MOST = 3_000
"""And never more: a run every quarter of an hour for 30 days."""


PAGE = 500


class SqlInspectingStore:
    """`bot.core.inspections.InspectingStore` for one EM."""

    def __init__(self, database: Database, em: str) -> None:
        self._database = database
        self._em = em
        self._polls = SqlPollingStore(database, em)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlPollingTransaction]:
        """Open the one writing transaction."""
        async with self._polls.transaction() as ledger:
            yield ledger

    async def load_state(self) -> EmState:
        """Load what polling remembers."""
        return await self._polls.load_state()

    async def load_jobs_of_open_incidents(self) -> list[str]:
        """List the jobs that have an open incident."""
        return await self._polls.load_jobs_of_open_incidents()

    async def load_blind_until(self) -> datetime | None:
        """Tell when the last time without sight of EM ended."""
        query = select(func.max(outages.c.ended_at)).where(outages.c.em == self._em)
        [row] = await self._read(query)
        ended_at: datetime | None = row[0]
        return ended_at

    async def load_jobs(self, since: datetime | None) -> list[JobRecord]:
        """Load the jobs of which there was news since then, or all.

        Piece by piece, so that nobody waits while ten thousand are read.
        """
        query = select(jobs).where(jobs.c.em == self._em).order_by(jobs.c.job_uid).limit(PAGE)
        if since is not None:
            query = query.where(or_(jobs.c.touched_at >= since, jobs.c.options_at >= since))
        records: list[JobRecord] = []
        while True:
            after = records[-1].job_uid if records else ""
            page = await self._read(query.where(jobs.c.job_uid > after))
            records += map(to_record, page)
            if len(page) < PAGE:
                return records

    async def load_runs(self, job_uids: Sequence[str], since: datetime) -> Mapping[str, list[Run]]:
        """Load the runs of these jobs since then, and the newest before, oldest first.

        They come as one text for each job and are read in a thread: at night there are many, and
        nobody may wait for that.
        """
        numbered = self._number_runs(job_uids)
        run = func.json_array(
            numbered.c.created_at,
            numbered.c.sorted_at,
            numbered.c.verdict,
            numbered.c.is_retry,
            numbered.c.uid,
        )
        is_wanted = and_(
            numbered.c.number <= MOST,
            or_(numbered.c.number <= FEWEST, numbered.c.sorted_at >= since),
        )
        query = select(numbered.c.job_uid, func.json_group_array(run).label("runs"))
        found = await self._read(query.where(is_wanted).group_by(numbered.c.job_uid))
        texts = {row.job_uid: row.runs for row in found}
        return await asyncio.to_thread(_read_runs, texts)

    def _number_runs(self, job_uids: Sequence[str]) -> Any:
        """Number each job's sessions, the newest first; one that vanished never ran."""
        number = func.row_number().over(
            partition_by=sessions.c.job_uid, order_by=sessions.c.sorted_at.desc()
        )
        is_known = or_(sessions.c.verdict > 0, sessions.c.is_vanished.is_(False))
        return (
            select(sessions, number.label("number"))
            .where(sessions.c.em == self._em, sessions.c.job_uid.in_(job_uids), is_known)
            .subquery()
        )

    async def load_running(self) -> list[RunningSession]:
        """Load the sessions that run now."""
        columns = [
            sessions.c[name] for name in ("uid", "job_uid", "created_at", "state", "progress")
        ]
        query = select(*columns).where(
            sessions.c.em == self._em,
            sessions.c.verdict == int(Verdict.UNFINISHED),
            func.lower(sessions.c.state) != "stopped",
            sessions.c.is_vanished.is_(False),
        )
        return [RunningSession(*tuple(row)) for row in await self._read(query)]

    async def load_open_findings(self) -> list[Finding]:
        """Load the findings that have not ended, oldest first."""
        return [to_finding(row) for row in await self._read(open_findings(self._em))]

    async def load_mutes(self) -> list[Mute]:
        """Load the mutes in force."""
        return [to_mute(row) for row in await self._read(mutes_in_force(self._em))]

    async def load_vm_sets(self) -> dict[str, VmSet]:
        """Load what the last green run of each job held."""
        found = await self._read(select(vm_sets).where(vm_sets.c.em == self._em))
        return await asyncio.to_thread(_read_vm_sets, found)

    async def _read(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async with self._database.read_once() as connection:
            return list(await connection.execute(query))


def to_record(row: Row[Any]) -> JobRecord:
    """Read a job as it is stored."""
    return JobRecord(
        job_uid=row.job_uid,
        name=row.name,
        backup_server=row.backup_server,
        has_run=row.named_at > EPOCH,
        touched_at=row.touched_at,
        heard_at=row.heard_at,
        options=None if row.options_at is None else options_of(row),
        options_at=row.options_at,
        was_scheduled=row.was_scheduled,
    )


def _read_runs(texts: Mapping[str, str]) -> dict[str, list[Run]]:
    return {
        job_uid: sorted(_runs(job_uid, text), key=_by_creation) for job_uid, text in texts.items()
    }


def _by_creation(run: Run) -> datetime:
    return run.created_at


def _runs(job_uid: str, text: str) -> Iterator[Run]:
    for created_at, sorted_at, verdict, is_retry, uid in json.loads(text):
        ended_at = _moment(sorted_at)
        yield Run(
            job_uid, _moment(created_at), ended_at, Verdict(verdict), bool(is_retry), ended_at, uid
        )


def _moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _read_vm_sets(found: Sequence[Row[Any]]) -> dict[str, VmSet]:
    return {
        row.job_uid: VmSet(
            row.session_uid,
            row.created_at,
            tuple(json.loads(row.vms)),
            None if row.vms_before is None else tuple(json.loads(row.vms_before)),
        )
        for row in found
    }
