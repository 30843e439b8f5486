"""How long a job's own retries may take."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.jobs import RetryOptions, retry_grace
from tests.builders import MINUTE

NOTHING = timedelta(0)
SPANS = st.timedeltas(NOTHING, timedelta(days=30))


@pytest.mark.parametrize(
    ("times", "wait", "usual", "grace"),
    [
        (3, 10 * MINUTE, 5 * MINUTE, 45 * MINUTE),
        (1, 10 * MINUTE, NOTHING, 10 * MINUTE),
        (0, 10 * MINUTE, 5 * MINUTE, NOTHING),
    ],
)
def test_each_retry_waits_and_then_takes_as_long_as_usual(
    times: int, wait: timedelta, usual: timedelta, grace: timedelta
) -> None:
    assert retry_grace(RetryOptions(times, wait), usual) == grace


@given(times=st.integers(0, 100), wait=SPANS, usual=SPANS)
def test_one_more_retry_is_waited_for_one_wait_and_one_run_longer(
    times: int, wait: timedelta, usual: timedelta
) -> None:
    grace = retry_grace(RetryOptions(times, wait), usual)
    assert retry_grace(RetryOptions(times + 1, wait), usual) - grace == wait + usual


@given(
    times=st.integers(-5, 100),
    wait=st.timedeltas(-timedelta(days=1), timedelta(days=30)),
    usual=st.timedeltas(-timedelta(days=1), timedelta(days=30)),
)
def test_nonsense_from_em_is_waited_for_no_time_at_all_but_never_less(
    times: int, wait: timedelta, usual: timedelta
) -> None:
    assert retry_grace(RetryOptions(times, wait), usual) >= NOTHING
