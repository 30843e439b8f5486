"""Rows of the database to and from the values of the core."""

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import Row

from bot.core.incidents import Incident, Observed, Status
from bot.core.notices import Kind, Notice
from bot.core.sessions import Link, Session, TaskSession, Verdict
from bot.core.stores import StoredSession
from bot.store.tables import notices, sessions, to_microseconds

_T = TypeVar("_T")

CHUNK = 500
"""How many values a statement names at most: SQLite takes 32,766, readers of logs fewer."""

SESSION_FIELDS = (
    "uid",
    "name",
    "job_uid",
    "job_name",
    "created_at",
    "state",
    "result",
    "ended_at",
    "job_type",
    "progress",
    "is_retry",
    "failure_message",
    "backup_server_uid",
    "backup_server",
)
SAVED_COLUMNS = [c.name for c in sessions.c if c.name not in ("incident_id", "reasons_at")]
"""What a poll writes of a session; `session_row` has the same order."""

OBSERVED_COLUMNS = [
    *(sessions.c[name] for name in SESSION_FIELDS),
    sessions.c.verdict,
    sessions.c.incident_id,
    sessions.c.reported_at,
]
"""What `core.incidents` looks at: all but the links, which cost more to read than the rest."""

TASK_FIELDS = (
    "uid",
    "session_uid",
    "vm",
    "state",
    "result",
    "reason",
    "name",
    "created_at",
    "ended_at",
    "total_size",
    "backup_server",
)
HANDLING_FIELDS = (
    "is_said",
    "is_mentioned",
    "pinged_at",
    "reminders",
    "acknowledged_at",
    "acknowledged_by",
    "acknowledged_note",
    "closed_at",
    "closed_because",
)
NOTICE_COLUMNS = [column for column in notices.c if column.name not in ("sequence", "em")]


BETWEEN = "\x1f"  # ASCII's unit separator
LINK_SIZE = len(Link._fields)


def chunked(items: Sequence[_T], size: int = CHUNK) -> Iterator[Sequence[_T]]:
    """Cut a sequence into pieces that fit one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def session_row(em: str, stored: StoredSession) -> tuple[Any, ...]:
    """Lay a session out as `SAVED_COLUMNS` has them, as the driver wants it.

    By hand, because a poll may bring ten thousand: SQLAlchemy's own conversion takes twice the time
    of SQLite's work.
    """
    session = stored.session
    created_at = to_microseconds(session.created_at)
    ended_at = None if session.ended_at is None else to_microseconds(session.ended_at)
    return (
        em,
        session.uid,
        session.job_uid,
        session.name,
        session.job_name,
        session.job_type,
        created_at,
        ended_at,
        created_at if ended_at is None else ended_at,
        session.state,
        session.result,
        int(stored.verdict),
        session.progress,
        session.is_retry,
        session.failure_message,
        session.backup_server_uid,
        session.backup_server,
        pack_links(session.links),
        to_microseconds(stored.changed_at),
        to_microseconds(stored.reported_at),
        to_microseconds(stored.confirmed_at),
        False,
    )


def pack_links(links: Sequence[Link]) -> str:
    """Write links one after the other as text; JSON would take four times as long.

    Should EM ever send the control character that parts them, it becomes a space.
    """
    packed = BETWEEN.join(chain.from_iterable(links))
    if packed.count(BETWEEN) >= len(links) * LINK_SIZE:
        packed = BETWEEN.join(part.replace(BETWEEN, " ") for link in links for part in link)
    return packed


def unpack_links(packed: str) -> tuple[Link, ...]:
    """Read what `pack_links` wrote."""
    if not packed:
        return ()
    parts = packed.split(BETWEEN)
    return tuple(map(Link._make, zip(*[iter(parts)] * LINK_SIZE, strict=True)))


def to_session(row: Row[Any]) -> Session:
    """Read a session from a row of its table."""
    values = row._mapping  # noqa: SLF001 - the documented name of a row as a mapping
    links = unpack_links(values["links"])
    return Session(**{name: values[name] for name in SESSION_FIELDS}, links=links)


def to_stored(row: Row[Any]) -> StoredSession:
    """Read a session and what the bot knows of it."""
    return StoredSession(
        session=to_session(row),
        verdict=Verdict(row.verdict),
        changed_at=row.changed_at,
        reported_at=row.reported_at,
        confirmed_at=row.confirmed_at,
        incident_id=row.incident_id,
    )


def to_observed(row: Row[Any]) -> Observed:
    """Read a session as `core.incidents` wants it, from a row of `OBSERVED_COLUMNS`."""
    values = tuple(row)
    return Observed(Session(*values[:-3]), Verdict(values[-3]), *values[-2:])


def task_values(task: TaskSession) -> dict[str, Any]:
    """Lay a task session out as columns, without `em`."""
    return {name: getattr(task, name) for name in TASK_FIELDS}


def to_task(row: Row[Any]) -> TaskSession:
    """Read a task session."""
    return TaskSession(**{name: getattr(row, name) for name in TASK_FIELDS})


def incident_values(incident: Incident) -> dict[str, Any]:
    """Lay an incident out as columns, without `id` and `em`."""
    return {
        "job_uid": incident.job_uid,
        "status": incident.status.value,
        "peak": int(incident.peak),
        "opened_at": incident.opened_at,
        "last_bad_at": incident.last_bad_at,
        "session_uids": json.dumps(incident.session_uids),
        "run_count": incident.run_count,
        "streak": incident.streak,
        "recovered_at": incident.recovered_at,
        "recovered_by": incident.recovered_by,
        **{name: getattr(incident, name) for name in HANDLING_FIELDS},
    }


def to_incident(row: Row[Any]) -> Incident:
    """Read an incident."""
    return Incident(
        id=row.id,
        job_uid=row.job_uid,
        status=Status(row.status),
        peak=Verdict(row.peak),
        opened_at=row.opened_at,
        last_bad_at=row.last_bad_at,
        session_uids=tuple(json.loads(row.session_uids)),
        run_count=row.run_count,
        streak=row.streak,
        recovered_at=row.recovered_at,
        recovered_by=row.recovered_by,
        **{name: getattr(row, name) for name in HANDLING_FIELDS},
    )


def notice_values(notice: Notice) -> dict[str, Any]:
    """Lay a notice out as columns, without `em`."""
    return {column.name: getattr(notice, column.name) for column in NOTICE_COLUMNS}


def to_notice(row: Row[Any]) -> Notice:
    """Read a notice."""
    values = {column.name: getattr(row, column.name) for column in NOTICE_COLUMNS}
    return Notice(**(values | {"kind": Kind(values["kind"])}))
