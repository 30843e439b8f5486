"""How the daily summary reads: what needs attention first, and the proof that silence is no gap.

A quiet night is three lines (DESIGN §6, How it reads).
"""

from collections.abc import Sequence

from bot.core.views import DayCount, IncidentView, RpoBreach, SummaryView
from bot.slack.alerts import icon_of, reason_phrase
from bot.slack.documents import Bold, Bullets, Document, Line, Moment, Part, paragraph
from bot.slack.words import cut, duration, listed, more, percent, plural

ATTENTION = 15  # lines of what needs attention
EACH = 8  # lines of missed runs, of RPO breaches, of odd durations
RECOVERED = 20  # recovered jobs named
REASON = 160  # characters
NAME = 120  # characters


def summary_document(view: SummaryView) -> Document:
    """Sum up one period."""
    title = _title(view)
    parts: list[Part] = [paragraph((Bold(title),), *_blindness(view))]
    parts += _attention(view)
    footer = [_recovered(view.recovered), _late(view), _picture(view.days), _proof(view)]
    parts.append(paragraph(*footer))
    return Document((title, _first_names(view)), tuple(parts))


def _title(view: SummaryView) -> str:
    concerned = len(_concerned(view))
    day = f"{view.on:%a} {view.on.day} {view.on:%b}"
    if concerned:
        verb = "needs" if concerned == 1 else "need"
        state = f"{concerned:,} of {plural(view.job_count, 'job')} {verb} attention"
    elif view.is_blind or not view.job_count:
        state = "nothing known to be wrong"
    else:
        state = f"all {plural(view.job_count, 'job')} are well"
    kept = f" · RPO kept for {view.rpo_kept:,}" if view.rpo_known else ""
    share = f"{percent(view.succeeded, view.run_count)} succeeded" if view.run_count else "no runs"
    return f"☀️ Replication, {day}: {state} · {share}{kept}"


def _concerned(view: SummaryView) -> list[str]:
    names = [each.job_name for each in view.attention]
    names += [missed.job_name for missed in view.missed]
    names += [breach.job_name for breach in view.breaches]
    return list(dict.fromkeys(names))


def _first_names(view: SummaryView) -> str:
    names = _concerned(view)
    return f": {listed(names, 5)}" if names else ""


def _blindness(view: SummaryView) -> list[Line]:
    if not view.is_blind:
        return []
    return [("⚫ I cannot see Enterprise Manager now: this is what I knew before.",)]


def _attention(view: SummaryView) -> list[Part]:
    lines = _cut([_incident(each) for each in view.attention], ATTENTION, "failing jobs")
    lines += _cut(
        [
            (
                "🟠 ",
                Bold(cut(run.job_name, NAME)),
                " did not run: expected ",
                Moment(run.expected_at),
            )
            for run in view.missed
        ],
        EACH,
        "missed runs",
    )
    lines += _cut([_breach(each) for each in view.breaches], EACH, "broken RPOs")
    lines += _cut(
        [
            (
                "🐢 " if odd.duration > odd.usual else "🐇 ",
                Bold(cut(odd.job_name, NAME)),
                f" took {duration(odd.duration)}, usually {duration(odd.usual)}",
            )
            for odd in view.odd
        ],
        EACH,
        "odd durations",
    )
    return [Bullets(tuple(lines))] if lines else []


def _cut(lines: Sequence[Line], most: int, noun: str) -> list[Line]:
    kept = list(lines[:most])
    if len(lines) > most:
        kept.append((more(lines, most, f"… and {{}} more {noun}"),))
    return kept


def _incident(view: IncidentView) -> Line:
    number = f" · #{view.incident.id}" if view.incident.id else ""
    since = Moment(view.incident.opened_at)
    name = Bold(cut(view.job_name, NAME))
    return (
        f"{icon_of(view)} ",
        name,
        " since ",
        since,
        f" · {reason_phrase(view, REASON)}{number}",
    )


def _breach(breach: RpoBreach) -> Line:
    age = f"newest good replica is {duration(breach.age)} old" if breach.age else "no good replica"
    name = Bold(cut(breach.job_name, NAME))
    return ("🕒 ", name, f": {age}, RPO of {duration(breach.rpo)} is broken")


def _recovered(recovered: Sequence[IncidentView]) -> Line:
    if not recovered:
        return ()
    return (f"✅ recovered: {listed((each.job_name for each in recovered), RECOVERED)}",)


def _late(view: SummaryView) -> Line:
    if not view.late_count:
        return ()
    runs = plural(view.late_count, "bad run")
    return (f"🕓 EM reported {runs} of an earlier period only now",)


def _picture(days: Sequence[DayCount]) -> Line:
    """Draw one sign a day, and say the worst in words: colour is never the only signal."""
    if not days:
        return ()
    worst = max(days, key=lambda day: (day.failed, day.warned, day.on))
    signs = "".join(_sign(day) for day in days)
    if not worst.failed and not worst.warned:
        return (f"{signs} {plural(len(days), 'day')} without failure or warning",)
    when = f"{worst.on:%a} {worst.on.day} {worst.on:%b}"
    counts = f"{worst.failed:,} failed, {worst.warned:,} warned"
    return (f"{signs} last {plural(len(days), 'day')}, worst {when}: {counts}",)


def _sign(day: DayCount) -> str:
    if day.failed:
        return "❌"
    if day.warned:
        return "🟡"
    return "🟩" if day.succeeded else "⬜"


def _proof(view: SummaryView) -> Line:
    expected = view.run_count + len(view.missed)
    checked = f"Checked {view.run_count:,} of {plural(expected, 'expected run')}"
    servers = plural(view.server_count, "server")
    blind = f"longest blind gap {duration(view.longest_blind)}"
    return (f"{checked} on {servers} · {blind} · {view.unsent:,} unsent",)
