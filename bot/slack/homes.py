"""How a person's Home tab reads: what needs somebody first, and nothing that scrolls for ever."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.answers import StatusAnswer
from bot.core.homes import HomeView, Page, Pages, ReplicaAge
from bot.core.sessions import Session
from bot.core.views import IncidentView
from bot.services.homes import Home
from bot.services.watching import Watched
from bot.slack.action_ids import DETAILS, HOME_DETAILS, HOME_PAGE, HOME_REFRESH, UNWATCH, numbered
from bot.slack.alerts import controls, icon_of, reason_phrase
from bot.slack.clients import Json
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
    Row,
    paragraph,
)
from bot.slack.layout import render_view
from bot.slack.session_answers import progress_bar
from bot.slack.words import cut, duration, plural

NAME = 80  # characters of a name
REASON = 200  # characters of a reason
PROBLEM = 300  # characters of what is wrong with the bot itself
WATCHES = 10  # watches listed

NO_WATCHES = "You wait for nothing. /replica watch <job> tells you when its run ends."
NO_AGES = "Nothing is known yet of the age of replicas: that takes a few runs of each job."


def render_home(
    home: Home,
    pages: Pages,
    now: datetime,
    banner: Document | None = None,
    *,
    offers_actions: bool = False,
    is_plain: bool = False,
) -> Json:
    """Write the view; `banner` is what was just done here."""
    view = home.view
    parts: list[Part] = [*(banner.parts if banner else ()), *_top(view, pages, now)]
    parts += _incidents(view, pages, offers_actions=offers_actions)
    parts += _running(view, pages, now)
    parts += _ages(view, pages)
    parts += _watches(home.watches)
    return _home(parts, write_pages(pages), is_plain=is_plain)


def render_trouble(words: str) -> Json:
    """Write a Home tab that can say only what is wrong."""
    refresh = Button("Try again", HOME_REFRESH, write_pages(Pages()))
    return _home([paragraph((words,)), Buttons((refresh,))], write_pages(Pages()), is_plain=False)


def write_pages(pages: Pages) -> str:
    """Write which pages are shown, for a button's value and the view's own memory."""
    return f"{pages.incidents}.{pages.running}.{pages.ages}"


def read_pages(text: str) -> Pages:
    """Read them again; whatever else it is, the first pages."""
    numbers = text.split(".")
    if len(numbers) != 3 or not all(each.isdecimal() and len(each) < 6 for each in numbers):
        return Pages()
    return Pages(*map(int, numbers))


def _home(parts: Sequence[Part], memory: str, *, is_plain: bool) -> Json:
    blocks = render_view(parts, is_plain=is_plain)
    return {"type": "home", "private_metadata": memory, "blocks": blocks}


def _top(view: HomeView, pages: Pages, now: datetime) -> list[Part]:
    """Say how things stand, and how the bot itself is: silence is no proof of either."""
    failing = f"🔴 {plural(view.incident_total, 'job')} failing" if view.incident_total else ""
    broken = f"🕒 RPO broken for {plural(view.broken, 'job')}" if view.broken else ""
    running = f"⏳ {view.running_total:,} running" if view.running_total else ""
    said = " · ".join(filter(None, [failing or "✅ No job is failing", broken, running]))
    refresh = Button("Refresh", HOME_REFRESH, write_pages(pages))
    return [paragraph((Bold(said),), *_health(view.health, now)), Buttons((refresh,))]


def _health(health: StatusAnswer, now: datetime) -> list[Line]:
    problems = [health.em_problem, *health.slack_problems, health.database_problem]
    told = [problem for problem in problems if problem]
    lines: list[Line] = [(f"⚠️ {cut(problem, PROBLEM)}",) for problem in told]
    if not told:
        lines.append((f"The bot is well · replica-bot {health.version}",))
    looked: Line = ("no poll of EM has succeeded yet",)
    if health.last_poll_at:
        ago = duration(now - health.last_poll_at)
        looked = (f"last look at EM {ago} ago, ", Moment(health.last_poll_at))
    watched = f" · {plural(health.job_count, 'job')} of {cut(health.em_name, NAME)}"
    unsent = f" · {plural(health.unsent, 'unsent message')}" if health.unsent else ""
    return [*lines, (*looked, watched, unsent)]


def _incidents(view: HomeView, pages: Pages, *, offers_actions: bool) -> list[Part]:
    if not view.incidents:
        return []
    title = _titled("Failing now", view.incident_total, view.incident_page)
    parts: list[Part] = [paragraph((Bold(title),))]
    for each in view.incidents:
        parts += [
            paragraph(*_incident(each)),
            Buttons(_controls(each, offers_actions=offers_actions)),
        ]
    turn = [replace(pages, incidents=number) for number in _beside(view.incident_page)]
    return [*parts, *_pager(view.incident_page, turn, "failing jobs")]


def _incident(view: IncidentView) -> list[Line]:
    incident = view.incident
    name = Bold(f"{icon_of(view)} {cut(view.job_name, NAME)}")
    where = f" · {cut(view.backup_server, NAME)}" if view.backup_server else ""
    heading: Line = (name, where, f" · #{incident.id}")
    why: Line = ("since ", Moment(incident.opened_at), f" · {reason_phrase(view, REASON)}")
    lines = [heading, why]
    if incident.acknowledged_at:
        lines.append(("👀 ", Person(incident.acknowledged_by), " looks after it"))
    if view.mute:
        lines.append(("🔇 muted until ", Moment(view.mute.ends_at)))
    return lines


def _controls(view: IncidentView, *, offers_actions: bool) -> tuple[Control, ...]:
    """Offer what the alert offers; details open beside the Home tab instead of below a message."""
    return tuple(
        replace(each, action_id=HOME_DETAILS) if _is_details(each) else each
        for each in controls(view, offers_actions=offers_actions)
    )


def _is_details(control: Control) -> bool:
    return control.action_id == DETAILS


def _running(view: HomeView, pages: Pages, now: datetime) -> list[Part]:
    if not view.running:
        return []
    title = _titled("Running now", view.running_total, view.running_page)
    lines = tuple(_session(each, now) for each in view.running)
    turn = [replace(pages, running=number) for number in _beside(view.running_page)]
    return [
        paragraph((Bold(title),)),
        Bullets(lines),
        *_pager(view.running_page, turn, "running sessions"),
    ]


def _session(session: Session, now: datetime) -> Line:
    bar = f"{progress_bar(session.progress)} · " if session.progress is not None else ""
    name = Bold(cut(session.job_name, NAME))
    where = f" · {cut(session.backup_server, NAME)}" if session.backup_server else ""
    return (name, f"{where} · {bar}for {duration(now - session.created_at)}")


def _ages(view: HomeView, pages: Pages) -> list[Part]:
    if not view.ages:
        return [paragraph((Bold("Age of replicas"),), (NO_AGES,))]
    state = f"{view.broken:,} broken" if view.broken else "all kept"
    title = _titled(f"Age of replicas against the RPO · {state}", view.age_total, view.age_page)
    turn = [replace(pages, ages=number) for number in _beside(view.age_page)]
    return [
        paragraph((Bold(title),)),
        Bullets(tuple(_age(each) for each in view.ages)),
        *_pager(view.age_page, turn, "ages of replicas"),
    ]


def _age(age: ReplicaAge) -> Line:
    name = Bold(cut(age.job_name, NAME))
    where = f" · {cut(age.backup_server, NAME)}" if age.backup_server else ""
    old = "no good replica" if age.age is None else f"{duration(age.age)} old"
    word = "RPO broken" if age.is_broken else "kept"
    return (
        "🔴 " if age.is_broken else "🟢 ",
        name,
        f"{where} · {old} of {duration(age.rpo)} · {word}",
    )


def _watches(watches: Sequence[Watched]) -> list[Part]:
    if not watches:
        return [paragraph((Bold("My watches"),), (NO_WATCHES,))]
    rows = [Row(_watch(each), _unwatch_button(each)) for each in watches[:WATCHES]]
    rest: Line = ()
    if len(watches) > WATCHES:
        rest = (f"… and {len(watches) - WATCHES:,} more: /replica watches lists them all",)
    below = [paragraph(rest)] if rest else []
    return [paragraph((Bold(f"My watches: {len(watches):,}"),)), *rows, *below]


def _watch(watched: Watched) -> Line:
    what = "this session" if watched.watch.session_uid else "its next session"
    return (Bold(cut(watched.job_name, NAME)), f" · {what}")


def _unwatch_button(watched: Watched) -> Button:
    watch_id = watched.watch.id
    label = f"No longer watch {watched.job_name}"
    return Button("Unwatch", numbered(UNWATCH, watch_id), str(watch_id), label=label)


def _titled(title: str, total: int, page: Page) -> str:
    where = f", page {page.number + 1:,} of {page.count:,}" if page.count > 1 else ""
    return f"{title}: {total:,}{where}"


def _beside(page: Page) -> tuple[int, int]:
    return (page.number - 1, page.number + 1)


def _pager(page: Page, turn: Sequence[Pages], what: str) -> list[Part]:
    """Offer the pages before and after this one, where there are any."""
    before, after = turn
    buttons = []
    if page.number > 0:
        label = f"The page before of {what}"
        buttons.append(Button("◀ Before", numbered(HOME_PAGE, 0), write_pages(before), label=label))
    if page.number + 1 < page.count:
        label = f"The next page of {what}"
        buttons.append(Button("Next ▶", numbered(HOME_PAGE, 1), write_pages(after), label=label))
    return [Buttons(tuple(buttons))] if buttons else []
