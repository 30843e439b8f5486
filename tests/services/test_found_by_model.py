"""The smallest of the random stories in which the model and the bot once differed."""

from dataclasses import replace
from typing import Any

import pytest_asyncio

from bot.core.audiences import Subscription
from bot.core.incidents import Status
from bot.core.notices import Notice
from bot.core.sessions import Verdict
from bot.store.databases import Database
from tests.builders import HOUR, MINUTE, NOW, a_retry, a_session
from tests.services.bench import Bench
from tests.services.test_releasing import end, mute
from tests.services.wishing import FakeFinding, a_handling

FAILED = frozenset({Verdict.FAILED})


@pytest_asyncio.fixture(loop_scope="module")
async def patient(database: Database) -> Bench:
    return Bench(database, wishes={"retry_grace": 30 * MINUTE})


async def subscribe(bench: Bench, channel: str, **of: Any) -> None:
    async with bench.polls.transaction() as ledger:
        await ledger.save_subscription(Subscription(0, channel, subscribed_at=NOW, **of))


async def open_notices(bench: Bench, channel: str) -> list[Notice]:
    return [
        each for each in await bench.notices() if each.channel == channel and not each.is_closed
    ]


async def test_a_late_failure_of_an_incident_that_healed_unsaid_is_told(patient: Bench) -> None:
    await patient.report(a_session())
    await patient.report(a_retry(NOW + 5 * MINUTE, result="Success"))
    patient.clock.advance(HOUR)
    await patient.report(a_session(NOW - HOUR), server_time=NOW + HOUR)
    assert await open_notices(patient, "C1")


async def test_a_bad_run_that_is_a_reminder_opens_in_a_channel_that_was_not_told(
    bench: Bench,
) -> None:
    await bench.report(a_session())
    await bench.post_all()
    await subscribe(bench, "C2")
    bench.clock.advance(25 * HOUR)
    await bench.report(a_session(NOW + 25 * HOUR), server_time=NOW + 25 * HOUR)
    assert await open_notices(bench, "C2")


async def test_a_run_that_turns_out_failed_is_told_where_only_failed_is_wanted(
    bench: Bench,
) -> None:
    await bench.report(a_session())
    await bench.post_all()
    await subscribe(bench, "C2", verdicts=FAILED)
    warned = a_session(NOW + HOUR, result="Warning")
    await bench.report(warned)
    assert not await open_notices(bench, "C2")
    bench.clock.advance(MINUTE)
    await bench.report(replace(warned, result="Failed"))
    assert await open_notices(bench, "C2")


async def test_what_recovered_at_once_is_not_reminded_of(bench: Bench) -> None:
    await bench.report(a_session())
    await bench.post_all()
    bench.clock.advance(25 * HOUR)
    later = NOW + 25 * HOUR
    good = a_session(later, result="Success")
    await bench.report(a_session(later - MINUTE), good, server_time=later)
    assert "REMINDER" not in await bench.reasons()


async def test_what_a_person_closed_stays_closed_when_one_of_its_runs_turns_good(
    bench: Bench,
) -> None:
    first = a_session()
    await bench.report(first, a_session(NOW + HOUR))
    acknowledging = a_handling(bench, FakeFinding()).acknowledging
    await acknowledging.close((await bench.incidents())[0].id, "U1")
    bench.clock.advance(MINUTE)
    await bench.report(replace(first, result="Success"))
    assert [each.status for each in await bench.incidents()] == [Status.CLOSED]


async def test_what_a_person_closed_stays_closed_when_history_turns_up(bench: Bench) -> None:
    bench.baseline_at = NOW - HOUR
    await bench.report(a_session())
    acknowledging = a_handling(bench, FakeFinding()).acknowledging
    await acknowledging.close((await bench.incidents())[0].id, "U1")
    await bench.report(a_session(NOW - 2 * HOUR))
    assert [each.status for each in await bench.incidents()] == [Status.CLOSED]
    assert "REOPENED" not in await bench.reasons()


async def test_what_heals_while_it_is_muted_and_held_back_is_not_told(patient: Bench) -> None:
    await patient.report(a_session())
    await mute(patient)
    await patient.report(a_retry(NOW + 5 * MINUTE, result="Success"))
    assert await open_notices(patient, "C1") == []


async def test_the_end_of_a_mute_tells_no_warning_where_only_failed_is_wanted(bench: Bench) -> None:
    await subscribe(bench, "C2", verdicts=FAILED)
    muted = await mute(bench)
    await bench.report(a_session(result="Warning"))
    await end(bench, muted)
    assert await open_notices(bench, "C2") == []


async def test_the_end_of_a_mute_tells_no_recovery_of_what_a_channel_never_heard_of(
    bench: Bench,
) -> None:
    await bench.report(a_session())
    await bench.post_all()
    await subscribe(bench, "C2")
    muted = await mute(bench)
    await bench.report(a_session(NOW + HOUR, result="Success"))
    await end(bench, muted)
    assert await open_notices(bench, "C2") == []
