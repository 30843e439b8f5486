"""What is found where EM reports nothing, when it is over, and what is history."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.facts import JobFacts, VmSet
from bot.core.findings import Check, Details, Found, diff
from bot.core.rpo import RpoPolicy, RpoRule
from bot.core.sessions import Verdict
from tests.builders import DAY, HOUR, MINUTE, NOW
from tests.core.watching import (
    Diary,
    a_finding,
    a_job,
    a_run,
    daily,
    facts_of,
    look,
    options,
    running_since,
)

A_DAY_AGO = NOW - DAY
SPARSE = RpoPolicy((RpoRule(is_off=True),))
RPO_OF_26_HOURS = RpoPolicy((RpoRule(26 * HOUR),))


# A missed run


def test_a_run_is_missed_when_it_is_later_than_it_may_be() -> None:
    job = a_job(daily(A_DAY_AGO - 2 * HOUR))
    assert look(job) == {}
    later = NOW + MINUTE
    expected = Details(since_at=A_DAY_AGO - 2 * HOUR, due_at=NOW - 2 * HOUR)
    assert look(job, now=later) == {Check.MISSED: expected}


@pytest.mark.parametrize("verdict", [Verdict.UNFINISHED, Verdict.FAILED])
def test_a_run_that_failed_or_still_runs_was_not_missed(verdict: Verdict) -> None:
    runs = [*daily(A_DAY_AGO - 3 * HOUR), a_run(NOW - 3 * HOUR, verdict)]
    assert Check.MISSED not in look(a_job(runs))


def test_where_the_next_run_may_be_read_it_is_missed_after_ems_collection() -> None:
    job = a_job(daily(A_DAY_AGO - HOUR), options=options(), due_at=NOW - 21 * MINUTE)
    assert look(job)[Check.MISSED].due_at == NOW - 21 * MINUTE
    assert look(job, now=NOW - 2 * MINUTE) == {}


def test_the_next_run_that_may_be_read_goes_before_the_rhythm() -> None:
    job = a_job(daily(A_DAY_AGO - 4 * HOUR), options=options(), due_at=NOW + HOUR)
    assert look(job) == {}


def test_a_run_shortly_before_it_was_due_is_that_run() -> None:
    job = a_job(daily(NOW - HOUR), options=options(), due_at=NOW - HOUR + 5 * MINUTE)
    assert look(job) == {}


def test_a_missed_run_stays_missed_until_there_is_one() -> None:
    job = a_job(daily(A_DAY_AGO), options=options(), due_at=NOW + DAY)
    known = a_finding(Check.MISSED, Details(due_at=NOW - HOUR))
    assert look(job, known=[known]) == {Check.MISSED: known.details}
    ran = a_job([*daily(A_DAY_AGO), a_run(NOW - MINUTE)])
    assert look(ran, known=[known]) == {}


def test_a_server_without_news_for_less_than_an_hour_may_just_be_late() -> None:
    runs = [a_run(NOW - number * 15 * MINUTE) for number in reversed(range(100))]
    job = a_job(runs)
    assert look(job, now=NOW + 45 * MINUTE) == {}
    assert Check.MISSED in look(job, now=NOW + 71 * MINUTE)
    heard = replace(job, heard_at=NOW + 40 * MINUTE)
    assert Check.MISSED in look(heard, now=NOW + 45 * MINUTE)


def test_a_run_that_was_due_before_the_baseline_is_history() -> None:
    job = a_job(daily(A_DAY_AGO - 3 * HOUR))
    assert look(job, baseline_at=NOW - 3 * HOUR) == {}
    assert Check.MISSED in look(job, baseline_at=NOW - 4 * HOUR)


def test_a_job_that_ran_into_its_next_run_has_not_missed_it() -> None:
    hourly = [a_run(NOW - hour * HOUR) for hour in reversed(range(1, 24 * 20))]
    long = a_run(NOW, ended_at=NOW + 90 * MINUTE)
    assert look(a_job([*hourly, long]), now=NOW + 125 * MINUTE) == {}
    read = a_job([*hourly, long], options=options(), due_at=NOW + HOUR)
    assert look(read, now=NOW + 95 * MINUTE) == {}
    assert Check.MISSED in look(a_job([*hourly, long]), now=NOW + 4 * HOUR)


def test_nothing_is_told_of_a_lost_servers_jobs_before_it_may_be_known_to_be_lost() -> None:
    late = a_job(daily(A_DAY_AGO - 2 * HOUR - MINUTE))
    second = replace(a_job(daily(A_DAY_AGO - HOUR)), job_uid="second")
    assert look(late, second) == {}
    assert set(look(late, second, now=NOW + HOUR + MINUTE)) == {Check.STALE}
    heard = replace(second, heard_at=NOW - MINUTE)
    assert set(look(late, heard)) == {Check.MISSED}


# RPO


def test_a_healthy_job_is_never_counted_down() -> None:
    runs = daily(NOW - 25 * HOUR)
    on_time = a_job(runs, options=options(), due_at=NOW + 30 * MINUTE)
    assert look(on_time, policy=RPO_OF_26_HOURS) == {}
    under_way = a_job([*runs, a_run(NOW - HOUR, Verdict.UNFINISHED)])
    assert look(under_way, policy=RPO_OF_26_HOURS) == {}


def test_a_late_job_is_counted_down() -> None:
    job = a_job(daily(NOW - 25 * HOUR - 22 * MINUTE))
    details = look(job, policy=RPO_OF_26_HOURS)[Check.RPO]
    assert (details.left, details.is_broken) == (38 * MINUTE, False)
    assert details.expected_at == NOW - HOUR - 22 * MINUTE
    assert details.is_late


def test_a_failing_job_is_counted_down_with_the_run_that_may_save_it() -> None:
    runs = [*daily(NOW - 25 * HOUR), a_run(NOW - HOUR, Verdict.FAILED)]
    job = a_job(runs, options=options(), due_at=NOW + 20 * MINUTE)
    details = look(job, policy=RPO_OF_26_HOURS, failing={"sql"})[Check.RPO]
    assert (details.expected_at, details.is_failing) == (NOW + 20 * MINUTE, True)


def test_a_job_without_a_run_before_the_breach_is_counted_down() -> None:
    policy = RpoPolicy((RpoRule(4 * HOUR),))
    assert Check.RPO in look(a_job(daily(NOW - 3 * HOUR - 40 * MINUTE)), policy=policy)


def test_a_countdown_begins_with_a_tenth_of_the_rpo_but_an_hour_at_most() -> None:
    policy = RpoPolicy((RpoRule(4 * HOUR),))
    assert Check.RPO not in look(a_job(daily(NOW - 3 * HOUR - 35 * MINUTE)), policy=policy)
    late = a_job(daily(NOW - 24 * HOUR - 50 * MINUTE))
    assert Check.RPO not in look(late, policy=RPO_OF_26_HOURS)


def test_a_broken_rpo_counts_from_the_creation_of_the_last_good_run() -> None:
    good, bad = daily(NOW - 3 * DAY), daily(NOW - HOUR, 2, verdict=Verdict.FAILED)
    details = look(a_job([*good, *bad]))[Check.RPO]
    assert details.is_broken
    assert details.since_at == NOW - 3 * DAY


def test_an_automatic_rpo_is_not_broken_by_a_day_off() -> None:
    friday = NOW - 4 * DAY  # NOW is a Tuesday
    runs = [run for run in daily(friday, 40) if run.created_at.weekday() < 5]
    assert look(a_job(runs), now=friday + 3 * DAY + HOUR) == {}
    assert Check.RPO in look(a_job(runs), now=friday + 3 * DAY + 13 * HOUR)


def test_a_broken_rpo_stays_broken_until_a_good_run_whatever_its_limit_becomes() -> None:
    known = a_finding(Check.RPO, Details(since_at=A_DAY_AGO, due_at=NOW - HOUR, is_broken=True))
    assert Check.RPO in look(a_job(daily(A_DAY_AGO)), known=[known])
    assert look(a_job(daily(NOW - HOUR)), known=[known]) == {}


def test_a_job_without_an_rpo_or_without_any_good_run_is_not_measured() -> None:
    runs = daily(NOW - 3 * DAY)
    assert Check.RPO not in look(a_job(runs), policy=SPARSE)
    assert Check.RPO not in look(a_job(daily(NOW - HOUR, verdict=Verdict.FAILED)))


def test_a_countdown_is_told_anew_every_five_minutes_and_once_when_it_breaks() -> None:
    diary, facts = Diary(), facts_of(a_job(daily(NOW - 23 * HOUR)), policy=RPO_OF_26_HOURS)
    for minute in range(5 * 60):
        diary.look(facts, NOW + minute * MINUTE)
    of_rpo = [each for each in diary.said if each.startswith("rpo")]
    assert of_rpo.count("rpo opened") == of_rpo.count("rpo broke") == 1
    assert of_rpo.count("rpo changed") == 11
    diary.look(facts_of(a_job(daily(NOW + 6 * HOUR)), policy=RPO_OF_26_HOURS), NOW + 7 * HOUR)
    assert diary.said[-2:] == ["rpo ended", "missed run ended"]


# A stuck session


def test_a_session_is_stuck_when_it_takes_far_longer_than_usual_and_does_not_move() -> None:
    job = a_job([*daily(NOW - 22 * HOUR), a_run(NOW - 3 * HOUR, Verdict.UNFINISHED)])
    stuck = look(job, running=running_since(NOW - 3 * HOUR))[Check.STUCK]
    assert (stuck.since_at, stuck.span) == (NOW - 3 * HOUR, 10 * MINUTE)
    assert look(job, running=running_since(NOW - 2 * HOUR)) == {}
    moves = running_since(NOW - 3 * HOUR, still=20 * MINUTE)
    assert look(job, running=moves) == {}


def test_without_a_usual_duration_a_session_is_stuck_after_a_day() -> None:
    job = a_job([a_run(NOW - 25 * HOUR, Verdict.UNFINISHED)])
    assert look(job, running=running_since(NOW - 23 * HOUR)) == {}
    assert Check.STUCK in look(job, running=running_since(NOW - 25 * HOUR))


# A stale server


def a_silent_server(count: int = 4, silent: timedelta = 23 * HOUR) -> list[JobFacts]:
    job = a_job(daily(NOW - silent - 10 * MINUTE))
    return [replace(job, job_uid=f"job{number}") for number in range(count)]


def test_a_server_that_owes_nothing_is_not_stale() -> None:
    assert look(*a_silent_server(silent=20 * HOUR)) == {}


def test_a_server_is_stale_when_several_jobs_owe_news_and_its_jobs_are_left_alone() -> None:
    jobs = a_silent_server(silent=30 * HOUR)
    known = a_finding(Check.RPO, Details(is_broken=True), subject="job1", job_uid="job1")
    found = look(*jobs, known=[known])
    assert found == {
        Check.STALE: Details(since_at=NOW - 30 * HOUR),
        Check.RPO: known.details,
    }


def test_one_late_job_is_a_missed_run_and_no_stale_server() -> None:
    [late, *others] = a_silent_server(silent=30 * HOUR)
    healthy = [replace(each, options=options(), due_at=NOW + HOUR) for each in others]
    assert set(look(late, *healthy)) == {Check.MISSED}


def test_sessions_that_should_have_ended_owe_news_too() -> None:
    runs = [*daily(NOW - 27 * HOUR), a_run(NOW - 3 * HOUR, Verdict.UNFINISHED)]
    job = replace(a_job(runs), heard_at=NOW - 3 * HOUR)
    jobs = [replace(job, job_uid=f"job{number}") for number in range(48)]
    [running] = running_since(NOW - 3 * HOUR).values()
    found = look(*jobs, running={each.job_uid: running for each in jobs})
    assert set(found) == {Check.STALE}


def test_a_stale_server_stays_stale_until_there_is_news() -> None:
    jobs = a_silent_server(count=1)
    known = a_finding(Check.STALE, Details(since_at=NOW - 23 * HOUR), subject="vbr01", job_uid="")
    assert set(look(*jobs, known=[known])) == {Check.STALE}
    heard = [replace(each, heard_at=NOW) for each in jobs]
    assert look(*heard, known=[known]) == {}


# A job that no longer runs, or is switched off


def test_a_job_that_is_silent_for_a_week_no_longer_runs_and_is_not_measured() -> None:
    job = a_job(daily(NOW - 7 * DAY - MINUTE))
    assert look(job) == {Check.GONE: Details(since_at=NOW - 7 * DAY - MINUTE, span=DAY)}


def test_a_rare_job_may_be_silent_for_three_intervals() -> None:
    weekly = [a_run(NOW - (20 + 7 * week) * DAY) for week in range(5)]
    assert Check.GONE not in look(a_job(weekly))


def test_a_schedule_that_is_switched_off_is_found_instead_of_what_does_not_run() -> None:
    off = options(is_schedule_enabled=False)
    job = a_job(daily(NOW - 3 * DAY), options=off, was_scheduled=True)
    assert Check.MISSED not in look(job)
    assert Check.UNSCHEDULED in look(job)
    assert look(a_job(daily(NOW - 9 * DAY), options=off, was_scheduled=True)).keys() == {
        Check.UNSCHEDULED
    }


def test_a_schedule_that_was_never_seen_on_or_is_none_is_not_switched_off() -> None:
    off = options(is_schedule_enabled=False)
    assert look(a_job(daily(NOW - HOUR), options=off)) == {}
    none = options(is_schedule_configured=False, is_schedule_enabled=False)
    assert look(a_job(daily(NOW - HOUR), options=none, was_scheduled=True)) == {}


# Green but empty


def vm_set(*vms: str, before: tuple[str, ...] | None = None) -> VmSet:
    return VmSet("run", NOW - HOUR, vms, before)


def test_a_vm_that_was_in_the_run_before_is_missing() -> None:
    shrunk = a_job(daily(NOW - HOUR), vm_set=vm_set("a", before=("a", "b", "c")))
    assert look(shrunk)[Check.SHRUNK].vms == ("b", "c")
    same = a_job(daily(NOW - HOUR), vm_set=vm_set("a", before=("a",)))
    grown = a_job(daily(NOW - HOUR), vm_set=vm_set("a", "b", before=("a",)))
    first = a_job(daily(NOW - HOUR), vm_set=vm_set("a"))
    assert look(same) == look(grown) == look(first) == {}


def test_a_green_run_without_any_vm_is_empty() -> None:
    empty = a_job(daily(NOW - HOUR), vm_set=vm_set(before=("a",)))
    assert set(look(empty)) == {Check.EMPTY}
    none_included = a_job(daily(NOW - HOUR), options=options(vms=()), due_at=NOW + HOUR)
    assert set(look(none_included)) == {Check.EMPTY}


# History


@pytest.mark.parametrize(
    "job",
    [
        a_job(daily(NOW - 9 * DAY)),
        a_job([*daily(NOW - 3 * DAY), a_run(NOW - HOUR, Verdict.FAILED)]),
        a_job(daily(NOW - HOUR), vm_set=vm_set("a", before=("a", "b"))),
        a_job(daily(NOW - HOUR), options=options(vms=()), due_at=NOW + HOUR),
    ],
    ids=["gone", "rpo", "shrunk", "empty"],
)
def test_what_held_at_the_baseline_is_history(job: JobFacts) -> None:
    assert look(job)
    assert look(job, baseline_at=NOW - MINUTE) == {}


def test_a_session_and_a_server_that_hung_before_the_baseline_are_history() -> None:
    hanging = a_job([*daily(NOW - 22 * HOUR), a_run(NOW - 4 * HOUR, Verdict.UNFINISHED)])
    running = running_since(NOW - 4 * HOUR)
    assert look(hanging, running=running, baseline_at=NOW - HOUR) == {}
    silent = a_silent_server(silent=30 * HOUR)
    assert Check.STALE not in look(*silent, baseline_at=NOW - MINUTE)


def test_a_job_that_has_never_run_is_not_looked_at() -> None:
    assert look(JobFacts("new", "New Replica", "vbr01", None)) == {}
    assert look(JobFacts("new", "New", "vbr01", None), a_job(daily(NOW - HOUR))) == {}


# What has changed


def test_what_was_found_before_is_neither_new_nor_over() -> None:
    known = a_finding(Check.MISSED)
    changes = diff([known], [known.as_found()], NOW)
    assert not changes


def test_a_missed_run_of_a_job_that_no_longer_runs_did_not_come_after_all() -> None:
    gone = Found(Check.GONE, "sql", "sql", "vbr01", Details())
    [ended] = diff([a_finding(Check.MISSED)], [gone], NOW).ended
    assert ended.details.outcome is Check.GONE
    [over] = diff([a_finding(Check.MISSED)], [], NOW).ended
    assert (over.details.outcome, over.ended_at) == (None, NOW)


checks = st.sampled_from(list(Check))
keys = st.frozensets(st.tuples(checks, st.sampled_from("abc")), max_size=12)


@settings(deadline=None)
@given(st.lists(keys, max_size=8))
def test_each_thing_is_opened_once_and_ended_once(
    looks: list[frozenset[tuple[Check, str]]],
) -> None:
    diary = Diary()
    for each in [*looks, frozenset()]:
        known = [finding for finding in diary.known.values() if finding.ended_at is None]
        found = [Found(check, uid, uid, "vbr01", Details()) for check, uid in each]
        diary._keep(known, found, NOW)
        open_keys = {f.key for f in diary.known.values() if f.ended_at is None}
        assert open_keys == each
    opened = [each for each in diary.said if each.endswith("opened")]
    assert len(opened) == len([each for each in diary.said if each.endswith("ended")])
