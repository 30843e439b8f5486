"""How many incidents in one message read: by cause, with what has recovered (DESIGN §2, Groups)."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from bot.core.incidents import Status
from bot.core.sessions import Verdict
from bot.core.views import GroupView, IncidentView
from bot.slack.alerts import DUPLICATE, reason_phrase
from bot.slack.documents import Bold, Bullets, Document, Line, Moment, Part, paragraph
from bot.slack.words import cut, listed, plural

CAUSES = 8  # causes listed
JOBS_NAMED = 80  # jobs named in all, shared by the causes
OTHERS = 20  # jobs named for the causes that are not listed
RECOVERED = 20  # recovered jobs named
REASON = 300  # characters of a cause


def group_document(view: GroupView) -> Document:
    """Tell of many incidents that are told together."""
    failing = [member for member in view.members if member.incident.status is Status.OPEN]
    over = [member for member in view.members if member.incident.status is not Status.OPEN]
    heading = _heading(view, failing)
    parts: list[Part] = [paragraph((Bold(heading),), ("since ", Moment(view.opened_at)))]
    if failing:
        parts.append(_causes(failing))
    if over and failing:
        names = listed((member.job_name for member in over), RECOVERED)
        parts.append(paragraph((Bold(f"✅ {len(over)} recovered: "), names)))
    elif over:
        parts.append(paragraph((listed((member.job_name for member in over), RECOVERED * 2),)))
    parts += _notes(view)
    return Document(_summary(heading, failing, over), tuple(parts))


def _heading(view: GroupView, failing: Sequence[IncidentView]) -> str:
    jobs = plural(len(view.members), "job")
    where = f" on {cut(view.backup_server, 255)}" if view.backup_server else ""
    peak = max((member.incident.peak for member in view.members), default=Verdict.FAILED)
    did = "failed" if peak is Verdict.FAILED else "ended with warnings"
    if not failing:
        return f"✅ all {jobs}{where} recovered"
    icon = "🔴" if any(each.verdict is Verdict.FAILED for each in failing) else "🟡"
    is_partly_over = len(failing) < len(view.members)
    if not where:
        rest = f"; {len(failing)} still do" if is_partly_over else ""
        return f"{icon} While Slack did not let me speak here, {jobs} {did}{rest}"
    if is_partly_over:
        return f"{icon} {len(failing)} of {jobs} still failing{where}"
    return f"{icon} {jobs} {did}{where}"


def _causes(failing: Sequence[IncidentView]) -> Bullets:
    """List causes, most frequent first: equal reasons are one cause."""
    vms: Counter[str] = Counter()
    jobs: dict[str, dict[str, None]] = defaultdict(dict)
    for member in failing:
        reasons = [cut(vm.reason, REASON) for vm in member.vms or () if vm.reason]
        vms.update(reasons)
        for reason in reasons or [reason_phrase(member, REASON)]:
            jobs[reason][member.job_name] = None
    ordered = sorted(jobs, key=lambda reason: (-len(jobs[reason]), -vms[reason], reason))
    shown, rest = ordered[:CAUSES], ordered[CAUSES:]
    most = JOBS_NAMED // len(shown)
    lines: list[Line] = [_cause(each, list(jobs[each]), vms[each], most) for each in shown]
    if rest:
        others = dict.fromkeys(name for each in rest for name in jobs[each])
        causes = plural(len(rest), "more cause")
        lines.append((Bold(f"… and {causes}: "), f"{listed(others, OTHERS)} · /replica failed"))
    return Bullets(tuple(lines))


def _cause(reason: str, names: Sequence[str], vm_count: int, most: int) -> Line:
    counts = plural(len(names), "job") + (f", {plural(vm_count, 'VM')}" if vm_count else "")
    return (Bold(reason), f" · {counts}: {listed(names, most)}")


def _notes(view: GroupView) -> list[Part]:
    lines: list[Line] = []
    if view.told_separately:
        own = plural(view.told_separately, "more job")
        lines.append((f"{own} of this storm {_have(view.told_separately)} above.",))
    if view.is_possible_duplicate:
        lines.append(DUPLICATE)
    return [paragraph(*lines)] if lines else []


def _have(count: int) -> str:
    return "has its own message" if count == 1 else "have their own messages"


def _summary(heading: str, failing: Sequence[IncidentView], over: Sequence[IncidentView]) -> Line:
    names = listed((member.job_name for member in failing or over), 5)
    return (f"{heading}: {names}",)
