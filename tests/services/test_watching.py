"""One person waits for one session, and is told once."""

import pytest

from bot.core.answers import Candidates, SessionAnswer, Unknown
from bot.core.notices import Kind, Notice
from bot.core.sessions import Session, Verdict
from bot.core.views import WatchView
from bot.services.watching import EndedAlready, Watched, Watching, WhichOne
from bot.store.views import Views
from tests.builders import DAY, HOUR, MINUTE, NOW, a_running_session, a_session
from tests.services.bench import Bench
from tests.services.wishing import ANA, BO, FakeFinding, a_handling


@pytest.fixture
def finding() -> FakeFinding:
    return FakeFinding()


@pytest.fixture
def watching(bench: Bench, finding: FakeFinding) -> Watching:
    return a_handling(bench, finding).watching


def ended(session: Session, result: str = "Success") -> Session:
    return a_session(NOW + HOUR, uid=session.uid, created_at=session.created_at, result=result)


async def watched(watching: Watching, text: str = "SQL Replica", user_id: str = ANA) -> Watched:
    done = await watching.watch(text, user_id)
    assert isinstance(done, Watched), done
    return done


async def told(bench: Bench) -> list[Notice]:
    return await bench.notices(Kind.WATCH)


async def view_of(bench: Bench, notice: Notice) -> WatchView:
    async with bench.database.read() as connection:
        view = await Views(connection, bench.em).load(notice)
    assert isinstance(view, WatchView)
    return view


async def test_the_end_of_a_running_session_is_told_to_the_person_once(
    bench: Bench, watching: Watching, finding: FakeFinding
) -> None:
    session = a_running_session()
    await bench.report(session)
    finding.runs(session)
    assert (await watched(watching)).session == session
    await bench.report(ended(session, "Failed"))
    await bench.report(ended(session, "Success"))
    [notice] = await told(bench)
    assert notice.channel == ANA
    view = await view_of(bench, notice)
    assert (view.job_name, view.verdict) == ("SQL Replica", Verdict.SUCCESS)


async def test_a_job_that_does_not_run_is_watched_for_its_next_session(
    bench: Bench, watching: Watching, finding: FakeFinding
) -> None:
    last = a_session(NOW - HOUR, result="Success")
    await bench.report(last)
    finding.runs(last)
    assert (await watched(watching)).session is None
    await bench.report(a_session(NOW - 2 * HOUR))  # late, and before the one that was known
    assert await told(bench) == []
    following = a_running_session(NOW + HOUR)
    await bench.report(following)
    assert await told(bench) == []
    await bench.report(a_session(NOW + 2 * HOUR, uid=following.uid, result="Warning"))
    [notice] = await told(bench)
    assert (await view_of(bench, notice)).verdict is Verdict.WARNING


async def test_a_session_that_is_over_is_said_to_be(
    bench: Bench, watching: Watching, finding: FakeFinding
) -> None:
    finding.runs(a_session())
    done = await watching.watch("urn:of:the:session", ANA)
    assert isinstance(done, EndedAlready)
    assert await watching.list_watches(ANA) == []


async def test_an_end_that_a_poll_has_seen_meanwhile_counts(
    bench: Bench, watching: Watching, finding: FakeFinding
) -> None:
    session = a_running_session()
    await bench.report(ended(session))
    finding.runs(session)
    done = await watching.watch("SQL Replica", ANA)
    assert isinstance(done, EndedAlready)
    assert done.answer.session.result == "Success"


async def test_watching_twice_is_watching_once(
    bench: Bench, watching: Watching, finding: FakeFinding
) -> None:
    session = a_running_session()
    finding.runs(session)
    first, again = await watched(watching), await watched(watching)
    assert again.was_watched
    assert again.watch == first.watch
    await watched(watching, user_id=BO)
    await bench.report(ended(session))
    assert sorted(each.channel for each in await told(bench)) == [ANA, BO]


async def test_what_is_not_clear_is_asked_back(
    bench: Bench, watching: Watching, finding: FakeFinding
) -> None:
    await bench.report(a_session(result="Success"))
    finding.found = Candidates("SQL Replica", (a_session(), a_session()))
    assert await watching.watch("SQL Replica", ANA) == WhichOne(finding.found, is_job=True)
    assert await watching.watch("0123abcd", ANA) == WhichOne(finding.found, is_job=False)
    finding.found = Unknown("x", "No session and no job has this name.")
    assert await watching.watch("x", ANA) == finding.found


async def test_a_candidate_may_stand_for_its_job(watching: Watching, finding: FakeFinding) -> None:
    finding.found = SessionAnswer(a_session(), tasks=None)
    done = await watching.watch("urn:of:the:session", ANA, is_job=True)
    assert isinstance(done, Watched)
    assert done.watch.session_uid == ""


async def test_a_session_that_vanished_is_told_as_such(
    bench: Bench, watching: Watching, finding: FakeFinding
) -> None:
    session = a_running_session()
    await bench.report(session)
    finding.runs(session)
    await watched(watching)
    assert await watching.end_overdue() == 0
    await bench.polls.mark_vanished([session.uid])
    assert await watching.end_overdue() == 1
    assert await watching.end_overdue() == 0
    [notice] = await told(bench)
    assert (await view_of(bench, notice)).is_vanished


async def test_nobody_waits_for_more_than_thirty_days(
    bench: Bench, watching: Watching, finding: FakeFinding
) -> None:
    finding.runs(a_session())
    await bench.report(a_session(result="Success"))
    await watched(watching)
    bench.clock.advance(30 * DAY + MINUTE)
    assert await watching.end_overdue() == 1
    [notice] = await told(bench)
    assert (await view_of(bench, notice)).session is None


async def test_a_watch_is_given_up_by_its_owner_alone(
    bench: Bench, watching: Watching, finding: FakeFinding
) -> None:
    session = a_running_session()
    await bench.report(session)
    finding.runs(session)
    done = await watched(watching)
    assert [each.watch for each in await watching.list_watches(ANA)] == [done.watch]
    assert await watching.list_watches(BO) == []
    assert await watching.unwatch("SQL Replica", BO) == []
    assert not await watching.unwatch_id(done.watch.id, BO)
    assert await watching.unwatch("Another Job", ANA) == []
    assert [each.watch for each in await watching.unwatch("sql replica", ANA)] == [done.watch]
    await bench.report(ended(session))
    assert await told(bench) == []


async def test_of_several_watches_the_named_one_is_given_up(
    bench: Bench, watching: Watching, finding: FakeFinding
) -> None:
    finding.runs(a_running_session(job_uid="urn:other", job_name="Other"))
    other = await watched(watching)
    finding.runs(a_running_session())
    mine = await watched(watching)
    assert await watching.unwatch_id(mine.watch.id, ANA)
    assert [each.watch for each in await watching.list_watches(ANA)] == [other.watch]


async def test_the_worker_ends_what_is_over(
    bench: Bench, watching: Watching, finding: FakeFinding
) -> None:
    handling = a_handling(bench, finding)
    await handling.muting.mute("all 1h", ANA)
    session = a_running_session()
    await bench.report(session)
    finding.runs(session)
    await watched(watching)
    await bench.polls.mark_vanished([session.uid])
    bench.clock.advance(HOUR)
    await handling.keep()
    assert await handling.muting.list_mutes() == []
    assert len(await told(bench)) == 1


async def test_watches_are_given_up_by_session_id_or_all_at_once(
    bench: Bench, watching: Watching, finding: FakeFinding
) -> None:
    session = a_running_session()
    finding.runs(session)
    await watched(watching)
    assert len(await watching.unwatch(session.uid.rpartition(":")[2][:8].upper(), ANA)) == 1
    await watched(watching)
    assert len(await watching.unwatch("all", ANA)) == 1
    assert await watching.unwatch("all", ANA) == []
