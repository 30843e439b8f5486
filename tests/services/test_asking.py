"""What people ask: answered live from EM, from the store where EM cannot be asked."""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.answers import Candidates, SessionAnswer, Unknown
from bot.core.sessions import guid_of
from bot.core.stores import Refusal
from bot.errors import EnterpriseManagerUnavailable
from bot.services.asking import About, Asking
from bot.services.summarizing import Summarizing
from tests.builders import DAY, HOUR, MINUTE, NOW
from tests.services.bench import Watch

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def asking(watch: Watch) -> Asking:
    bench = watch.bench
    about = About(MINUTE, "https://em.example.com:9443", NOW, lambda: "")
    summaries = Summarizing(bench.questions, "C1", time(8), ZoneInfo("UTC"), bench.clock)
    return Asking(watch.client, bench.questions, bench.deliveries, summaries, about)


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


async def test_what_failed_within_a_day_is_listed_with_what_is_open(
    started: Watch, asking: Asking
) -> None:
    started.ran("Failed")
    await started.poll()
    started.later(2 * DAY)
    recent = started.ran("Warning", job="Web Replica")
    await started.poll()
    found = await asking.list_failed()
    assert ([each.uid for each in found.sessions], found.total) == ([recent.uid], 1)
    assert len(found.incidents) == 2


async def test_before_the_first_poll_nothing_failed(watch: Watch, asking: Asking) -> None:
    assert (await asking.list_failed()).total == 0


async def test_what_runs_is_listed_live_and_longest_first(started: Watch, asking: Asking) -> None:
    begun = []
    for name in ("one", "two"):
        begun.append(started.world_of.world.start_session(started.job(name)).uid)
        started.later(MINUTE)
    found = await asking.list_running()
    assert ([each.uid for each in found.sessions], found.confirmed_at) == (begun, None)


async def test_without_em_what_ran_last_is_listed(started: Watch, asking: Asking) -> None:
    running = started.world_of.world.start_session(started.job())
    await started.poll()
    started.world_of.faults.answer(503, times=None)
    found: Any = await asking.list_running()
    assert ([each.uid for each in found.sessions], found.total) == ([running.uid], 1)
    assert (found.confirmed_at, bool(found.em_problem)) == (started.bench.clock(), True)


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
