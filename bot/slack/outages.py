"""What is said when the bot first starts, and when it cannot see EM (DESIGN §2, Polling)."""

from bot.core.views import OutageView, StartView
from bot.slack.documents import Bold, Bullets, Document, Line, Moment, Part, paragraph
from bot.slack.verdicts import ICONS
from bot.slack.words import cut, duration, listed, more, plural

FAILING = 15  # jobs named in the start message


def outage_document(view: OutageView) -> Document:
    """Say that EM cannot be read, or that it can again."""
    phrase = outage_phrase(view)
    if view.ended_at:
        note = "What happened meanwhile is being told now."
    else:
        note = "I hear nothing of replication until it answers; what I missed will be told then."
    name = cut(view.em_name, 255)
    heading = f"✅ I can see {name} again" if view.ended_at else f"⚫ I cannot see {name}"
    until: Line = (" until ", Moment(view.ended_at)) if view.ended_at else ()
    since: Line = ("Since ", Moment(view.started_at), *until, f": {cut(view.reason, 1_000)}")
    return Document(phrase, (paragraph((Bold(heading),), since, (note,)),))


def outage_phrase(view: OutageView) -> Line:
    """Say in one line whether EM can be seen."""
    name = cut(view.em_name, 255)
    if view.ended_at is None:
        reason = cut(view.reason, 300)
        return (f"⚫ I cannot see {name} since ", Moment(view.started_at), f": {reason}")
    lasted = duration(view.ended_at - view.started_at)
    return (f"✅ I can see {name} again since ", Moment(view.ended_at), f", after {lasted}")


def start_document(view: StartView) -> Document:
    """Say where things stand at the first start; what failed before is history, not an alert."""
    names = [member.job_name for member in view.failing]
    jobs = plural(view.job_count, "replication job")
    what = f"I watch {jobs} of {cut(view.em_name, 255)} from now on."
    count = f"{len(names)} of {view.job_count:,}" if names else "None"
    stand = f"{count} {'is' if len(names) == 1 else 'are'} failing now"
    summary = f"👋 {what} {stand}: {listed(names, 5)}." if names else f"👋 {what} {stand}."
    history = f"I read {plural(view.session_count, 'session')} of the past as history."
    parts: list[Part] = [paragraph((Bold(f"👋 {what}"),), (f"{stand}{':' if names else '.'}",))]
    if names:
        parts.append(_failing(view))
    parts.append(paragraph((f"{history} New failures are told from here on.",)))
    return Document((summary,), tuple(parts))


def _failing(view: StartView) -> Bullets:
    lines: list[Line] = [
        (
            f"{ICONS[member.verdict]} ",
            Bold(cut(member.job_name, 120)),
            f" · {cut(member.backup_server, 80)} · since ",
            Moment(member.incident.opened_at),
        )
        for member in view.failing[:FAILING]
    ]
    if len(view.failing) > FAILING:
        lines.append((more(view.failing, FAILING, "… and {} more: see /replica failed"),))
    return Bullets(tuple(lines))
