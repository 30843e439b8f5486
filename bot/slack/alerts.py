"""How one incident reads, and what is said in threads (DESIGN §6, How it reads)."""

from datetime import datetime, timedelta

from bot.core.decisions import OVER, Reason
from bot.core.incidents import CLOSED_BY, Incident, Status
from bot.core.sessions import Session, Verdict
from bot.core.views import IncidentView, ReplyEntry, ReplyView, VmReason
from bot.slack.action_controls import action_button, action_for
from bot.slack.action_ids import ACKNOWLEDGE, DETAILS
from bot.slack.blocked import blockage_phrase
from bot.slack.documents import (
    Bold,
    Bullets,
    Button,
    Buttons,
    Control,
    Document,
    Line,
    Moment,
    Paragraph,
    Part,
    Person,
    joined,
    paragraph,
)
from bot.slack.menus import mute_menu
from bot.slack.outages import outage_phrase
from bot.slack.verdicts import HAS, ICONS, did, failures, over_phrase
from bot.slack.words import cut, duration, more, ordinal, plural

LATE_AFTER = timedelta(minutes=30)
"""EM collects every 15 minutes by default, so twice that is worth a word (DESIGN §2, Polling)."""

JOB_NAME = 255  # characters: EM's own limit for a name
VM_NAME = 120  # characters
REASON = 400  # characters of one VM's reason in an alert; the session answer shows more
VMS = 12  # VMs listed in an alert
NOTE = 500  # characters of a note


def incident_document(view: IncidentView, *, offers_actions: bool = False) -> Document:
    """Tell of one incident as it is now; `offers_actions` where its job may be run from here."""
    heading = _heading(view)
    parts: list[Part] = [paragraph(heading, _facts(view), *_late(view))]
    parts += _reasons(view)
    if view.incident.status is Status.OPEN:
        parts.append(paragraph(_outlook(view), *_handling(view)))
    elif view.incident.closed_because.startswith(CLOSED_BY):
        parts.append(paragraph(_closed_by(view.incident)))
    parts.append(Buttons(controls(view, offers_actions=offers_actions)))
    return Document(_summary(view), tuple(parts))


def controls(view: IncidentView, *, offers_actions: bool = False) -> tuple[Control, ...]:
    """Offer what can be done about an incident where it stands."""
    action = action_for(view) if offers_actions else None
    run = (action_button(action, view.incident.job_uid, view.job_name),) if action else ()
    details = details_button(view.latest, view.job_name)
    if view.incident.status is not Status.OPEN:
        return (details,)
    mute = mute_menu(view.incident.job_uid, view.backup_server)
    if view.incident.acknowledged_at:
        return (*run, mute, details)
    acknowledge = Button(
        "Acknowledge",
        ACKNOWLEDGE,
        str(view.incident.id),
        label=f"Acknowledge {view.job_name}: I look after it",
    )
    return (acknowledge, *run, mute, details)


def details_button(session: Session, job_name: str) -> Button:
    """Offer the session's full answer."""
    return Button("Details", DETAILS, session.uid, label=f"Details of {job_name}")


def reason_phrase(view: IncidentView, most: int = REASON) -> str:
    """Say in one phrase why it went wrong, as far as EM said it."""
    first = next((vm for vm in view.vms or () if vm.reason), None)
    if first:
        return cut(first.reason, most)
    if view.latest.failure_message:
        return cut(view.latest.failure_message, most)
    if view.vms is None:
        return "Reasons follow"
    before = next((vm.reason for vm in view.vms_before if vm.reason), "")
    return f"EM gives no reason, before: {cut(before, most)}" if before else "EM gives no reason"


def icon_of(view: IncidentView) -> str:
    """Choose the icon of where the incident stands."""
    if view.incident.status is Status.RECOVERED:
        return "✅"
    return "⚪" if view.incident.status is Status.CLOSED else ICONS[view.verdict]


def reply_document(view: ReplyView) -> Document:
    """Say in a thread what happened."""
    lines = [_entry(entry) for entry in view.entries]
    if view.group_ended:
        lines.append((over_phrase(view.group_ended, view.group_closed),))
    if view.outage:
        lines.append(outage_phrase(view.outage))
    if view.blockage:
        lines.append(blockage_phrase(view.blockage))
    summary = (*lines[0], more(lines, 1, " … and {} more")) if lines else ("Nothing new",)
    return Document(summary, (Paragraph(tuple(lines)),))


def _heading(view: IncidentView) -> Line:
    name = Bold(f"{icon_of(view)} {cut(view.job_name, JOB_NAME)} {_what(view)}")
    number = f" · #{view.incident.id}" if view.incident.id else ""
    server = cut(view.backup_server, JOB_NAME) or "unknown backup server"
    is_named = view.job_name.endswith(f"@ {view.backup_server}")
    return (name, ("" if is_named else f" · {server}") + number)


def _what(view: IncidentView) -> str:
    if view.incident.status is Status.RECOVERED:
        return "recovered"
    told = did(view.latest, view.verdict)
    if view.incident.status is not Status.CLOSED:
        return told
    because = view.incident.closed_because
    if not because or because.startswith(CLOSED_BY):
        return f"{told}, and that is closed"
    return f"{told}; closed: {cut(because, 200)}"


def _closed_by(incident: Incident) -> Line:
    """Say which person closed it, and when."""
    when: Line = (" ", Moment(incident.closed_at)) if incident.closed_at else ()
    return (CLOSED_BY, Person(incident.closed_because.removeprefix(CLOSED_BY)), *when)


def _handling(view: IncidentView) -> list[Line]:
    """Say what people and EM are doing about it."""
    lines: list[Line] = []
    if view.retry:
        of_how_many = f" of {view.retry.most}" if view.retry.most >= view.retry.number else ""
        lines.append((f"🔄 retry {view.retry.number}{of_how_many} running",))
    if view.incident.acknowledged_at:
        lines.append(acknowledgement(view.incident))
    if view.mute:
        until = (
            " until its next success, at the latest " if view.mute.ends_with_success else " until "
        )
        lines.append(("🔕 muted by ", Person(view.mute.muted_by), until, Moment(view.mute.ends_at)))
    return lines


def acknowledgement(incident: Incident) -> Line:
    """Say who looks after an incident, since when, and what they noted."""
    if incident.acknowledged_at is None:
        return ()
    note = f": {cut(incident.acknowledged_note, NOTE)}" if incident.acknowledged_note else ""
    by: Line = ("👀 acknowledged by ", Person(incident.acknowledged_by), " ")
    return (*by, Moment(incident.acknowledged_at), note)


def _facts(view: IncidentView) -> Line:
    incident, latest = view.incident, view.latest
    if incident.recovered_at:
        return (
            "failed " if incident.peak is Verdict.FAILED else "warned ",
            Moment(incident.opened_at),
            ", recovered ",
            Moment(incident.recovered_at),
            f" ({_after(incident)})",
        )
    took = f" after {duration(latest.duration)}" if latest.duration is not None else ""
    ended: Line = ("ended ", Moment(latest.ended_at or latest.created_at), took)
    return joined([_vm_count(view), ended, _in_a_row(incident), _worst(view)])


def _after(incident: Incident) -> str:
    lasted = (incident.recovered_at or incident.last_bad_at) - incident.opened_at
    return f"after {failures(incident.run_count, incident.peak)}, {duration(lasted)}"


def _vm_count(view: IncidentView) -> Line:
    if not view.vms:
        return ()
    if view.vm_count > len(view.vms):
        return (f"{len(view.vms)} of {plural(view.vm_count, 'VM')}",)
    return (plural(len(view.vms), "VM"),)


def _in_a_row(incident: Incident) -> Line:
    if incident.streak <= 1:
        return ("first time",) if incident.run_count <= 1 else ()
    return (f"{ordinal(incident.streak)} time in a row, since ", Moment(incident.opened_at))


def _worst(view: IncidentView) -> Line:
    return (f"{HAS[view.incident.peak]} before",) if view.incident.peak > view.verdict else ()


def _late(view: IncidentView) -> list[Line]:
    late = lateness(view.latest.ended_at, view.reported_at)
    return [(f"EM reported it {duration(late)} late",)] if late else []


def lateness(ended_at: datetime | None, reported_at: datetime | None) -> timedelta | None:
    """Say how late EM reported a session, where that is worth a word."""
    if ended_at is None or reported_at is None or reported_at - ended_at <= LATE_AFTER:
        return None
    return reported_at - ended_at


def _reasons(view: IncidentView) -> list[Part]:
    message = cut(view.latest.failure_message, 2 * REASON)
    said: list[Part] = [paragraph((f"EM says: {message}",))] if message else []
    if view.vms:
        return [*said, vm_bullets(view.vms, view.verdict)]
    if view.vms is None:
        return [*said, paragraph(("Reasons follow.",))]
    if not said and view.vms_before:
        none: Line = ("EM gives no reason for this run. The last one it gave:",)
        return [paragraph(none), vm_bullets(view.vms_before, view.verdict)]
    return said or [paragraph(("EM gives no reason.",))]


def vm_bullets(vms: tuple[VmReason, ...], verdict: Verdict) -> Bullets:
    """List VMs with EM's reason for each; how many are not shown is said."""
    lines: list[Line] = [_vm(vm, verdict) for vm in vms[:VMS]]
    if len(vms) > VMS:
        lines.append((more(vms, VMS, "… and {} more VMs: see Details"),))
    return Bullets(tuple(lines))


def _vm(vm: VmReason, verdict: Verdict) -> Line:
    how = "" if vm.verdict is verdict else f" ({HAS[vm.verdict]})"
    reason = cut(vm.reason, REASON) or "EM gives no reason"
    return (Bold(cut(vm.vm, VM_NAME) or "unnamed VM"), f"{how}: {reason}")


def _outlook(view: IncidentView) -> Line:
    good: Line = ("No good replica known",)
    if view.last_good_at:
        ended_at = view.latest.ended_at or view.latest.created_at
        age = duration(ended_at - view.last_good_at)
        good = ("Last good replica ", Moment(view.last_good_at), f", {age} old when this ended")
    upcoming: Line = ("next run ", Moment(view.next_run_at)) if view.next_run_at else ()
    return joined([good, upcoming])


def _summary(view: IncidentView) -> Line:
    server = f" on {cut(view.backup_server, 80)}" if view.backup_server else ""
    start: Line = (f"{icon_of(view)} {cut(view.job_name, 120)} {_what(view)}{server}",)
    if view.incident.recovered_at:
        return (*start, " ", Moment(view.incident.recovered_at), f" {_after(view.incident)}")
    vms = view.vms or ()
    subject = f"{cut(vms[0].vm, 80)}: " if vms and vms[0].reason else ""
    others = f", and {plural(len(vms) - 1, 'more VM')}" if len(vms) > 1 else ""
    row = _in_a_row(view.incident)
    ended = Moment(view.latest.ended_at or view.latest.created_at)
    why = f". {subject}{reason_phrase(view, 200)}{others}"
    return (*start, " ", ended, why, *((". ", *row) if view.incident.streak > 1 else ()))


def _entry(entry: ReplyEntry) -> Line:
    name = Bold(cut(entry.job_name, JOB_NAME))
    at = _moment_of(entry)
    if entry.reason in (Reason.RECOVERED, Reason.HEALED):
        how = ", its retry succeeded" if entry.reason is Reason.HEALED else ""
        return ("✅ ", name, " recovered", *at, f" {_after(entry.incident)}{how}")
    if entry.reason is Reason.SUPERSEDED:
        return ("✅ ", name, " is closed: the job was made anew, and succeeded", *at)
    if entry.reason is Reason.REMINDER:
        return ("⏰ ", name, *_reminder(entry))
    session = entry.session
    told = did(session, entry.verdict) if session else "failed"
    return (f"{ICONS[entry.verdict]} ", name, *_said(entry, told, at))


def _reminder(entry: ReplyEntry) -> Line:
    """Say that nobody has taken care of it yet; with a session, that it failed once more too."""
    incident, session = entry.incident, entry.session
    count = failures(incident.run_count, incident.peak)
    since: Line = (", since ", Moment(incident.opened_at), f" ({count})")
    unheeded = ". Nobody has acknowledged it yet."
    if session is None:
        return (" is still failing", *since, unheeded)
    return (f" {did(session, entry.verdict)} again", *_moment_of(entry), *since, unheeded)


def _said(entry: ReplyEntry, told: str, at: Line) -> Line:
    late = lateness(entry.session.ended_at if entry.session else None, entry.reported_at)
    tail = f", EM reported it {duration(late)} late" if late else ""
    again: dict[Reason, Line] = {
        Reason.WORSE: (f" is worse: now {HAS[entry.verdict]}", *at),
        Reason.RETRY_FAILED: (f": its retry {told} too", *at),
        Reason.STILL_FAILING: (f" {told} again", *at),
        Reason.LATE_FAILURE: (f" also {told}", *at),
        Reason.REOPENED: (f" {told} again, it had not recovered", *at),
    }
    return (*again.get(entry.reason, (f" {told}", *at)), tail)


def _moment_of(entry: ReplyEntry) -> Line:
    if entry.session:
        return (" ", Moment(entry.session.ended_at or entry.session.created_at))
    if entry.reason in OVER and entry.incident.recovered_at:
        return (" ", Moment(entry.incident.recovered_at))
    return ()
