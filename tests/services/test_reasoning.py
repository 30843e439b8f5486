"""Why it failed, and when the job runs next: what comes in time, late, or not at all."""

from datetime import timedelta

from bot.core.notices import Kind, PostedMessage
from bot.core.sessions import Verdict
from bot.core.stores import Attempt
from bot.core.views import IncidentView, VmReason
from bot.services.reasoning import Reasoning
from bot.veeam.client import EnterpriseManagerClient
from tests.builders import DAY, HOUR, MINUTE
from tests.services.bench import Watch

SECONDS = timedelta(seconds=1)
REASONS = {"sql01": "no space on ds7", "sql02": "proxy is unreachable"}


async def the_view(watch: Watch) -> IncidentView:
    [view] = await watch.bench.questions.load_open_views()
    return view


async def test_the_reasons_of_each_vm_ride_in_the_alert(started: Watch) -> None:
    started.ran("Failed", reasons=REASONS)
    await started.poll()
    assert (await the_view(started)).vms is None
    await started.reasoning.explain()
    assert (await the_view(started)).vms == (
        VmReason("sql01", Verdict.FAILED, "no space on ds7"),
        VmReason("sql02", Verdict.FAILED, "proxy is unreachable"),
    )


async def test_reasons_that_come_in_time_end_the_waiting(started: Watch) -> None:
    started.ran("Failed", reasons=REASONS)
    await started.poll()
    await started.reasoning.explain()
    [notice] = await started.bench.notices(Kind.INCIDENT)
    assert (notice.due_at, notice.wanted_revision) == (started.bench.clock(), 1)


async def test_reasons_that_come_late_follow_as_an_edit(started: Watch) -> None:
    started.ran("Failed", reasons=REASONS)
    await started.poll()
    [notice] = await started.bench.notices(Kind.INCIDENT)
    bench = started.bench
    await bench.deliveries.claim(notice.id, Attempt("bot", notice.due_at, notice.due_at))
    later = bench.clock() + 4 * SECONDS
    await bench.deliveries.record_posted(notice.id, PostedMessage("C1", "1.0", 1), later)
    await started.reasoning.explain()
    [notice] = await started.bench.notices(Kind.INCIDENT)
    assert notice.wanted_revision == 2
    assert notice.due_at == later


async def test_without_a_failed_vm_em_gives_no_reason(started: Watch) -> None:
    started.ran("Failed", reasons={})
    await started.poll()
    await started.reasoning.explain()
    assert (await the_view(started)).vms == ()


async def test_where_em_gives_no_reason_the_last_one_it_gave_stays(started: Watch) -> None:
    started.ran("Failed", reasons=REASONS)
    await started.poll()
    await started.reasoning.explain()
    started.bench.clock.advance(HOUR)
    started.ran("Failed", reasons={})
    await started.poll()
    await started.reasoning.explain()
    view = await the_view(started)
    assert view.vms == ()
    assert [vm.reason for vm in view.vms_before] == ["no space on ds7", "proxy is unreachable"]


async def test_reasons_are_asked_once_with_one_query_for_all(started: Watch) -> None:
    for number in range(4):
        started.ran("Failed", job=f"Job {number}")
    await started.poll()
    asked = len(started.world_of.requests)
    await started.reasoning.explain()
    await started.reasoning.explain()
    tasks = [path for path in started.lists(asked) if "ReplicaTaskSession" in path]
    assert len(tasks) == 1


async def test_reasons_that_em_does_not_give_now_are_asked_again(started: Watch) -> None:
    started.ran("Failed", reasons=REASONS)
    await started.poll()
    started.world_of.faults.answer(503, path="ReplicaTaskSession", times=1)
    await started.reasoning.explain()
    assert (await the_view(started)).vms is None
    await started.reasoning.explain()
    assert (await the_view(started)).vms


async def test_history_is_explained_only_while_it_still_fails(watch: Watch) -> None:
    await watch.reasoning.explain()
    failing = watch.ran("Failed", ago=HOUR)
    watch.ran("Failed", ago=2 * HOUR, job="Web Replica")
    watch.ran("Success", ago=HOUR, job="Web Replica")
    await watch.poll()
    wanting = await watch.bench.polls.load_wanting_reasons(watch.now() - DAY, 10)
    assert [each.uid for each in wanting] == [failing.uid]


async def test_nothing_is_asked_where_nothing_failed(started: Watch) -> None:
    asked = len(started.world_of.requests)
    await started.reasoning.explain()
    assert len(started.world_of.requests) == asked


async def test_a_group_shows_the_reasons_of_its_members(started: Watch) -> None:
    for number in range(6):
        started.ran("Failed", job=f"Job {number}")
    await started.poll()
    await started.reasoning.explain()
    [leader] = await started.bench.notices(Kind.GROUP)
    assert leader.due_at == started.bench.clock()


async def test_an_account_that_may_read_jobs_learns_when_they_run_next(started: Watch) -> None:
    em, bench = started.world_of, started.bench
    ca_file = str(em.ca_file)
    started.ran("Failed")
    await started.poll()
    async with EnterpriseManagerClient(
        em.url, em.admin_username, em.admin_password, ca_file=ca_file
    ) as admin:
        reasoning = Reasoning(admin, admin, bench.polls, bench.audience, bench.clock, lambda: None)
        await reasoning.explain()
    next_run_at = (await the_view(started)).next_run_at
    expected = started.job().next_run_at
    assert next_run_at is not None
    assert expected is not None
    assert abs(next_run_at - expected) < SECONDS


async def test_an_account_that_may_not_is_asked_once_an_hour(started: Watch) -> None:
    counts = []
    for wait in (MINUTE, MINUTE, HOUR):
        started.bench.clock.advance(wait)
        started.ran("Failed")
        await started.poll()
        asked = len(started.world_of.requests)
        await started.reasoning.explain()
        counts.append(sum("type=Job&" in path for path in started.lists(asked)))
    assert counts == [1, 0, 1]
    assert (await the_view(started)).next_run_at is None


async def test_next_runs_that_em_does_not_give_now_change_nothing_else(started: Watch) -> None:
    started.ran("Failed", reasons=REASONS)
    await started.poll()
    started.world_of.faults.answer(503, path="type=Job&", times=1)
    await started.reasoning.explain()
    assert (await the_view(started)).vms


async def test_in_a_storm_nobody_asks_when_each_job_runs_next(started: Watch) -> None:
    for number in range(21):
        started.ran("Failed", job=f"Job {number}")
    await started.poll()
    asked = len(started.world_of.requests)
    await started.reasoning.explain()
    assert not any("type=Job&" in path for path in started.lists(asked))
