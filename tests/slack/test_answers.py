"""How answers read: a session with every field of it, lists, candidates, status (DESIGN §6)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.core.answers import Answer, Candidates, StatusAnswer, Unknown
from bot.core.lists import ListKind
from bot.core.sessions import Link
from bot.errors import LogonRefused, NotAllowed, NotFound
from bot.slack.answers import answer_document, error_document, status_document, unknown_document
from bot.slack.documents import Document
from bot.slack.layout import render
from bot.slack.lists import list_document
from bot.slack.session_answers import progress_bar, session_document
from tests.slack.builders import (
    GUID,
    NOW,
    a_list,
    a_running_session,
    a_session,
    a_status,
    a_task,
    an_answer,
    an_incident_view,
)
from tests.slack.reading import read, read_text

LATER = NOW + timedelta(minutes=6)


def read_document(document: Document) -> str:
    return read(render(document))


def shown(answer: Answer) -> str:
    return read_document(answer_document(answer, LATER))


def test_a_session_is_answered_with_every_field(snapshot: SnapshotAssertion) -> None:
    session = a_session(failure_message="1 VM failed", progress=100, is_retry=True)
    message = render(answer_document(an_answer(session=session, ui_url="https://em/ui"), LATER))
    assert read(message) == snapshot(name="blocks")
    assert read_text(message) == snapshot(name="text")


def test_a_running_session_shows_how_far_it_is() -> None:
    told = shown(an_answer(session=a_running_session(), tasks=()))
    assert "⏳ SQL Replica is running · vbr01" in told
    assert "▓▓▓▓▓▓▓▓▓░░░░░░░░░░░ 45 % · running for 20 min" in told
    assert "• Ended: not yet" in told


def test_a_running_session_without_progress_has_no_bar() -> None:
    told = shown(an_answer(session=a_running_session(progress=None), tasks=()))
    assert "░" not in told
    assert "running for 20 min" in told


@pytest.mark.parametrize(("progress", "filled"), [(-5, 0), (0, 0), (50, 10), (100, 20), (400, 20)])
def test_a_bar_never_leaves_its_frame(progress: int, filled: int) -> None:
    assert progress_bar(progress).startswith("▓" * filled + "░" * (20 - filled))


def test_a_stored_copy_says_when_em_last_confirmed_it() -> None:
    told = shown(an_answer(confirmed_at=NOW, em_problem="Could not read it: refused."))
    assert "⚠️ Stored copy: this is what EM said Thu 2025-11-20 02:14 UTC." in told
    assert "Could not read it: refused." in told


def test_vms_that_cannot_be_read_say_why() -> None:
    told = shown(an_answer(tasks=None, tasks_problem="EM is busy"))
    assert "The VMs cannot be read: EM is busy" in told
    assert "EM did not say why" in shown(an_answer(tasks=None))


def test_a_failed_session_whose_vms_are_well_says_that_em_gives_no_reason() -> None:
    well = (a_task(result="Success", reason=""),)
    assert "1 VM, none failed or warned. EM gives no reason." in shown(an_answer(tasks=well))
    good = an_answer(session=a_session(result="Success"), tasks=well)
    assert "none failed or warned.\n" in shown(good)


def test_bad_vms_come_first_and_the_rest_is_counted() -> None:
    warned = (a_task(vm=f"vm{n:02}", result="Warning") for n in range(20))
    tasks = (*warned, a_task(vm="zz"))
    told = shown(an_answer(tasks=tasks))
    assert told.index("zz · Failed") < told.index("vm00 · Warning")
    assert "… and 6 more: press “All VMs”" in told
    assert "[All VMs]" in told


def test_all_vms_are_not_offered_where_all_are_shown() -> None:
    assert "[All VMs]" not in shown(an_answer(tasks=(a_task(),)))


def test_a_vm_without_a_reason_or_a_state_still_has_words() -> None:
    tasks = (a_task(reason="", total_size=None), a_task(vm="", state="", result="", ended_at=None))
    told = read_document(list_document(a_list(*tasks, kind=ListKind.TASKS), LATER))
    assert "🔴 sql01 · Failed · 10 min · EM gives no reason" in told
    assert "⏳ unnamed VM · not started" in told


def test_many_links_are_cut_and_counted() -> None:
    links = (Link("Alternate", "ReplicaJobSession", "x", "/api/x"),) * 14
    assert "… and 2 more links" in shown(an_answer(session=a_session(links=links)))


def test_a_shared_answer_offers_no_share_again() -> None:
    told = read_document(session_document(an_answer(), NOW, shared_by="U7"))
    assert "Shared by @U7" in told
    assert "[Share]" not in told
    assert "Asked again by @U8" in read_document(
        session_document(an_answer(), NOW, refreshed_by="U8")
    )


def test_candidates_are_rows_to_pick_from() -> None:
    told = shown(Candidates("sql", (a_session(), a_running_session())))
    assert told.startswith("“sql” fits 2 sessions: which one?")
    assert told.count("[Show]") == 2


def test_the_unknown_comes_with_the_nearest_names() -> None:
    told = shown(Unknown("sgl", "No job has this name.", ("SQL Replica", "SQL Old")))
    assert "[SQL Replica] [SQL Old]" in told
    assert "Did you mean" not in told
    assert "[Find a job… ▾]" in told


def test_a_slip_of_a_command_is_answered_with_the_whole_command_and_an_example() -> None:
    told = read_document(unknown_document(Unknown("faild", "No."), "failed"))
    assert "Did you mean “/replica failed”?" in told
    assert "[Show failed]" in told
    told = read_document(unknown_document(Unknown("mut SQL 4h", "No."), "mute"))
    assert "“/replica mute SQL 4h”? For example: /replica mute SQL Replica 4h" in told


def test_the_number_of_an_incident_shows_it_with_its_buttons() -> None:
    told = shown(an_incident_view())
    assert "🔴 SQL Replica failed · vbr01 · #17" in told
    assert "[Acknowledge] [Mute… ▾] [Details]" in told


def test_sessions_are_shown_with_their_handles() -> None:
    assert "🔴 SQL Replica failed · vbr01 · #4f3a" in shown(an_answer(handle="4f3a"))
    told = shown(Candidates("sql", (a_session(),), {a_session().uid: "91bc"}))
    assert "· #91bc [Show]" in told


def read_status(status: StatusAnswer) -> str:
    return read_document(status_document(status, LATER))


def test_status_tells_what_is_watched(snapshot: SnapshotAssertion) -> None:
    assert read_status(a_status()) == snapshot


def test_status_counts_mutes_and_what_was_noticed() -> None:
    told = read_status(replace(a_status(), mutes=2, findings=1))
    assert "Muted: 2 mutes: /replica mutes" in told
    assert "Noticed: 1 warning about silent, late or empty jobs" in told


def test_status_puts_what_is_wrong_first() -> None:
    ill = a_status(em_problem="EM is down", slack_problems=("token_revoked",), last_poll_at=None)
    message = render(status_document(ill, LATER))
    assert read(message).startswith("⚠️ Something needs a person · replica-bot 0.1.0\n⚫ Enterprise")
    assert read_text(message) == "⚠️ Something needs a person: EM is down; token_revoked"
    assert "no poll has succeeded yet" in read(message)


def test_status_of_a_bot_that_has_seen_nothing_yet_reads() -> None:
    new = a_status(watermark_at=None, baseline_at=None, poll_interval=timedelta(milliseconds=100))
    assert "Read up to: not yet known" in read_status(new)
    assert "every 100 ms" in read_status(new)


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (
            NotFound("read session 04f6", "gone", "Look at its job."),
            "🔍 I could not read session 04f6: Enterprise Manager has no such thing",
        ),
        (
            NotAllowed("read session 04f6", "denied", "Give it the role."),
            "⛔ The bot’s account may not read session 04f6",
        ),
        (LogonRefused("log on", "401", "Check it."), "⚫ I could not log on"),
    ],
)
def test_an_error_says_what_was_asked_ems_words_and_a_hint(
    error: LogonRefused | NotAllowed | NotFound, title: str
) -> None:
    told = read_document(error_document(error)).split("\n")
    assert told == [title, f"Enterprise Manager: {error.said}", error.hint]


def test_the_id_stands_in_the_answer_as_em_wrote_it() -> None:
    assert GUID in shown(replace(an_answer(), session=a_session()))
