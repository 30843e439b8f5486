"""Lists that people page through, narrow and take along as files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.answers import Answer, Candidates, SessionAnswer, Unknown
from bot.core.exports import Export
from bot.core.filters import Filter
from bot.core.lists import JobLine, Listed, ListKind, ListQuestion, ListRow
from bot.core.ports import SessionSource
from bot.core.sessions import EPOCH, Session, TaskSession, Verdict
from bot.core.surveys import SurveyStore
from bot.core.views import IncidentView
from bot.errors import EnterpriseManagerError, NotAllowed
from bot.services.naming import Naming
from bot.services.tabulating import tabulate

PAGE = 10
"""Rows of a page: what a phone shows in a few thumb lengths."""

VM_PAGE = 20
FAILED_SINCE = timedelta(days=1)
MOST = 5_000
"""So many rows at most are read, sorted and exported; that some are left out is said."""

_CALM = {Verdict.UNFINISHED: 1, Verdict.SUCCESS: 0}


class Finding(Protocol):
    """Finds the session whose VMs are wanted: `bot.services.asking.Asking`."""

    async def find(self, text: str) -> SessionAnswer | Candidates | Unknown:
        """Find a session by any form of DESIGN §6."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """All rows of a list, before they are cut into pages."""

    rows: Sequence[ListRow]
    told: int = 0
    session: Session | None = None
    confirmed_at: datetime | None = None
    em_problem: str = ""


class Listing:
    """Answers `failed`, `running`, `jobs` and `tasks`, a page at a time or as a whole."""

    def __init__(
        self, source: SessionSource, store: SurveyStore, finding: Finding, naming: Naming
    ) -> None:
        self._source = source
        self._store = store
        self._finding = finding
        self._naming = naming

    async def list(self, question: ListQuestion) -> Listed | Answer:
        """List one page; of a session's VMs also what else the words may mean.

        Raises `bot.errors.EnterpriseManagerError` where nothing is known.
        """
        question = await self._dated(question)
        found = await self._collect(question)
        if not isinstance(found, _Rows):
            return found
        size = VM_PAGE if question.kind is ListKind.TASKS else PAGE
        last = max(0, (len(found.rows) - 1) // size)
        page = min(max(question.page, 0), last)
        rows = tuple(found.rows[page * size : (page + 1) * size])
        return Listed(
            replace(question, page=page),
            rows,
            len(found.rows),
            size,
            failing=sum(isinstance(each, IncidentView) for each in found.rows),
            told=found.told,
            session=found.session,
            confirmed_at=found.confirmed_at,
            em_problem=found.em_problem,
            handles=await self._name(rows, found.session),
        )

    async def export(self, question: ListQuestion) -> Export | Answer:
        """Write the whole list down as columns and rows; raises as `list` does."""
        question = await self._dated(question)
        found = await self._collect(question)
        if not isinstance(found, _Rows):
            return found
        handles = await self._name(found.rows, found.session)
        rows = found.rows[:MOST]
        return tabulate(question, rows, handles, len(found.rows) - len(rows))

    async def _dated(self, question: ListQuestion) -> ListQuestion:
        """Keep to the moment at which the list was first asked for."""
        if question.at is not None:
            return question
        state = await self._store.load_state()
        return replace(question, at=state.server_time_at or EPOCH)

    async def _name(self, rows: Iterable[ListRow], session: Session | None) -> Mapping[str, str]:
        uids = [uid for row in rows if (uid := _session_uid(row))]
        return await self._naming.name([*uids, session.uid] if session else uids)

    async def _collect(self, question: ListQuestion) -> _Rows | Answer:
        match question.kind:
            case ListKind.FAILED:
                return await self._collect_failed(question)
            case ListKind.RUNNING:
                return await self._collect_running(question)
            case ListKind.JOBS:
                return await self._collect_jobs(question)
            case _:
                return await self._collect_tasks(question)

    async def _collect_failed(self, question: ListQuestion) -> _Rows:
        """Put open incidents first, then the bad sessions that belong to none of them."""
        state = await self._store.load_state()
        wanted, at = question.filter, question.at or EPOCH
        since = max(at, EPOCH + (wanted.since or FAILED_SINCE)) - (wanted.since or FAILED_SINCE)
        incidents = [
            view
            for view in await self._store.load_open_views()
            if _takes_incident(wanted, view, since)
        ]
        held = {uid for view in incidents for uid in view.incident.session_uids}
        bad = [
            each
            for each in await self._store.load_bad_between(since, at, MOST)
            if wanted.takes(each.session.job_name, each.session.backup_server)
            and wanted.takes_verdict(each.verdict)
        ]
        others = [each.session for each in bad if each.session.uid not in held]
        told = len(bad) - len(others)
        return _Rows(
            [*incidents, *others], told, confirmed_at=state.polled_at, em_problem=state.problem
        )

    async def _collect_running(self, question: ListQuestion) -> _Rows:
        """Ask EM what runs now, and the store where EM cannot be asked."""
        try:
            running: dict[str, Session] = {}
            async for page in self._source.iter_running():
                running |= {session.uid: session for session in page.sessions}
        except NotAllowed:
            raise
        except EnterpriseManagerError as error:
            stored, _ = await self._store.load_running(MOST)
            state = await self._store.load_state()
            sessions = [each.session for each in stored]
            return _Rows(
                _running(question, sessions),
                confirmed_at=state.polled_at,
                em_problem=str(error),
            )
        return _Rows(_running(question, running.values()))

    async def _collect_jobs(self, question: ListQuestion) -> _Rows:
        state = await self._store.load_state()
        wanted, at = question.filter, question.at or EPOCH
        lines = [
            line
            for line in await self._store.load_job_lines()
            if wanted.takes(line.job.name, line.job.backup_server)
            and wanted.takes_verdict(line.verdict)
            and _ran_since(line, wanted, at)
        ]
        lines.sort(key=_urgency)
        return _Rows(lines, confirmed_at=state.polled_at, em_problem=state.problem)

    async def _collect_tasks(self, question: ListQuestion) -> _Rows | Answer:
        found = await self._finding.find(question.subject)
        if not isinstance(found, SessionAnswer):
            return found
        wanted = question.filter
        tasks = [task for task in found.tasks or () if wanted.takes_verdict(task.verdict)]
        tasks.sort(key=_task_urgency)
        problem = found.em_problem
        if found.tasks is None:
            problem = found.tasks_problem or problem or "EM did not say why"
        return _Rows(
            tasks, session=found.session, confirmed_at=found.confirmed_at, em_problem=problem
        )


def _takes_incident(wanted: Filter, view: IncidentView, since: datetime) -> bool:
    """Whether an open incident belongs to the list; an old one too, unless a time was said."""
    is_recent = wanted.since is None or view.incident.last_bad_at >= since
    name = view.latest.job_name
    return (
        is_recent
        and (wanted.takes(name, view.backup_server) or wanted.takes(view.job_name, ""))
        and wanted.takes_verdict(view.verdict)
    )


def _running(question: ListQuestion, sessions: Iterable[Session]) -> list[Session]:
    """Put the longest first; of a time that was said, those that began in it."""
    wanted, at = question.filter, question.at or EPOCH
    mine = [
        each
        for each in sessions
        if wanted.takes(each.job_name, each.backup_server)
        and (wanted.since is None or each.created_at >= at - wanted.since)
    ]
    return sorted(mine, key=lambda each: (each.created_at, each.uid))


def _ran_since(line: JobLine, wanted: Filter, at: datetime) -> bool:
    if wanted.since is None:
        return True
    return line.latest is not None and line.latest.created_at >= at - wanted.since


def _urgency(line: JobLine) -> tuple[bool, int, str, str]:
    """Failing first, then warned, then what never ran or runs, then what is well; by name."""
    worst = line.verdict if line.verdict.is_bad else -1 + _CALM[line.verdict]
    return (not line.incident_id, -worst, line.job.full_name.casefold(), line.job.uid)


def _task_urgency(task: TaskSession) -> tuple[int, str, str]:
    return (-task.verdict, task.vm.casefold(), task.uid)


def _session_uid(row: ListRow) -> str:
    match row:
        case IncidentView():
            return row.latest.uid
        case Session():
            return row.uid
        case JobLine():
            return row.latest.uid if row.latest else ""
        case _:
            return ""
