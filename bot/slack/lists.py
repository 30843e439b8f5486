"""How lists read: a page of rows, the most urgent first, each with its handle and its button."""

from datetime import datetime

from bot.core.filters import spell_span
from bot.core.lists import JobLine, Listed, ListKind, ListRow
from bot.core.sessions import Session, TaskSession
from bot.core.views import IncidentView
from bot.slack.action_ids import DETAILS, FIND_JOB, SHOW_JOB
from bot.slack.alerts import details_button, icon_of, reason_phrase
from bot.slack.documents import (
    Bold,
    Bullets,
    Button,
    Buttons,
    Document,
    Line,
    Moment,
    Part,
    Row,
    Search,
    Span,
    paragraph,
)
from bot.slack.paging import page_buttons
from bot.slack.session_answers import progress_bar, task_line
from bot.slack.verdicts import ICONS, did, verdict_of
from bot.slack.words import cut, duration, listed, plural

NAME = 120  # characters of a name
SERVER = 80
REASON = 160  # characters of a reason in a row
VM_REASON = 300  # characters of one VM's reason: a page of them fits one message
PROBLEM = 600
ROWS_IN_SUMMARY = 5

JOB_SEARCH = Search("Find a job…", FIND_JOB)


def list_document(answer: Listed, now: datetime) -> Document:
    """Write one page of a list."""
    title, summary = _title(answer), _names(answer)
    parts: list[Part] = [paragraph((Bold(title),), *_place(answer), *_copy(answer))]
    if answer.question.kind is ListKind.TASKS:
        lines = tuple(
            task_line(row, VM_REASON) for row in answer.rows if isinstance(row, TaskSession)
        )
        parts += [Bullets(lines)] if lines else []
    else:
        parts += [_row(row, answer, now) for row in answer.rows]
    if not answer.total:
        parts.append(paragraph((_nothing(answer),)))
    buttons = page_buttons(answer)
    is_of_jobs = answer.question.kind is ListKind.JOBS
    parts.append(Buttons((*buttons, *((JOB_SEARCH,) if is_of_jobs else ()))))
    return Document((title, *summary), tuple(part for part in parts if part != Buttons(())))


def session_row(session: Session, handle: str, now: datetime) -> Row:
    """Write one session with how far it is, or how it ended."""
    line = session_line(session, handle)
    if not session.is_stopped:
        bar = f" · {progress_bar(session.progress)}" if session.progress is not None else ""
        line = (*line, f"{bar} · for {duration(now - session.created_at)}")
    label = f"Details of {session.job_name}"
    return Row(line, Button("Details", DETAILS, session.uid, label=label))


def session_line(session: Session, handle: str = "") -> Line:
    """Write one session in a line."""
    verdict = verdict_of(session)
    at = session.ended_at or session.created_at
    start = "ended " if session.ended_at else "started "
    return (
        f"{ICONS[verdict]} ",
        Bold(cut(session.job_name, NAME)),
        f" {did(session, verdict)} · {cut(session.backup_server, SERVER)} · {start}",
        Moment(at),
        handle_phrase(handle),
    )


def incident_row(view: IncidentView, handle: str = "") -> Row:
    """Write one incident with why, and since when."""
    line = (
        f"{icon_of(view)} ",
        Bold(cut(view.job_name, NAME)),
        f" {did(view.latest, view.verdict)} · {cut(view.backup_server, SERVER)} · since ",
        Moment(view.incident.opened_at),
        f", {plural(view.incident.run_count, 'run')} · #{view.incident.id}",
        handle_phrase(handle),
        f" · {reason_phrase(view, REASON)}",
        *_looked_after(view),
    )
    return Row(line, details_button(view.latest, view.job_name))


def handle_phrase(handle: str) -> str:
    """Say a session's handle at the end of its line."""
    return f" · #{handle}" if handle else ""


def _looked_after(view: IncidentView) -> Line:
    taken: Line = (" · 👀 acknowledged",) if view.incident.acknowledged_at else ()
    return (*taken, " · 🔕 muted") if view.mute else taken


def _title(answer: Listed) -> str:
    total, narrowed = answer.total, _narrowed(answer)
    match answer.question.kind:
        case ListKind.FAILED:
            return _failed_title(answer, narrowed)
        case ListKind.RUNNING:
            return f"Running now{narrowed}: {total or 'none'}"
        case ListKind.JOBS:
            return f"{plural(total, 'job')}{narrowed}, the most urgent first"
        case ListKind.TASKS:
            session = answer.session
            of = cut(session.name or session.job_name, 255) if session else "this session"
            return f"{plural(total, 'VM')} of {of}{narrowed}"


def _failed_title(answer: Listed, narrowed: str) -> str:
    failing = f"{plural(answer.failing, 'job')} failing now" if answer.failing else ""
    since = answer.question.filter.since
    time = f"the last {spell_span(since)}" if since else "the last 24 hours"
    ended = answer.total - answer.failing + answer.told
    above = f", {answer.told} of them above" if answer.told else ""
    bad = f"{ended or 'none'} failed or warned in {time}{above}"
    return f"{failing} · {bad}{narrowed}" if failing else f"Failing now: none · {bad}{narrowed}"


def _narrowed(answer: Listed) -> str:
    words = answer.question.filter.spell()
    return f" ({cut(words, 200)})" if words else ""


def _place(answer: Listed) -> list[Line]:
    """Say which rows these are, where they are not all."""
    if answer.pages == 1:
        return []
    last = answer.first + len(answer.rows)
    line: Line = (f"{answer.first + 1}–{last} of {answer.total:,}",)
    at = answer.question.at
    is_dated = answer.question.kind is ListKind.FAILED and at is not None
    return [(*line, " · as of ", Moment(at)) if is_dated and at else line]


def _copy(answer: Listed) -> list[Line]:
    if not answer.em_problem:
        return []
    last: Span = Moment(answer.confirmed_at) if answer.confirmed_at else "before"
    problem: Line = (cut(answer.em_problem, PROBLEM),)
    if answer.question.kind is ListKind.TASKS and not answer.confirmed_at:
        return [("The VMs cannot be read: ", *problem)]
    return [("⚠️ Not live: this is what EM said ", last, "."), problem]


def _nothing(answer: Listed) -> str:
    if not answer.question.filter.is_any:
        return f"Nothing fits. All of it: /replica {answer.question.kind.value}"
    nothing = {
        ListKind.FAILED: "✅ Nothing is failing, and nothing failed or warned.",
        ListKind.RUNNING: "No session runs now.",
        ListKind.JOBS: "I know no job yet: EM has told of none.",
        ListKind.TASKS: "EM lists no VMs for it.",
    }
    return nothing[answer.question.kind]


def _names(answer: Listed) -> Line:
    names = dict.fromkeys(filter(None, map(_name_of, answer.rows)))
    return (f" · {listed(names, ROWS_IN_SUMMARY, 60)}",) if names else ()


def _name_of(row: ListRow) -> str:
    match row:
        case IncidentView() | Session():
            return row.job_name
        case JobLine():
            return row.job.full_name
        case TaskSession():
            return row.vm


def _row(row: ListRow, answer: Listed, now: datetime) -> Part:
    match row:
        case IncidentView():
            return incident_row(row, answer.handles.get(row.latest.uid, ""))
        case Session():
            return session_row(row, answer.handles.get(row.uid, ""), now)
        case JobLine():
            return _job_row(row, answer, now)
        case TaskSession():
            return paragraph(task_line(row, VM_REASON))


def _job_row(line: JobLine, answer: Listed, now: datetime) -> Row:
    job, latest = line.job, line.latest
    how: Line = (" has not run yet",)
    if latest is not None:
        handle = answer.handles.get(latest.uid, "")
        at = latest.ended_at or latest.created_at
        verdict = verdict_of(latest)
        how = (f" {did(latest, verdict)} ", Moment(at), handle_phrase(handle))
    icon = ICONS[line.verdict] if latest else "⚪"
    good: Line = ("no good replica known",)
    if line.last_good_at:
        good = (f"last good replica {duration(now - line.last_good_at)} old",)
    number = f" · #{line.incident_id}" if line.incident_id else ""
    server = "" if job.full_name != job.name else f" · {cut(job.backup_server, SERVER)}"
    name = Bold(cut(job.full_name, NAME))
    button = Button("Job", SHOW_JOB, job.uid, label=f"More about {job.full_name}")
    return Row((f"{icon} ", name, *how, f"{server}{number} · ", *good), button)
