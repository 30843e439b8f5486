"""Sessions and their task sessions, as a poll reads and writes them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    Select,
    Text,
    case,
    column,
    func,
    literal,
    or_,
    select,
    update,
    values,
)
from sqlalchemy.dialects.sqlite import Insert, insert

from bot.core.incidents import Observed, Status
from bot.core.sessions import EPOCH, Session, TaskSession, Verdict
from bot.core.stores import StoredSession
from bot.store import rows
from bot.store.ledgers import Ledger, build_upsert
from bot.store.rows import chunked
from bot.store.tables import (
    Moment,
    incidents,
    jobs,
    sessions,
    task_sessions,
    to_microseconds,
)


class SessionLedger(Ledger):
    """The sessions' part of `bot.core.transactions.PollingTransaction`."""

    async def load_sessions(self, uids: Sequence[str]) -> dict[str, StoredSession]:
        """Load those of these sessions that are known.

        A poll may ask for thousands: as one JSON list they take half the time of parameters.
        """
        wanted = func.json_each(json.dumps(list(uids))).table_valued("value")
        query = select(sessions).where(
            sessions.c.em == self.em, sessions.c.uid.in_(select(wanted.c.value))
        )
        return {row.uid: rows.to_stored(row) for row in await self.connection.execute(query)}

    async def save_sessions(self, stored: Sequence[StoredSession]) -> None:
        """Insert or replace sessions; each job takes the name of its newest session.

        The reasons of a told session that changed are asked again: it may be worse now.
        """
        await self._upsert_sessions(stored)
        told = [each for each in stored if each.incident_id is not None]
        renewed = [each.session.uid for each in told if each.changed_at == each.confirmed_at]
        for some in chunked(renewed):
            await self.connection.execute(
                update(sessions)
                .where(sessions.c.em == self.em, sessions.c.uid.in_(some))
                .values(reasons_at=None)
            )
        if stored:
            await self.connection.execute(_upsert_jobs(), _job_rows(self.em, stored))

    async def _upsert_sessions(self, stored: Sequence[StoredSession]) -> None:
        if stored:
            statement = _compile_upsert(self.connection.dialect)
            of_rows = [rows.session_row(self.em, each) for each in stored]
            await self.connection.exec_driver_sql(statement, of_rows)

    async def confirm_sessions(self, uids: Sequence[str], at: datetime) -> None:
        """Note that EM repeated these sessions unchanged."""
        for some in chunked(uids):
            await self.connection.execute(
                update(sessions)
                .where(sessions.c.em == self.em, sessions.c.uid.in_(some))
                .values(confirmed_at=at, is_vanished=False)
            )

    async def load_resultless(self, changed_before: datetime) -> list[StoredSession]:
        """Load the sessions that are Stopped without a Result since before then."""
        found = await self.connection.execute(
            select(sessions).where(
                sessions.c.em == self.em,
                sessions.c.verdict == int(Verdict.UNFINISHED),
                func.lower(sessions.c.state) == "stopped",
                sessions.c.changed_at <= changed_before,
            )
        )
        return [rows.to_stored(row) for row in found]

    async def load_observed(self, starts: Mapping[str, datetime]) -> list[Observed]:
        """Load each job's sessions from the last Success before its start on.

        The start is moved back to the job's open incident, and all sessions of the incidents that
        turn up come along, so that each of them is seen whole.
        """
        begun = dict(starts)
        opened = select(incidents.c.job_uid, incidents.c.opened_at).where(
            incidents.c.status == Status.OPEN.value
        )
        async for row in self.select_in(opened, incidents.c.job_uid, list(starts)):
            begun[row.job_uid] = min(begun[row.job_uid], row.opened_at)
        observed: dict[str, Observed] = {}
        for some in chunked(list(begun.items())):
            for row in await self.connection.execute(self._window(some)):
                observed[row.uid] = rows.to_observed(row)
        held = {each.incident_id for each in observed.values() if each.incident_id}
        members = select(*rows.OBSERVED_COLUMNS)
        async for row in self.select_in(members, sessions.c.incident_id, sorted(held)):
            observed.setdefault(row.uid, rows.to_observed(row))
        return list(observed.values())

    def _window(self, starts: Sequence[tuple[str, datetime]]) -> Select[Any]:
        start = (
            values(column("job_uid", Text), column("start_at", BigInteger), name="start")
            .data([(uid, to_microseconds(at)) for uid, at in starts])
            .cte("start")
        )
        earlier = sessions.alias("earlier")
        last_good = (
            select(func.max(earlier.c.sorted_at))
            .where(
                earlier.c.em == self.em,
                earlier.c.job_uid == start.c.job_uid,
                earlier.c.sorted_at < start.c.start_at,
                earlier.c.verdict == int(Verdict.SUCCESS),
            )
            .scalar_subquery()
        )
        return (
            select(*rows.OBSERVED_COLUMNS)
            .join(start, sessions.c.job_uid == start.c.job_uid)
            .where(
                sessions.c.em == self.em,
                sessions.c.sorted_at >= func.coalesce(last_good, literal(EPOCH, Moment)),
                or_(
                    sessions.c.verdict != int(Verdict.UNFINISHED),
                    sessions.c.incident_id.is_not(None),
                ),
            )
        )

    async def save_reasons(
        self, asked: Sequence[Session], tasks: Sequence[TaskSession], at: datetime
    ) -> list[int]:
        """Keep the task sessions of these sessions; returns the incidents that hold them."""
        await self.upsert(task_sessions, ["em", "uid"], [rows.task_values(each) for each in tasks])
        held: set[int] = set()
        for some in chunked([session.uid for session in asked]):
            updated = await self.connection.execute(
                update(sessions)
                .where(sessions.c.em == self.em, sessions.c.uid.in_(some))
                .values(reasons_at=at)
                .returning(sessions.c.incident_id)
            )
            held.update(each for each in updated.scalars() if each is not None)
        return sorted(held)


def _job_rows(em: str, stored: Sequence[StoredSession]) -> list[dict[str, Any]]:
    """Lay out what sessions tell of their jobs: the names, and when there was news of them."""
    newest: dict[str, Session] = {}
    heard: dict[str, datetime] = {}
    touched: dict[str, datetime] = {}
    for each in sorted(stored, key=lambda each: each.session.created_at):
        job_uid = each.session.job_uid
        newest[job_uid] = each.session
        heard[job_uid] = max(each.reported_at, heard.get(job_uid, each.reported_at))
        touched[job_uid] = max(each.confirmed_at, touched.get(job_uid, each.confirmed_at))
    return [
        {
            "em": em,
            "job_uid": job_uid,
            "name": session.job_name,
            "folded_name": session.job_name.casefold(),
            "backup_server": session.backup_server,
            "named_at": session.created_at,
            "heard_at": heard[job_uid],
            "touched_at": touched[job_uid],
        }
        for job_uid, session in newest.items()
    ]


@lru_cache(maxsize=1)
def _upsert_jobs() -> Insert:
    """Insert jobs, or let a newer session name them; news of them never gets older."""
    statement = insert(jobs)
    new, old = statement.excluded, jobs.c
    is_newest = new.named_at >= old.named_at
    of_newest = ("name", "folded_name", "backup_server", "named_at")
    changed: dict[str, ColumnElement[Any]] = {
        name: case((is_newest, new[name]), else_=old[name]) for name in of_newest
    }
    changed["heard_at"] = case((old.heard_at > new.heard_at, old.heard_at), else_=new.heard_at)
    changed["touched_at"] = new.touched_at
    return statement.on_conflict_do_update(["em", "job_uid"], set_=changed)


@lru_cache(maxsize=8)
def _compile_upsert(dialect: Dialect) -> str:
    statement = build_upsert(sessions, ["em", "uid"], rows.SAVED_COLUMNS)
    return str(statement.compile(dialect=dialect, column_keys=rows.SAVED_COLUMNS))
