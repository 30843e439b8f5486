"""How subscriptions and watches read, and the message that ends a watch."""

from collections.abc import Sequence
from datetime import datetime

from bot.core.audiences import Subscription
from bot.core.selections import ONLY_FAILED
from bot.core.sessions import Session, Verdict, guid_of
from bot.core.targets import NoTarget
from bot.core.views import WatchView
from bot.services.subscribing import Subscribed, ToldAnyway
from bot.services.watching import EndedAlready, Watched, WhichOne
from bot.slack.action_ids import DETAILS, UNSUBSCRIBE, UNWATCH, WATCH, numbered
from bot.slack.alerts import vm_bullets
from bot.slack.documents import (
    Bold,
    Button,
    Buttons,
    Document,
    Line,
    Moment,
    Part,
    Row,
    Span,
    paragraph,
)
from bot.slack.session_answers import session_document
from bot.slack.verdicts import ICONS, did
from bot.slack.words import cut, duration, listed, more, plural

NAME = 120  # characters of a name
NAMES = 10  # names listed
ROWS = 20  # subscriptions or watches listed
SAID = 200  # characters of what was typed, said back
JOB = "job "
"""Begins the value of a button that means a job by its newest session."""

INVITE = "I am not in this channel, so I could not post here. Invite me first: /invite @replica-bot"
IN_PERSON = "you"
HERE = "this channel"


def subscribed_document(done: Subscribed, *, is_person: bool, note: str = "") -> Document:
    """Say what is told where from now on."""
    place = f"{IN_PERSON} by direct message" if is_person else HERE
    start = "That was subscribed already: I tell" if done.was_known else "🔔 From now on I tell"
    jobs = plural(done.job_count, "job")
    covers = "no job yet" if not done.job_count else f"{jobs} now"
    line: Line = (f"{start} {place} of every ", *_covered(done.subscription), f" ({covers}).")
    idle: Line = ()
    if done.idle and done.job_count:
        idle = (f"{listed(done.idle, NAMES)} matches no job yet.",)
    return Document(
        line,
        (paragraph(line, idle, (note,)), Buttons((_unsubscribe_button(done.subscription),))),
    )


def told_anyway_document(told: ToldAnyway) -> Document:
    """Say that the alert channel needs no subscription."""
    of = "every Failed" if told.is_failed_only else "every Failed and Warning"
    return _sentence((f"This is the alert channel: {of} is told here already.",))


def unsubscribed_document(ended: Sequence[Subscription], *, is_person: bool) -> Document:
    """Say what is no longer told here."""
    place = IN_PERSON if is_person else HERE
    if not ended:
        return _sentence(
            ("Nothing here is subscribed with these words. /replica subscriptions lists what is.",)
        )
    lines: list[Line] = [_covered(each) for each in ended[:NAMES]]
    first: Line = (f"🔕 I no longer tell {place} of every ", *lines[0])
    rest: Line = (more(ended, 1, "… nor of {} more subscriptions"),) if len(ended) > 1 else ()
    return _sentence(first, rest)


def subscriptions_document(mine: Sequence[Subscribed], *, is_person: bool) -> Document:
    """List what is told here, each with a button to end it."""
    place = IN_PERSON if is_person else HERE
    if not mine:
        return _sentence(
            (f"Nothing is subscribed for {place}.",),
            ("For example: /replica subscribe “SQL*” failed",),
        )
    title = f"🔔 {plural(len(mine), 'subscription')} for {place}"
    rows = [
        Row(
            (*_covered(each.subscription), f" · {plural(each.job_count, 'job')} now"),
            _unsubscribe_button(each.subscription),
        )
        for each in mine[:ROWS]
    ]
    return Document((title,), (paragraph((Bold(title),)), *rows, *_rest(mine)))


def unknown_names_document(missing: NoTarget) -> Document:
    """Say which name is not known; nothing was stored."""
    nearest = listed(missing.candidates, 5)
    tail = f" The nearest: {nearest}." if nearest else ""
    return _sentence(
        (f"🔍 Nothing is called “{cut(missing.said, SAID)}”, so I subscribed nothing.{tail}",),
        ("A name with spaces needs quotes: “SQL Replica”. With * it may match what comes later.",),
    )


def watched_document(done: Watched, now: datetime) -> Document:
    """Say what will be told, and that it comes by direct message."""
    name = Bold(cut(done.job_name, NAME))
    again = " already" if done.was_watched else ""
    tell = f"I tell you{again} by direct message when "
    if done.session:
        since = duration(now - done.session.created_at)
        line: Line = ("👁 ", tell, name, f" ends, running for {since}.")
    else:
        line = ("👁 ", name, f" does not run now. {tell}its next session ends.")
    return Document(line, (paragraph(line), Buttons((_unwatch_button(done),))))


def ended_already_document(done: EndedAlready, now: datetime) -> Document:
    """Say that there is nothing to wait for, with the session."""
    answer = session_document(done.answer, now)
    said: Line = ("This session is over already:",)
    return Document((*said, " ", *answer.summary), (paragraph(said), *answer.parts))


def which_document(which: WhichOne) -> Document:
    """Ask which of several sessions or jobs is meant."""
    sessions = which.candidates.sessions
    things = plural(len(sessions), "job" if which.is_job else "session")
    title = f"“{cut(which.candidates.asked, SAID)}” fits {things}: which one?"
    rows = [
        Row(_candidate(each), _watch_button(index, each, is_job=which.is_job))
        for index, each in enumerate(sessions[:NAMES])
    ]
    return Document((title,), (paragraph((Bold(title),)), *rows))


def watches_document(mine: Sequence[Watched]) -> Document:
    """List what a person waits for."""
    if not mine:
        return _sentence(
            ("You wait for nothing. /replica watch <job> tells you when its run ends.",)
        )
    title = f"👁 You wait for {plural(len(mine), 'session')}"
    rows = [Row(_waiting(each), _unwatch_button(each)) for each in mine[:ROWS]]
    return Document((title,), (paragraph((Bold(title),)), *rows, *_rest(mine)))


def unwatched_document(ended: Sequence[Watched]) -> Document:
    """Say what is no longer waited for."""
    if not ended:
        return _sentence(("You do not wait for that. /replica watches lists what you wait for.",))
    return _sentence(
        (f"You no longer wait for {listed((each.job_name for each in ended), NAMES)}.",)
    )


def watch_document(view: WatchView) -> Document:
    """Tell one person that what they waited for is over."""
    name = cut(view.job_name, NAME)
    session = view.session
    if session is None:
        return _sentence(
            (f"👁 {name} has not ended a session in 30 days, so I stop waiting for it.",),
            (f"To wait on: /replica watch {name}",),
        )
    if view.is_vanished or view.verdict is Verdict.UNFINISHED:
        gone = (
            "Enterprise Manager no longer knows it" if view.is_vanished else "30 days have passed"
        )
        return _sentence(
            (f"👁 I cannot tell how {name} ended: {gone}.",),
            ("Look in Veeam Backup & Replication, under History.",),
        )
    return _ended(view, session, name)


def _ended(view: WatchView, session: Session, name: str) -> Document:
    took = f", after {duration(session.duration)}" if session.duration is not None else ""
    told = f"{ICONS[view.verdict]} {name} {did(session, view.verdict)}"
    heading: Line = (Bold(told), f" · {cut(session.backup_server, NAME) or 'unknown server'}")
    facts: Line = ("ended ", Moment(session.ended_at or session.created_at), took)
    said: Line = ()
    if session.failure_message:
        said = (f"EM says: {cut(session.failure_message, 800)}",)
    elif view.verdict.is_bad and not view.vms:
        said = ("EM has given no reason yet: see Details.",)
    parts: list[Part] = [paragraph(heading, facts, said)]
    if view.vms:
        parts.append(vm_bullets(view.vms, view.verdict))
    parts.append(paragraph(("You asked me to tell you when it ends.",)))
    parts.append(Buttons((Button("Details", DETAILS, session.uid, label=f"Details of {name}"),)))
    why = next((f": {cut(vm.vm, 80)}: {cut(vm.reason, 160)}" for vm in view.vms if vm.reason), "")
    return Document((f"{told}, ", *facts, why), tuple(parts))


def _covered(subscription: Subscription) -> Line:
    """Name what a subscription covers."""
    results = "Failed" if subscription.verdicts == ONLY_FAILED else "Failed and Warning"
    jobs = listed(subscription.patterns, NAMES) or "all jobs"
    servers = f" on {listed(subscription.servers, NAMES)}" if subscription.servers else ""
    return (f"{results} of ", Bold(jobs), servers)


def _unsubscribe_button(subscription: Subscription) -> Button:
    value = str(subscription.id)
    return Button("Unsubscribe", numbered(UNSUBSCRIBE, subscription.id), value)


def _unwatch_button(watched: Watched) -> Button:
    action_id = numbered(UNWATCH, watched.watch.id)
    label = f"No longer watch {watched.job_name}"
    return Button("Unwatch", action_id, str(watched.watch.id), label=label)


def _watch_button(index: int, session: Session, *, is_job: bool) -> Button:
    value = (JOB if is_job else "") + session.uid
    return Button("Watch", numbered(WATCH, index), value, label=f"Watch {session.job_name}")


def _candidate(session: Session) -> Line:
    name = Bold(cut(session.job_name, NAME))
    began: Line = (" · began ", Moment(session.created_at))
    return (name, f" · {cut(session.backup_server, 80)}", *began)


def _waiting(watched: Watched) -> Line:
    uid = watched.watch.session_uid
    what: Span = f" · session {guid_of(uid)[:8]}" if uid else " · its next session"
    return (Bold(cut(watched.job_name, NAME)), what)


def _rest(everything: Sequence[object]) -> list[Part]:
    rest = more(everything, ROWS)
    return [paragraph((rest,))] if rest else []


def _sentence(*lines: Line) -> Document:
    said = tuple(line for line in lines if any(line))
    return Document(tuple(span for line in said for span in (*line, " "))[:-1], (paragraph(*said),))
