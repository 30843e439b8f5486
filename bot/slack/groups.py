"""How many incidents in one message read: by cause, with what has recovered (DESIGN §2, Groups)."""

from collections import Counter
from collections.abc import Iterable, Sequence

from bot.core.causes import Cause, find_causes
from bot.core.incidents import Status
from bot.core.mutes import Scope
from bot.core.sessions import Verdict
from bot.core.views import GroupView, IncidentView, MuteEnd
from bot.slack.action_ids import ACKNOWLEDGE_ALL, PICK_MEMBER
from bot.slack.alerts import icon_of
from bot.slack.documents import (
    Bold,
    Bullets,
    Button,
    Buttons,
    Control,
    Document,
    Line,
    Menu,
    Moment,
    Part,
    Person,
    joined,
    paragraph,
)
from bot.slack.noticed import noticed_parts, noticed_phrase
from bot.slack.verdicts import over_phrase
from bot.slack.words import cut, listed, plural

CAUSES = 8  # causes listed
JOBS_NAMED = 80  # jobs named in all, shared by the causes
OTHERS = 20  # jobs named for the causes that are not listed
RECOVERED = 20  # recovered jobs named
REASON = 300  # characters of a cause


def group_document(view: GroupView) -> Document:
    """Tell of many incidents that are told together."""
    failing = [member for member in view.members if member.incident.status is Status.OPEN]
    still = {member.incident.job_uid for member in failing}
    over = [member for member in view.members if member.incident.job_uid not in still]
    closed = _closed(over)
    over = [member for member in over if member not in closed]
    heading = _heading(view, failing)
    parts: list[Part] = [paragraph((Bold(heading),), *_circumstances(view))]
    parts += noticed_parts(view.ended)
    if failing:
        parts.append(_causes(failing))
    if over and failing:
        names = listed(_names(over), RECOVERED)
        parts.append(paragraph((Bold(f"✅ {_jobs(over)} recovered: "), names)))
    elif over:
        parts.append(paragraph((listed(_names(over), RECOVERED * 2),)))
    if closed:
        names = listed(_names(closed), RECOVERED)
        parts.append(paragraph((Bold(f"⚪ {_jobs(closed)} closed by hand: "), names)))
    parts += _notes(view)
    if failing:
        parts.append(Buttons(_controls(view, failing)))
    summary = _summary(heading, failing, over or closed)
    return Document((*summary, *noticed_phrase(view.ended)), tuple(parts))


def _circumstances(view: GroupView) -> list[Line]:
    if view.ended is None:
        return [("since ", Moment(view.opened_at))]
    mute = view.ended.mute
    ended: Line = (" by ", Person(mute.ended_by)) if mute.ended_by else ()
    lines: list[Line] = [
        ("Muted by ", Person(mute.muted_by), " ", Moment(mute.muted_at)),
        ("ended ", Moment(mute.ended_at or view.opened_at), *ended),
    ]
    return [joined(lines), *map(_told_elsewhere, view.ended.elsewhere)]


def _told_elsewhere(member: IncidentView) -> Line:
    """Point to a job's own message: this one is not changed when that job recovers."""
    return ("↑ ", Bold(cut(member.job_name, 120)), ": its message above says how it stands")


def _controls(view: GroupView, failing: Sequence[IncidentView]) -> tuple[Control, ...]:
    """Offer what can be done about all, and a menu to reach what can be done about each."""
    options = tuple((f"{icon_of(each)} {each.job_name}", str(each.incident.id)) for each in failing)
    pick = Menu("Choose a job…", PICK_MEMBER, options)
    unheeded = [each for each in failing if not each.incident.acknowledged_at]
    if not unheeded:
        return (pick,)
    label = f"Acknowledge all {plural(len(unheeded), 'failing job')}"
    return (Button("Acknowledge all", ACKNOWLEDGE_ALL, str(view.group_id), label=label), pick)


def _heading(view: GroupView, failing: Sequence[IncidentView]) -> str:
    if view.ended:
        return _mute_heading(view, view.ended, failing)
    count = _jobs(view.members)
    jobs = plural(count, "job")
    where = f" on {cut(view.backup_server, 255)}" if view.backup_server else ""
    peak = max((member.incident.peak for member in view.members), default=Verdict.FAILED)
    did = "failed" if peak is Verdict.FAILED else "ended with warnings"
    if not failing:
        return over_phrase(count, _jobs(_closed(view.members)), where)
    icon = "🔴" if any(each.verdict is Verdict.FAILED for each in failing) else "🟡"
    is_partly_over = len(failing) < count
    if not where:
        rest = f"; {len(failing)} still {_do(len(failing))}" if is_partly_over else ""
        return f"{icon} While Slack did not let me speak here, {jobs} {did}{rest}"
    if is_partly_over:
        return f"{icon} {len(failing)} of {jobs} still failing{where}"
    return f"{icon} {jobs} {did}{where}"


def _mute_heading(view: GroupView, ended: MuteEnd, failing: Sequence[IncidentView]) -> str:
    count, still = _jobs([*view.members, *ended.elsewhere]), len(failing)
    start = f"🔔 {_what_was_muted(ended)} is no longer muted"
    if not count:
        return f"{start}: nothing {'failed meanwhile' if ended.findings else 'was held back'}"
    if ended.mute.scope is Scope.JOB:
        how = f", and {'still does' if still else 'has recovered'}" if view.members else ""
        return f"{start}: it failed meanwhile{how}"
    held = f"{start}: {plural(count, 'job')} failed meanwhile"
    if ended.elsewhere:
        return held
    return f"{held}, {still} of them {_still_fail(still)}" if still else f"{held}, all recovered"


def _what_was_muted(ended: MuteEnd) -> str:
    subject = cut(ended.subject, 255)
    names = {Scope.ALL: "Everything", Scope.SERVER: f"Backup server {subject}"}
    return names.get(ended.mute.scope, subject)


def _jobs(members: Iterable[IncidentView]) -> int:
    """Count jobs: after an absence a message may tell of several incidents of one."""
    return len({member.incident.job_uid for member in members})


def _closed(members: Iterable[IncidentView]) -> list[IncidentView]:
    return [member for member in members if member.incident.is_closed_by_hand]


def _names(members: Sequence[IncidentView]) -> list[str]:
    counts = Counter(member.job_name for member in members)
    return [name if count == 1 else f"{name} ({count} times)" for name, count in counts.items()]


def _do(count: int) -> str:
    return "does" if count == 1 else "do"


def _still_fail(count: int) -> str:
    return "still fails" if count == 1 else "still fail"


def _causes(failing: Sequence[IncidentView]) -> Bullets:
    """List causes, what hit most jobs first."""
    causes = find_causes(failing)
    shown, rest = causes[:CAUSES], causes[CAUSES:]
    most = JOBS_NAMED // len(shown)
    lines: list[Line] = [_cause(each, most) for each in shown]
    if rest:
        others = dict.fromkeys(name for each in rest for name in each.jobs)
        heading = Bold(f"… and {plural(len(rest), 'more cause')}: ")
        lines.append((heading, f"{listed(others, OTHERS)} · /replica failed"))
    return Bullets(tuple(lines))


def _cause(cause: Cause, most: int) -> Line:
    """Say it as `17 VMs in 4 jobs: proxy VPRX02 is unreachable, since 01:12 · SQL, ERP, …`."""
    jobs = plural(len(cause.jobs), "job")
    hit = f"{plural(cause.vms, 'VM')} in {jobs}" if cause.vms else jobs
    reason = cut(cause.reason, REASON)
    names = listed(cause.jobs, most)
    return (f"{hit}: ", Bold(reason), ", since ", Moment(cause.since_at), f" · {names}")


def _notes(view: GroupView) -> list[Part]:
    lines: list[Line] = []
    if view.told_separately:
        own = plural(view.told_separately, "more job")
        lines.append((f"{own} of this storm {_have(view.told_separately)} above.",))
    return [paragraph(*lines)] if lines else []


def _have(count: int) -> str:
    return "has its own message" if count == 1 else "have their own messages"


def _summary(heading: str, failing: Sequence[IncidentView], over: Sequence[IncidentView]) -> Line:
    if not (failing or over):
        return (heading,)
    names = listed(_names(failing or over), 5)
    return (f"{heading}: {names}",)
