"""Ages of replicas for the Home tab: the most broken first; and pages that are always there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.facts import JobFacts
from bot.core.habits import Habit
from bot.core.homes import Page, ReplicaAge, list_ages, page_of
from bot.core.rpo import RpoPolicy, RpoRule
from tests.builders import DAY, HOUR, NOW

FOUR_HOURS = RpoPolicy((RpoRule(4 * HOUR), RpoRule(job="Test*", is_off=True)))


def a_job(name: str, age: timedelta | None) -> JobFacts:
    habit = Habit(None, NOW - HOUR, False, last_good_at=None if age is None else NOW - age)
    return JobFacts(name, name, "vbr01", habit)


def test_the_most_broken_comes_first() -> None:
    jobs = [a_job("b", HOUR), a_job("a", HOUR), a_job("old", 9 * HOUR), a_job("never", None)]
    ages = list_ages(jobs, FOUR_HOURS, NOW)
    assert [(each.job_name, each.is_broken) for each in ages] == [
        ("never", True),
        ("old", True),
        ("a", False),
        ("b", False),
    ]


def test_the_age_is_what_has_passed_and_never_negative() -> None:
    [age] = list_ages([a_job("a", -HOUR)], FOUR_HOURS, NOW)
    assert age == ReplicaAge("a", "vbr01", timedelta(0), 4 * HOUR)


def test_jobs_without_an_rpo_or_a_run_or_that_are_gone_are_left_out() -> None:
    gone = a_job("gone", DAY)
    assert gone.habit is not None
    jobs = [
        a_job("Test 1", HOUR),
        JobFacts("new", "new", "vbr01", None),
        replace(gone, habit=replace(gone.habit, gone_at=NOW - HOUR)),
    ]
    assert list_ages(jobs, FOUR_HOURS, NOW) == []


def test_an_rpo_of_nothing_is_broken_first() -> None:
    assert ReplicaAge("a", "vbr01", HOUR, timedelta(0)).used == float("inf")


@pytest.mark.parametrize(
    ("number", "total", "page"),
    [
        (0, 0, Page(0, 1)),
        (0, 20, Page(0, 1)),
        (1, 21, Page(1, 2)),
        (9, 21, Page(1, 2)),
        (-1, 21, Page(0, 2)),
    ],
)
def test_a_page_that_is_not_there_any_more_is_the_last(number: int, total: int, page: Page) -> None:
    assert page_of(number, total, 20) == page
