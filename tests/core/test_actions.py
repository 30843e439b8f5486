"""From when on a job's new session is the run that somebody has asked for."""

from datetime import timedelta

from bot.core.actions import Action as Kind
from bot.core.actions import ActionState, JobAction, created_after
from tests.builders import HOUR, NOW, a_session

MINUTE = timedelta(minutes=1)


def test_a_run_is_newer_than_the_newest_that_was_known() -> None:
    fast = a_session(NOW + HOUR)  # its backup server's clock is an hour ahead of EM's
    assert created_after(fast, NOW) == fast.created_at


def test_a_run_that_em_has_not_collected_yet_is_not_taken_for_it() -> None:
    old = a_session(NOW - 5 * HOUR)
    assert created_after(old, NOW) == NOW - 5 * MINUTE
    assert created_after(None, NOW) == NOW - 5 * MINUTE


def test_a_time_that_cannot_be_does_not_hide_the_run() -> None:
    broken = a_session(NOW + timedelta(days=365_000))
    assert created_after(broken, NOW) == NOW


def test_nobody_asks_again_while_one_is_under_way_but_for_what_is_unknown_people_may() -> None:
    def is_under_way(state: ActionState, *, ended: bool = False) -> bool:
        ended_at = NOW if ended else None
        action = JobAction(
            1, Kind.RETRY, "j", "J", "U", "C", NOW, NOW, state=state, ended_at=ended_at
        )
        return action.is_under_way

    assert is_under_way(ActionState.ASKED)
    assert is_under_way(ActionState.RUNNING)
    assert not is_under_way(ActionState.RUNNING, ended=True)
    assert not any(is_under_way(each) for each in (ActionState.UNKNOWN, ActionState.REFUSED))
