"""How one job reads: how it has been, how it is, and when it runs next."""

from bot.core.habits import Run
from bot.core.jobs import JobOptions
from bot.core.sessions import Verdict
from bot.core.surveys import Counts, JobAnswer
from bot.core.targets import NoTarget
from bot.slack.action_ids import ALL_VMS, DETAILS, SHOW_JOB, WATCH, numbered
from bot.slack.alerts import controls, icon_of, reason_phrase
from bot.slack.documents import (
    Bold,
    Bullets,
    Button,
    Buttons,
    Control,
    Document,
    Line,
    Moment,
    Part,
    Person,
    paragraph,
)
from bot.slack.lists import JOB_SEARCH, handle_phrase
from bot.slack.verdicts import ICONS, did, verdict_of
from bot.slack.wishes import JOB
from bot.slack.words import cut, duration, listed, more, percent, plural

NAME = 255
SAID = 200  # characters of what was typed, said back
PICKS = 10  # jobs to pick from
VMS = 20  # names of VMs

_STRIP_WORDS = {
    Verdict.SUCCESS: "succeeded",
    Verdict.WARNING: "warned",
    Verdict.FAILED: "failed",
    Verdict.UNFINISHED: "running",
}


def job_document(answer: JobAnswer) -> Document:
    """Tell of one job."""
    job = answer.job
    title = f"{_icon(answer)} {cut(job.full_name, NAME)} {_how(answer)}"
    server = "" if job.full_name != job.name else f" · {cut(job.backup_server, NAME)}"
    heading: Line = (Bold(title), server, handle_phrase(answer.handle))
    parts: list[Part] = [paragraph(heading, _strip(answer.runs), *_trouble(answer))]
    parts.append(Bullets(tuple(_facts(answer))))
    parts.append(Buttons(_buttons(answer)))
    when: Line = ()
    if answer.latest:
        when = (" ", Moment(answer.latest.ended_at or answer.latest.created_at))
    return Document((title, *when, *_good(answer)), tuple(parts))


def no_job_document(missing: NoTarget) -> Document:
    """Say that no job is called so, or several are, with those that may be meant."""
    said = cut(missing.said, SAID)
    if missing.is_ambiguous:
        title = f"“{said}” fits {plural(len(missing.candidates), 'job')}: which one?"
    else:
        title = f"🔍 I know no job by the name of “{said}”"
    parts: list[Part] = [paragraph((Bold(title),))]
    if missing.candidates and not missing.is_ambiguous:
        parts.append(paragraph(("The nearest job names:",)))
    rest = more(missing.candidates, PICKS, "… and {} more: search by typing")
    parts += [paragraph((rest,))] if rest else []
    picks = [
        Button(cut(name, 75), numbered(SHOW_JOB, index), name, label=f"Show {name}")
        for index, name in enumerate(missing.candidates[:PICKS])
    ]
    parts.append(Buttons((*picks, JOB_SEARCH)))
    names = listed(missing.candidates, 5)
    return Document((f"{title}. {names}" if names else title,), tuple(parts))


def which_job_document() -> Document:
    """Ask which job is meant."""
    line: Line = ("Which job? Search by typing, or say its name: /replica job SQL Replica",)
    return Document(line, (paragraph(line), Buttons((JOB_SEARCH,))))


def _icon(answer: JobAnswer) -> str:
    if answer.incident:
        return icon_of(answer.incident)
    return ICONS[verdict_of(answer.latest)] if answer.latest else "⚪"


def _how(answer: JobAnswer) -> str:
    if answer.latest is None:
        return "has not run yet"
    return did(answer.latest, verdict_of(answer.latest))


def _strip(runs: tuple[Run, ...]) -> Line:
    """Draw the last runs, the newest last; words say the same to a screen reader."""
    if not runs:
        return ()
    icons = " ".join(ICONS[run.verdict] for run in runs)
    newest = _STRIP_WORDS[runs[-1].verdict]
    return (f"{icons}  (the last {plural(len(runs), 'run')}; the newest, on the right, {newest})",)


def _trouble(answer: JobAnswer) -> list[Line]:
    """Say what is wrong now, and whether anybody hears of it."""
    lines: list[Line] = []
    if answer.incident:
        incident = answer.incident.incident
        since: Line = (f"Incident #{incident.id}, since ", Moment(incident.opened_at))
        count = f", {plural(incident.run_count, 'run')} in it: "
        lines.append((*since, count, reason_phrase(answer.incident)))
    if answer.mute:
        muted: Line = ("🔕 muted by ", Person(answer.mute.muted_by))
        lines.append((*muted, " until ", Moment(answer.mute.ends_at)))
    return lines


def _facts(answer: JobAnswer) -> list[Line]:
    usual = duration(answer.usual_duration) if answer.usual_duration is not None else "not known"
    facts: list[Line] = [
        (Bold("Success rate: "), _rate(answer.counts)),
        (Bold("Usual duration: "), f"{usual}{_took(answer)}"),
        (Bold("Last good replica: "), *_last_good(answer)),
        (Bold("RPO: "), _rpo(answer)),
        (Bold("Next run: "), *_next_run(answer)),
    ]
    return [*facts, *_options(answer.options)]


def _rate(counts: Counts) -> str:
    if not counts.total:
        return "no run has ended in the last 30 days"
    good = counts.succeeded + counts.warned
    bad = [
        f"{counts.warned:,} of them with a warning" if counts.warned else "",
        f"{counts.failed:,} failed" if counts.failed else "",
    ]
    share = percent(good, counts.total)
    detail = ", ".join(filter(None, [f"{good:,} of {plural(counts.total, 'run')}", *bad]))
    return f"{share} in the last 30 days ({detail})"


def _took(answer: JobAnswer) -> str:
    latest = answer.latest
    if latest is None:
        return ""
    if not latest.is_stopped:
        return f"; running for {duration(answer.now - latest.created_at)}"
    return f"; the last took {duration(latest.duration)}" if latest.duration is not None else ""


def _last_good(answer: JobAnswer) -> Line:
    if answer.last_good_at is None:
        return ("none known",)
    age = duration(answer.now - answer.last_good_at)
    return (Moment(answer.last_good_at), f", {age} old")


def _good(answer: JobAnswer) -> Line:
    return (". Last good replica ", *_last_good(answer)) if answer.latest else ()


def _rpo(answer: JobAnswer) -> str:
    if answer.rpo is None:
        return "none set, and none known from its habit yet"
    if answer.last_good_at is None:
        return f"{duration(answer.rpo)}: no good replica is known"
    over = answer.now - answer.last_good_at - answer.rpo
    if over.total_seconds() > 0:
        return f"⚠️ {duration(answer.rpo)}, broken by {duration(over)}"
    return f"{duration(answer.rpo)}, kept"


def _next_run(answer: JobAnswer) -> Line:
    if answer.expected_at is None:
        is_off = answer.options is not None and answer.options.is_schedule_enabled is False
        return ("none: its schedule is switched off",) if is_off else ("not known",)
    by = "" if answer.options and answer.options.next_run_at else ", by its rhythm"
    overdue = " (overdue)" if answer.expected_at < answer.now else ""
    return (Moment(answer.expected_at), f"{by}{overdue}")


def _options(options: JobOptions | None) -> list[Line]:
    if options is None:
        return []
    lines: list[Line] = []
    if options.retry is not None:
        retry = options.retry
        often = f"{plural(retry.times, 'time')}, {duration(retry.wait)} after it failed"
        lines.append((Bold("Retries: "), often if retry.times > 0 else "none"))
    if options.vms is not None:
        names = f": {listed(options.vms, VMS)}" if options.vms else ""
        lines.append((Bold("VMs: "), f"{len(options.vms)}{names}"))
    return lines


def _buttons(answer: JobAnswer) -> tuple[Control, ...]:
    name, latest = answer.job.full_name, answer.latest
    if latest is None:
        return (JOB_SEARCH,)
    vms = Button("All VMs", ALL_VMS, latest.uid, label=f"All VMs of the last run of {name}")
    label = f"Tell me when {name} ends"
    watch = () if latest.is_stopped else (Button("Watch", WATCH, JOB + latest.uid, label=label),)
    last = Button("Last run", DETAILS, latest.uid, label=f"The last run of {name}")
    if answer.incident:
        return (*controls(answer.incident), vms)
    return (last, vms, *watch, JOB_SEARCH)
