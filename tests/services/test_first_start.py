"""The first start: what was there before is history; what comes after it is told."""

import asyncio
from dataclasses import replace

import pytest

from bot.core.incidents import Status
from bot.core.notices import Kind
from bot.core.sessions import Verdict
from bot.core.views import StartView
from bot.store.views import Views
from tests.builders import DAY, HOUR, MINUTE
from tests.services.bench import Watch


async def test_history_is_stored_and_not_alerted(watch: Watch) -> None:
    for days in (20, 3, 1):
        watch.ran("Failed", ago=days * DAY)
    await watch.poll(2)
    assert [each.kind for each in await watch.bench.notices()] == [Kind.START]
    assert set(await watch.reasons()) == {"HISTORY"}
    assert (await watch.bench.questions.load_figures()).sessions == 3


async def test_the_start_message_says_where_things_stand_once(watch: Watch) -> None:
    watch.ran("Failed", ago=HOUR)
    watch.ran("Success", ago=HOUR, job="Web Replica")
    await watch.poll()
    watch.restart()
    await watch.poll()
    [notice] = await watch.bench.notices(Kind.START)
    async with watch.bench.database.read() as connection:
        view = await Views(connection, watch.bench.em).load(notice)
    assert isinstance(view, StartView)
    assert (view.job_count, view.session_count, len(view.failing)) == (2, 2, 1)


async def test_the_next_bad_run_of_a_failing_job_is_told(watch: Watch) -> None:
    watch.ran("Failed", ago=DAY)
    await watch.poll()
    [incident] = await watch.bench.incidents()
    assert (incident.status, incident.is_said) == (Status.OPEN, False)
    watch.ran("Failed")
    await watch.poll()
    assert (await watch.reasons())[-1] == "FAILING_SINCE_BEFORE"
    assert len(await watch.bench.notices(Kind.INCIDENT)) == 1


async def test_a_job_that_failed_long_ago_and_recovered_has_no_open_incident(watch: Watch) -> None:
    watch.ran("Failed", ago=2 * DAY)
    watch.ran("Success", ago=DAY)
    await watch.poll()
    assert await watch.bench.incidents() == []


async def test_history_that_em_reports_late_is_not_alerted_either(watch: Watch) -> None:
    await watch.poll()
    watch.ran("Failed", ago=50 * MINUTE)
    await watch.poll()
    assert await watch.bench.notices(Kind.INCIDENT) == []


async def test_what_fails_while_history_is_read_is_told(watch: Watch) -> None:
    watch.ran("Failed", ago=HOUR)
    reading = watch.world_of.faults.hold(path="EndTime")
    poll = asyncio.create_task(watch.poll())
    await reading.held.wait()
    watch.ran("Failed")
    reading.release()
    assert await poll
    assert (await watch.reasons())[-1] == "FAILING_SINCE_BEFORE"


async def test_an_import_that_is_killed_midway_resumes_with_its_first_baseline(
    watch: Watch,
) -> None:
    for number in range(150):
        watch.ran("Success", ago=(150 - number) * MINUTE)
    watch.world_of.faults.drop(path="EndTime.*page=2", times=None)
    assert not await watch.poll()
    first = await watch.bench.polls.load_state()
    assert first.import_cursor_at
    assert first.baseline_at is None
    watch.world_of.faults.clear()
    watch.ran("Failed")
    asked = len(watch.world_of.requests)
    watch.restart()
    await watch.poll()
    assert (await watch.bench.polls.load_state()).baseline_at == first.import_started_at
    assert await watch.reasons() == ["FIRST_FAILURE"]
    assert f"{first.import_cursor_at:%Y-%m-%dT%H:%M}" in str(watch.lists(asked))


async def test_an_import_that_brings_nothing_before_it_is_killed_keeps_its_baseline(
    watch: Watch,
) -> None:
    watch.world_of.faults.answer(503, path="sortAsc=EndTime", times=1)
    assert not await watch.poll()
    watch.ran("Failed")
    watch.restart()
    watch.later(MINUTE)
    assert await watch.poll()
    assert await watch.reasons() == ["FIRST_FAILURE"]


async def test_what_fails_days_after_an_import_was_killed_is_told_when_it_is_resumed(
    watch: Watch,
) -> None:
    watch.world_of.faults.answer(503, path="sortAsc=EndTime", times=1)
    assert not await watch.poll()
    watch.later(3 * DAY)
    watch.ran("Failed", ago=DAY)
    watch.ran("Success", ago=HOUR)
    watch.restart()
    assert await watch.poll()
    assert await watch.reasons() == ["LATE_AND_OVER"]


async def test_an_import_never_moves_its_cursor_beyond_the_baseline(watch: Watch) -> None:
    watch.ran("Failed", ended_at=watch.now() + HOUR, created_at=watch.now())
    await watch.poll()
    state = await watch.bench.polls.load_state()
    assert state.import_cursor_at == state.baseline_at


async def test_sweeps_wait_for_the_first_start(watch: Watch) -> None:
    await watch.polling.sweep()
    assert watch.world_of.requests == []


async def test_the_import_counts_as_every_sweep(started: Watch) -> None:
    asked = len(started.world_of.requests)
    await started.polling.sweep()
    assert len(started.world_of.requests) == asked


@pytest.mark.parametrize("how", ["dropped", "returned"])
async def test_a_running_session_at_the_first_start_is_told_when_it_fails(
    watch: Watch, how: str
) -> None:
    options = replace(watch.world_of.options, rows_without_end_time=how)  # type: ignore[arg-type]  # one of its literals
    watch.world_of.options = options
    running = watch.world_of.world.start_session(watch.job())
    await watch.poll()
    assert await watch.bench.polls.load_running() == [running.uid]
    watch.later(MINUTE)
    watch.world_of.world.finish_session(running, "Failed")
    await watch.poll()
    assert await watch.reasons() == ["FIRST_FAILURE"]


async def test_em_that_is_down_at_the_first_start_is_told_and_history_stays_history(
    watch: Watch,
) -> None:
    watch.ran("Failed", ago=HOUR)
    await watch.world_of.faults.go_down()
    await watch.poll(4)
    await watch.world_of.faults.come_back()
    await watch.poll()
    kinds = [each.kind for each in await watch.bench.notices()]
    assert kinds == [Kind.OUTAGE, Kind.START]


async def test_results_that_nobody_wants_are_stored_only(watch: Watch) -> None:
    watch.wanted = frozenset({Verdict.FAILED})
    watch.restart()
    await watch.poll()
    watch.ran("Warning")
    await watch.poll()
    assert await watch.bench.notices(Kind.INCIDENT) == []
    assert await watch.reasons() == ["NOT_WANTED"]


async def test_a_fast_backup_servers_past_is_history_too(watch: Watch) -> None:
    watch.ran("Failed", ended_at=watch.now() + 3 * MINUTE)
    await watch.poll(2)
    assert await watch.bench.notices(Kind.INCIDENT) == []


async def test_what_ran_at_the_first_start_is_told_even_without_an_end(watch: Watch) -> None:
    world = watch.world_of.world
    session = world.start_session(watch.job("SQL Replica"))
    world.update_session(session, created_at=watch.now() - HOUR)
    await watch.poll()
    watch.later(MINUTE)
    world.update_session(session, state="Stopped", result="Failed", ended_at=None)
    await watch.poll()
    assert len(await watch.bench.notices(Kind.INCIDENT)) == 1


@pytest.mark.parametrize("year", [9998, 9999])
async def test_history_with_times_at_the_end_of_time_is_history(watch: Watch, year: int) -> None:
    end_of_time = watch.now().replace(year=year, month=6, day=1)
    watch.ran("Failed", created_at=end_of_time - MINUTE, ended_at=end_of_time)
    await watch.poll(2)
    assert set(await watch.reasons()) <= {"HISTORY"}
