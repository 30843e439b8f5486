"""What EM's states and results mean."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.sessions import (
    EPOCH,
    RESULTLESS_AFTER,
    Verdict,
    believe_times,
    decide_verdict,
    guid_of,
)
from tests.builders import HOUR, MINUTE, NOW, a_running_session, a_session, a_task


@pytest.mark.parametrize(
    ("state", "result", "verdict"),
    [
        ("Stopped", "Success", Verdict.SUCCESS),
        ("stopped", "success", Verdict.SUCCESS),
        ("Stopped", "Warning", Verdict.WARNING),
        ("Stopped", "Failed", Verdict.FAILED),
        ("Stopped", "Exploded", Verdict.WARNING),
        ("Working", "Failed", Verdict.UNFINISHED),
        ("Hibernating", "Success", Verdict.UNFINISHED),
        ("Stopped", "None", Verdict.UNFINISHED),
        ("Stopped", "", Verdict.UNFINISHED),
    ],
)
def test_state_says_whether_it_is_over_and_result_how(
    state: str, result: str, verdict: Verdict
) -> None:
    assert decide_verdict(a_session(state=state, result=result)) is verdict


def test_stopped_without_a_result_is_a_warning_after_a_quarter_of_an_hour() -> None:
    session = a_session(result="None")
    just_before = RESULTLESS_AFTER - timedelta(seconds=1)
    assert decide_verdict(session, just_before) is Verdict.UNFINISHED
    assert decide_verdict(session, RESULTLESS_AFTER) is Verdict.WARNING


def test_a_running_session_is_unfinished_however_long_it_stands() -> None:
    assert decide_verdict(a_running_session(), 24 * HOUR) is Verdict.UNFINISHED


def test_only_warnings_and_failures_are_bad() -> None:
    assert [each for each in Verdict if each.is_bad] == [Verdict.WARNING, Verdict.FAILED]


def test_a_duration_is_never_negative_and_unknown_while_it_runs() -> None:
    assert a_session().duration == 10 * MINUTE
    assert a_session(created_at=NOW + HOUR).duration == timedelta(0)
    assert a_running_session().duration is None


def test_a_version_changes_with_state_result_and_end_only() -> None:
    session = a_session(uid="one")
    same = a_session(uid="one", progress=50, failure_message="more", job_name="renamed")
    assert session.version == same.version
    for name, value in {"state": "Working", "result": "None", "ended_at": NOW + MINUTE}.items():
        assert replace(session, **{name: value}).version != session.version  # type: ignore[arg-type]  # named fields


def test_a_running_session_sorts_by_its_creation() -> None:
    assert a_running_session().order[0] == NOW - 10 * MINUTE


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        ("Success", Verdict.SUCCESS),
        ("None", Verdict.UNFINISHED),
        ("", Verdict.UNFINISHED),
        ("Failed", Verdict.FAILED),
        ("Odd", Verdict.WARNING),
    ],
)
def test_a_task_session_is_judged_by_its_result(result: str, verdict: Verdict) -> None:
    assert a_task(a_session(), result=result).verdict is verdict


def test_the_guid_is_the_end_of_a_urn() -> None:
    assert guid_of("urn:veeam:ReplicaJobSession:04F694AD") == "04f694ad"


def test_times_that_can_be_are_believed() -> None:
    fast = a_session(NOW + 23 * HOUR)
    assert believe_times(fast, None, NOW) is fast
    running = a_running_session()
    assert believe_times(running, None, NOW) is running


def test_a_time_that_cannot_be_is_when_em_first_told_of_it() -> None:
    far = a_session(NOW.replace(year=9998))
    first = believe_times(far, None, NOW)
    assert (first.created_at, first.ended_at) == (NOW, NOW)
    assert believe_times(far, first, NOW + HOUR) == first


def test_a_session_without_any_time_is_no_older_than_all_others() -> None:
    timeless = a_session(created_at=EPOCH, ended_at=None)
    first = believe_times(timeless, None, NOW)
    assert (first.created_at, first.ended_at) == (NOW, None)
    assert believe_times(timeless, first, NOW + HOUR) == first


def test_only_the_time_that_cannot_be_is_mended() -> None:
    session = a_session(ended_at=NOW.replace(year=9998))
    running = a_running_session(uid=session.uid)
    mended = believe_times(session, running, NOW)
    assert (mended.created_at, mended.ended_at) == (session.created_at, NOW)
