"""diff: what is said of a change, and by which reason."""

from dataclasses import replace

from bot.core.decisions import OPENING, PINGING, SILENT, Reason
from bot.core.incidents import Status
from bot.core.sessions import Verdict
from tests.builders import DAY, HOUR, MINUTE, NOW, Story, a_retry, a_session, names

FAILED_ONLY = frozenset({Verdict.FAILED})


def test_the_first_failure_opens() -> None:
    assert Story().reasons(a_session()) == ["FIRST_FAILURE"]


def test_several_first_failures_at_once_are_one_opening_by_the_worst() -> None:
    story = Story()
    failed = a_session(NOW + HOUR)
    [decision] = story.report(a_session(), failed, a_session(NOW + DAY, result="Warning"))
    assert (decision.reason, decision.session_uid) == (Reason.FIRST_FAILURE, failed.uid)


def test_nothing_new_decides_nothing() -> None:
    story = Story()
    session = a_session()
    story.report(session)
    assert story.reasons(session) == []


def test_a_success_alone_decides_nothing() -> None:
    assert Story().reasons(a_session(result="Success")) == []


def test_a_further_failure_is_one_quiet_reason() -> None:
    story = Story()
    story.report(a_session(result="Failed"))
    assert story.reasons(a_session(NOW + DAY)) == ["STILL_FAILING"]
    assert story.reasons(a_session(NOW + 2 * DAY, result="Warning")) == ["STILL_FAILING"]


def test_a_failed_retry_is_told_as_a_retry() -> None:
    story = Story()
    story.report(a_session())
    assert story.reasons(a_retry(NOW + MINUTE)) == ["RETRY_FAILED"]


def test_worse_than_the_peak_is_told_once() -> None:
    story = Story()
    story.report(a_session(result="Warning"))
    assert story.reasons(a_session(NOW + HOUR)) == ["WORSE"]
    assert story.reasons(a_session(NOW + 2 * HOUR)) == ["STILL_FAILING"]


def test_of_two_worse_sessions_at_once_only_one_pings() -> None:
    story = Story()
    story.report(a_session(result="Warning"))
    both = a_session(NOW + HOUR), a_session(NOW + 2 * HOUR)
    assert story.reasons(*both) == ["WORSE", "STILL_FAILING"]


def test_what_comes_after_something_worse_is_not_called_late() -> None:
    story = Story()
    story.report(a_session(result="Warning"))
    later = [a_session(NOW + HOUR), a_session(NOW + 2 * HOUR)]
    good = a_session(NOW + 3 * HOUR, result="Success")
    assert story.reasons(*later, good) == ["WORSE", "STILL_FAILING", "RECOVERED"]


def test_a_session_that_gets_worse_under_its_uid_is_told() -> None:
    story = Story()
    session = a_session(result="Warning")
    story.report(session)
    [decision] = story.report(replace(session, result="Failed"))
    assert (decision.reason, decision.session_uid) == (Reason.WORSE, session.uid)


def test_the_next_success_recovers() -> None:
    story = Story()
    story.report(a_session())
    good = a_session(NOW + HOUR, result="Success")
    [decision] = story.report(good)
    assert (decision.reason, decision.session_uid) == (Reason.RECOVERED, good.uid)


def test_a_failure_and_its_recovery_in_one_report_are_both_told_to_a_said_incident() -> None:
    story = Story()
    story.report(a_session())
    later = a_session(NOW + HOUR), a_session(NOW + 2 * HOUR, result="Success")
    assert story.reasons(*later) == ["STILL_FAILING", "RECOVERED"]


def test_a_failure_that_turns_into_success_under_its_uid_recovers() -> None:
    story = Story()
    session = a_session()
    story.report(session)
    assert story.reasons(replace(session, result="Success")) == ["RECOVERED"]


def test_a_late_failure_of_an_open_incident_is_told_as_late() -> None:
    story = Story()
    story.report(a_session(NOW + HOUR))
    assert story.reasons(a_session(NOW)) == ["LATE_FAILURE"]


def test_a_late_failure_of_a_recovered_incident_is_told_as_late() -> None:
    story = Story()
    story.report(a_session(NOW), a_session(NOW + 2 * HOUR, result="Success"))
    assert story.reasons(a_session(NOW + HOUR)) == ["LATE_FAILURE"]
    assert story.latest.status is Status.RECOVERED


def test_a_late_failure_without_an_incident_is_late_and_over() -> None:
    story = Story()
    story.report(a_session(NOW - DAY, result="Success"), a_session(NOW + HOUR, result="Success"))
    assert story.reasons(a_session(NOW)) == ["LATE_AND_OVER"]
    assert story.latest.is_said


def test_a_success_that_is_taken_back_reopens() -> None:
    story = Story()
    good = a_session(NOW + HOUR, result="Success")
    story.report(a_session(), good)
    assert story.reasons(replace(good, result="Failed")) == ["REOPENED"]


def test_a_reopening_pings_once_however_many_failures_come_with_it() -> None:
    story = Story()
    good = a_session(NOW + HOUR, result="Success")
    story.report(a_session(), good)
    later = a_session(NOW + 2 * HOUR)
    assert story.reasons(replace(good, result="Failed"), later) == ["REOPENED", "STILL_FAILING"]


def test_a_reopening_that_is_worse_is_told_as_worse_alone() -> None:
    story = Story()
    good = a_session(NOW + HOUR, result="Success")
    story.report(a_session(result="Warning"), good)
    assert story.reasons(replace(good, result="Failed")) == ["WORSE"]


def test_a_success_that_runs_again_reopens_without_a_new_failure() -> None:
    story = Story()
    good = a_session(NOW + HOUR, result="Success")
    story.report(a_session(), good)
    assert story.reasons(replace(good, state="Working", result="None")) == ["REOPENED"]


def test_what_ended_at_the_baseline_or_before_is_history() -> None:
    story = Story(baseline_at=NOW)
    assert story.reasons(a_session(NOW)) == ["HISTORY"]
    assert not story.latest.is_said


def test_what_ended_after_the_baseline_is_told() -> None:
    assert Story(baseline_at=NOW).reasons(a_session(NOW + MINUTE)) == ["FIRST_FAILURE"]


def test_without_an_end_the_creation_says_whether_it_is_history() -> None:
    story = Story(baseline_at=NOW)
    assert story.reasons(a_session(ended_at=None, created_at=NOW)) == ["HISTORY"]


def test_the_next_failure_of_a_job_that_failed_before_the_start_is_told() -> None:
    story = Story(baseline_at=NOW)
    story.report(a_session(NOW - DAY), a_session(NOW - HOUR))
    assert story.reasons(a_session(NOW + HOUR)) == ["FAILING_SINCE_BEFORE"]
    assert (story.latest.streak, story.latest.opened_at) == (3, NOW - DAY)


def test_an_unsaid_incident_recovers_without_a_word() -> None:
    story = Story(baseline_at=NOW)
    story.report(a_session(NOW - HOUR))
    assert story.reasons(a_session(NOW + HOUR, result="Success")) == []


def test_history_that_arrives_late_is_not_told_to_a_said_incident_either() -> None:
    story = Story(baseline_at=NOW)
    story.report(a_session(NOW + HOUR))
    assert story.reasons(a_session(NOW - HOUR)) == ["HISTORY"]


def test_results_that_nobody_wants_are_not_told() -> None:
    story = Story(wanted=FAILED_ONLY)
    assert story.reasons(a_session(result="Warning")) == ["NOT_WANTED"]
    assert story.reasons(a_session(NOW + HOUR)) == ["FAILING_SINCE_BEFORE"]
    assert story.reasons(a_session(NOW + 2 * HOUR, result="Warning")) == ["NOT_WANTED"]


def test_an_unwanted_warning_that_turns_into_a_failure_under_its_uid_is_told() -> None:
    story = Story(wanted=FAILED_ONLY)
    session = a_session(result="Warning")
    story.report(session)
    assert story.reasons(replace(session, result="Failed")) == ["FIRST_FAILURE"]


def test_a_failure_that_is_known_and_unsaid_is_not_told_by_the_success_after_it() -> None:
    story = Story(baseline_at=NOW)
    story.report(a_session(NOW - HOUR))
    story.report(a_session(NOW + HOUR, result="Success"))
    assert not story.latest.is_said


def test_every_reason_opens_pings_is_silent_or_is_a_quiet_reply() -> None:
    quiet = {"STILL_FAILING", "RETRY_FAILED", "LATE_FAILURE"}
    assert not (OPENING & PINGING | OPENING & SILENT | PINGING & SILENT)
    assert {each.name for each in set(Reason) - OPENING - PINGING - SILENT} == quiet


def test_two_stretches_in_one_report_are_two_incidents() -> None:
    story = Story()
    decided = story.report(
        a_session(NOW), a_session(NOW + HOUR, result="Success"), a_session(NOW + 2 * HOUR)
    )
    assert names(decided) == ["LATE_AND_OVER", "FIRST_FAILURE"]
