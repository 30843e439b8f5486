"""How things stand at a glance, and one job with its past and its next run."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.jobs import JobOptions, RetryOptions
from bot.core.rpo import RpoPolicy, RpoRule
from bot.core.sessions import Verdict
from bot.core.surveys import JobAnswer
from bot.core.targets import NoTarget
from bot.services.naming import Naming
from bot.services.surveying import STRIP, TOP, Surveying
from bot.store.handles import SqlHandles
from bot.store.surveys import SqlSurveyStore
from tests.builders import DAY, HOUR
from tests.services.bench import Watch
from tests.services.wishing import ANA, ZONE, a_handling

RPO = RpoPolicy((RpoRule(26 * HOUR),))


def a_naming(watch: Watch) -> Naming:
    return Naming(SqlHandles(watch.bench.database, watch.bench.em, watch.bench.clock))


@pytest.fixture
def surveying(started: Watch) -> Surveying:
    bench = started.bench
    store = SqlSurveyStore(bench.database, bench.em)
    naming = a_naming(started)
    return Surveying(started.client, store, naming, RPO, ZoneInfo("UTC"), bench.clock)


async def described(surveying: Surveying, said: str = "SQL Replica") -> JobAnswer:
    found = await surveying.describe(said)
    assert isinstance(found, JobAnswer)
    return found


async def test_the_overview_shows_the_most_urgent_and_counts_the_rest(
    started: Watch, surveying: Surveying
) -> None:
    for number in range(TOP + 1):
        started.ran("Failed", job=f"Replica {number}")
        started.world_of.world.start_session(started.job(f"Running {number}"))
    await started.poll()
    seen = await surveying.overview()
    assert (len(seen.incidents), seen.figures.open_incidents) == (TOP, TOP + 1)
    assert (len(seen.running), seen.figures.running) == (TOP, TOP + 1)
    assert len(seen.handles) == 2 * TOP
    assert (seen.em_problem, seen.polled_at) == ("", started.bench.clock())


async def test_a_job_tells_how_it_has_been(started: Watch, surveying: Surveying) -> None:
    for result in ("Success", "Warning", "Failed", "Failed"):
        started.later(DAY)
        started.ran(result, created_at=started.now() - timedelta(minutes=11))
    await started.poll()
    found = await described(surveying)
    assert (found.counts.succeeded, found.counts.warned, found.counts.failed) == (1, 1, 2)
    assert [run.verdict.name for run in found.runs] == ["SUCCESS", "WARNING", "FAILED", "FAILED"]
    assert found.usual_duration is not None
    assert round(found.usual_duration / timedelta(minutes=1)) == 12
    assert found.last_good_at == found.runs[1].created_at
    assert (found.rpo, found.incident is not None) == (26 * HOUR, True)
    assert found.latest is not None
    assert found.handle
    assert found.options is None


async def test_the_strip_holds_the_newest_runs(started: Watch, surveying: Surveying) -> None:
    for _ in range(STRIP):
        started.ran("Success")
    started.ran("Failed")
    await started.poll()
    found = await described(surveying)
    assert len(found.runs) == STRIP
    assert found.runs[-1].verdict is Verdict.FAILED


async def test_a_job_that_has_never_run_has_options_at_most(
    started: Watch, surveying: Surveying
) -> None:
    at = started.now() + HOUR
    options = JobOptions("urn:new", "New Replica", "vbr01", at, True, True, RetryOptions(3, HOUR))
    async with started.bench.polls.transaction() as ledger:
        await ledger.save_job_options([options], started.bench.clock())
    found = await described(surveying, "new replica")
    assert (found.latest, found.runs, found.counts.total) == (None, (), 0)
    assert found.options is not None
    assert found.options.retry == RetryOptions(3, HOUR)
    assert found.expected_at is not None
    started.later(3 * HOUR)
    assert (await described(surveying, "New Replica")).options is None


async def test_a_job_whose_schedule_is_off_has_no_next_run(
    started: Watch, surveying: Surveying
) -> None:
    options = JobOptions("urn:off", "Off", "vbr01", started.now(), True, is_schedule_enabled=False)
    async with started.bench.polls.transaction() as ledger:
        await ledger.save_job_options([options], started.bench.clock())
    assert (await described(surveying, "Off")).expected_at is None


async def test_a_mute_is_told(started: Watch, surveying: Surveying) -> None:
    started.ran("Success")
    await started.poll()
    finding = a_handling(started.bench, surveying, ZONE)  # type: ignore[arg-type]  # nothing is found here
    await finding.muting.mute("SQL Replica 4h", ANA)
    found = await described(surveying)
    assert found.mute is not None
    assert found.mute.muted_by == ANA


async def test_a_job_is_found_by_its_uid_its_incident_and_its_sessions_handle(
    started: Watch, surveying: Surveying
) -> None:
    session = started.ran("Failed")
    await started.poll()
    handle = (await a_naming(started).name([session.uid]))[session.uid]
    job = (await described(surveying)).job
    for said in (job.uid, "#1", f"#{handle}", "SQL Replica @ vbr01"):
        assert (await described(surveying, said)).job == job
    assert await surveying.find_job("#1") == job
    for said in ("#7", "#ffff", "SQL Replica"):
        assert await surveying.find_job(said) is None


async def test_an_unknown_job_brings_the_nearest_and_a_shared_name_all(
    started: Watch, surveying: Surveying
) -> None:
    twin = started.world_of.world.add_job("DC", started.world_of.world.add_server("vbr02"))
    started.world_of.world.add_session(twin, result="Success")
    started.ran("Success", job="DC")
    started.ran("Success")
    await started.poll()
    both = ("DC @ vbr01", "DC @ vbr02")
    assert await surveying.describe("SQL Replika") == NoTarget("SQL Replika", ("SQL Replica",))
    found = await surveying.describe("dc")
    assert isinstance(found, NoTarget)
    assert (set(found.candidates), found.is_ambiguous) == (set(both), True)


async def test_jobs_that_begin_with_what_is_typed_are_proposed_first(
    started: Watch, surveying: Surveying
) -> None:
    for name in ("Old SQL", "SQL Replica", "Web Replica"):
        started.ran("Success", job=name)
    await started.poll()
    assert [job.name for job in await surveying.suggest(" sql ")] == ["SQL Replica", "Old SQL"]
    assert len(await surveying.suggest("")) == 3
    assert len(await surveying.suggest("vbr01")) == 3
    assert await surveying.suggest("nothing") == []
