"""A mute has always an end, and its end says what it held back."""

from datetime import timedelta

import pytest

from bot.core.mutes import LONGEST, Mute, Scope
from bot.core.notices import Kind
from bot.core.spans import Unclear
from bot.core.targets import NoTarget
from bot.core.views import GroupView, IncidentView
from bot.services.muting import MOST_REFRESHED, Muted, Muting, Unmuted
from bot.store.views import Views
from tests.builders import HOUR, MINUTE, NOW, a_session
from tests.services.bench import Bench
from tests.services.wishing import ANA, BO, FakeFinding, a_handling, an_open_incident, post_all

JOB = "urn:veeam:Job:sql"


@pytest.fixture
def muting(bench: Bench) -> Muting:
    return a_handling(bench, FakeFinding()).muting


async def known_job(bench: Bench, **changes: object) -> None:
    """A job that has run well."""
    await bench.report(a_session(NOW - HOUR, result="Success", **changes))


async def muted(muting: Muting, text: str, user_id: str = ANA) -> Mute:
    done = await muting.mute(text, user_id)
    assert isinstance(done, Muted), done
    return done.mute


async def test_a_job_is_muted_until_when_was_said(bench: Bench, muting: Muting) -> None:
    await known_job(bench)
    mute = await muted(muting, "sql replica for 1h")
    assert (mute.scope, mute.subject, mute.muted_by) == (Scope.JOB, JOB, ANA)
    assert (mute.muted_at, mute.ends_at) == (NOW, NOW + HOUR)


async def test_without_an_end_it_is_four_hours_and_says_so(bench: Bench, muting: Muting) -> None:
    await known_job(bench)
    done = await muting.mute("SQL Replica", ANA)
    assert isinstance(done, Muted)
    assert done.is_by_default
    assert done.mute.ends_at == NOW + 4 * HOUR


async def test_a_server_and_everything_can_be_muted(bench: Bench, muting: Muting) -> None:
    await known_job(bench)
    server = await muted(muting, "server:VBR01 1h")
    everything = await muted(muting, "all 1h")
    assert (server.scope, server.subject) == (Scope.SERVER, "vbr01")
    assert (everything.scope, everything.subject) == (Scope.ALL, "")


async def test_until_success_is_bounded_and_for_jobs_alone(bench: Bench, muting: Muting) -> None:
    await known_job(bench)
    mute = await muted(muting, "SQL Replica until success")
    assert mute.ends_with_success
    assert mute.ends_at == NOW + LONGEST
    for text in ("all until success", "server:vbr01 until success"):
        refused = await muting.mute(text, ANA)
        assert isinstance(refused, Unclear)
        assert "Only a job" in refused.words


@pytest.mark.parametrize("text", ["SQL Replica 0h", "SQL Replica 31d", "SQL Replica for ever"])
async def test_an_end_that_cannot_be_mutes_nothing(bench: Bench, muting: Muting, text: str) -> None:
    await known_job(bench)
    assert isinstance(await muting.mute(text, ANA), Unclear)
    assert await muting.list_mutes() == []


async def test_an_unknown_job_mutes_nothing(muting: Muting) -> None:
    assert isinstance(await muting.mute("SQL Replica 4h", ANA), NoTarget)
    assert isinstance(await muting.unmute("SQL Replica", ANA), NoTarget)


async def test_muting_again_changes_the_end(bench: Bench, muting: Muting) -> None:
    await known_job(bench)
    first = await muted(muting, "SQL Replica until success")
    bench.clock.advance(MINUTE)
    done = await muting.mute("SQL Replica 1h", BO)
    assert isinstance(done, Muted)
    assert done.was_muted
    assert (done.mute.id, done.mute.muted_at, done.mute.muted_by) == (first.id, NOW, BO)
    assert not done.mute.ends_with_success
    assert [each.mute for each in await muting.list_mutes()] == [done.mute]


async def test_a_button_mutes_by_the_subject(bench: Bench, muting: Muting) -> None:
    await known_job(bench)
    done = await muting.mute_subject(Scope.JOB, JOB, "until Monday 08:00", ANA)
    assert isinstance(done, Muted)
    assert (done.name, done.mute.ends_at - NOW < timedelta(days=7)) == ("SQL Replica", True)


async def test_the_mutes_are_listed_by_their_ends(bench: Bench, muting: Muting) -> None:
    await known_job(bench)
    await muted(muting, "all 4h")
    await muted(muting, "SQL Replica 1h")
    assert [each.name for each in await muting.list_mutes()] == ["SQL Replica", "everything"]


async def test_what_happens_while_muted_is_told_when_the_mute_ends(
    bench: Bench, muting: Muting
) -> None:
    await known_job(bench)
    await muted(muting, "SQL Replica 1h")
    await bench.report(a_session(NOW + MINUTE))
    assert await bench.notices() == []
    bench.clock.advance(HOUR - MINUTE)
    assert await muting.end_due() == 0
    bench.clock.advance(MINUTE)
    assert await muting.end_due() == 1
    assert await muting.end_due() == 0
    [group] = await bench.notices(Kind.GROUP)
    async with bench.database.read() as connection:
        view = await Views(connection, bench.em).load(group)
    assert isinstance(view, GroupView)
    assert [each.job_name for each in view.members] == ["SQL Replica"]


async def test_a_person_ends_a_mute_early(bench: Bench, muting: Muting) -> None:
    await known_job(bench)
    await muted(muting, "server:vbr01 4h")
    done = await muting.unmute("server:vbr01", BO)
    assert isinstance(done, Unmuted)
    assert done.mute is not None
    assert await muting.list_mutes() == []
    assert len(await bench.notices(Kind.GROUP)) == 1
    again = await muting.unmute_subject(Scope.SERVER, "vbr01", BO)
    assert (again.mute, again.name) == (None, "backup server vbr01")
    assert len(await bench.notices(Kind.GROUP)) == 1


async def test_its_next_success_ends_a_mute_that_waits_for_it(bench: Bench, muting: Muting) -> None:
    await known_job(bench)
    await muted(muting, "SQL Replica until success")
    bench.clock.advance(HOUR)
    await bench.report(a_session(NOW + HOUR, result="Success"), server_time=NOW + HOUR)
    assert await muting.list_mutes() == []


async def test_an_open_incident_shows_that_it_is_muted_and_until_when(
    bench: Bench, muting: Muting
) -> None:
    incident = await an_open_incident(bench)
    await post_all(bench)
    mute = await muted(muting, "SQL Replica 1h")
    [notice] = await bench.notices(Kind.INCIDENT)
    assert notice.wanted_revision == 2
    async with bench.database.read() as connection:
        [view] = await Views(connection, bench.em).load_incidents([incident.id])
    assert isinstance(view, IncidentView)
    assert view.mute == mute
    await muting.unmute("SQL Replica", ANA)
    [notice, *_] = await bench.notices(Kind.INCIDENT)
    assert notice.wanted_revision == 3


async def test_hundreds_of_messages_do_not_wait_for_slack_because_of_a_mute(
    bench: Bench, muting: Muting
) -> None:
    bench.group_over = 100
    many = range(MOST_REFRESHED + 1)
    await bench.report(*(a_session(NOW, job_uid=f"urn:{n}", job_name=f"Job {n}") for n in many))
    await post_all(bench)
    await muted(muting, "all 1h")
    assert {each.wanted_revision for each in await bench.notices(Kind.INCIDENT)} == {1}


async def test_only_the_mutes_whose_time_is_over_end(bench: Bench, muting: Muting) -> None:
    await known_job(bench)
    await muted(muting, "SQL Replica 1h")
    longer = await muted(muting, "all 4h")
    bench.clock.advance(HOUR)
    assert await muting.end_due() == 1
    assert [each.mute for each in await muting.list_mutes()] == [longer]
