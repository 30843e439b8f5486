"""A bot that cannot see says so once, and once when it can again."""

from bot.core.notices import OUTAGE_ENDED, Kind
from bot.core.stores import Attempt
from bot.services.polling import REFUSED_PAUSE
from tests.builders import MINUTE
from tests.services.bench import Watch


async def fail(watch: Watch, times: int) -> None:
    for _ in range(times):
        watch.bench.clock.advance(MINUTE)
        assert not await watch.poll()


async def told(watch: Watch) -> list[str]:
    return [each.kind.value for each in await watch.bench.notices() if each.kind != Kind.START]


async def test_three_failed_polls_are_not_told(started: Watch) -> None:
    started.world_of.faults.answer(503, path="/query", times=None)
    await fail(started, 3)
    assert await told(started) == []
    started.world_of.faults.clear()
    assert await started.poll()
    await fail_again_three_times(started)
    assert await told(started) == []


async def fail_again_three_times(watch: Watch) -> None:
    watch.world_of.faults.answer(503, path="/query", times=None)
    await fail(watch, 3)


async def test_the_fourth_is_told_and_no_other(started: Watch) -> None:
    await started.world_of.faults.go_down()
    await fail(started, 9)
    assert await told(started) == ["outage"]
    await started.world_of.faults.come_back()


async def test_a_refused_logon_is_blindness_too(started: Watch) -> None:
    started.world_of.faults.expire_logons()
    started.world_of.faults.refuse_logons(times=None)
    await fail(started, 4)
    assert await told(started) == ["outage"]
    assert "log on" in (await started.bench.polls.load_state()).problem


async def test_an_account_that_stays_refused_is_tried_rarely_lest_it_is_locked(
    started: Watch,
) -> None:
    started.world_of.faults.expire_logons()
    started.world_of.faults.refuse_logons(times=None)
    await fail(started, 5)
    asked = len(started.world_of.requests)
    await fail(started, 10)
    assert len(started.world_of.requests) == asked
    started.world_of.faults.clear()
    for _ in range(REFUSED_PAUSE):
        await started.poll()
    assert (await started.bench.polls.load_state()).failed_polls == 0


async def test_a_restart_goes_on_counting_and_does_not_tell_again(started: Watch) -> None:
    started.world_of.faults.answer(503, path="/query", times=None)
    await fail(started, 3)
    started.restart()
    await fail(started, 1)
    started.restart()
    await fail(started, 3)
    assert await told(started) == ["outage"]


async def test_the_message_is_changed_and_answered_when_em_is_back(started: Watch) -> None:
    started.world_of.faults.answer(503, path="/query", times=None)
    await fail(started, 4)
    [notice] = await started.bench.notices(Kind.OUTAGE)
    attempt = Attempt("bot", started.bench.clock(), notice.due_at)
    await started.bench.deliveries.claim(notice.id, attempt)
    started.world_of.faults.clear()
    assert await started.poll()
    changed, reply = (await started.bench.notices())[-2:]
    assert (changed.id, changed.wanted_revision) == (notice.id, 2)
    assert (reply.kind, reply.is_broadcast, reply.parent_id) == (Kind.REPLY, True, notice.id)
    assert reply.subject == f"{OUTAGE_ENDED}1"
    assert await started.poll()
    assert len(await told(started)) == 2


async def test_an_outage_that_slack_never_heard_of_is_one_message(started: Watch) -> None:
    started.world_of.faults.answer(503, path="/query", times=None)
    await fail(started, 4)
    started.world_of.faults.clear()
    await started.poll()
    assert await told(started) == ["outage"]


async def test_the_state_is_clean_after_a_recovery(started: Watch) -> None:
    started.world_of.faults.answer(503, path="/query", times=2)
    await fail(started, 2)
    failing = await started.bench.polls.load_state()
    assert (failing.failed_polls, failing.failing_since_at is not None) == (2, True)
    await started.poll()
    state = await started.bench.polls.load_state()
    assert (state.failed_polls, state.failing_since_at, state.problem) == (0, None, "")


async def test_nothing_that_failed_meanwhile_is_lost(started: Watch) -> None:
    await started.world_of.faults.go_down()
    await fail(started, 5)
    started.ran("Failed")
    await started.world_of.faults.come_back()
    await started.poll()
    assert await started.reasons() == ["FIRST_FAILURE"]


async def test_a_poll_that_fails_is_no_heartbeat(started: Watch) -> None:
    before = started.beats.count
    started.world_of.faults.answer(503, path="/query", times=None)
    await fail(started, 1)
    assert started.beats.count == before
