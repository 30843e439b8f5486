"""Somebody looks after an incident: once, visibly, until it is over."""

import asyncio
from dataclasses import replace

import pytest

from bot.core.incidents import Status
from bot.core.notices import Kind
from bot.services.acknowledging import LONGEST_NOTE, Acknowledging, HandledGroup, Outcome
from tests.builders import HOUR, MINUTE, NOW, a_session
from tests.services.bench import Bench
from tests.services.wishing import ANA, BO, FakeFinding, a_handling, an_open_incident, post_all


@pytest.fixture
def acknowledging(bench: Bench) -> Acknowledging:
    return a_handling(bench, FakeFinding()).acknowledging


async def test_it_is_kept_who_acknowledged_when_and_why(
    bench: Bench, acknowledging: Acknowledging
) -> None:
    incident = await an_open_incident(bench)
    bench.clock.advance(5 * MINUTE)
    done = await acknowledging.acknowledge(incident.id, ANA, "  looking\nat it ")
    assert done.outcome is Outcome.ACKNOWLEDGED
    assert done.view is not None
    kept = done.view.incident
    assert (kept.acknowledged_by, kept.acknowledged_at) == (ANA, NOW + 5 * MINUTE)
    assert kept.acknowledged_note == "looking at it"


async def test_the_message_is_to_show_it(bench: Bench, acknowledging: Acknowledging) -> None:
    incident = await an_open_incident(bench)
    await post_all(bench)
    [before] = await bench.notices(Kind.INCIDENT)
    await acknowledging.acknowledge(incident.id, ANA)
    [after] = await bench.notices(Kind.INCIDENT)
    assert after.wanted_revision == before.wanted_revision + 1


async def test_a_second_tap_changes_nothing(bench: Bench, acknowledging: Acknowledging) -> None:
    incident = await an_open_incident(bench)
    await post_all(bench)
    done = await asyncio.gather(*(acknowledging.acknowledge(incident.id, ANA) for _ in range(3)))
    outcomes = sorted(each.outcome for each in done)
    assert outcomes == [Outcome.ACKNOWLEDGED, Outcome.ALREADY_YOURS, Outcome.ALREADY_YOURS]
    [notice] = await bench.notices(Kind.INCIDENT)
    assert notice.wanted_revision == 2


async def test_of_two_people_the_first_keeps_it(bench: Bench, acknowledging: Acknowledging) -> None:
    incident = await an_open_incident(bench)
    await acknowledging.acknowledge(incident.id, ANA, "mine")
    done = await acknowledging.acknowledge(incident.id, BO, "no, mine")
    assert done.outcome is Outcome.TAKEN
    assert done.view is not None
    assert done.view.incident.acknowledged_by == ANA
    assert done.view.incident.acknowledged_note == "mine"


async def test_a_note_may_follow_and_be_changed(bench: Bench, acknowledging: Acknowledging) -> None:
    incident = await an_open_incident(bench)
    await acknowledging.acknowledge(incident.id, ANA)
    bench.clock.advance(HOUR)
    done = await acknowledging.acknowledge(incident.id, ANA, "x" * 600)
    assert done.outcome is Outcome.NOTED
    assert done.view is not None
    assert len(done.view.incident.acknowledged_note) == LONGEST_NOTE
    assert done.view.incident.acknowledged_at == NOW
    again = await acknowledging.acknowledge(incident.id, ANA, "x" * 600)
    assert again.outcome is Outcome.ALREADY_YOURS


async def test_it_can_be_taken_back_by_anybody(bench: Bench, acknowledging: Acknowledging) -> None:
    incident = await an_open_incident(bench)
    assert (await acknowledging.unacknowledge(incident.id, BO)).outcome is Outcome.NOT_ACKNOWLEDGED
    await acknowledging.acknowledge(incident.id, ANA, "mine")
    done = await acknowledging.unacknowledge(incident.id, BO)
    assert done.outcome is Outcome.CLEARED
    [kept] = await bench.incidents()
    assert (kept.acknowledged_at, kept.acknowledged_by, kept.acknowledged_note) == (None, "", "")


async def test_it_is_cleared_when_the_job_recovers(
    bench: Bench, acknowledging: Acknowledging
) -> None:
    incident = await an_open_incident(bench)
    await acknowledging.acknowledge(incident.id, ANA)
    await bench.report(a_session(NOW + HOUR, result="Success"))
    [kept] = await bench.incidents()
    assert kept.status is Status.RECOVERED
    assert not kept.acknowledged_by


async def test_what_is_over_or_unknown_cannot_be_acknowledged(
    bench: Bench, acknowledging: Acknowledging
) -> None:
    incident = await an_open_incident(bench)
    await bench.report(a_session(NOW + HOUR, result="Success"))
    for does in (acknowledging.acknowledge, acknowledging.unacknowledge, acknowledging.close):
        assert (await does(incident.id, ANA)).outcome is Outcome.OVER
        unknown = await does(99, ANA)
        assert (unknown.outcome, unknown.view) == (Outcome.UNKNOWN, None)


async def test_a_closed_incident_stays_closed_until_the_next_failure(
    bench: Bench, acknowledging: Acknowledging
) -> None:
    incident = await an_open_incident(bench)
    await post_all(bench)
    assert (await acknowledging.close(incident.id, ANA)).outcome is Outcome.CLOSED
    [kept] = await bench.incidents()
    assert (kept.status, kept.closed_at) == (Status.CLOSED, NOW)
    assert ANA in kept.closed_because
    assert [each.wanted_revision for each in await bench.notices(Kind.INCIDENT)] == [2]
    assert (await acknowledging.acknowledge(incident.id, ANA)).outcome is Outcome.OVER
    await bench.report(a_session(NOW + HOUR))
    assert (await bench.incidents())[-1].status is Status.OPEN


async def test_a_whole_group_is_acknowledged_at_once(
    bench: Bench, acknowledging: Acknowledging
) -> None:
    jobs = [a_session(NOW, job_uid=f"urn:{n}", job_name=f"Job {n}") for n in range(6)]
    await bench.report(*jobs)
    await post_all(bench)
    [group] = await bench.notices(Kind.GROUP)
    first, second, *_ = await bench.incidents()
    await acknowledging.acknowledge(first.id, BO, "mine")
    recovery = replace(jobs[1], uid="urn:good", result="Success", ended_at=NOW + HOUR)
    await bench.report(recovery)
    done = await acknowledging.acknowledge_group(group.subject, ANA)
    assert done == HandledGroup(acknowledged=4, taken=1, over=1)
    by = [each.acknowledged_by for each in await bench.incidents()]
    assert by == [BO, "", ANA, ANA, ANA, ANA]
    again = await acknowledging.acknowledge_group(group.id, ANA)
    assert again == HandledGroup(acknowledged=0, taken=5, over=1)
    assert second.id != first.id


async def test_an_unknown_group_has_nothing_to_acknowledge(acknowledging: Acknowledging) -> None:
    assert await acknowledging.acknowledge_group("99", ANA) == HandledGroup(0, 0, 0)
