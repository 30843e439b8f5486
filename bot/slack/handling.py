"""How it reads that somebody acknowledged, closed, muted or unmuted something."""

from collections.abc import Sequence

from bot.core.incidents import Incident, Status
from bot.core.mutes import Mute
from bot.core.spans import Unclear
from bot.core.targets import NoTarget
from bot.core.views import IncidentView
from bot.services.acknowledging import Handled, HandledGroup, NotFailing, Outcome
from bot.services.muting import Muted, Unmuted
from bot.slack.controls import note_button, other_end_buttons, unmute_button
from bot.slack.documents import (
    Bold,
    Buttons,
    Document,
    Line,
    Moment,
    Part,
    Person,
    Row,
    paragraph,
)
from bot.slack.words import cut, listed, more, plural

NAME = 120  # characters of a job's name
SAID = 200  # characters of what was typed, said back
ROWS = 20  # mutes listed
CLEARED_BY_RECOVERY = "It is cleared when the job recovers."


def handled_document(handled: Handled) -> Document:
    """Say what came of an acknowledgement, a note, or closing an incident."""
    if handled.view is None or handled.outcome is Outcome.UNKNOWN:
        return _sentence(
            (f"I know no incident #{handled.incident_id}.",),
            ("Its number stands in its message; /replica failed lists those that are open.",),
        )
    line = (*_outcome(handled.outcome, handled.view),)
    parts: list[Part] = [paragraph(line)]
    if handled.outcome in (Outcome.ACKNOWLEDGED, Outcome.ALREADY_YOURS):
        parts.append(Buttons((note_button(handled.incident_id),)))
    return Document(line, tuple(parts))


def group_document(handled: HandledGroup) -> Document:
    """Say what came of acknowledging a whole group."""
    if not (handled.acknowledged or handled.taken or handled.over):
        return _sentence(("I know nothing of this group any more: see /replica failed.",))
    if handled.acknowledged:
        said = f"👀 You acknowledged {plural(handled.acknowledged, 'incident')}."
    else:
        said = "There is nothing left to acknowledge here."
    rest = []
    if handled.taken:
        rest.append(f"{handled.taken:,} {_was(handled.taken)} acknowledged before")
    if handled.over:
        rest.append(f"{handled.over:,} {_was(handled.over)} over already")
    return _sentence((said, f" {'; '.join(rest)}." if rest else ""))


def muted_document(muted: Muted, user_id: str) -> Document:
    """Tell all who see it what is muted, until when and by whom."""
    changed = " now" if muted.was_muted else ""
    line: Line = (
        "🔇 ",
        Bold(cut(muted.name, NAME)),
        f" is muted{changed} ",
        *until_phrase(muted.mute),
        ", by ",
        Person(user_id),
    )
    promise = ("What is held back is told when the mute ends.",)
    default = ("No end was given, so it is 4 h. Another one:",) if muted.is_by_default else ()
    buttons = other_end_buttons(muted.mute) if muted.is_by_default else []
    parts = (
        paragraph(line, promise, default),
        Buttons((*buttons, unmute_button(muted.mute, muted.name))),
    )
    return Document(line, parts)


def unmuted_document(unmuted: Unmuted) -> Document:
    """Say that a mute has ended, or that there was none."""
    name = Bold(cut(unmuted.name, NAME))
    if unmuted.mute is None:
        return _sentence((name, " is not muted. /replica mutes lists what is."))
    return _sentence(
        ("🔔 ", name, " is no longer muted."),
        ("The alert channel hears of it now, with what was held back.",),
    )


def mutes_document(mutes: Sequence[Muted]) -> Document:
    """List the mutes in force with their ends."""
    if not mutes:
        return _sentence(("🔔 Nothing is muted. /replica mute <job> 4h mutes a job.",))
    title = f"🔇 {plural(len(mutes), 'mute')} in force"
    rows = [
        Row(
            (
                Bold(cut(each.name, NAME)),
                " ",
                *until_phrase(each.mute),
                ", by ",
                Person(each.mute.muted_by),
            ),
            unmute_button(each.mute, each.name),
        )
        for each in mutes[:ROWS]
    ]
    parts: list[Part] = [paragraph((Bold(title),)), *rows]
    if len(mutes) > ROWS:
        parts.append(paragraph((more(mutes, ROWS),)))
    names = listed((each.name for each in mutes), 5)
    return Document((f"{title}: {names}",), tuple(parts))


def until_phrase(mute: Mute) -> Line:
    """Say when a mute ends."""
    if mute.ends_with_success:
        return ("until its next success, at the latest ", Moment(mute.ends_at))
    return ("until ", Moment(mute.ends_at))


def no_target_document(missing: NoTarget) -> Document:
    """Say what is not known by that name, and what comes nearest."""
    said = cut(missing.said, SAID) or "nothing"
    if missing.is_ambiguous:
        names = listed(missing.candidates, 10)
        return _sentence((f"“{said}” is the name of several jobs. Say which one: {names}.",))
    nearest = listed(missing.candidates, 5)
    tail = f" The nearest: {nearest}." if nearest else ""
    if "*" in said:
        return _sentence(
            (f"“{said}” is a pattern, and this takes one thing at a time.{tail}",),
            ("Say a job’s name, “server:” and a backup server’s name, or “all”.",),
        )
    return _sentence(
        (f"🔍 I know no job “{said}”.{tail}",),
        ("Say a job’s name, “server:” and a backup server’s name, or “all”.",),
    )


def not_failing_document(job: NotFailing) -> Document:
    """Say that a job has nothing that anybody could look after."""
    name = Bold(cut(job.job_name, NAME))
    return _sentence(("✅ ", name, " has no open incident: there is nothing to look after."))


def unclear_document(unclear: Unclear) -> Document:
    """Say why that is no end for a mute."""
    return _sentence((cut(unclear.words, 600),))


def _outcome(outcome: Outcome, view: IncidentView) -> Line:
    incident = view.incident
    name = Bold(f"#{incident.id} {cut(view.job_name, NAME)}")
    shown = " now: all can see it, and nobody is reminded. "
    said: dict[Outcome, Line] = {
        Outcome.ACKNOWLEDGED: ("👀 You look after ", name, shown, CLEARED_BY_RECOVERY),
        Outcome.NOTED: ("📝 Your note stands in the message of ", name, "."),
        Outcome.ALREADY_YOURS: (
            "👀 You acknowledged ",
            name,
            " already, ",
            *_since(incident),
            ".",
        ),
        Outcome.TAKEN: (
            *_taken(incident, name),
            f" To take it over: /replica unack #{incident.id}, then /replica ack #{incident.id}",
        ),
        Outcome.CLEARED: (name, " is not acknowledged any more, so the channel is reminded of it."),
        Outcome.NOT_ACKNOWLEDGED: ("Nobody had acknowledged ", name, "."),
        Outcome.CLOSED: (
            "⚪ ",
            name,
            " is closed. If the job fails again, the channel hears of it.",
        ),
    }
    return said.get(outcome) or _over(incident, name)


def _since(incident: Incident) -> Line:
    return (Moment(incident.acknowledged_at),) if incident.acknowledged_at else ()


def _taken(incident: Incident, name: Bold) -> Line:
    note = f": {cut(incident.acknowledged_note, 500)}" if incident.acknowledged_note else "."
    return (
        Person(incident.acknowledged_by),
        " acknowledged ",
        name,
        " already, ",
        *_since(incident),
        note,
    )


def _over(incident: Incident, name: Bold) -> Line:
    if incident.status is Status.RECOVERED and incident.recovered_at:
        return (
            "✅ ",
            name,
            " recovered ",
            Moment(incident.recovered_at),
            ": there is nothing to acknowledge.",
        )
    return ("⚪ ", name, " is closed already: there is nothing to acknowledge.")


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _sentence(*lines: Line) -> Document:
    return Document(
        tuple(span for line in lines for span in (*line, " "))[:-1], (paragraph(*lines),)
    )
