"""fold: which sessions form which incidents, whatever order EM reports them in."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.incidents import Incident, Observed, Status, fold
from bot.core.sessions import Session, Verdict
from tests.builders import DAY, HOUR, MINUTE, NOW, Story, a_retry, a_session, observe

RESULTS = ("Success", "Warning", "Failed", "None")


@st.composite
def some_sessions(draw: st.DrawFn) -> list[Session]:
    """A job's sessions; ends may coincide, some are retries, some have not ended."""
    count = draw(st.integers(1, 9))
    return [
        a_session(
            NOW + draw(st.integers(0, 12)) * MINUTE,
            uid=f"session-{number}",
            result=draw(st.sampled_from(RESULTS)),
            is_retry=draw(st.booleans()),
        )
        for number in range(count)
    ]


def shape(incident: Incident) -> tuple[object, ...]:
    return (incident.status, incident.peak, incident.session_uids, incident.run_count)


@settings(deadline=None)
@given(sessions=some_sessions(), data=st.data())
def test_any_order_of_a_report_gives_the_same_incidents(
    sessions: list[Session], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(sessions))
    assert fold(map(observe, sessions), {}) == fold(map(observe, shuffled), {})


@settings(deadline=None)
@given(sessions=some_sessions(), data=st.data())
def test_what_was_said_is_never_split_or_merged(
    sessions: list[Session], data: st.DataObject
) -> None:
    story = Story()
    said: dict[str, int] = {}
    for session in data.draw(st.permutations(sessions)):
        story.report(session)
        now = {uid: each.incident_id for uid, each in story.sessions.items()}
        assert said.items() <= now.items()
        said = {uid: held for uid, held in now.items() if held}


@settings(deadline=None)
@given(sessions=some_sessions(), data=st.data())
def test_each_bad_session_is_in_one_incident_and_one_incident_is_open_at_most(
    sessions: list[Session], data: st.DataObject
) -> None:
    story = Story()
    for session in data.draw(st.permutations(sessions)):
        story.report(session)
    held = [uid for each in story.incidents.values() for uid in each.session_uids]
    bad = [uid for uid, each in story.sessions.items() if each.verdict.is_bad]
    assert sorted(held) == sorted(bad)
    assert sum(each.status is Status.OPEN for each in story.incidents.values()) <= 1


@settings(deadline=None)
@given(sessions=some_sessions())
def test_reported_in_order_of_end_a_success_and_nothing_else_ends_an_incident(
    sessions: list[Session],
) -> None:
    story = Story()
    ordered = sorted(sessions, key=lambda session: session.order)
    for session in ordered:
        story.report(session)
    ended = [observe(each) for each in ordered if each.has_result]
    verdicts = [each.verdict for each in ended]
    begun = sum(
        later.is_bad and not earlier.is_bad
        for earlier, later in pairwise([Verdict.SUCCESS, *verdicts])
    )
    assert len(story.incidents) == begun
    is_open = any(each.status is Status.OPEN for each in story.incidents.values())
    assert is_open == (bool(verdicts) and verdicts[-1].is_bad)


@settings(deadline=None)
@given(sessions=some_sessions())
def test_folding_again_what_is_stored_changes_nothing(sessions: list[Session]) -> None:
    story = Story()
    story.report(*sessions)
    before = dict(story.incidents)
    assert story.report() == []
    assert story.incidents == before


def test_an_incident_reaches_from_the_first_failure_to_the_next_success() -> None:
    story = Story()
    first, second = a_session(NOW, result="Warning"), a_session(NOW + DAY)
    good = a_session(NOW + 2 * DAY, result="Success")
    story.report(first, second, good)
    incident = story.latest
    assert incident.session_uids == (first.uid, second.uid)
    assert (incident.status, incident.peak) == (Status.RECOVERED, Verdict.FAILED)
    assert (incident.opened_at, incident.last_bad_at) == (NOW, NOW + DAY)
    assert (incident.recovered_at, incident.recovered_by) == (good.ended_at, good.uid)


def test_without_a_bad_session_there_is_no_incident() -> None:
    assert fold([observe(a_session(result="Success"))], {}) == ()
    assert fold([], {}) == ()


def test_an_unfinished_session_is_no_part_of_any_incident() -> None:
    incidents = fold([observe(a_session(result="None")), observe(a_session())], {})
    assert [len(each.session_uids) for each in incidents] == [1]


def test_a_late_failure_within_the_span_joins_the_incident() -> None:
    story = Story()
    story.report(a_session(NOW), a_session(NOW + 2 * HOUR))
    story.report(a_session(NOW + HOUR))
    assert [each.run_count for each in story.incidents.values()] == [3]


def test_a_late_success_within_what_was_said_splits_nothing() -> None:
    story = Story()
    first, second = a_session(NOW), a_session(NOW + 2 * HOUR)
    story.report(first, second)
    story.report(a_session(NOW + HOUR, result="Success"))
    assert story.latest.session_uids == (first.uid, second.uid)
    assert (len(story.incidents), story.latest.streak, story.latest.run_count) == (1, 1, 2)


def test_a_success_that_becomes_a_failure_merges_nothing_that_was_said() -> None:
    story = Story()
    good = a_session(NOW + HOUR, result="Success")
    story.report(a_session(NOW), good)
    story.report(a_session(NOW + 2 * HOUR))
    story.report(replace(good, result="Failed"))
    older, newer = sorted(story.incidents.values(), key=lambda each: each.opened_at)
    assert (older.status, newer.status) == (Status.CLOSED, Status.OPEN)
    assert good.uid in newer.session_uids


def test_retries_belong_to_the_latest_first_attempt_created_before_them() -> None:
    story = Story()
    story.report(
        a_session(NOW), a_retry(NOW + MINUTE), a_retry(NOW + 2 * MINUTE), a_session(NOW + DAY)
    )
    assert (story.latest.run_count, len(story.latest.session_uids)) == (2, 4)


def test_a_retry_is_matched_by_creation_even_if_the_ends_are_out_of_order() -> None:
    first = a_session(NOW + HOUR, created_at=NOW)
    retry = a_retry(NOW + 30 * MINUTE, created_at=NOW + MINUTE)
    assert [each.run_count for each in fold(map(observe, (retry, first)), {})] == [1]


def test_a_retry_without_a_first_attempt_is_a_run_of_its_own() -> None:
    retries = [a_retry(NOW), a_retry(NOW + HOUR)]
    assert [each.run_count for each in fold(map(observe, retries), {})] == [2]


def test_the_streak_counts_runs_since_the_last_success() -> None:
    story = Story()
    story.report(a_session(NOW), a_session(NOW + 3 * HOUR), a_retry(NOW + 4 * HOUR))
    story.report(a_session(NOW + 2 * HOUR, result="Success"))
    assert story.latest.streak == 1


def test_the_peak_stays_even_if_its_session_is_taken_back() -> None:
    story = Story()
    failed = a_session(NOW)
    story.report(failed, a_session(NOW + HOUR, result="Warning"))
    story.report(replace(failed, result="Warning"))
    assert story.latest.peak is Verdict.FAILED


def test_a_failure_that_becomes_a_success_ends_its_own_incident() -> None:
    story = Story()
    failed = a_session(NOW)
    story.report(failed)
    story.report(replace(failed, result="Success"))
    assert story.latest.status is Status.RECOVERED
    assert (story.latest.session_uids, story.latest.streak) == ((), 0)


def test_a_failure_that_runs_again_under_its_uid_stays_open() -> None:
    story = Story()
    failed = a_session(NOW)
    story.report(failed)
    story.report(replace(failed, state="Working", result="None"))
    assert story.latest.status is Status.OPEN


def test_a_window_of_sessions_gives_what_all_of_them_give() -> None:
    old = [a_session(NOW - n * DAY, result=r) for n, r in ((4, "Failed"), (3, "Success"))]
    new = [a_session(NOW + n * HOUR) for n in range(3)]
    whole = fold(map(observe, [*old, *new]), {})
    window = fold(map(observe, [old[-1], *new]), {})
    assert [shape(each) for each in whole[-1:]] == [shape(each) for each in window]


def test_ends_at_the_same_moment_are_ordered_by_creation() -> None:
    bad = a_session(NOW, created_at=NOW - HOUR)
    good = a_session(NOW, created_at=NOW - timedelta(minutes=5), result="Success")
    [incident] = fold([Observed(good, Verdict.SUCCESS), Observed(bad, Verdict.FAILED)], {})
    assert incident.status is Status.RECOVERED
