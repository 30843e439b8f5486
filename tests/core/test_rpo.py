"""How old a job's newest good replica may be: by rules, or by its habit."""

from datetime import timedelta

import pytest

from bot.core.habits import learn_habit, rpo_of
from bot.core.rpo import RpoPolicy, RpoRule, longest_usual, median_span
from tests.builders import HOUR, MINUTE, NOW
from tests.core.watching import ZULU, a_run, daily

ALL = RpoRule(26 * HOUR)
SQL = RpoRule(4 * HOUR, job="sql*")
VBR02 = RpoRule(12 * HOUR, server="vbr02")
TEST = RpoRule(job="SQL Test", is_off=True)
BY_HABIT = RpoRule(job="Web*")


@pytest.mark.parametrize(
    ("job", "server", "rule"),
    [
        ("Mail", "vbr01", ALL),
        ("SQL Replica", "vbr02", SQL),
        ("Mail", "VBR02", VBR02),
        ("SQL Test", "vbr01", TEST),
        ("Web", "vbr02", BY_HABIT),
    ],
)
def test_a_rule_for_jobs_goes_before_one_for_servers_before_one_for_all(
    job: str, server: str, rule: RpoRule
) -> None:
    assert RpoPolicy((ALL, VBR02, TEST, SQL, BY_HABIT)).rule_for(job, server) == rule


def test_a_name_that_looks_like_a_glob_is_still_a_name() -> None:
    assert RpoRule(HOUR, job="[prod] SQL").matches("[prod] SQL", "")


def test_a_rule_sets_the_rpo_whatever_the_habit() -> None:
    habit = learn_habit([a_run(NOW)], ZULU)
    assert rpo_of(habit, RpoPolicy((ALL,)), "Mail", "vbr01") == 26 * HOUR
    assert rpo_of(habit, RpoPolicy((TEST,)), "SQL Test", "vbr01") is None
    assert rpo_of(habit, RpoPolicy(), "Mail", "vbr01") is None


def test_by_habit_it_is_one_and_a_half_intervals() -> None:
    assert rpo_of(learn_habit(daily(NOW), ZULU), RpoPolicy(), "Mail", "vbr01") == 36 * HOUR


def test_by_habit_it_leaves_em_the_time_to_tell_of_the_next_run() -> None:
    quarterly = [a_run(NOW + number * 15 * MINUTE) for number in range(100)]
    habit = learn_habit(quarterly, ZULU)
    limit = rpo_of(habit, RpoPolicy(), "Mail", "vbr01")
    assert limit == (15 + 7.5 + 12.5 + 20) * MINUTE


def test_by_habit_a_job_that_ran_a_few_times_on_one_day_has_none() -> None:
    habit = learn_habit([a_run(NOW + number * 15 * MINUTE) for number in range(20)], ZULU)
    assert rpo_of(habit, RpoPolicy(), "Mail", "vbr01") is None


def test_what_went_wrong_once_is_not_what_is_usual() -> None:
    assert longest_usual([HOUR] * 20 + [2 * HOUR, 30 * HOUR]) == HOUR
    assert longest_usual([HOUR, HOUR, 1.4 * HOUR]) == 1.4 * HOUR
    assert longest_usual([]) == timedelta(0)


def test_the_median_of_two_is_between_them() -> None:
    assert median_span([HOUR, 2 * HOUR]) == timedelta(minutes=90)
