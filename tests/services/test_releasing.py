"""Mutes: nothing is said while one lasts, and its end tells all that was held back."""

from datetime import timedelta

import pytest_asyncio

from bot.core.audiences import Subscription
from bot.core.mutes import Mute, Scope
from bot.core.notices import Kind, PostedMessage
from bot.core.views import GroupView, MuteEnd
from bot.services.telling import Telling
from bot.store.databases import Database
from bot.store.views import Views
from tests.builders import DAY, HOUR, MINUTE, NOW, a_session
from tests.services.bench import Bench

JOB = a_session().job_uid


@pytest_asyncio.fixture(loop_scope="module")
async def calling(database: Database) -> Bench:
    return Bench(database, wishes={"mention": "U9"})


async def mute(
    bench: Bench, scope: Scope = Scope.JOB, subject: str = JOB, *, until_success: bool = False
) -> Mute:
    ends_at = bench.clock() + 4 * HOUR
    async with bench.polls.transaction() as ledger:
        return await ledger.save_mute(
            Mute(0, scope, subject, "U1", bench.clock(), ends_at, until_success)
        )


async def end(bench: Bench, of: Mute, by: str = "") -> None:
    async with bench.polls.transaction() as ledger:
        ended = Mute(
            of.id,
            of.scope,
            of.subject,
            of.muted_by,
            of.muted_at,
            of.ends_at,
            ended_at=bench.clock(),
            ended_by=by,
        )
        await ledger.save_mute(ended)
        await Telling(ledger, bench.audience, bench.clock(), caused_by=by).end_mute(ended)


async def post_all(bench: Bench) -> None:
    for number, notice in enumerate(await bench.notices()):
        if not notice.told_by and not notice.is_posted:
            message = PostedMessage(notice.channel, f"{number}.0", notice.wanted_revision)
            await bench.deliveries.record_posted(notice.id, message, bench.clock())


async def announcement(bench: Bench) -> tuple[GroupView, MuteEnd]:
    [notice] = await bench.notices(Kind.GROUP)
    async with bench.database.read() as connection:
        view = await Views(connection, bench.em).load(notice)
    assert isinstance(view, GroupView)
    assert view.ended
    return view, view.ended


async def test_a_muted_job_says_nothing(bench: Bench) -> None:
    await mute(bench)
    await bench.report(a_session(), a_session(NOW + HOUR))
    assert await bench.notices() == []
    assert await bench.reasons() == ["MUTED"]


async def test_where_its_message_was_deleted_the_announcement_tells_of_a_job(bench: Bench) -> None:
    await bench.report(a_session(result="Warning"))
    await post_all(bench)
    [own] = await bench.notices()
    await bench.deliveries.close_deleted(own, "message_not_found", bench.clock())
    muted = await mute(bench)
    await bench.report(a_session(NOW + HOUR))
    await end(bench, muted)
    view, ended = await announcement(bench)
    assert [each.incident.job_uid for each in view.members] == [JOB]
    assert ended.elsewhere == ()


async def test_other_jobs_go_on_speaking(bench: Bench) -> None:
    await mute(bench)
    await bench.report(a_session(job_uid="job-2", job_name="Other"))
    assert len(await bench.notices()) == 1


async def test_a_muted_server_and_everything_hide_their_jobs(bench: Bench) -> None:
    first = await mute(bench, Scope.SERVER, "VBR01")
    await bench.report(a_session())
    await mute(bench, Scope.ALL, "")
    await bench.report(a_session(job_uid="job-2", backup_server="vbr02"))
    assert await bench.notices() == []
    assert first.hides("any", "vbr01")


async def test_the_message_a_muted_job_has_already_is_changed_quietly(bench: Bench) -> None:
    await bench.report(a_session())
    await post_all(bench)
    await mute(bench)
    await bench.report(a_session(NOW + HOUR))
    await bench.report(a_session(NOW + 2 * HOUR, result="Success"))
    [notice] = await bench.notices()
    assert notice.wanted_revision == 3


async def test_the_end_tells_what_was_held_back_and_goes_on_telling(bench: Bench) -> None:
    muted = await mute(bench)
    await bench.report(a_session(), a_session(NOW + HOUR))
    bench.clock.advance(4 * HOUR)
    await end(bench, muted)
    view, ended = await announcement(bench)
    assert [each.incident.job_uid for each in view.members] == [JOB]
    assert (ended.subject, ended.elsewhere) == ("SQL Replica", ())
    await post_all(bench)
    await bench.report(a_session(NOW + 2 * HOUR, result="Success"))
    [leader] = await bench.notices(Kind.GROUP)
    [over] = await bench.notices(Kind.REPLY)
    assert (leader.wanted_revision, over.parent_id) == (2, leader.id)


async def test_what_failed_and_recovered_while_muted_is_told_as_over(bench: Bench) -> None:
    muted = await mute(bench)
    await bench.report(a_session())
    await bench.report(a_session(NOW + HOUR, result="Success"))
    await end(bench, muted)
    view, _ = await announcement(bench)
    assert [each.incident.status for each in view.members] == ["recovered"]
    await post_all(bench)
    await bench.report(a_session(NOW + DAY))
    assert len(await bench.notices(Kind.GROUP)) == 1
    assert (await bench.notices())[-1].told_by == ""


async def test_what_has_a_message_already_is_only_named_by_the_end(bench: Bench) -> None:
    await bench.report(a_session())
    await post_all(bench)
    muted = await mute(bench)
    await bench.report(a_session(NOW + HOUR))
    await end(bench, muted)
    view, ended = await announcement(bench)
    assert view.members == ()
    assert [each.incident.job_uid for each in ended.elsewhere] == [JOB]


async def test_an_end_with_nothing_held_back_is_announced_too(bench: Bench) -> None:
    await bench.report(a_session(result="Success"))
    await end(bench, await mute(bench))
    view, ended = await announcement(bench)
    assert (view.members, ended.elsewhere) == ((), ())


async def test_what_another_mute_still_hides_stays_held_back_by_that_one(bench: Bench) -> None:
    short = await mute(bench)
    long = await mute(bench, Scope.ALL, "")
    await bench.report(a_session())
    first, second = (short, long) if await _holds(bench, short) else (long, short)
    await end(bench, first)
    assert (await announcement(bench))[0].members == ()
    assert await _holds(bench, second)


async def _holds(bench: Bench, muted: Mute) -> bool:
    async with bench.polls.transaction() as ledger:
        return bool(await ledger.load_held_back(muted.id))


async def test_a_mute_until_the_next_success_ends_with_it(bench: Bench) -> None:
    await mute(bench, until_success=True)
    bench.clock.advance(HOUR)
    await bench.report(a_session(), server_time=NOW + HOUR)
    good = a_session(NOW + 2 * HOUR, result="Success")
    await bench.report(good, server_time=NOW + 2 * HOUR)
    _, ended = await announcement(bench)
    assert (ended.mute.ended_at, ended.mute.ended_by) == (NOW + HOUR, "")


async def test_a_success_from_before_the_mute_does_not_end_it(bench: Bench) -> None:
    await mute(bench, until_success=True)
    bench.clock.advance(MINUTE)
    late = a_session(NOW - HOUR, result="Success")
    await bench.report(late, server_time=NOW + MINUTE)
    assert await bench.notices() == []


async def test_subscribers_hear_of_the_end_only_if_something_of_theirs_was_held_back(
    bench: Bench,
) -> None:
    async with bench.polls.transaction() as ledger:
        await ledger.save_subscription(Subscription(0, "C2", patterns=("SQL*",), subscribed_at=NOW))
        await ledger.save_subscription(Subscription(0, "C3", patterns=("ERP*",), subscribed_at=NOW))
    muted = await mute(bench, Scope.ALL, "")
    await bench.report(a_session())
    await end(bench, muted)
    assert [each.channel for each in await bench.notices(Kind.GROUP)] == ["C1", "C2"]


async def test_a_first_failure_that_was_held_back_calls_somebody_at_the_end(
    calling: Bench,
) -> None:
    muted = await mute(calling)
    await calling.report(a_session())
    await end(calling, muted)
    [leader] = await calling.notices(Kind.GROUP)
    assert leader.mention == "U9"


async def test_whoever_ends_a_mute_is_not_called_for_it(calling: Bench) -> None:
    muted = await mute(calling)
    await calling.report(a_session())
    await end(calling, muted, by="U9")
    [leader] = await calling.notices(Kind.GROUP)
    assert leader.mention == ""


async def test_a_storm_does_not_join_the_announcement_of_a_mutes_end(bench: Bench) -> None:
    muted = await mute(bench)
    await bench.report(a_session())
    await end(bench, muted)
    bench.clock.advance(timedelta(minutes=1))
    await bench.report(*(a_session(job_uid=f"job-{n}", backup_server="") for n in range(6)))
    assert len(await bench.notices(Kind.GROUP)) == 2
