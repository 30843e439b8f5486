"""What `/readyz` says of the polls."""

from datetime import timedelta

import pytest

from bot.app import describe_silence
from tests.builders import MINUTE, NOW


@pytest.mark.parametrize("ago", [timedelta(0), MINUTE])
def test_a_good_poll_lately_is_no_problem(ago: timedelta) -> None:
    assert describe_silence(NOW - ago, NOW, patience=MINUTE) == []


def test_polls_that_are_long_ago_are_a_problem() -> None:
    [problem] = describe_silence(NOW - 2 * MINUTE, NOW, patience=MINUTE)
    assert problem.startswith("The last good poll of EM was at ")


def test_no_poll_at_all_is_a_problem() -> None:
    assert describe_silence(None, NOW, MINUTE) == ["No poll of EM has been recorded yet."]


def test_a_poll_that_is_later_than_now_is_a_problem_of_the_clock() -> None:
    [problem] = describe_silence(NOW + MINUTE, NOW, patience=MINUTE)
    assert "clock was set back. Check its time." in problem
