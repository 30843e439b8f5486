"""How findings read: what EM does not report, and the bot noticed by watching (DESIGN §2)."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.core.findings import CLOSABLE, Check, Finding
from bot.core.views import FindingLine, FindingNews, FindingView
from bot.slack.action_ids import FINDING_CLOSE, numbered
from bot.slack.documents import (
    Bold,
    Bullets,
    Button,
    Document,
    Line,
    Moment,
    Part,
    Person,
    Row,
    paragraph,
)
from bot.slack.words import cut, duration, listed, more, plural

NAME = 120  # characters
LINES = 30  # findings listed in one message
BUTTONS = 10  # findings with a button of their own
VMS = 20  # VMs named


@dataclass(frozen=True, slots=True)
class _Words:
    """How one kind of finding is said: of one, of many, and when it is over.

    `close` and what the button for it does, and `closed`, are of those that a person may close.
    """

    icon: str
    one: Callable[[Finding], Line]
    many: str
    over: str
    all_over: str
    hint: str
    close: str = ""
    closing: str = ""
    closed: str = ""


def finding_document(view: FindingView) -> Document:
    """Tell of findings as they are now, or of what has become of them."""
    if view.news is not None:
        line = _news(view, view.news)
        return Document(line, (paragraph(line),))
    if len(view.lines) == 1:
        return _single(view.lines[0])
    return _many(view)


def _single(line: FindingLine) -> Document:
    finding, words = line.finding, _WORDS[line.finding.check]
    said = line_of(line)
    server = cut(finding.backup_server, NAME) if finding.job_uid else ""
    where: Line = (f"on {server}",) if server and f"@ {server}" not in line.job_name else ()
    parts: list[Part] = [paragraph(_bold(said), where, *_hint(finding, words))]
    if finding.check in CLOSABLE and not finding.is_over:
        parts[0] = Row(_bold(said), _close_button(line))
        parts.append(paragraph(where, *_hint(finding, words)))
    return Document(said, tuple(parts))


def _many(view: FindingView) -> Document:
    words = _WORDS[view.check]
    open_lines = [line for line in view.lines if not line.finding.is_over]
    over = [line for line in view.lines if line.finding.is_over]
    heading = _heading(view, len(open_lines))
    parts: list[Part] = [paragraph((Bold(heading),), *([(words.hint,)] if open_lines else []))]
    if open_lines:
        parts += _list(open_lines, has_buttons=view.check in CLOSABLE)
    if over and open_lines:
        names = listed((name_of(line) for line in over), LINES)
        parts.append(paragraph((Bold(f"✅ {len(over)} over: "), names)))
    elif over:
        parts.append(paragraph((listed((name_of(line) for line in over), LINES),)))
    names = listed((name_of(line) for line in open_lines or over), 5)
    return Document((f"{heading}: {names}",), tuple(parts))


def _heading(view: FindingView, open_count: int) -> str:
    words, count = _WORDS[view.check], plural(len(view.lines), "job")
    where = f" on {cut(view.backup_server, NAME)}" if view.backup_server else ""
    if not open_count:
        return f"✅ All {count}{where} {words.all_over}"
    if open_count < len(view.lines):
        return f"{words.icon} {open_count} of {count}{where} {words.many}"
    return f"{words.icon} {count}{where} {words.many}"


def _list(lines: list[FindingLine], *, has_buttons: bool) -> list[Part]:
    with_button = lines[:BUTTONS] if has_buttons else []
    parts: list[Part] = [
        Row(line_of(line), _close_button(line, index)) for index, line in enumerate(with_button)
    ]
    plain = lines[len(with_button) :]
    shown = [line_of(line) for line in plain[:LINES]]
    if len(plain) > LINES:
        names = listed((name_of(line) for line in plain[LINES:]), LINES)
        shown.append((more(plain, LINES, "… and {} more: "), names))
    return [*parts, Bullets(tuple(shown))] if shown else parts


def line_of(line: FindingLine) -> Line:
    """Say one finding as it stands."""
    finding, words = line.finding, _WORDS[line.finding.check]
    name = name_of(line)
    if finding.closed_by and (finding.ended_at is None or finding.check is Check.SHRUNK):
        what = words.closed.format(name, plural(len(finding.details.vms), "VM"))
        closed: Line = (f"⚪ {what}; closed by ", Person(finding.closed_by))
        return closed
    if finding.details.outcome is Check.GONE:
        return (f"⚪ {name} no longer runs",)
    if finding.details.outcome is Check.UNSCHEDULED:
        return (f"⚪ The schedule of {name} is switched off",)
    if finding.ended_at:
        return (f"✅ {words.over.format(name)}",)
    return (f"{words.icon} {words.one(finding)[0]}".replace("{}", name, 1), *words.one(finding)[1:])


def _news(view: FindingView, news: FindingNews) -> Line:
    if news is FindingNews.BROKEN:
        broken = [line for line in view.lines if line.finding.details.is_broken]
        if len(broken) == 1:
            return line_of(broken[0])
        names = listed((name_of(line) for line in broken), 5)
        return (f"🟠 The RPO of {plural(len(broken), 'job')} is broken: {names}",)
    if len(view.lines) == 1:
        return line_of(view.lines[0])
    return (_heading(view, 0),)


def _bold(line: Line) -> Line:
    return tuple(Bold(span) if isinstance(span, str) else span for span in line)


def _hint(finding: Finding, words: _Words) -> list[Line]:
    return [] if finding.is_over or not words.hint else [(words.hint,)]


def _close_button(line: FindingLine, index: int = 0) -> Button:
    words = _WORDS[line.finding.check]
    return Button(
        words.close,
        numbered(FINDING_CLOSE, index),
        str(line.finding.id),
        label=words.closing.format(name_of(line)),
    )


def name_of(line: FindingLine) -> str:
    """Call what a finding is about as people do."""
    return cut(line.job_name or line.finding.backup_server or line.finding.subject, NAME)


def _moment(finding: Finding, *, due: bool) -> Line:
    at = finding.details.due_at if due else finding.details.since_at
    return (Moment(at),) if at else ("an unknown time",)


def _missed(finding: Finding) -> Line:
    last = _moment(finding, due=False)
    return ("{} did not run: expected ", *_moment(finding, due=True), ", last run ", *last)


def _rpo(finding: Finding) -> Line:
    details = finding.details
    good: Line = ("last good replica ", *_moment(finding, due=False))
    whose = f"The RPO of {{}}{f' ({duration(details.span)})' if details.span else ''}"
    if details.is_broken:
        since = _moment(finding, due=True)
        return (f"{whose} is broken since ", *since, ": ", *good)
    left = f"breaks in {duration(details.left)}" if details.left else "breaks soon"
    unless: Line = (": no run is expected before that",)
    if details.expected_at:
        run: Line = (" the run of ", Moment(details.expected_at))
        unless = (":", *run, " has not come") if details.is_late else (" unless", *run, " succeeds")
    return (f"{whose} {left} (", *_moment(finding, due=True), ")", *unless, "; ", *good)


def _stuck(finding: Finding) -> Line:
    usual = finding.details.span
    usually = f", usually {duration(usual)}" if usual else ""
    return (
        "{} seems stuck: it runs since ",
        *_moment(finding, due=False),
        usually,
        ", and nothing moves",
    )


def _stale(finding: Finding) -> Line:
    return ("EM has told nothing of {} since ", *_moment(finding, due=False))


def _gone(finding: Finding) -> Line:
    return ("{} no longer runs: last run ", *_moment(finding, due=False))


def _shrunk(finding: Finding) -> Line:
    vms = finding.details.vms
    which = f"{plural(len(vms), 'VM')} of the runs before: {listed(vms, VMS)}"
    return ("{} was green, but without ", which, " · run of ", *_moment(finding, due=False))


def _empty(finding: Finding) -> Line:
    return ("{} was green, but without any VM · run of ", *_moment(finding, due=False))


def _unscheduled(finding: Finding) -> Line:
    return ("The schedule of {} is switched off; last run ", *_moment(finding, due=False))


_WORDS = {
    Check.MISSED: _Words(
        "🟠",
        _missed,
        "did not run when expected",
        "{} has run again",
        "have run again",
        "Look at the job's schedule, and whether its backup server is up.",
    ),
    Check.RPO: _Words(
        "🟠",
        _rpo,
        "break their RPO",
        "The RPO of {} is kept again",
        "keep their RPO again",
        "",
    ),
    Check.STUCK: _Words(
        "🟠",
        _stuck,
        "seem stuck",
        "{} is not stuck any more",
        "are not stuck any more",
        "Look at the session in Veeam: it may wait for a resource, or for somebody to stop it.",
    ),
    Check.STALE: _Words(
        "⚫",
        _stale,
        "are silent",
        "EM tells of {} again",
        "are told of again",
        "Runs were due meanwhile, and EM does not know of them: check EM's connection to this "
        "backup server. Until then I know nothing of its jobs.",
    ),
    Check.GONE: _Words(
        "⚪",
        _gone,
        "no longer run",
        "{} runs again",
        "run again",
        "If the job is gone for good, stop it here; otherwise look at its schedule.",
        "Job is gone: stop telling",
        "Tell no more of {} until it runs again",
        "{} no longer runs",
    ),
    Check.SHRUNK: _Words(
        "🟠",
        _shrunk,
        "were green without some of their VMs",
        "{} has all its VMs again",
        "have all their VMs again",
        "If that was not on purpose, add them to the job again: nobody replicates them now.",
        "This is on purpose: stop telling",
        "Take the VMs of {} as they are now",
        "{} runs without {} on purpose",
    ),
    Check.EMPTY: _Words(
        "🟠",
        _empty,
        "were green without any VM",
        "{} has VMs again",
        "have VMs again",
        "A job without VMs succeeds and replicates nothing: look at what it includes.",
    ),
    Check.UNSCHEDULED: _Words(
        "🟠",
        _unscheduled,
        "have their schedule switched off",
        "The schedule of {} is on again",
        "have their schedule on again",
        "It does not run until somebody switches it on or starts it by hand.",
    ),
}
