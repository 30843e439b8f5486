"""Retry and start: once, whoever presses how often, and told to the end."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.core.actions import (
    LOOKED_FOR,
    Action,
    ActionState,
    JobAction,
    TaskEnd,
    TaskOutcome,
)
from bot.core.audits import Audit
from bot.core.notices import ACTED, Kind
from bot.core.sessions import Verdict
from bot.core.targets import NoTarget
from bot.core.views import ActionView
from bot.errors import EnterpriseManagerBusy, NotAllowed, OrderUnclear
from bot.services.acting import (
    ORPHANED,
    Acting,
    NotFailed,
    NotOffered,
    Proposed,
    Running,
    UnderWay,
)
from bot.services.auditing import Auditing
from bot.services.handling import Handling
from bot.store.audits import SqlAuditStore
from bot.store.tables import job_actions
from bot.store.views import Views
from tests.builders import HOUR, NOW, a_running_session, a_session
from tests.services.bench import Bench
from tests.services.ordering import FakeActionSource
from tests.services.wishing import ANA, BO, FakeFinding, a_handling, an_open_incident

MINUTE = timedelta(minutes=1)
JOB = a_session(NOW).job_uid


@pytest.fixture
def source() -> FakeActionSource:
    return FakeActionSource(newest=a_session(NOW))


@pytest.fixture
def handling(bench: Bench, source: FakeActionSource) -> Handling:
    return a_handling(bench, FakeFinding(), source=source)


@pytest.fixture
def acting(handling: Handling) -> Acting:
    return handling.acting


async def failed(bench: Bench) -> None:
    """A job has failed, and Slack has its alert."""
    await an_open_incident(bench)
    await bench.post_all()


async def retry(acting: Acting, user: str = ANA) -> JobAction:
    done = await acting.act(Action.RETRY, JOB, user, "C1")
    assert isinstance(done, JobAction), done
    return done


async def told(bench: Bench) -> list[ActionView]:
    """What the messages about actions show now."""
    notices = [
        each
        for each in await bench.notices()
        if each.subject.startswith(ACTED) or each.kind is Kind.ACTION
    ]
    async with bench.database.read() as connection:
        views = [await Views(connection, bench.em).load(each) for each in notices]
    assert all(isinstance(each, ActionView) for each in views)
    return [each for each in views if isinstance(each, ActionView)]


async def audits(bench: Bench) -> list[Audit]:
    store = SqlAuditStore(bench.database, bench.em)
    return list((await Auditing(store).list_newest("")).audits)


async def stored(bench: Bench) -> list[Any]:
    async with bench.database.read() as connection:
        return list(await connection.execute(select(job_actions)))


async def test_a_retry_is_told_in_the_thread_of_the_alert(
    bench: Bench, acting: Acting, source: FakeActionSource
) -> None:
    await failed(bench)
    done = await retry(acting)
    assert (done.state, done.detail) == (ActionState.RUNNING, "triggered")
    assert source.told == [f"retry {JOB}"]
    [reply] = [each for each in await bench.notices(Kind.REPLY) if each.subject]
    [alert] = await bench.notices(Kind.INCIDENT)
    assert reply.parent_id == alert.id
    assert not reply.is_broadcast
    assert [each.outcome for each in await audits(bench)] == ["accepted: triggered", "asked"]


async def test_without_an_alert_the_person_who_asked_is_told(bench: Bench, acting: Acting) -> None:
    await bench.report(a_session(NOW, result="Success"))
    done = await acting.act(Action.START, JOB, ANA, "C1")
    assert isinstance(done, JobAction)
    [direct] = await bench.notices(Kind.ACTION)
    assert (direct.channel, direct.subject) == (ANA, str(done.id))


async def test_two_people_and_a_double_click_start_it_once(
    bench: Bench, acting: Acting, source: FakeActionSource
) -> None:
    await failed(bench)
    source.free = asyncio.Event()
    presses: list[Awaitable[object]] = [
        asyncio.ensure_future(acting.act(Action.RETRY, JOB, user, "C1")) for user in (ANA, ANA, BO)
    ]
    await source.heard.wait()
    source.free.set()
    done = await asyncio.gather(*presses)
    assert sum(isinstance(each, JobAction) for each in done) == 1
    others = [each for each in done if isinstance(each, UnderWay)]
    assert [each.first.user_id for each in others] == [ANA, ANA]
    assert source.told == [f"retry {JOB}"]


async def test_once_it_is_over_it_may_be_done_again(
    bench: Bench, acting: Acting, source: FakeActionSource
) -> None:
    await failed(bench)
    source.end = TaskEnd(TaskOutcome.REFUSED, "it is disabled")
    assert (await retry(acting)).state is ActionState.REFUSED
    assert (await retry(acting, BO)).state is ActionState.REFUSED
    assert len(source.told) == 2
    assert await acting.follow() == 0


async def test_the_run_is_followed_to_its_end(bench: Bench, acting: Acting) -> None:
    await failed(bench)
    await retry(acting)
    await bench.post_all()
    assert await acting.follow() == 0
    run = a_running_session(NOW + 11 * MINUTE, uid="run")
    await bench.report(run)
    assert await acting.follow() == 1
    [view] = await told(bench)
    assert view.session is not None
    assert (view.session.uid, view.verdict) == ("run", Verdict.UNFINISHED)
    assert await acting.follow() == 0
    ended = replace(run, state="Stopped", result="Success", ended_at=NOW + 20 * MINUTE)
    await bench.report(ended)
    assert await acting.follow() == 1
    [view] = await told(bench)
    assert (view.action.state, view.verdict) == (ActionState.DONE, Verdict.SUCCESS)
    assert await acting.follow() == 0
    [reply] = [each for each in await bench.notices(Kind.REPLY) if each.subject]
    assert reply.wanted_revision == 3  # posted, then its run, then its end


async def test_an_older_run_that_em_tells_late_is_not_the_one(bench: Bench, acting: Acting) -> None:
    await failed(bench)
    await retry(acting)
    await bench.report(a_session(NOW - 3 * HOUR, uid="late"))
    assert await acting.follow() == 0


async def test_a_run_that_does_not_show_is_given_up(bench: Bench, acting: Acting) -> None:
    await failed(bench)
    await retry(acting)
    bench.clock.now += LOOKED_FOR + MINUTE
    assert await acting.follow() == 1
    [view] = await told(bench)
    assert view.action.ended_at is not None
    assert "no new run" in view.action.detail
    assert await acting.follow() == 0


async def test_an_answer_that_is_lost_is_unknown_and_not_sent_again(
    bench: Bench, acting: Acting, source: FakeActionSource
) -> None:
    await failed(bench)
    source.end = OrderUnclear("retry job", "broke off the connection", "Look first.")
    assert (await retry(acting)).state is ActionState.UNKNOWN
    assert await acting.follow() == 0
    assert len(source.told) == 1
    await bench.report(a_running_session(NOW + 11 * MINUTE, uid="run"))
    await acting.follow()
    [view] = await told(bench)
    assert view.action.state is ActionState.RUNNING  # it was taken after all


@pytest.mark.parametrize(
    "end",
    [
        NotAllowed("retry job", "Access denied", "Set VEEAM_OPERATOR_USERNAME."),
        EnterpriseManagerBusy("retry job", "503", "Later."),
    ],
)
async def test_what_em_never_took_is_a_refusal_with_what_to_do(
    bench: Bench, acting: Acting, source: FakeActionSource, end: Exception
) -> None:
    await failed(bench)
    source.end = end
    done = await retry(acting)
    assert done.state is ActionState.REFUSED
    assert str(end).endswith(done.detail)
    assert done.ended_at is not None


async def test_a_bot_that_died_before_the_answer_says_so_and_sends_nothing(
    bench: Bench, acting: Acting, source: FakeActionSource
) -> None:
    await failed(bench)
    source.free = asyncio.Event()
    press = asyncio.ensure_future(acting.act(Action.RETRY, JOB, ANA, "C1"))
    await source.heard.wait()
    assert await acting.follow() == 0  # this bot is still asking
    another = a_handling(bench, FakeFinding(), source=FakeActionSource()).acting
    assert await another.follow() == 1
    [view] = await told(bench)
    assert (view.action.state, view.action.detail) == (ActionState.UNKNOWN, ORPHANED)
    press.cancel()
    await asyncio.gather(press, return_exceptions=True)
    assert len(source.told) == 1


async def test_nothing_is_sent_where_it_makes_no_sense(
    bench: Bench, acting: Acting, source: FakeActionSource
) -> None:
    await failed(bench)
    source.newest = a_running_session(NOW)
    assert isinstance(await acting.act(Action.RETRY, JOB, ANA, "C1"), Running)
    source.newest = a_session(NOW, result="Warning")
    assert isinstance(await acting.act(Action.RETRY, JOB, ANA, "C1"), NotFailed)
    source.newest = None
    assert isinstance(await acting.act(Action.RETRY, JOB, ANA, "C1"), NotFailed)
    source.offers = frozenset({Action.RETRY})
    assert isinstance(await acting.act(Action.START, JOB, ANA, "C1"), NotOffered)
    assert isinstance(await acting.act(Action.START, "urn:other", ANA, "C1"), NoTarget)
    assert (source.told, await stored(bench)) == ([], [])


async def test_a_proposal_names_the_job_and_changes_nothing(
    bench: Bench, acting: Acting, source: FakeActionSource
) -> None:
    await failed(bench)
    found = await acting.propose(Action.RETRY, "sql replica")
    assert isinstance(found, Proposed)
    assert found.job.uid == JOB
    by_incident = await acting.propose(Action.RETRY, "#1", JOB)
    assert by_incident == found
    assert isinstance(await acting.propose(Action.RETRY, "sql replika"), NoTarget)
    assert isinstance(await acting.propose(Action.RETRY, "all"), NoTarget)
    source.newest = a_running_session(NOW)
    assert isinstance(await acting.propose(Action.RETRY, "sql replica"), Running)
    assert (source.told, await stored(bench)) == ([], [])


async def test_where_the_alert_was_deleted_a_message_of_its_own_tells_it(
    bench: Bench, acting: Acting
) -> None:
    await failed(bench)
    done = await retry(acting)
    [reply] = [each for each in await bench.notices(Kind.REPLY) if each.subject]
    await bench.deliveries.close_deleted(reply, "thread_not_found", NOW)
    [fresh] = await bench.notices(Kind.ACTION)
    assert (fresh.channel, fresh.subject) == ("C1", str(done.id))
    await bench.post_all()
    await bench.report(a_running_session(NOW + 11 * MINUTE, uid="run"))
    await acting.follow()
    [fresh] = await bench.notices(Kind.ACTION)
    assert fresh.wanted_revision == 2
