"""Incidents, what was decided about them, and outages of EM."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, bindparam, func, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.core.decisions import Decision
from bot.core.incidents import Incident, Status
from bot.core.sessions import EPOCH, Verdict
from bot.core.stores import JobName, Outage
from bot.store import rows
from bot.store.ledgers import Ledger
from bot.store.tables import (
    Moment,
    decisions,
    incidents,
    jobs,
    outages,
    sessions,
)


class IncidentLedger(Ledger):
    """The incidents' part of `bot.core.transactions.PollingTransaction`."""

    async def load_jobs_to_fold(self, starts: Mapping[str, datetime]) -> set[str]:
        """Name those of these jobs that have an incident a Success at that moment may change."""
        found: set[str] = set()
        query = select(incidents.c.job_uid, incidents.c.status, incidents.c.recovered_at)
        async for row in self.select_in(query, incidents.c.job_uid, list(starts)):
            if (
                row.status == Status.OPEN.value
                or (row.recovered_at or EPOCH) >= starts[row.job_uid]
            ):
                found.add(row.job_uid)
        return found

    async def load_jobs_of_import(self, baseline_at: datetime) -> dict[str, datetime]:
        """Name the jobs whose newest end is bad, or that had a bad end since the baseline."""
        is_bad = sessions.c.verdict >= int(Verdict.WARNING)
        is_good = sessions.c.verdict == int(Verdict.SUCCESS)
        last_bad = func.max(sessions.c.sorted_at).filter(is_bad)
        last_good = func.max(sessions.c.sorted_at).filter(is_good)
        found = await self.connection.execute(
            select(sessions.c.job_uid, last_bad.label("since"))
            .where(sessions.c.em == self.em)
            .group_by(sessions.c.job_uid)
            .having(
                and_(
                    last_bad.is_not(None),
                    or_(last_good.is_(None), last_bad >= last_good, last_bad > baseline_at),
                )
            )
        )
        starts = {row.job_uid: row.since for row in found}
        return {job_uid: min(since, baseline_at) for job_uid, since in starts.items()}

    async def load_incidents(self, ids: Collection[int]) -> dict[int, Incident]:
        """Load incidents by their ids."""
        found = {}
        async for row in self.select_in(select(incidents), incidents.c.id, sorted(ids)):
            found[row.id] = rows.to_incident(row)
        return found

    async def save_incidents(self, changed: Sequence[Incident]) -> list[Incident]:
        """Insert (id 0) or replace incidents, and mark their sessions as held by them."""
        ids = iter(await self._insert_incidents([each for each in changed if not each.id]))
        saved = [each if each.id else replace(each, id=next(ids)) for each in changed]
        known = [each for each in changed if each.id]
        if known:
            await self.connection.execute(
                update(incidents).where(incidents.c.id == bindparam("known_id")),
                [{"known_id": each.id, **rows.incident_values(each)} for each in known],
            )
        held = [
            {"held_uid": uid, "incident_id": each.id} for each in saved for uid in each.session_uids
        ]
        if held:
            held_uid = sessions.c.uid == bindparam("held_uid")
            await self.connection.execute(
                update(sessions).where(sessions.c.em == self.em, held_uid), held
            )
        return saved

    async def _insert_incidents(self, new: Sequence[Incident]) -> list[int]:
        if not new:
            return []
        values = [{"em": self.em, **rows.incident_values(each)} for each in new]
        # Told apart by the sessions they hold, which no two share: to have the ids in the order of
        # the rows, SQLAlchemy would insert them one by one.
        inserted = await self.connection.execute(
            insert(incidents).returning(incidents.c.id, incidents.c.session_uids), values
        )
        ids = {row.session_uids: row.id for row in inserted}
        return [ids[each["session_uids"]] for each in values]

    async def save_decisions(
        self, decided: Sequence[Decision], at: datetime, notice_id: str | None
    ) -> None:
        """Keep what was decided and why."""
        if decided:
            await self.connection.execute(
                insert(decisions),
                [
                    {
                        "incident_id": each.incident.id,
                        "session_uid": each.session_uid,
                        "reason": each.reason.value,
                        "decided_at": at,
                        "notice_id": notice_id,
                        "mute_id": each.mute_id or None,
                    }
                    for each in decided
                ],
            )

    async def load_names(self, job_uids: Collection[str]) -> dict[str, JobName]:
        """Name these jobs and their backup servers."""
        found = {}
        async for row in self.select_in(select(jobs), jobs.c.job_uid, sorted(job_uids)):
            found[row.job_uid] = JobName(row.name, row.backup_server)
        return found

    async def load_open_incidents_of(self, job_uids: Collection[str]) -> list[int]:
        """Name the open incidents of these jobs."""
        query = select(incidents.c.id).where(incidents.c.status == Status.OPEN.value)
        found = self.select_in(query, incidents.c.job_uid, sorted(job_uids))
        return [row.id async for row in found]

    async def load_superseded(self, job_uids: Sequence[str]) -> dict[Incident, str]:
        """Find the open incidents of older jobs with the name and server of one of these."""
        newer = jobs.alias("newer")
        query = (
            select(incidents, newer.c.job_uid.label("by_job_uid"))
            .join(jobs, and_(jobs.c.em == incidents.c.em, jobs.c.job_uid == incidents.c.job_uid))
            .join(
                newer,
                and_(
                    newer.c.em == jobs.c.em,
                    newer.c.folded_name == jobs.c.folded_name,
                    newer.c.backup_server == jobs.c.backup_server,
                    newer.c.named_at > jobs.c.named_at,
                ),
            )
            .where(
                incidents.c.em == self.em,
                incidents.c.status == Status.OPEN.value,
                jobs.c.backup_server != "",
            )
        )
        if not job_uids:
            return {}
        succeeded = frozenset(job_uids)  # often thousands, while few jobs are made anew
        found = await self.connection.execute(query)
        return {
            rows.to_incident(row): row.by_job_uid for row in found if row.by_job_uid in succeeded
        }

    async def load_incidents_to_remind(self, pinged_before: datetime) -> list[Incident]:
        """Load what is open, told, not acknowledged, and was last heard of before then."""
        last_heard = func.coalesce(incidents.c.pinged_at, incidents.c.opened_at)
        found = await self.connection.execute(
            select(incidents).where(
                incidents.c.em == self.em,
                incidents.c.status == Status.OPEN.value,
                incidents.c.is_said,
                incidents.c.acknowledged_at.is_(None),
                last_heard <= literal(pinged_before, Moment),
            )
        )
        return [rows.to_incident(row) for row in found]

    async def load_held_back(self, mute_id: int) -> dict[int, Verdict]:
        """Name the incidents that a mute has held something back of, with their worst session."""
        is_its = and_(sessions.c.em == self.em, sessions.c.uid == decisions.c.session_uid)
        found = await self.connection.execute(
            select(decisions.c.incident_id, func.max(sessions.c.verdict).label("worst"))
            .outerjoin(sessions, is_its)
            .where(decisions.c.mute_id == mute_id)
            .group_by(decisions.c.incident_id)
            .order_by(decisions.c.incident_id)
        )
        return {row.incident_id: Verdict(row.worst or 0) for row in found}

    async def hold_back_by(self, incident_id: int, ended_id: int, mute_id: int) -> None:
        """Let another mute answer for what an ended one has held back of an incident."""
        await self.connection.execute(
            update(decisions)
            .where(decisions.c.incident_id == incident_id, decisions.c.mute_id == ended_id)
            .values(mute_id=mute_id)
        )

    async def load_open_outage(self) -> Outage | None:
        """Load the outage that has not ended."""
        row = (
            await self.connection.execute(
                select(outages).where(outages.c.em == self.em, outages.c.ended_at.is_(None))
            )
        ).one_or_none()
        return None if row is None else Outage(row.id, row.started_at, row.reason)

    async def save_outage(self, outage: Outage) -> Outage:
        """Insert (id 0) or replace an outage."""
        of_outage = {
            "em": self.em,
            "started_at": outage.started_at,
            "ended_at": outage.ended_at,
            "reason": outage.reason,
        }
        if outage.id:
            await self.connection.execute(
                update(outages).where(outages.c.id == outage.id).values(of_outage)
            )
            return outage
        inserted = await self.connection.execute(
            insert(outages).values(of_outage).returning(outages.c.id)
        )
        return replace(outage, id=inserted.scalar_one())
