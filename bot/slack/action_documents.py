"""How it reads that somebody had a job retried or started, or had EM collect."""

from bot.core.actions import Action, ActionState, JobAction, TaskOutcome
from bot.core.sessions import Session, Verdict
from bot.core.targets import NoTarget
from bot.core.views import ActionView
from bot.services.acting import Impossible, NotFailed, NotOffered, Proposed, Running, UnderWay
from bot.services.collecting import Collected, CollectedLately
from bot.slack.action_controls import WILL, action_button
from bot.slack.action_ids import DETAILS
from bot.slack.documents import (
    Bold,
    Button,
    Buttons,
    Document,
    Line,
    Moment,
    Part,
    Person,
    paragraph,
)
from bot.slack.verdicts import ICONS, did, verdict_of
from bot.slack.words import cut, duration, listed

NAME = 120  # characters of a job's name
WHY = 600  # characters of EM's own words
SAID = 200  # characters of what was typed, said back

NOUNS = {Action.RETRY: "retry", Action.START: "start"}
BEGUN = {Action.RETRY: "retry started", Action.START: "job started"}
CONSOLE = "Look in the Veeam console whether it runs before you try again."


def action_document(view: ActionView) -> Document:
    """Tell what became of an action as it is now: who asked, what EM said, how its run goes."""
    action = view.action
    asked: Line = (
        f"🔄 {NOUNS[action.action]} of {cut(action.job_name, NAME)} asked for by ",
        Person(action.user_id),
        " ",
        Moment(action.asked_at),
    )
    lines = [asked, *_lines(view)]
    parts: list[Part] = [paragraph(*lines)]
    if view.session:
        button = Button("Details", DETAILS, view.session.uid, label=f"Details of {action.job_name}")
        parts.append(Buttons((button,)))
    by: Line = (" · by ", Person(action.user_id))
    return Document((*_summary(view), *by), tuple(parts))


def _summary(view: ActionView) -> Line:
    action = view.action
    of = f"{NOUNS[action.action]} of {cut(action.job_name, NAME)}"
    if view.session:
        how = "its run vanished from EM" if view.is_vanished else did(view.session, view.verdict)
        return (f"{ICONS[view.verdict]} {of}: {how}",)
    words = {
        ActionState.ASKED: f"🔄 {of} asked for",
        ActionState.RUNNING: f"🔄 {of}: EM has taken it",
        ActionState.DONE: f"🔄 {of}: EM has taken it",
        ActionState.REFUSED: f"⛔ {of}: EM refused",
        ActionState.UNKNOWN: f"❔ {of}: whether EM took it is unknown",
    }
    return (words[action.state],)


def _lines(view: ActionView) -> list[Line]:
    action, why = view.action, cut(view.action.detail, WHY)
    if action.state is ActionState.REFUSED:
        return [(f"⛔ EM refused: {why or 'it does not say why'}",)]
    if view.session:
        return [*_started(action), _run(view, view.session)]
    if action.state is ActionState.UNKNOWN:
        return [_unknown(action, why)]
    if action.state is ActionState.ASKED:
        return [("Asking Enterprise Manager…",)]
    waiting = why if action.ended_at else "its run shows here once EM has collected it"
    return [*_started(action), (waiting,)]


def _started(action: JobAction) -> list[Line]:
    return [(f"{BEGUN[action.action]} by ", Person(action.user_id))]


def _unknown(action: JobAction, why: str) -> Line:
    line = f"❔ Whether EM took it is unknown: {why or 'it did not say'}. "
    if action.ended_at:
        return (f"{line}I looked for 45 minutes. {CONSOLE}",)
    return (f"{line}I do not ask twice; if a new run begins it shows here. {CONSOLE}",)


def _run(view: ActionView, session: Session) -> Line:
    if view.is_vanished:
        return ("its run vanished from EM: nobody can say how it ended",)
    icon = ICONS[view.verdict]
    if view.verdict is Verdict.UNFINISHED or session.ended_at is None:
        return (f"{icon} its run is running since ", Moment(session.created_at))
    took = f" after {duration(session.duration)}" if session.duration is not None else ""
    return (f"{icon} its run {did(session, view.verdict)} ", Moment(session.ended_at), took)


def proposed_document(proposed: Proposed) -> Document:
    """Say what will happen to which job, with the button that makes it so."""
    job, newest = proposed.job, proposed.newest
    title: Line = (
        Bold(f"{proposed.action.value.capitalize()} {cut(job.full_name, NAME)}?"),
        f" · {cut(job.backup_server, 80) or 'unknown backup server'}",
    )
    will = WILL[proposed.action].format(job=cut(job.full_name, NAME))
    last: Line = ()
    if newest:
        verdict = verdict_of(newest)
        ended_at = newest.ended_at or newest.created_at
        last = (f"{ICONS[verdict]} its last run {did(newest, verdict)} ", Moment(ended_at))
    button = action_button(proposed.action, job.uid, job.full_name, asks=False)
    summary = f"{proposed.action.value.capitalize()} {cut(job.full_name, NAME)}? Press to confirm."
    return Document((summary,), (paragraph(title, (will,), last), Buttons((button,))))


def acted_document(action: JobAction) -> Document:
    """Tell the one who pressed what EM made of it."""
    of = cut(action.job_name, NAME)
    why = cut(action.detail, WHY)
    if action.state is ActionState.REFUSED:
        return _said(
            (f"⛔ EM refused to {action.action.value} {of}: {why or 'it gives no reason'}",)
        )
    if action.state is ActionState.UNKNOWN:
        return _said(_unknown(action, why))
    told = f" EM says: {why}." if why else ""
    where = "How it goes is told in the alert’s thread, or else to you."
    return _said((f"🔄 {of}: {BEGUN[action.action]}.{told} {where}",))


def impossible_document(found: Impossible) -> Document:
    """Say why it cannot be done now."""
    name = cut(found.job_name, NAME)
    match found:
        case Running():
            began: Line = (" since ", Moment(found.session.created_at))
            return _said((f"{name} is running already", *began, ": nothing to start."))
        case NotFailed():
            how = did(found.newest, verdict_of(found.newest)) if found.newest else "is not known"
            return _said(
                (
                    f"🔍 Only a job whose last run failed can be retried; the last run of {name} "
                    f"{how}. To run it all the same: /replica start {name}",
                )
            )
        case NotOffered():
            what = found.action.value
            return _said(
                (f"🔍 Enterprise Manager offers no way to {what} {name}: use the Veeam console.",)
            )


def under_way_document(found: UnderWay) -> Document:
    """Say who was first."""
    first = found.first
    return _said(
        (
            f"🔄 The {NOUNS[first.action]} of {cut(first.job_name, NAME)} is under way: ",
            Person(first.user_id),
            " asked for it ",
            Moment(first.asked_at),
            ". I do not ask Veeam twice.",
        )
    )


def collected_document(found: Collected) -> Document:
    """Say what EM made of the wish to collect."""
    name, why = cut(found.server.name, NAME), cut(found.end.message, WHY)
    if found.end.outcome is TaskOutcome.REFUSED:
        return _said((f"⛔ EM did not collect from {name}: {why or 'it gives no reason'}",))
    if found.end.outcome is TaskOutcome.UNCLEAR:
        return _said((f"❔ EM was asked to collect from {name}; it has not said whether it did.",))
    return _said((f"✅ EM has collected from {name}: ask again now, its copy is fresh.",))


def collected_lately_document(found: CollectedLately) -> Document:
    """Say that it was asked for a moment ago."""
    return _said(
        (
            f"{cut(found.server.name, NAME)} was collected from ",
            Moment(found.last.asked_at),
            " for ",
            Person(found.last.asked_by),
            f". It burdens all backup servers: once more in {duration(found.after)}.",
        )
    )


def no_server_document(missing: NoTarget) -> Document:
    """Ask which backup server."""
    known = f" I know: {listed(missing.candidates, 10)}." if missing.candidates else ""
    if missing.said.strip():
        return _said((f"🔍 I know no backup server “{cut(missing.said, SAID)}”.{known}",))
    return _said((f"Collect from which backup server?{known} Say “/replica collect vbr01”.",))


def _said(line: Line) -> Document:
    return Document(line, (paragraph(line),))
