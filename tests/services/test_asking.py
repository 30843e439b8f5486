"""What people ask: answered live from EM, from the store where EM cannot be asked."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from bot.core.answers import Candidates, SessionAnswer, Unknown
from bot.core.jobs import JobOptions
from bot.core.sessions import guid_of
from bot.core.stores import Refusal
from bot.core.views import IncidentView
from bot.errors import EnterpriseManagerUnavailable
from bot.services.asking import About, Asking
from bot.services.naming import Naming
from bot.services.summarizing import Summarizing
from bot.store.handles import SqlHandles
from tests.builders import HOUR, MINUTE, NOW
from tests.services.bench import Watch

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def asking(watch: Watch) -> Asking:
    bench = watch.bench
    about = About(MINUTE, "https://em.example.com:9443", NOW, lambda: "")
    summaries = Summarizing(bench.questions, "C1", time(8), ZoneInfo("UTC"), bench.clock)
    naming = Naming(SqlHandles(bench.database, bench.em, bench.clock))
    return Asking(watch.client, bench.questions, bench.deliveries, summaries, about, naming)


async def answer(asking: Asking, text: str) -> SessionAnswer:
    found = await asking.find(text)
    assert isinstance(found, SessionAnswer)
    return found


async def explanation(asking: Asking, text: str) -> str:
    found = await asking.find(text)
    assert isinstance(found, Unknown)
    return found.explanation


async def test_an_id_is_answered_live_with_its_vms(started: Watch, asking: Asking) -> None:
    session = started.ran("Failed", reasons={"sql01": "no space"})
    found = await answer(asking, guid_of(session.uid))
    assert (found.session.uid, found.confirmed_at, found.em_problem) == (session.uid, None, "")
    assert [task.reason for task in found.tasks or () if task.reason] == ["no space"]


async def test_the_start_of_an_id_and_both_names_find_the_session(
    started: Watch, asking: Asking
) -> None:
    session = started.ran("Failed")
    await started.poll()
    for text in (guid_of(session.uid)[:8], session.name, "sql replica"):
        assert (await answer(asking, text)).session.uid == session.uid


async def test_a_job_name_gives_the_newest_session_even_if_it_just_began(
    started: Watch, asking: Asking
) -> None:
    started.ran("Failed")
    await started.poll()
    started.later(HOUR)
    running = started.world_of.world.start_session(started.job())
    assert (await answer(asking, "SQL Replica")).session.uid == running.uid


async def test_a_name_that_only_em_knows_is_asked_there(started: Watch, asking: Asking) -> None:
    session = started.ran("Success")
    assert (await answer(asking, "SQL Replica")).session.uid == session.uid
    assert (await answer(asking, session.name)).session.uid == session.uid


async def test_a_name_that_fits_several_is_a_list_to_pick_from(
    started: Watch, asking: Asking
) -> None:
    other = started.world_of.world.add_server("vbr02")
    twin = started.world_of.world.add_job("SQL Replica", other)
    started.ran("Failed")
    started.world_of.world.add_session(twin, result="Failed")
    await started.poll()
    found = await asking.find("SQL Replica")
    assert isinstance(found, Candidates)
    assert len(found.sessions) == 2


async def test_a_name_that_looks_like_an_id_is_a_name_after_all(
    started: Watch, asking: Asking
) -> None:
    session = started.ran("Failed", job="deadbeef")
    await started.poll()
    assert (await answer(asking, "deadbeef")).session.uid == session.uid


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (NOWHERE, "no replication session with this id"),
        (f"urn:veeam:Job:{NOWHERE}", "something else in EM"),
        (NOWHERE + "0", "not a whole one"),
        ("ffffffff", "no session whose id starts so"),
        ("Nothing", "No session and no job"),
    ],
)
async def test_what_is_not_there_is_explained(
    started: Watch, asking: Asking, text: str, words: str
) -> None:
    assert words in await explanation(asking, text)


async def test_an_unknown_name_brings_the_nearest(started: Watch, asking: Asking) -> None:
    started.ran("Success")
    await started.poll()
    found = await asking.find("SQL Replika")
    assert isinstance(found, Unknown)
    assert found.nearest == ("SQL Replica",)


async def test_without_em_the_stored_copy_says_when_it_was_confirmed(
    started: Watch, asking: Asking
) -> None:
    session = started.ran("Failed")
    await started.poll()
    started.world_of.faults.answer(503, times=None)
    for text in (guid_of(session.uid), "SQL Replica"):
        found = await answer(asking, text)
        assert (found.session.uid, found.confirmed_at) == (session.uid, started.bench.clock())
        assert found.em_problem


async def test_without_em_and_without_a_copy_the_error_is_told(
    started: Watch, asking: Asking
) -> None:
    started.world_of.faults.answer(503, times=None)
    with pytest.raises(EnterpriseManagerUnavailable):
        await asking.find(NOWHERE)


async def test_a_session_that_em_has_forgotten_is_answered_from_the_store(
    started: Watch, asking: Asking
) -> None:
    session = started.ran("Failed")
    await started.poll()
    started.world_of.world.remove_session(session)
    assert (await answer(asking, session.uid)).confirmed_at == started.bench.clock()
    assert (await answer(asking, "SQL Replica")).session.uid == session.uid


async def test_an_answer_stands_without_its_vms(started: Watch, asking: Asking) -> None:
    session = started.ran("Failed")
    started.world_of.faults.answer(403, path="TaskSession", times=None)
    found = await answer(asking, session.uid)
    assert (found.tasks, bool(found.tasks_problem)) == (None, True)


async def test_the_status_says_what_cannot_be_seen_and_said(started: Watch, asking: Asking) -> None:
    started.ran("Failed")
    await started.poll()
    started.world_of.faults.answer(503, path="/query", times=None)
    await started.poll()
    await started.bench.deliveries.pause_channel(Refusal("C1", "is_archived", "is_archived", NOW))
    found = await asking.describe_status()
    assert (found.job_count, found.session_count, found.open_incidents) == (1, 1, 1)
    assert (found.running, found.unsent, found.slack_problems) == (0, 2, ("is_archived",))
    assert found.em_problem


async def test_a_summary_may_be_asked_for(started: Watch, asking: Asking) -> None:
    view = await asking.summarize()
    assert view.period_end == started.bench.clock()


async def test_a_session_is_found_by_the_handle_that_its_answer_shows(
    started: Watch, asking: Asking
) -> None:
    session = started.ran("Failed")
    handle = (await answer(asking, session.uid)).handle
    assert handle
    for text in (f"#{handle}", f"#{handle.upper()}", handle):
        found = await answer(asking, text)
        assert (found.session.uid, found.handle) == (session.uid, handle)


async def test_a_handle_that_was_never_given_is_explained(asking: Asking) -> None:
    assert "given no session this handle" in await explanation(asking, "#4f3a")


async def test_the_number_of_an_incident_finds_it_and_its_newest_session(
    started: Watch, asking: Asking
) -> None:
    session = started.ran("Failed")
    await started.poll()
    view = await asking.look_up("#1")
    assert isinstance(view, IncidentView)
    assert view.latest.uid == session.uid
    assert (await answer(asking, "#1")).session.uid == session.uid
    assert "no incident #7" in await explanation(asking, "#7")
    assert isinstance(await asking.look_up("#7"), Unknown)


async def test_candidates_have_handles_too(started: Watch, asking: Asking) -> None:
    twin = started.world_of.world.add_job("SQL Replica", started.world_of.world.add_server("vbr02"))
    started.ran("Failed")
    started.world_of.world.add_session(twin, result="Failed")
    await started.poll()
    found = await asking.look_up("SQL Replica")
    assert isinstance(found, Candidates)
    assert set(found.handles) == {each.uid for each in found.sessions}


async def test_of_two_jobs_of_one_name_the_server_tells_which(
    started: Watch, asking: Asking
) -> None:
    twin = started.world_of.world.add_job("SQL Replica", started.world_of.world.add_server("vbr02"))
    started.ran("Failed")
    other = started.world_of.world.add_session(twin, result="Failed")
    await started.poll()
    assert (await answer(asking, "sql replica @ VBR02")).session.uid == other.uid


async def test_a_job_that_has_never_run_is_known_and_said_so(
    started: Watch, asking: Asking
) -> None:
    async with started.bench.polls.transaction() as ledger:
        await ledger.save_job_options(
            [JobOptions("urn:new", "New Replica", "vbr01")], started.bench.clock()
        )
    assert "has not run yet" in await explanation(asking, "new replica")
    found = await asking.find("New Replik")
    assert isinstance(found, Unknown)
    assert found.nearest == ("New Replica",)
