"""How lists, jobs and the overview read, and what their buttons carry."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.core.filters import Filter
from bot.core.jobs import JobOptions, RetryOptions
from bot.core.lists import JobLine, ListKind, ListQuestion
from bot.core.mutes import Mute, Scope
from bot.core.sessions import Verdict
from bot.core.surveys import Counts
from bot.core.targets import NoTarget
from bot.slack.documents import Document
from bot.slack.jobs import job_document, no_job_document
from bot.slack.layout import render
from bot.slack.lists import list_document
from bot.slack.overviews import overview_document
from bot.slack.paging import page_value, read_page
from tests.slack.builders import (
    NOW,
    a_job,
    a_job_answer,
    a_list,
    a_running_session,
    a_session,
    an_incident_view,
    an_overview,
)
from tests.slack.reading import read, read_text

LATER = NOW + timedelta(minutes=6)


def shown(document: Document) -> str:
    return read(render(document))


def test_what_fails_is_listed_with_numbers_and_handles(snapshot: SnapshotAssertion) -> None:
    other = a_session(uid="urn:other", job_name="Web Replica", result="Warning")
    handles = {a_session().uid: "4f3a", "urn:other": "91bc"}
    answer = a_list(an_incident_view(), other, failing=1, told=3, handles=handles)
    message = render(list_document(answer, LATER))
    assert read(message) == snapshot(name="blocks")
    assert read_text(message) == snapshot(name="text")


def test_a_page_says_where_it_is_and_leads_to_its_neighbours() -> None:
    question = ListQuestion(ListKind.FAILED, page=1, at=NOW)
    rows = tuple(a_session(uid=f"urn:{number}") for number in range(10))
    told = shown(list_document(a_list(*rows, question=question, total=35), LATER))
    assert "11–20 of 35 · as of Thu 2025-11-20 02:14 UTC" in told
    assert "[‹ Previous] [Next ›] [Export CSV]" in told
    last = replace(question, page=3)
    assert "[Next ›]" not in shown(list_document(a_list(question=last, total=35), LATER))
    assert "[‹ Previous]" not in shown(list_document(a_list(total=35), LATER))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ListKind.FAILED, "✅ Nothing is failing"),
        (ListKind.RUNNING, "No session runs now."),
        (ListKind.JOBS, "I know no job yet"),
        (ListKind.TASKS, "EM lists no VMs for it."),
    ],
)
def test_an_empty_list_says_so(kind: ListKind, words: str) -> None:
    told = shown(list_document(a_list(rows=(), total=0, kind=kind), LATER))
    assert words in told
    assert "Export" not in told


def test_a_narrowed_list_says_by_what_and_how_to_have_all() -> None:
    question = ListQuestion(ListKind.FAILED, Filter(timedelta(days=7), servers=("vbr01",)))
    told = shown(list_document(a_list(rows=(), total=0, question=question), LATER))
    assert "none failed or warned in the last 7d (since 7d server:vbr01)" in told
    assert "Nothing fits. All of it: /replica failed" in told


def test_a_list_from_the_store_says_so() -> None:
    stale = a_list(em_problem="EM is down.", confirmed_at=NOW)
    told = shown(list_document(stale, LATER))
    assert "⚠️ Not live: this is what EM said Thu 2025-11-20 02:14 UTC.\nEM is down." in told
    unread = a_list(rows=(), total=0, kind=ListKind.TASKS, em_problem="EM is busy")
    assert "The VMs cannot be read: EM is busy" in shown(list_document(unread, LATER))


def test_what_runs_shows_how_far_it_is() -> None:
    told = shown(list_document(a_list(a_running_session(), kind=ListKind.RUNNING), LATER))
    assert "Running now: 1" in told
    assert "45 % · for 20 min" in told


def test_a_job_in_a_list_tells_its_last_run_and_its_last_good_replica() -> None:
    line = JobLine(a_job(), a_session(), Verdict.FAILED, NOW - timedelta(days=2), 17)
    never = JobLine(a_job("New Replica"))
    handles = {a_session().uid: "4f3a"}
    told = shown(list_document(a_list(line, never, kind=ListKind.JOBS, handles=handles), NOW))
    assert "🔴 *SQL Replica* failed" in told
    assert "· #4f3a · vbr01 · #17 · last good replica 2 d old [Job]" in told
    assert "has not run yet · vbr01 · no good replica known [Job]" in told
    assert "[Find a job… ▾]" in told


def test_a_job_tells_everything(snapshot: SnapshotAssertion) -> None:
    options = JobOptions(
        "u",
        retry=RetryOptions(3, timedelta(minutes=10)),
        vms=("sql01", "sql02"),
        next_run_at=NOW + timedelta(hours=20),
    )
    mute = Mute(1, Scope.JOB, "u", "U7", NOW, NOW + timedelta(hours=4))
    message = render(job_document(a_job_answer(options=options, mute=mute)))
    assert read(message) == snapshot(name="blocks")
    assert read_text(message) == snapshot(name="text")


def test_a_job_that_is_well_offers_its_last_run() -> None:
    good = a_session(result="Success")
    answer = a_job_answer(incident=None, latest=good, last_good_at=NOW, counts=Counts(30))
    told = shown(job_document(answer))
    assert "✅ SQL Replica succeeded" in told
    assert "100 % in the last 30 days (30 of 30 runs)" in told
    assert "RPO: 1 d 2 h, kept" in told
    assert "by its rhythm" in told
    assert "[Last run] [All VMs] [Find a job… ▾]" in told


def test_a_running_job_may_be_watched() -> None:
    running = a_job_answer(incident=None, latest=a_running_session())
    assert "[Watch]" in shown(job_document(running))


def test_a_job_of_which_little_is_known_says_what_is_not_known() -> None:
    new = a_job_answer(
        runs=(),
        counts=Counts(),
        latest=None,
        usual_duration=None,
        last_good_at=None,
        rpo=None,
        expected_at=None,
        incident=None,
        handle="",
    )
    told = shown(job_document(new))
    assert "⚪ SQL Replica has not run yet · vbr01" in told
    for fact in ("no run has ended", "not known", "none known", "none set"):
        assert fact in told
    off = replace(new, options=JobOptions("u", is_schedule_enabled=False))
    assert "its schedule is switched off" in shown(job_document(off))
    bare = replace(new, rpo=timedelta(hours=26))
    assert "no good replica is known" in shown(job_document(bare))


def test_a_run_that_is_late_is_called_overdue() -> None:
    assert "(overdue)" in shown(job_document(a_job_answer(expected_at=NOW - timedelta(hours=1))))


def test_an_unknown_job_proposes_names_and_an_ambiguous_one_asks_which() -> None:
    told = shown(no_job_document(NoTarget("sgl", ("SQL Replica",))))
    assert "I know no job by the name of “sgl”" in told
    assert "[SQL Replica] [Find a job… ▾]" in told
    both = NoTarget("DC", ("DC @ vbr01", "DC @ vbr02"), is_ambiguous=True)
    assert "“DC” fits 2 jobs: which one?" in shown(no_job_document(both))
    many = NoTarget("r", tuple(f"r{n}" for n in range(12)), is_ambiguous=True)
    assert "… and 2 more: search by typing" in shown(no_job_document(many))


def test_the_overview_tells_what_matters(snapshot: SnapshotAssertion) -> None:
    message = render(overview_document(an_overview(), LATER))
    assert read(message) == snapshot(name="blocks")
    assert read_text(message) == snapshot(name="text")


def test_an_overview_of_a_quiet_night_says_that_all_is_well() -> None:
    quiet = replace(an_overview().figures, open_incidents=0, running=0, mutes=0, findings=0)
    calm = an_overview(incidents=(), running=(), figures=quiet)
    assert "✅ None of 412 jobs is failing" in shown(overview_document(calm, LATER))
    blind = replace(calm, em_problem="EM is down.")
    assert "I cannot see Enterprise Manager now" in shown(overview_document(blind, LATER))
    new = replace(calm, polled_at=None)
    assert "I have not read Enterprise Manager yet." in shown(overview_document(new, LATER))
    empty = replace(calm, figures=replace(quiet, jobs=0))
    assert "I know no replication job yet" in shown(overview_document(empty, LATER))


questions = st.builds(
    ListQuestion,
    st.sampled_from(list(ListKind)),
    st.builds(Filter, st.none() | st.integers(1, 9_999).map(lambda m: timedelta(minutes=m))),
    st.integers(0, 10_000),
    st.none() | st.datetimes(timezones=st.just(UTC), min_value=NOW.replace(tzinfo=None)),
    st.sampled_from(["", "urn:veeam:ReplicaJobSession:04f694ad"]),
)


@given(questions)
def test_a_button_carries_its_page(question: ListQuestion) -> None:
    assert read_page(page_value(question)) == question


@pytest.mark.parametrize(
    "value", ["", "failed", "failed|x|0||", "other|0|0||", "failed|0|0||nonsense", "failed|0|9e9||"]
)
def test_an_old_or_foreign_value_is_no_page(value: str) -> None:
    assert read_page(value) is None


def test_a_filter_too_long_for_a_button_offers_none() -> None:
    question = ListQuestion(ListKind.FAILED, Filter(jobs=("x" * 2_000,)), at=NOW)
    assert "[" not in shown(list_document(a_list(question=question, total=35), LATER)).replace(
        "[Details]", ""
    )
