"""What people read after they acknowledged, muted, subscribed or watched something."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.answers import Candidates
from bot.core.audiences import ANY_BAD, Subscription
from bot.core.incidents import CLOSED_BY, Status
from bot.core.mutes import Mute, Scope
from bot.core.selections import ONLY_FAILED
from bot.core.sessions import Verdict
from bot.core.spans import Unclear
from bot.core.targets import NoTarget
from bot.core.views import IncidentView, VmReason, WatchView
from bot.core.watches import Watch
from bot.services.acknowledging import Handled, HandledGroup, Outcome
from bot.services.muting import Muted, Unmuted
from bot.services.subscribing import Subscribed, ToldAnyway
from bot.services.watching import EndedAlready, Watched, WhichOne
from bot.slack.alerts import incident_document
from bot.slack.controls import read_subject
from bot.slack.documents import Button, Buttons, Document
from bot.slack.handling import (
    group_document,
    handled_document,
    muted_document,
    mutes_document,
    no_target_document,
    unclear_document,
    unmuted_document,
)
from bot.slack.layout import render, render_plainly
from bot.slack.menus import read_mute_choice
from bot.slack.wishes import (
    ended_already_document,
    subscribed_document,
    subscriptions_document,
    told_anyway_document,
    unknown_names_document,
    unsubscribed_document,
    unwatched_document,
    watch_document,
    watched_document,
    watches_document,
    which_document,
)
from tests.slack.builders import (
    NOW,
    a_recovered_view,
    a_running_session,
    a_session,
    an_answer,
    an_incident_view,
)
from tests.slack.limits import problems_of
from tests.slack.reading import read

HOSTILE = "<!channel> *all* & ~it~" * 20
HOUR = timedelta(hours=1)
MUTE = Mute(7, Scope.JOB, "urn:veeam:Job:sql", "UANA", NOW, NOW + HOUR)
MUTED = Muted(MUTE, "SQL Replica")
SUBSCRIPTION = Subscription(3, "C2", ONLY_FAILED, ("SQL*", "Web"), ("vbr01",), "UANA", NOW)
WATCH = Watch(5, "UANA", "urn:veeam:Job:sql", "", NOW)


def acknowledged(note: str = "") -> IncidentView:
    view = an_incident_view()
    of = replace(view.incident, acknowledged_at=NOW, acknowledged_by="UANA", acknowledged_note=note)
    return replace(view, incident=of)


def text(document: Document) -> str:
    """What is read, once it keeps Slack's limits in both renderings."""
    for message in (render(document), render_plainly(document)):
        assert problems_of(message.text, message.blocks) == []
    return read(render(document))


def buttons(document: Document) -> list[Button]:
    rows = [part for part in document.parts if isinstance(part, Buttons)]
    return [each for row in rows for each in row.buttons if isinstance(each, Button)]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.ACKNOWLEDGED, "You look after"),
        (Outcome.NOTED, "Your note stands"),
        (Outcome.ALREADY_YOURS, "You acknowledged"),
        (Outcome.TAKEN, "/replica unack #"),
        (Outcome.CLEARED, "not acknowledged any more"),
        (Outcome.NOT_ACKNOWLEDGED, "Nobody had"),
        (Outcome.CLOSED, "is closed"),
    ],
)
def test_each_outcome_of_an_acknowledgement_has_its_sentence(outcome: Outcome, words: str) -> None:
    view = acknowledged("storage is called")
    said = text(handled_document(Handled(outcome, view.incident.id, view)))
    assert words in said
    assert f"#{view.incident.id} SQL Replica" in said
    assert ("storage is called" in said) is (outcome is Outcome.TAKEN)


def test_only_the_one_who_looks_after_it_is_offered_a_note() -> None:
    view = acknowledged()
    offered = {
        outcome
        for outcome in Outcome
        if buttons(handled_document(Handled(outcome, view.incident.id, view)))
    }
    assert offered == {Outcome.ACKNOWLEDGED, Outcome.ALREADY_YOURS}


def test_what_is_over_is_said_with_how() -> None:
    recovered = a_recovered_view()
    assert "recovered" in text(handled_document(Handled(Outcome.OVER, 1, recovered)))
    closed = replace(recovered, incident=replace(recovered.incident, status=Status.CLOSED))
    assert "closed already" in text(handled_document(Handled(Outcome.OVER, 1, closed)))


def test_the_message_of_what_a_person_closed_names_them() -> None:
    view = an_incident_view()
    closed = replace(
        view.incident, status=Status.CLOSED, closed_at=NOW, closed_because=f"{CLOSED_BY}UANA"
    )
    said = text(incident_document(replace(view, incident=closed)))
    assert "SQL Replica failed, and that is closed" in said
    assert "closed by @UANA" in said or "closed by <@UANA>" in said


def test_an_unknown_incident_is_answered_with_where_numbers_stand() -> None:
    assert "#99" in text(handled_document(Handled(Outcome.UNKNOWN, 99)))
    assert "/replica failed" in text(handled_document(Handled(Outcome.UNKNOWN, 99)))


@pytest.mark.parametrize(
    ("handled", "said"),
    [
        (HandledGroup(17, 0, 0), "👀 You acknowledged 17 incidents."),
        (
            HandledGroup(1, 2, 1),
            "👀 You acknowledged 1 incident. 2 were acknowledged before; 1 was over already.",
        ),
        (
            HandledGroup(0, 1, 0),
            "There is nothing left to acknowledge here. 1 was acknowledged before.",
        ),
        (HandledGroup(0, 0, 0), "I know nothing of this group any more: see /replica failed."),
    ],
)
def test_a_group_is_answered_with_counts(handled: HandledGroup, said: str) -> None:
    assert text(group_document(handled)) == said


def test_a_mute_says_until_when_and_by_whom() -> None:
    said = text(muted_document(MUTED, "UANA"))
    assert "🔇 SQL Replica is muted until" in said
    assert "UANA" in said
    assert "What is held back is told when the mute ends" in said
    [unmute] = buttons(muted_document(MUTED, "UANA"))
    assert read_subject(unmute.value) == (Scope.JOB, "urn:veeam:Job:sql")


def test_a_mute_by_default_offers_other_ends() -> None:
    document = muted_document(replace(MUTED, is_by_default=True), "UANA")
    assert "No end was given, so it is 4 h" in text(document)
    *others, _unmute = buttons(document)
    choices = [read_mute_choice(each.value) for each in others]
    assert (Scope.JOB, "urn:veeam:Job:sql", "until success") in choices
    everything = replace(MUTED, mute=replace(MUTE, scope=Scope.ALL, subject=""), is_by_default=True)
    values = [each.value for each in buttons(muted_document(everything, "UANA"))]
    assert not any("success" in value for value in values)


def test_a_mute_until_success_says_its_latest_end() -> None:
    waiting = replace(MUTED, mute=replace(MUTE, ends_with_success=True), was_muted=True)
    said = text(muted_document(waiting, "UANA"))
    assert "is muted now until its next success, at the latest" in said


def test_the_end_of_a_mute_says_who_ended_it() -> None:
    assert "no longer muted" in text(unmuted_document(Unmuted(MUTE, "SQL Replica")))
    assert "is not muted" in text(unmuted_document(Unmuted(None, "SQL Replica")))


def test_mutes_are_listed_with_a_button_each() -> None:
    many = [replace(MUTED, mute=replace(MUTE, id=n), name=HOSTILE) for n in range(30)]
    said = text(mutes_document(many))
    assert "30 mutes in force" in said
    assert "… and 10 more" in said
    assert "Nothing is muted" in text(mutes_document([]))


def test_an_unknown_name_comes_with_the_nearest() -> None:
    assert "The nearest: SQL Replica" in text(no_target_document(NoTarget("SQL", ("SQL Replica",))))
    twins = NoTarget("DC", ("DC @ vbr01", "DC @ vbr02"), is_ambiguous=True)
    assert "Say which one: DC @ vbr01, DC @ vbr02" in text(no_target_document(twins))
    assert "server:" in text(no_target_document(NoTarget(HOSTILE)))


def test_an_end_that_cannot_be_is_answered_with_why() -> None:
    assert text(unclear_document(Unclear("“x” is over already."))) == "“x” is over already."


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (Subscribed(SUBSCRIPTION, 3), "Failed of SQL*, Web on vbr01 (3 jobs now)"),
        (Subscribed(SUBSCRIPTION, 0, ("SQL*", "Web")), "(no job yet)"),
        (Subscribed(SUBSCRIPTION, 1, ("Web",)), "Web matches no job yet"),
        (Subscribed(SUBSCRIPTION, 3, was_known=True), "was subscribed already"),
        (Subscribed(Subscription(1, "C2", ANY_BAD), 9), "Failed and Warning of all jobs"),
    ],
)
def test_a_subscription_says_what_it_covers(done: Subscribed, words: str) -> None:
    assert words in text(subscribed_document(done, is_person=False))


def test_a_person_is_told_by_direct_message() -> None:
    done = Subscribed(SUBSCRIPTION, 3)
    assert "you by direct message" in text(subscribed_document(done, is_person=True))
    assert "this channel" in text(subscribed_document(done, is_person=False, note="a note"))


def test_subscriptions_are_listed_with_a_button_each() -> None:
    many = [Subscribed(replace(SUBSCRIPTION, id=n, patterns=(HOSTILE,)), n) for n in range(30)]
    assert "30 subscriptions" in text(subscriptions_document(many, is_person=False))
    assert "Nothing is subscribed" in text(subscriptions_document([], is_person=True))


def test_what_ends_is_named() -> None:
    said = text(unsubscribed_document([SUBSCRIPTION, SUBSCRIPTION], is_person=False))
    assert "no longer tell this channel of every Failed of SQL*, Web" in said
    assert "1 more" in said
    assert "/replica subscriptions" in text(unsubscribed_document([], is_person=False))


def test_the_alert_channel_is_told_that_it_hears_everything() -> None:
    told = text(told_anyway_document(ToldAnyway(is_failed_only=False)))
    assert "every Failed and Warning is told here already" in told
    assert "every Failed is told" in text(told_anyway_document(ToldAnyway(is_failed_only=True)))


def test_an_unknown_job_is_not_subscribed_and_says_so() -> None:
    said = text(unknown_names_document(NoTarget("SQL Replika", ("SQL Replica",))))
    assert "so I subscribed nothing" in said
    assert "The nearest: SQL Replica" in said


def test_a_watch_says_what_it_waits_for() -> None:
    running = Watched(WATCH, "SQL Replica", a_running_session())
    assert "I tell you by direct message when SQL Replica ends" in text(
        watched_document(running, NOW)
    )
    following = Watched(WATCH, "SQL Replica", was_watched=True)
    said = text(watched_document(following, NOW))
    assert "does not run now" in said
    assert "already" in said


def test_an_ended_session_is_answered_itself() -> None:
    said = text(ended_already_document(EndedAlready(an_answer()), NOW))
    assert said.startswith("This session is over already:")
    assert "SQL Replica failed" in said


def test_candidates_to_watch_say_whether_their_job_is_meant() -> None:
    some = tuple(a_session(uid=f"urn:{n}", job_name=HOSTILE) for n in range(12))
    assert "fits 12 jobs" in text(which_document(WhichOne(Candidates("x", some), is_job=True)))
    assert "fits 12 sessions" in text(which_document(WhichOne(Candidates("x", some), is_job=False)))


def test_watches_are_listed_with_a_button_each() -> None:
    many = [Watched(replace(WATCH, id=n, session_uid="urn:x:0123abcdef"), "SQL") for n in range(30)]
    assert "session 0123abcd" in text(watches_document(many))
    assert "its next session" in text(watches_document([Watched(WATCH, "SQL")]))
    assert "You wait for nothing" in text(watches_document([]))
    assert "no longer wait for SQL" in text(unwatched_document(many[:1]))
    assert "/replica watches" in text(unwatched_document([]))


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (
            WatchView("SQL Replica", a_session(), Verdict.FAILED),
            ("🔴 SQL Replica failed", "EM has given no reason yet"),
        ),
        (
            WatchView(
                "SQL Replica",
                a_session(failure_message=HOSTILE),
                Verdict.FAILED,
                vms=(VmReason("sql01", Verdict.FAILED, "no space on ds7"),),
            ),
            ("sql01: no space on ds7", "EM says: <!channel>"),
        ),
        (
            WatchView(HOSTILE, a_session(result="Success"), Verdict.SUCCESS),
            ("succeeded", "You asked me to tell you"),
        ),
        (
            WatchView("SQL Replica", a_running_session(), is_vanished=True),
            ("cannot tell how SQL Replica ended", "no longer knows it"),
        ),
        (WatchView("SQL Replica", a_running_session()), ("30 days have passed",)),
        (WatchView("SQL Replica", None), ("has not ended a session in 30 days",)),
    ],
)
def test_the_end_of_what_was_watched_is_told(view: WatchView, words: tuple[str, ...]) -> None:
    said = text(watch_document(view))
    for each in words:
        assert each in said
