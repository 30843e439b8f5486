"""Lists as columns and rows, for a file."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.core.exports import Cell, Export
from bot.core.lists import JobLine, ListKind, ListQuestion, ListRow
from bot.core.sessions import EPOCH, Session, TaskSession, Verdict, guid_of
from bot.core.views import IncidentView

SESSION_COLUMNS = (
    "Job",
    "Backup server",
    "Result",
    "State",
    "Started (UTC)",
    "Ended (UTC)",
    "Duration (s)",
    "Progress (%)",
    "Incident",
    "Handle",
    "Session",
    "Session id",
    "Reason",
)
JOB_COLUMNS = (
    "Job",
    "Backup server",
    "Now",
    "Last run (UTC)",
    "Last good replica (UTC)",
    "Incident",
    "Handle",
    "Job id",
)
TASK_COLUMNS = ("VM", "Result", "State", "Started (UTC)", "Ended (UTC)", "Size (bytes)", "Reason")

_WORDS = {Verdict.UNFINISHED: "Running", Verdict.SUCCESS: "Success"}


def tabulate(
    question: ListQuestion, rows: Sequence[ListRow], handles: Mapping[str, str], left_out: int
) -> Export:
    """Lay a list out; `handles` go by the uids of sessions."""
    columns = {ListKind.JOBS: JOB_COLUMNS, ListKind.TASKS: TASK_COLUMNS}
    lines = tuple(_line(row, handles) for row in rows)
    at = _utc(question.at or EPOCH)
    name = f"replica-{question.kind.value}-{at:%Y-%m-%d-%H%M}.csv"
    return Export(name, columns.get(question.kind, SESSION_COLUMNS), lines, left_out)


def _line(row: ListRow, handles: Mapping[str, str]) -> tuple[Cell, ...]:
    match row:
        case IncidentView():
            return _session(row.latest, handles, row.incident.id, _reason(row))
        case Session():
            return _session(row, handles, 0, row.failure_message)
        case JobLine():
            return _job(row, handles)
        case _:
            return _task(row)


def _session(
    session: Session, handles: Mapping[str, str], incident_id: int, reason: str
) -> tuple[Cell, ...]:
    took = session.duration
    return (
        session.job_name,
        session.backup_server,
        session.result,
        session.state,
        session.created_at,
        session.ended_at,
        None if took is None else int(took.total_seconds()),
        session.progress,
        f"#{incident_id}" if incident_id else "",
        _handle(session, handles),
        session.name,
        guid_of(session.uid),
        reason,
    )


def _job(line: JobLine, handles: Mapping[str, str]) -> tuple[Cell, ...]:
    latest = line.latest
    word = _WORDS.get(line.verdict, line.verdict.name.capitalize())
    return (
        line.job.name,
        line.job.backup_server,
        word if latest else "Never ran",
        latest.created_at if latest else None,
        line.last_good_at,
        f"#{line.incident_id}" if line.incident_id else "",
        _handle(latest, handles) if latest else "",
        guid_of(line.job.uid),
    )


def _task(task: TaskSession) -> tuple[Cell, ...]:
    times = (task.created_at, task.ended_at)
    return (task.vm, task.result, task.state, *times, task.total_size, task.reason)


def _handle(session: Session, handles: Mapping[str, str]) -> str:
    handle = handles.get(session.uid, "")
    return f"#{handle}" if handle else ""


def _reason(view: IncidentView) -> str:
    reasons = [f"{vm.vm}: {vm.reason}" for vm in view.vms or () if vm.reason]
    return "; ".join(reasons) or view.latest.failure_message


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
