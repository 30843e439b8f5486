"""What a poll asks of EM, what it keeps, and how far it moves the watermark."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.incidents import Status
from bot.core.polls import OVERLAP
from bot.services import polling
from tests.builders import HOUR, MINUTE
from tests.services.bench import Watch

SECOND = timedelta(seconds=1)


@pytest.fixture(params=["dropped", "returned"])
def either(request: pytest.FixtureRequest, watch: Watch) -> Watch:
    """An EM of either kind: what it does with rows without an end is unknown."""
    options = replace(watch.world_of.options, rows_without_end_time=request.param)
    watch.world_of.options = options
    return watch


async def watermark(watch: Watch) -> Any:
    return (await watch.bench.polls.load_state()).watermark_at


async def test_a_quiet_poll_asks_two_lists_and_nothing_else(started: Watch) -> None:
    for number in range(20):
        started.ran("Success", job=f"Job {number}")
    await started.poll()
    asked = len(started.world_of.requests)
    assert await started.poll()
    await started.reasoning.explain()
    assert len(started.world_of.requests) - asked == 2
    running, ended = started.lists(asked)
    assert 'State!="Stopped"' in running
    assert 'Result!="Success"' in ended


async def test_the_second_list_begins_at_the_watermark_and_an_hour_before_for_what_is_bad(
    started: Watch,
) -> None:
    started.ran("Success")
    await started.poll()
    mark = await watermark(started)
    asked = len(started.world_of.requests)
    await started.poll()
    ended = started.lists(asked)[1]
    assert f'EndTime>="{mark:%Y-%m-%dT%H:%M:%S}' in ended
    assert f'EndTime>="{mark - OVERLAP:%Y-%m-%dT%H:%M:%S}' in ended


@pytest.mark.parametrize("result", ["Failed", "Warning"])
async def test_a_bad_session_is_told_once(either: Watch, result: str) -> None:
    await either.poll()
    either.ran(result)
    await either.poll(3)
    assert await either.reasons() == ["FIRST_FAILURE"]
    assert either.beats.count == 4


async def test_a_success_is_stored_and_not_told(started: Watch) -> None:
    session = started.ran("Success")
    await started.poll()
    assert (await started.bench.session(session.uid)).result == "Success"
    assert await started.reasons() == []


async def test_a_running_session_is_followed_to_its_end(either: Watch) -> None:
    await either.poll()
    running = either.world_of.world.start_session(either.job())
    await either.poll()
    assert await either.bench.polls.load_running() == [running.uid]
    either.later(MINUTE)
    either.world_of.world.finish_session(running, "Failed")
    await either.poll()
    assert await either.bench.polls.load_running() == []
    assert await either.reasons() == ["FIRST_FAILURE"]


async def test_a_bad_session_that_em_collects_within_the_hour_is_told(started: Watch) -> None:
    started.later(2 * HOUR)
    started.ran("Success", job="Web Replica")
    await started.poll()
    started.ran("Failed", ago=59 * MINUTE)
    await started.poll()
    assert await started.reasons() == ["FIRST_FAILURE"]


async def test_one_fast_clock_does_not_hide_the_other_servers(started: Watch) -> None:
    fast = started.world_of.world.add_server("vbr02", drift=3 * HOUR)
    ahead = started.world_of.world.add_job("Web Replica", fast)
    started.later(MINUTE)
    started.world_of.world.add_session(ahead, result="Success")
    await started.poll()
    assert await watermark(started) <= started.now()
    started.later(MINUTE)
    good = started.ran("Success")
    await started.poll()
    assert (await started.bench.session(good.uid)).result == "Success"


async def test_running_sessions_move_no_watermark(either: Watch) -> None:
    await either.poll()
    before = await watermark(either)
    either.later(HOUR)
    either.world_of.world.start_session(either.job())
    await either.poll()
    assert await watermark(either) == before


async def test_the_bots_own_clock_is_never_compared_with_ems(started: Watch) -> None:
    started.ran("Success")
    await started.poll()
    assert abs(await watermark(started) - started.now()) < MINUTE
    assert started.bench.clock() - started.now() > 24 * HOUR


async def test_what_changes_after_the_bots_own_clock_was_set_back_is_told_at_once(
    started: Watch,
) -> None:
    running = started.world_of.world.start_session(started.job())
    await started.poll()
    started.bench.clock.advance(-2 * HOUR)
    started.world_of.world.finish_session(running, "Failed")
    await started.poll()
    assert await started.reasons() == ["FIRST_FAILURE"]


async def test_the_watermark_moves_only_when_all_pages_are_committed(
    started: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "MOST_AT_ONCE", 100)
    before = await watermark(started)
    for number in range(150):
        started.ran("Success", job=f"Job {number % 7}")
    started.world_of.faults.drop(path="EndTime.*page=2", times=None)
    assert not await started.poll()
    assert (await started.bench.questions.load_figures()).sessions == 100
    assert await watermark(started) == before
    started.world_of.faults.clear()
    await started.poll()
    assert (await started.bench.questions.load_figures()).sessions == 150


async def test_the_watermark_moves_where_the_last_page_fills_a_batch(
    started: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "MOST_AT_ONCE", 1)
    last = started.ran("Success")
    await started.poll()
    assert last.ended_at - await watermark(started) < SECOND


async def test_rows_that_shift_between_pages_are_counted_once(started: Watch) -> None:
    for number in range(120):
        started.ran("Failed", job=f"Job {number % 3}")
    started.world_of.faults.shift_rows(by=3, path="EndTime.*page=2", times=1)
    await started.poll(2)
    held = [uid for each in await started.bench.incidents() for uid in each.session_uids]
    assert len(held) == len(set(held)) == 120


async def test_a_change_under_the_same_uid_is_handled_again(started: Watch) -> None:
    session = started.ran("Failed")
    await started.poll()
    started.world_of.world.update_session(session, result="Success")
    await started.poll()
    assert await started.reasons() == ["FIRST_FAILURE", "RECOVERED"]
    [incident] = await started.bench.incidents()
    assert incident.status is Status.RECOVERED


async def test_a_session_that_vanished_is_asked_for_once_and_closed(started: Watch) -> None:
    gone = started.world_of.world.start_session(started.job())
    await started.poll()
    started.world_of.world.remove_session(gone)
    asked = len(started.world_of.requests)
    await started.poll(3)
    paths = [path for _, path, _ in started.world_of.requests[asked:]]
    assert sum("/replicaSessions/" in path for path in paths) == 1
    assert (await started.bench.session(gone.uid)).is_vanished
    assert await started.reasons() == []


async def test_a_vanished_session_that_returns_is_running_again(started: Watch) -> None:
    gone = started.world_of.world.start_session(started.job())
    await started.poll()
    started.world_of.world.remove_session(gone)
    await started.poll()
    started.world_of.world.sessions[gone.uid] = gone
    await started.poll()
    assert await started.bench.polls.load_running() == [gone.uid]


async def test_a_session_in_neither_list_is_read_by_its_id(started: Watch) -> None:
    slow = started.world_of.world.start_session(started.job())
    await started.poll()
    started.later(3 * HOUR)
    started.ran("Success", job="Web Replica")
    await started.poll()
    ended_at = started.now() - 2 * HOUR
    started.world_of.world.update_session(slow, state="Stopped", result="Failed", ended_at=ended_at)
    await started.poll()
    assert await started.reasons() == ["FIRST_FAILURE"]


@pytest.mark.parametrize("status", [403, 500])
async def test_one_session_that_em_cannot_show_does_not_stop_the_poll(
    started: Watch, status: int
) -> None:
    lost = started.world_of.world.start_session(started.job("Web Replica"))
    await started.poll()
    started.world_of.world.remove_session(lost)
    started.world_of.faults.answer(status, path="/replicaSessions/", times=None)
    started.ran("Failed")
    assert await started.poll()
    assert await started.reasons() == ["FIRST_FAILURE"]


async def test_a_session_without_a_result_is_a_warning_after_15_minutes(started: Watch) -> None:
    session = started.ran("None")
    await started.poll()
    started.later(14 * MINUTE)
    await started.poll()
    assert await started.reasons() == []
    started.later(2 * MINUTE)
    await started.poll(2)
    assert await started.reasons() == ["FIRST_FAILURE"]
    assert (await started.bench.session(session.uid)).verdict == 2


async def test_a_result_that_comes_after_all_is_told_as_worse_with_its_reasons(
    started: Watch,
) -> None:
    session = started.ran("None")
    await started.poll()
    started.later(16 * MINUTE)
    await started.poll()
    await started.reasoning.explain()
    started.world_of.world.finish_session(session, "Failed", {"sql01": "no space"})
    await started.poll()
    assert await started.reasons() == ["FIRST_FAILURE", "WORSE"]
    wanting = await started.bench.polls.load_wanting_reasons(started.now() - HOUR, 10)
    assert [each.uid for each in wanting] == [session.uid]


async def test_a_result_in_time_is_told_as_it_is(started: Watch) -> None:
    session = started.ran("None")
    await started.poll()
    started.later(10 * MINUTE)
    started.world_of.world.update_session(session, result="Success")
    await started.poll()
    started.later(10 * MINUTE)
    await started.poll()
    assert await started.reasons() == []


async def test_an_unknown_result_is_told_as_em_spelled_it(started: Watch) -> None:
    session = started.ran("Exploded")
    await started.poll()
    stored = await started.bench.session(session.uid)
    assert (stored.result, stored.verdict) == ("Exploded", 2)
    assert await started.reasons() == ["FIRST_FAILURE"]


async def test_an_unknown_state_counts_as_running(started: Watch) -> None:
    odd = started.world_of.world.add_session(started.job(), state="Hibernating")
    await started.poll()
    assert await started.bench.polls.load_running() == [odd.uid]
    assert (await started.bench.session(odd.uid)).state == "Hibernating"


async def test_a_failure_and_its_recovery_between_two_polls_is_one_green_message(
    started: Watch,
) -> None:
    started.ran("Failed")
    started.ran("Success")
    await started.poll()
    assert await started.reasons() == ["LATE_AND_OVER"]


async def test_recovery_is_told_with_the_next_success(started: Watch) -> None:
    for result in ("Failed", "Failed", "Success"):
        started.ran(result)
        await started.poll()
    assert await started.reasons() == ["FIRST_FAILURE", "STILL_FAILING", "RECOVERED"]


async def test_a_job_keeps_its_identity_when_it_is_renamed(started: Watch) -> None:
    started.ran("Failed")
    await started.poll()
    started.world_of.world.rename_job(started.job(), "SQL Replica (new)")
    started.ran("Failed")
    await started.poll()
    [view] = await started.bench.questions.load_open_views()
    assert (view.job_name, view.incident.run_count) == ("SQL Replica (new)", 2)


async def test_an_em_restored_from_a_backup_takes_nothing_back_and_repeats_nothing(
    started: Watch,
) -> None:
    world = started.world_of.world
    session = world.start_session(started.job())
    await started.poll()
    backup = world.snapshot()
    started.later(MINUTE)
    world.finish_session(session, "Failed")
    await started.poll()
    lost = world.restore(backup)
    await started.poll()
    assert (await started.bench.session(session.uid)).result == "Failed"
    world.recollect(lost)
    await started.poll()
    assert await started.reasons() == ["FIRST_FAILURE"]


async def test_a_clock_of_em_that_goes_back_hides_nothing_from_the_next_poll(
    started: Watch,
) -> None:
    started.later(6 * HOUR)
    started.ran("Success")
    await started.poll()
    started.world_of.world.skew -= 3 * HOUR
    started.ran("Failed", job="Web Replica")
    await started.poll()
    assert await started.reasons() == ["FIRST_FAILURE"]
    assert await watermark(started) <= started.now()


@pytest.mark.parametrize("year", [9998, 9999])
async def test_a_failure_at_the_end_of_time_recovers_when_the_clock_is_right_again(
    started: Watch, year: int
) -> None:
    started.ran("Success")
    await started.poll()
    end_of_time = started.now().replace(year=year, month=6, day=1)
    started.ran("Failed", created_at=end_of_time - MINUTE, ended_at=end_of_time)
    await started.poll(2)
    assert await started.reasons() == ["FIRST_FAILURE"]
    started.ran("Success")
    await started.poll()
    assert await started.reasons() == ["FIRST_FAILURE", "RECOVERED"]
