"""ALERT_MENTION and ALERT_REMIND_AFTER: who is called, when, and how often."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from bot.core.audiences import Subscription
from bot.core.incidents import Incident
from bot.core.notices import Kind, PostedMessage
from bot.core.polls import EmState
from bot.core.stores import Refusal
from bot.services.reminding import Reminding
from bot.store.databases import Database
from tests.builders import DAY, HOUR, MINUTE, NOW, a_session
from tests.services.bench import Bench


@pytest_asyncio.fixture(loop_scope="module")
async def calling(database: Database) -> Bench:
    return Bench(database, wishes={"mention": "S1"})


async def post_all(bench: Bench) -> None:
    for number, notice in enumerate(await bench.notices()):
        if not notice.told_by and not notice.is_posted:
            message = PostedMessage(notice.channel, f"{number}.0", notice.wanted_revision)
            await bench.deliveries.record_posted(notice.id, message, bench.clock())


async def mentions(bench: Bench) -> list[str]:
    return [each.mention for each in await bench.notices()]


async def remind(bench: Bench, *, has_polled: bool = True, failed_polls: int = 0) -> None:
    reminding = Reminding(bench.polls, bench.audience, bench.clock, lambda: None)
    polled_at = bench.clock() if has_polled else bench.clock() - MINUTE
    async with bench.polls.transaction() as ledger:
        await ledger.save_state(EmState(polled_at=polled_at, failed_polls=failed_polls))
    await reminding.remind()


async def test_somebody_is_called_for_a_first_failure(calling: Bench) -> None:
    await calling.report(a_session())
    assert await mentions(calling) == ["S1"]


async def test_nobody_is_called_for_a_warning(calling: Bench) -> None:
    await calling.report(a_session(result="Warning"))
    assert await mentions(calling) == [""]


async def test_a_warning_that_becomes_a_failure_calls_once(calling: Bench) -> None:
    await calling.report(a_session(result="Warning"))
    await post_all(calling)
    await calling.report(a_session(NOW + HOUR))
    await calling.report(a_session(NOW + 2 * HOUR))
    assert await mentions(calling) == ["", "S1", ""]


async def test_what_has_recovered_before_it_was_told_calls_nobody(calling: Bench) -> None:
    await calling.report(a_session(), a_session(NOW + HOUR, result="Success"))
    assert await mentions(calling) == [""]


async def test_a_storm_calls_once(calling: Bench) -> None:
    await calling.report(*(a_session(job_uid=f"job-{n}") for n in range(6)))
    [leader] = await calling.notices(Kind.GROUP)
    assert leader.mention == "S1"


async def test_a_warning_that_fails_before_it_was_posted_calls_with_its_message(
    calling: Bench,
) -> None:
    await calling.report(a_session(result="Warning"))
    await calling.report(a_session(NOW + HOUR))
    assert await mentions(calling) == ["S1"]


async def test_a_worsening_whose_message_was_deleted_calls_with_the_fresh_one(
    calling: Bench,
) -> None:
    await calling.report(a_session(result="Warning"))
    await post_all(calling)
    [root] = await calling.notices()
    await calling.report(a_session(NOW + HOUR))
    await calling.deliveries.close_deleted(root, "message_not_found", calling.clock())
    [_, fresh] = await calling.notices(Kind.INCIDENT)
    assert fresh.mention == "S1"


async def test_the_first_failure_in_a_posted_storm_of_warnings_calls_once_aloud(
    calling: Bench,
) -> None:
    await calling.report(*(a_session(job_uid=f"job-{n}", result="Warning") for n in range(6)))
    await post_all(calling)
    for late in ("job-7", "job-8"):
        await calling.report(a_session(job_uid=late))
    [reply] = await calling.notices(Kind.REPLY)
    assert (reply.is_broadcast, reply.mention) == (True, "S1")


async def test_a_catch_up_calls_once(calling: Bench) -> None:
    for number in range(6):
        at = NOW + number * HOUR
        await calling.report(a_session(at, job_uid=f"job-{number}", backup_server=f"vbr{number}"))
    [probe, *_] = await calling.notices()
    refusal = Refusal(probe.channel, "is_archived", "It is archived.", calling.clock())
    await calling.deliveries.pause_channel(refusal)
    await calling.deliveries.reopen(probe, 5, calling.clock() + HOUR)
    [leader] = await calling.notices(Kind.GROUP)
    assert leader.mention == "S1"


async def test_only_the_alert_channel_is_called_in(calling: Bench) -> None:
    async with calling.polls.transaction() as ledger:
        await ledger.save_subscription(Subscription(0, "C2", subscribed_at=NOW))
    await calling.report(a_session())
    assert await mentions(calling) == ["S1", ""]


async def test_nobody_is_reminded_before_the_time(calling: Bench) -> None:
    await calling.report(a_session())
    await post_all(calling)
    calling.clock.advance(DAY - MINUTE)
    await remind(calling)
    assert await calling.notices(Kind.REPLY) == []


@pytest.mark.parametrize("of", [{"has_polled": False}, {"failed_polls": 1}])
async def test_a_bot_that_does_not_see_em_does_not_say_that_a_job_is_still_failing(
    calling: Bench, of: dict[str, Any]
) -> None:
    await calling.report(a_session())
    await post_all(calling)
    calling.clock.advance(DAY)
    await remind(calling, **of)
    assert await calling.notices(Kind.REPLY) == []


async def test_the_first_reminder_is_aloud_and_the_next_calls_somebody(calling: Bench) -> None:
    await calling.report(a_session())
    await post_all(calling)
    for _ in range(2):
        calling.clock.advance(DAY)
        await remind(calling)
        await remind(calling)
        await post_all(calling)
    replies = await calling.notices(Kind.REPLY)
    assert [(each.is_broadcast, each.mention) for each in replies] == [(True, ""), (True, "S1")]


async def test_a_failure_after_the_time_is_the_reminder(calling: Bench) -> None:
    await calling.report(a_session())
    await post_all(calling)
    calling.clock.advance(DAY)
    await calling.report(a_session(NOW + DAY))
    await remind(calling)
    [reply] = await calling.notices(Kind.REPLY)
    assert reply.is_broadcast
    assert (await calling.reasons())[-1] == "REMINDER"


async def acknowledge(bench: Bench) -> Incident:
    async with bench.polls.transaction() as ledger:
        [incident] = (await ledger.load_incidents([1])).values()
        acknowledged = replace(
            incident, acknowledged_at=bench.clock(), acknowledged_by="U1", acknowledged_note="mine"
        )
        [saved] = await ledger.save_incidents([acknowledged])
        return saved


async def test_what_somebody_acknowledged_is_not_reminded_of(calling: Bench) -> None:
    await calling.report(a_session())
    await post_all(calling)
    await acknowledge(calling)
    calling.clock.advance(2 * DAY)
    await remind(calling)
    await calling.report(a_session(NOW + DAY))
    assert [each.is_broadcast for each in await calling.notices(Kind.REPLY)] == [False]


async def test_an_acknowledgement_outlives_further_failures_and_ends_with_the_recovery(
    bench: Bench,
) -> None:
    await bench.report(a_session())
    await acknowledge(bench)
    await bench.report(a_session(NOW + HOUR))
    [incident] = await bench.incidents()
    assert (incident.acknowledged_by, incident.acknowledged_note) == ("U1", "mine")
    await bench.report(a_session(NOW + 2 * HOUR, result="Success"))
    [incident] = await bench.incidents()
    assert (incident.acknowledged_by, incident.acknowledged_at) == ("", None)


async def test_without_a_time_nobody_is_ever_reminded(database: Database) -> None:
    bench = Bench(database, wishes={"remind_after": None})
    await bench.report(a_session())
    await post_all(bench)
    bench.clock.advance(timedelta(days=100))
    await remind(bench)
    await bench.report(a_session(NOW + DAY))
    assert [each.is_broadcast for each in await bench.notices(Kind.REPLY)] == [False]
