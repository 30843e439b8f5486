"""How often a job runs by its own habit."""

from datetime import timedelta

from bot.core.rpo import automatic_rpo, median_span, usual_interval
from tests.builders import DAY, HOUR, NOW


def test_a_habit_needs_three_runs() -> None:
    assert usual_interval([NOW, NOW + DAY]) is None
    assert usual_interval([NOW, NOW + DAY, NOW + 2 * DAY]) == DAY


def test_the_usual_interval_is_the_median_so_that_one_gap_does_not_count() -> None:
    runs = [NOW + day * DAY for day in (0, 1, 2, 9)]
    assert usual_interval(list(reversed(runs))) == DAY


def test_runs_at_one_moment_are_no_habit() -> None:
    assert usual_interval([NOW, NOW, NOW]) is None


def test_the_automatic_rpo_is_one_and_a_half_intervals() -> None:
    assert automatic_rpo(DAY) == 36 * HOUR
    assert automatic_rpo(None) is None


def test_the_median_of_two_is_between_them() -> None:
    assert median_span([HOUR, 2 * HOUR]) == timedelta(minutes=90)
