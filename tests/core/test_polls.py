"""The watermark, and when sweeps are due."""

from datetime import timedelta

import pytest

from bot.core.polls import HISTORY, OVERLAP, SWEEPS, EmState, Sweep, advance_watermark
from tests.builders import DAY, HOUR, MINUTE, NOW


def test_the_watermark_is_the_largest_end_seen() -> None:
    ends = [NOW + MINUTE, NOW + 3 * MINUTE, NOW - HOUR]
    assert advance_watermark(NOW, ends, NOW + HOUR) == NOW + 3 * MINUTE


def test_the_watermark_stays_where_nothing_ended() -> None:
    assert advance_watermark(NOW, [], NOW + HOUR) == NOW
    assert advance_watermark(NOW, [NOW - DAY], NOW + HOUR) == NOW


def test_a_fast_clock_moves_it_no_further_than_ems_own() -> None:
    assert advance_watermark(NOW, [NOW + 5 * HOUR], NOW + MINUTE) == NOW + MINUTE


def test_an_em_whose_clock_went_back_takes_the_watermark_along() -> None:
    assert advance_watermark(NOW, [], NOW - HOUR) == NOW - HOUR


def test_without_ems_clock_the_ends_alone_count() -> None:
    assert advance_watermark(NOW, [NOW + HOUR], None) == NOW + HOUR


def test_the_sweeps_are_those_of_the_design() -> None:
    found = {(each.every, each.span, each.only_bad) for each in SWEEPS}
    assert found == {
        (15 * MINUTE, OVERLAP, False),
        (HOUR, 48 * HOUR, True),
        (DAY, HISTORY, True),
    }
    assert (OVERLAP, HISTORY) == (60 * MINUTE, 30 * DAY)


@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.name)
def test_a_sweep_is_due_when_its_time_has_passed(sweep: Sweep) -> None:
    state = EmState(swept_at={sweep.name: NOW})
    assert state.is_sweep_due(sweep, NOW + sweep.every)
    assert not state.is_sweep_due(sweep, NOW + sweep.every - timedelta(seconds=1))


@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.name)
def test_a_sweep_is_due_when_the_clock_was_set_back_since(sweep: Sweep) -> None:
    state = EmState(swept_at={sweep.name: NOW})
    assert state.is_sweep_due(sweep, NOW - timedelta(seconds=1))


def test_a_sweep_that_never_ran_is_due() -> None:
    assert all(EmState().is_sweep_due(each, NOW) for each in SWEEPS)
