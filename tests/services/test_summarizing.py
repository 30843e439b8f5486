"""The daily summary: exactly one per channel and day, and over which time."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.notices import Kind
from bot.core.stores import Period
from bot.services.summarizing import FIRST_DAY_GRACE, Summarizing
from tests.builders import DAY, HOUR, MINUTE, FakeClock, a_session
from tests.services.bench import Bench

EIGHT = datetime(2031, 5, 6, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def summing_up(bench: Bench, channel: str = "C1", zone: str = "UTC") -> Summarizing:
    return Summarizing(bench.questions, channel, time(8, 0), ZoneInfo(zone), bench.clock)


async def live_since(bench: Bench, baseline_at: datetime) -> None:
    async with bench.polls.transaction() as ledger:
        await ledger.save_state(replace(await ledger.load_state(), baseline_at=baseline_at))


async def periods(bench: Bench) -> list[Period]:
    notices = await bench.notices(Kind.SUMMARY)
    return [await bench.questions.load_summary_period(int(each.subject)) for each in notices]


async def look_at(bench: Bench, *moments: datetime, channel: str = "C1") -> list[bool]:
    promised = []
    for moment in moments:
        bench.clock.now = moment
        promised.append(await summing_up(bench, channel).promise_due())
    return promised


@pytest.fixture
async def settled(bench: Bench) -> Bench:
    """A bot that has summed up yesterday."""
    bench.clock = FakeClock(EIGHT - DAY)
    await live_since(bench, EIGHT - 2 * DAY)
    assert await summing_up(bench).promise_due()
    return bench


async def test_one_summary_is_promised_at_its_time_and_no_second(settled: Bench) -> None:
    moments = (EIGHT - SECOND, EIGHT, EIGHT + MINUTE, EIGHT + 12 * HOUR)
    assert await look_at(settled, *moments) == [False, True, False, False]


async def test_it_covers_the_time_since_the_last(settled: Bench) -> None:
    await look_at(settled, EIGHT + MINUTE)
    assert (await periods(settled))[-1] == Period("C1", EIGHT.date(), EIGHT - DAY, EIGHT)


async def test_a_bot_that_was_down_sends_it_the_same_day(settled: Bench) -> None:
    assert await look_at(settled, EIGHT + 15 * HOUR) == [True]


async def test_a_day_that_was_missed_whole_is_covered_by_the_next(settled: Bench) -> None:
    assert await look_at(settled, EIGHT + DAY - HOUR, EIGHT + DAY) == [False, True]
    last = (await periods(settled))[-1]
    assert (last.start_at, last.end_at) == (EIGHT - DAY, EIGHT + DAY)


async def test_two_channels_have_one_each(settled: Bench) -> None:
    await look_at(settled, EIGHT)
    await look_at(settled, EIGHT, channel="C2")
    assert [each.channel for each in await periods(settled)] == ["C1", "C1", "C2"]


async def test_nothing_is_promised_before_the_first_start_is_complete(bench: Bench) -> None:
    assert await look_at(bench, EIGHT) == [False]


async def test_a_bot_that_is_new_after_the_time_waits_for_the_next_day(bench: Bench) -> None:
    await live_since(bench, EIGHT + HOUR)
    moments = (EIGHT + 2 * HOUR, EIGHT + 3 * HOUR, EIGHT + DAY)
    assert await look_at(bench, *moments) == [False, False, True]
    assert [each.start_at for each in await periods(bench)] == [EIGHT]


async def test_a_bot_that_is_new_right_after_the_time_sends_that_days(bench: Bench) -> None:
    await live_since(bench, EIGHT + MINUTE)
    assert await look_at(bench, EIGHT + FIRST_DAY_GRACE) == [True]
    assert [each.start_at for each in await periods(bench)] == [EIGHT - DAY]


async def test_a_bot_that_was_there_before_the_time_owes_its_first_summary(bench: Bench) -> None:
    await live_since(bench, EIGHT - HOUR)
    assert await look_at(bench, EIGHT + 5 * HOUR) == [True]


async def test_the_time_is_that_of_the_zone(settled: Bench) -> None:
    settled.clock.now = datetime(2031, 5, 6, 6, 0, tzinfo=UTC)
    assert await summing_up(settled, zone="Europe/Berlin").promise_due()


async def test_a_summary_time_moved_on_the_same_day_sends_no_second(settled: Bench) -> None:
    await look_at(settled, EIGHT)
    later = Summarizing(settled.questions, "C1", time(9, 0), ZoneInfo("UTC"), settled.clock)
    settled.clock.now = EIGHT + 2 * HOUR
    assert not await later.promise_due()
    assert len(await periods(settled)) == 2


async def test_a_promised_summary_is_computed_over_its_period(settled: Bench) -> None:
    for ended_at in (EIGHT - DAY, EIGHT - HOUR, EIGHT):
        await settled.report(a_session(ended_at))
    await look_at(settled, EIGHT + 3 * HOUR)
    promised = (await settled.notices(Kind.SUMMARY))[-1]
    view = await summing_up(settled).render_promised(int(promised.subject))
    assert (view.failed, view.run_count, view.job_count, view.server_count) == (2, 2, 1, 1)
    assert [each.job_name for each in view.attention] == ["SQL Replica"]


async def test_a_summary_on_request_covers_the_last_24_hours(settled: Bench) -> None:
    settled.clock.now = EIGHT + 3 * HOUR
    await settled.report(a_session(EIGHT - 20 * HOUR), a_session(EIGHT + HOUR, result="Success"))
    view = await summing_up(settled).summarize_now()
    assert (view.failed, view.succeeded) == (1, 1)
    assert [each.job_name for each in view.recovered] == ["SQL Replica"]
    assert await periods(settled) != []


async def test_the_longest_time_without_sight_is_shown(settled: Bench) -> None:
    async with settled.polls.transaction() as ledger:
        state = await ledger.load_state()
        await ledger.save_state(replace(state, failing_since_at=EIGHT - 2 * HOUR))
    settled.clock.now = EIGHT
    view = await summing_up(settled).summarize_now()
    assert (view.is_blind, view.longest_blind) == (True, 2 * HOUR)
