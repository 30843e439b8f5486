"""How all other answers read: candidates, the unknown, status and errors."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core.answers import Answer, Candidates, SessionAnswer, StatusAnswer, Unknown
from bot.core.sessions import Session
from bot.core.views import IncidentView
from bot.errors import EnterpriseManagerError, NotAllowed, NotFound
from bot.slack.action_ids import PICK, numbered
from bot.slack.alerts import incident_document
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
from bot.slack.help import ASKABLE, USAGE_OF, ask_button
from bot.slack.lists import JOB_SEARCH, session_line
from bot.slack.parsing import Verb
from bot.slack.session_answers import session_document
from bot.slack.words import cut, duration, more, plural

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
        case IncidentView():
            return incident_document(answer)


def unknown_document(answer: Unknown, verb: str = "") -> Document:
    """Say what was understood and what comes nearest; `verb` is the word it may be a slip of."""
    asked = cut(answer.asked, ASKED)
    title = f"🔍 I know nothing by the name of “{asked}”"
    lines: list[Line] = [(Bold(title),), (cut(answer.explanation, 1_000),)]
    if verb:
        lines.append((f"Did you mean “/replica {_meant(answer.asked, verb)}”?", *_example(verb)))
    if answer.nearest:
        lines.append(("The nearest job names:",))
    parts: list[Part] = [paragraph(*lines), *_rest(answer.nearest, PICKS, SAY_MORE)]
    offered = [ask_button(f"Show {verb}", verb)] if verb in ASKABLE else []
    parts.append(Buttons((*offered, *_name_buttons(answer.nearest), JOB_SEARCH)))
    return Document((f"{title}. {cut(answer.explanation, 300)}",), tuple(parts))


def _meant(asked: str, verb: str) -> str:
    """Put the right word in the place of the one that was a slip."""
    rest = " ".join(asked.split()[1:])
    return cut(f"{verb} {rest}".rstrip(), ASKED)


def _example(verb: str) -> Line:
    example = USAGE_OF[Verb(verb)].examples[0]
    return (f" For example: /replica {example}",) if example and example != verb else ()


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
        Row(
            session_line(session, answer.handles.get(session.uid, "")),
            Button("Show", PICK, session.uid, label=_show_label(session)),
        )
        for session in answer.sessions[:PICKS]
    ]
    rest = _rest(answer.sessions, PICKS, SAY_MORE)
    return Document((title,), (paragraph((Bold(title),)), *rows, *rest))


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


def status_document(answer: StatusAnswer, now: datetime) -> Document:
    """Say how the bot itself is."""
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
