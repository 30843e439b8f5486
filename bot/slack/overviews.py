"""How `/replica` alone reads: how things stand, and what to ask next."""

from datetime import datetime

from bot.core.surveys import Overview
from bot.slack.documents import (
    Bold,
    Button,
    Buttons,
    Document,
    Line,
    Moment,
    Part,
    paragraph,
)
from bot.slack.help import ask_button
from bot.slack.lists import JOB_SEARCH, incident_row, session_row
from bot.slack.words import cut, duration, listed, plural

PROBLEM = 600


def overview_document(answer: Overview, now: datetime) -> Document:
    """Tell how things stand."""
    title = _title(answer)
    parts: list[Part] = [paragraph((Bold(title),), _counts(answer), *_sight(answer, now))]
    parts += [
        incident_row(each, answer.handles.get(each.latest.uid, "")) for each in answer.incidents
    ]
    parts += _hidden(answer.figures.open_incidents - len(answer.incidents), "failed")
    if answer.running:
        parts.append(paragraph((Bold("Running now"),)))
        parts += [
            session_row(each, answer.handles.get(each.uid, ""), answer.now or now)
            for each in answer.running
        ]
        parts += _hidden(answer.figures.running - len(answer.running), "running")
    parts.append(Buttons((*_next_steps(answer), JOB_SEARCH)))
    names = listed([each.job_name for each in answer.incidents], 5, 60)
    return Document((f"{title}: {names}" if names else title,), tuple(parts))


def _title(answer: Overview) -> str:
    count, figures = answer.figures.open_incidents, answer.figures
    if count:
        return f"🔴 {count:,} of {plural(figures.jobs, 'job')} failing now"
    if answer.em_problem or answer.polled_at is None:
        return "⚫ Nothing known to be failing, but I cannot see Enterprise Manager now"
    if not figures.jobs:
        return "⚪ I know no replication job yet"
    return f"✅ None of {plural(figures.jobs, 'job')} is failing"


def _counts(answer: Overview) -> Line:
    figures = answer.figures
    counts = [
        f"{figures.running:,} running",
        plural(figures.mutes, "mute") if figures.mutes else "",
        f"{plural(figures.findings, 'warning')} of silent or late jobs" if figures.findings else "",
        f"{figures.unsent:,} unsent" if figures.unsent else "",
    ]
    return (" · ".join(filter(None, [cut(answer.em_name, 255), *counts])),)


def _sight(answer: Overview, now: datetime) -> list[Line]:
    """Say how old this is."""
    if answer.polled_at is None:
        return [("I have not read Enterprise Manager yet.",)]
    ago = f" ({duration(now - answer.polled_at)} ago)"
    read: Line = ("EM read ", Moment(answer.polled_at), ago)
    if not answer.em_problem:
        return [read]
    return [("⚠️ Not live: ", *read), (cut(answer.em_problem, PROBLEM),)]


def _hidden(count: int, question: str) -> list[Part]:
    return [paragraph((f"… and {count:,} more: /replica {question}",))] if count > 0 else []


def _next_steps(answer: Overview) -> list[Button]:
    steps = [("Failed", "failed"), ("Running", "running"), ("Jobs", "jobs")]
    steps += [("Summary", "summary")]
    if answer.figures.mutes:
        steps.append(("Mutes", "mutes"))
    steps += [("Bot status", "status"), ("Help", "help")]
    return [ask_button(text, question, index) for index, (text, question) in enumerate(steps)]
