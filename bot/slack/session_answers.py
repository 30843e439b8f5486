"""How one session reads when it is asked for: every field of it, its VMs and why they failed."""

from datetime import datetime

from bot.core.answers import SessionAnswer
from bot.core.sessions import Link, Session, TaskSession, Verdict
from bot.slack.action_controls import collect_button
from bot.slack.action_ids import ALL_VMS, OPEN_IN_EM, REFRESH, SHARE
from bot.slack.documents import (
    Bold,
    Bullets,
    Button,
    Buttons,
    Document,
    Line,
    Moment,
    Paragraph,
    Part,
    Person,
    joined,
    paragraph,
)
from bot.slack.verdicts import ICONS, did, task_word, verdict_of
from bot.slack.words import cut, duration, more, one_line, plural, size

FIELD = 600  # characters of one field; names are at most 255 in EM
BAD_VMS = 15  # VMs with their reasons in an answer
REASON = 500  # characters of one VM's reason
LINKS = 12  # links of a session
BAR = 20  # signs of the progress bar


def session_document(
    answer: SessionAnswer, now: datetime, shared_by: str = "", refreshed_by: str = ""
) -> Document:
    """Answer with one session; `shared_by` and `refreshed_by` say who made it visible to all."""
    session = answer.session
    parts: list[Part] = [paragraph(*_heading(answer, now), *_origin(answer), *_age(answer))]
    parts.append(Bullets(tuple(_fields(session))))
    parts += _vms(answer)
    if session.links:
        parts.append(Paragraph(tuple(_links(session.links))))
    if shared_by or refreshed_by:
        parts.append(Paragraph((_made_visible(shared_by, refreshed_by),)))
    parts.append(Buttons(tuple(_buttons(answer, is_visible=bool(shared_by or refreshed_by)))))
    return Document(_summary(answer, now), tuple(parts))


def progress_bar(progress: int) -> str:
    """Draw how far a session is."""
    filled = round(max(0, min(100, progress)) / 100 * BAR)
    return f"{'▓' * filled}{'░' * (BAR - filled)} {progress} %"


def _heading(answer: SessionAnswer, now: datetime) -> list[Line]:
    session = answer.session
    verdict = verdict_of(session)
    handle = f" · #{answer.handle}" if answer.handle else ""
    told = f"{ICONS[verdict]} {cut(session.job_name, 255)} {did(session, verdict)}"
    lines: list[Line] = [
        (Bold(told), f" · {cut(session.backup_server, 255) or 'unknown server'}{handle}")
    ]
    if verdict is Verdict.UNFINISHED:
        running = f"running for {duration(now - session.created_at)}"
        bar = f"{progress_bar(session.progress)} · " if session.progress is not None else ""
        lines.append((f"{bar}{running}",))
    return lines


def _origin(answer: SessionAnswer) -> list[Line]:
    """Say that the answer is a stored copy, and what EM said last."""
    if answer.confirmed_at is None:
        return []
    problem = cut(answer.em_problem, FIELD)
    return [("⚠️ Stored copy: this is what EM said ", Moment(answer.confirmed_at), "."), (problem,)]


def _age(answer: SessionAnswer) -> list[Line]:
    """Say how old EM's own copy of what still runs may be."""
    if answer.session.is_stopped or answer.confirmed_at:
        return []
    server = cut(answer.session.backup_server, 80) or "the backup server"
    return [(f"EM collects from {server} every 15 min by default: this may be as old as that.",)]


def _fields(session: Session) -> list[Line]:
    fields: list[tuple[str, Line]] = [
        ("UID", (session.uid,)),
        ("Name", (session.name,)),
        ("Job", (session.job_name,)),
        ("Job UID", (session.job_uid,)),
        ("Job type", (session.job_type,)),
        ("Backup server", (_server(session),)),
        ("Created", (Moment(session.created_at),)),
        ("Ended", (Moment(session.ended_at),) if session.ended_at else ("not yet",)),
        ("Duration", (duration(session.duration),) if session.duration is not None else ()),
        ("State", (session.state,)),
        ("Result", (session.result or "none",)),
        ("Progress", (f"{session.progress} %",) if session.progress is not None else ()),
        ("Retry", ("yes" if session.is_retry else "no",)),
        ("Failure message", (session.failure_message,)),
    ]
    return [
        (
            Bold(f"{name}: "),
            *(cut(span, FIELD) if isinstance(span, str) else span for span in value),
        )
        for name, value in fields
        if any(value)
    ]


def _server(session: Session) -> str:
    known = [session.backup_server, f"({session.backup_server_uid})"]
    return " ".join(known) if session.backup_server_uid else session.backup_server


def _vms(answer: SessionAnswer) -> list[Part]:
    """Show the VMs that went wrong, or how many there were where none did."""
    if answer.tasks is None:
        return [paragraph((f"The VMs cannot be read: {_problem(answer)}",))]
    bad = sorted((task for task in answer.tasks if task.verdict.is_bad), key=_urgency)
    if not bad:
        count = plural(len(answer.tasks), "VM")
        none_bad = f"{count}, none failed or warned." if answer.tasks else "EM lists no VMs for it."
        is_bad = verdict_of(answer.session).is_bad
        return [paragraph((none_bad + (" EM gives no reason." if is_bad else ""),))]
    title: Line = (Bold(f"{len(bad)} of {plural(len(answer.tasks), 'VM')} failed or warned"),)
    lines: list[Line] = [task_line(task) for task in bad[:BAD_VMS]]
    if len(bad) > BAD_VMS:
        lines.append((more(bad, BAD_VMS, "… and {} more: press “All VMs”"),))
    return [paragraph(title), Bullets(tuple(lines))]


def _problem(answer: SessionAnswer) -> str:
    problem = answer.tasks_problem or answer.em_problem
    return cut(problem, FIELD) or "EM did not say why"


def _urgency(task: TaskSession) -> tuple[int, str]:
    return (-task.verdict, task.vm.lower())


def task_line(task: TaskSession, most: int = REASON) -> Line:
    """Write one VM of a session with its reason."""
    took: Line = ()
    if task.created_at and task.ended_at:
        took = (duration(task.ended_at - task.created_at),)
    held: Line = (size(task.total_size),) if task.total_size else ()
    reason: Line = (cut(task.reason, most),)
    if task.verdict.is_bad and not task.reason:
        reason = ("EM gives no reason",)
    name = Bold(cut(task.vm or task.name, 120) or "unnamed VM")
    facts = joined([(cut(task_word(task), 40),), took, held, reason if reason[0] else ()])
    return (f"{ICONS[task.verdict]} ", name, " · ", *facts)


def _links(links: tuple[Link, ...]) -> list[Line]:
    lines: list[Line] = [(Bold("Links in EM’s API"),)]
    lines += [
        (f"{one_line(f'{link.rel} {link.type} {link.name}')}: {cut(link.path, 300)}",)
        for link in links[:LINKS]
    ]
    rest = more(links, LINKS, "… and {} more links")
    return [*lines, (rest,)] if rest else lines


def _made_visible(shared_by: str, refreshed_by: str) -> Line:
    if shared_by:
        return ("Shared by ", Person(shared_by))
    return ("Asked again by ", Person(refreshed_by))


def _buttons(answer: SessionAnswer, *, is_visible: bool) -> list[Button]:
    session = answer.session
    named = f"of {session.job_name}"
    buttons = (
        [] if is_visible else [Button("Share", SHARE, session.uid, label=f"Share this {named}")]
    )
    buttons.append(Button("Refresh", REFRESH, session.uid, label=f"Ask EM again {named}"))
    if answer.tasks and (len(answer.tasks) > BAD_VMS or not _shows_all(answer.tasks)):
        buttons.append(Button("All VMs", ALL_VMS, session.uid, label=f"List all VMs {named}"))
    if answer.offers_collect and session.backup_server_uid and not session.is_stopped:
        buttons.append(collect_button(session.backup_server_uid, session.backup_server))
    if answer.ui_url:
        buttons.append(Button("Open in EM", OPEN_IN_EM, url=answer.ui_url))
    return buttons


def _shows_all(tasks: tuple[TaskSession, ...]) -> bool:
    return all(task.verdict.is_bad for task in tasks)


def _summary(answer: SessionAnswer, now: datetime) -> Line:
    session = answer.session
    verdict = verdict_of(session)
    told = f"{ICONS[verdict]} {cut(session.job_name, 120)} {did(session, verdict)}"
    if session.ended_at is None:
        progress = f", {session.progress} % done" if session.progress is not None else ""
        line: Line = (f"{told} for {duration(now - session.created_at)}{progress}",)
    else:
        line = (f"{told} ", Moment(session.ended_at))
    bad = [task for task in answer.tasks or () if task.verdict.is_bad]
    why = f". {cut(bad[0].vm, 80)}: {cut(bad[0].reason, 160)}{more(bad, 1)}" if bad else ""
    stored = " (stored copy)" if answer.confirmed_at else ""
    return (*line, f"{why}{stored}")
