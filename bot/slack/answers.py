"""How all other answers read: lists, candidates, the unknown, status, help and errors."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core.answers import Answer, Candidates, SessionAnswer, SessionList, StatusAnswer, Unknown
from bot.core.sessions import Session
from bot.core.views import IncidentView
from bot.errors import EnterpriseManagerError, NotAllowed, NotFound
from bot.slack.action_ids import DETAILS, PICK, numbered
from bot.slack.alerts import details_button, icon_of, reason_phrase
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
    Row,
    paragraph,
)
from bot.slack.session_answers import progress_bar, session_document
from bot.slack.verdicts import ICONS, did, verdict_of
from bot.slack.words import cut, duration, listed, more, plural

ROWS = 15  # rows of a list
PICKS = 10  # candidates to pick from
ASKED = 200  # characters of what was asked, said back
SAY_MORE = ": say a little more of the name or the id"


def answer_document(answer: Answer, now: datetime) -> Document:
    """Write whatever a question was answered with."""
    match answer:
        case SessionAnswer():
            return session_document(answer, now)
        case Candidates():
            return _candidates(answer)
        case Unknown():
            return unknown_document(answer)
        case SessionList():
            return _list(answer, now)
        case StatusAnswer():
            return _status(answer, now)


def unknown_document(answer: Unknown, verb: str = "") -> Document:
    """Say what was understood and what comes nearest; `verb` is the word it may be a slip of."""
    asked = cut(answer.asked, ASKED)
    title = f"🔍 I know nothing by the name of “{asked}”"
    lines: list[Line] = [(Bold(title),), (cut(answer.explanation, 1_000),)]
    if verb:
        lines.append((f"Did you mean “/replica {verb}”?",))
    parts: list[Part] = [paragraph(*lines)]
    if answer.nearest:
        parts.append(paragraph(("The nearest job names:",)))
        parts.append(Buttons(tuple(_name_buttons(answer.nearest))))
        parts += _rest(answer.nearest, PICKS, SAY_MORE)
    return Document((f"{title}. {cut(answer.explanation, 300)}",), tuple(parts))


def error_document(error: EnterpriseManagerError) -> Document:
    """Say what could not be done, in EM's words, and what the reader can do."""
    said = cut(error.said, 1_000)
    if isinstance(error, NotFound):
        title = f"🔍 I could not {error.asked}: Enterprise Manager has no such thing"
    elif isinstance(error, NotAllowed):
        title = f"⛔ The bot’s account may not {error.asked}"
    else:
        title = f"⚫ I could not {error.asked}"
    title = cut(title, 300)
    parts = (
        paragraph((Bold(title),), (f"Enterprise Manager: {said}",), (cut(error.hint, 1_000),)),
    )
    return Document((f"{title}: {cut(said, 300)}",), parts)


def plain_document(sentence: str) -> Document:
    """Answer with one sentence."""
    return Document((sentence,), (Paragraph(((sentence,),)),))


def _candidates(answer: Candidates) -> Document:
    title = (
        f"“{cut(answer.asked, ASKED)}” fits {plural(len(answer.sessions), 'session')}: which one?"
    )
    rows = [
        Row(_session_line(session), Button("Show", PICK, session.uid, label=_show_label(session)))
        for session in answer.sessions[:PICKS]
    ]
    return Document(
        (title,), (paragraph((Bold(title),)), *rows, *_rest(answer.sessions, PICKS, SAY_MORE))
    )


def _rest(everything: Sequence[object], most: int, advice: str = "") -> list[Part]:
    rest = more(everything, most, f"… and {{}} more{advice}")
    return [paragraph((rest,))] if rest else []


def _show_label(session: Session) -> str:
    return f"Show {session.name or session.job_name}"


def _name_buttons(names: Sequence[str]) -> list[Button]:
    return [
        Button(name, numbered(PICK, index), name, label=f"Show {name}")
        for index, name in enumerate(names[:PICKS])
    ]


def _list(answer: SessionList, now: datetime) -> Document:
    """List open incidents first, then the sessions that belong to none of them."""
    told = {uid for each in answer.incidents for uid in each.incident.session_uids}
    others = [each for each in answer.sessions if each.uid not in told]
    rows = [_incident_row(each) for each in answer.incidents[:ROWS]]
    failing = f"{plural(len(answer.incidents), 'job')} failing now" if answer.incidents else ""
    title = f"{cut(answer.title, ASKED)}: {answer.total or 'none'}"
    parts: list[Part] = [paragraph((Bold(failing or title),), *_copy(answer)), *rows]
    parts += _rest(answer.incidents, ROWS)
    above = len(answer.sessions) - len(others)
    if failing:
        parts.append(paragraph((Bold(title), f", {above} of them above" if above else "")))
    shown = others[: ROWS - len(rows)]
    parts += [_session_row(each, now) for each in shown]
    hidden = answer.total - above - len(shown)
    if hidden > 0:
        parts.append(paragraph((f"… and {hidden:,} more",)))
    first = f"{failing} · {title}" if failing else title
    return Document((first, *_first_of(answer, others)), tuple(parts))


def _copy(answer: SessionList) -> list[Line]:
    if not answer.em_problem:
        return []
    last = Moment(answer.confirmed_at) if answer.confirmed_at else "before"
    return [("⚠️ Not live: this is what EM said ", last, "."), (cut(answer.em_problem, 600),)]


def _first_of(answer: SessionList, sessions: Sequence[Session]) -> Line:
    names = [each.job_name for each in answer.incidents] + [each.job_name for each in sessions]
    unique = list(dict.fromkeys(names))
    return (f" · {listed(unique, 5, 60)}",) if unique else ()


def _incident_row(view: IncidentView) -> Row:
    line = (
        f"{icon_of(view)} ",
        Bold(cut(view.job_name, 120)),
        f" {did(view.latest, view.verdict)} · {cut(view.backup_server, 80)} · since ",
        Moment(view.incident.opened_at),
        f", {plural(view.incident.run_count, 'run')} · #{view.incident.id} · ",
        reason_phrase(view, 200),
    )
    return Row(line, details_button(view.latest, view.job_name))


def _session_row(session: Session, now: datetime) -> Row:
    line = _session_line(session)
    if not session.is_stopped:
        bar = f" · {progress_bar(session.progress)}" if session.progress is not None else ""
        line = (*line, f"{bar} · for {duration(now - session.created_at)}")
    return Row(
        line, Button("Details", DETAILS, session.uid, label=f"Details of {session.job_name}")
    )


def _session_line(session: Session) -> Line:
    verdict = verdict_of(session)
    at = session.ended_at or session.created_at
    start = "ended " if session.ended_at else "started "
    return (
        f"{ICONS[verdict]} ",
        Bold(cut(session.job_name, 120)),
        f" {did(session, verdict)} · {cut(session.backup_server, 80)} · {start}",
        Moment(at),
        f" · {cut(session.name, 120)}" if session.name else "",
    )


def _status(answer: StatusAnswer, now: datetime) -> Document:
    is_well = not (answer.em_problem or answer.slack_problems or answer.database_problem)
    title = "✅ The bot is well" if is_well else "⚠️ Something needs a person"
    lines: list[Line] = [(Bold(title), f" · replica-bot {answer.version}")]
    if answer.em_problem:
        lines.append((f"⚫ Enterprise Manager: {cut(answer.em_problem, 1_000)}",))
    lines += [(f"⚫ Slack: {cut(problem, 600)}",) for problem in answer.slack_problems]
    if answer.database_problem:
        lines.append((f"⚫ {cut(answer.database_problem, 600)}",))
    summary = title if is_well else f"{title}: {cut(_problems(answer), 600)}"
    return Document((summary,), (paragraph(*lines), Bullets(tuple(_figures(answer, now)))))


def _problems(answer: StatusAnswer) -> str:
    everything = (answer.em_problem, *answer.slack_problems, answer.database_problem)
    return "; ".join(filter(None, everything))


def _figures(answer: StatusAnswer, now: datetime) -> list[Line]:
    jobs = f"{plural(answer.job_count, 'classic replication job')} of {cut(answer.em_name, 255)}"
    poll: Line = ("no poll has succeeded yet",)
    if answer.last_poll_at:
        poll = (f"{duration(now - answer.last_poll_at)} ago, ", Moment(answer.last_poll_at))
    lines: list[Line] = [
        (Bold("Watched: "), f"{jobs}; not backup, not CDP"),
        (Bold("Last look at EM: "), *poll, f", every {_every(answer.poll_interval)}"),
        (Bold("Read up to: "), *_known(answer.watermark_at)),
        (Bold("Alerts since: "), *_known(answer.baseline_at)),
        (
            Bold("Now: "),
            f"{plural(answer.open_incidents, 'open incident')}, {answer.running:,} running",
        ),
        (Bold("Stored: "), plural(answer.session_count, "session")),
        (Bold("Unsent: "), plural(answer.unsent, "message")),
        (Bold("Up since: "), Moment(answer.started_at)),
    ]
    if answer.mutes:
        lines.insert(5, (Bold("Muted: "), f"{plural(answer.mutes, 'mute')}: /replica mutes"))
    if answer.findings:
        noticed = plural(answer.findings, "warning")
        lines.insert(5, (Bold("Noticed: "), f"{noticed} about silent, late or empty jobs"))
    return lines


def _known(at: datetime | None) -> Line:
    return (Moment(at),) if at else ("not yet known",)


def _every(interval: timedelta) -> str:
    seconds = interval.total_seconds()
    return duration(interval) if seconds >= 1 else f"{seconds * 1000:.0f} ms"
