"""What jobs' options say is learnt once an hour by whom may, and costs nobody anything else."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.core.actions import Action
from bot.core.jobs import JobOptions, RetryOptions
from bot.demo.em import EnterpriseManager
from bot.services import learning
from bot.services.learning import Learning
from bot.veeam.client import EnterpriseManagerClient
from tests.builders import DAY, HOUR, MINUTE
from tests.services.bench import Watch

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _pages_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "PAGES_PER_SECOND", 10_000)


@pytest_asyncio.fixture(loop_scope="module")
async def operator(em: EnterpriseManager) -> AsyncIterator[EnterpriseManagerClient]:
    """A client with the account that may read jobs."""
    async with EnterpriseManagerClient(
        em.url, em.operator_username, em.operator_password, ca_file=str(em.ca_file)
    ) as client:
        yield client


def a_learner(watch: Watch, source: EnterpriseManagerClient) -> Learning:
    return Learning(source, watch.bench.polls, watch.bench.clock)


async def known(watch: Watch, *names: str) -> dict[str, JobOptions]:
    """What the database says of jobs now, by their names."""
    uids = [watch.job(name).uid for name in names or ("SQL Replica",)]
    async with watch.bench.polls.transaction() as ledger:
        found = await ledger.load_job_options(uids, watch.bench.clock())
    return {each.name: each for each in found.values()}


def asked(watch: Watch) -> int:
    """How often EM was asked for jobs."""
    return sum("type=Job&" in path for path in watch.lists())


async def test_the_options_of_a_job_are_known_once_learnt(
    started: Watch, operator: EnterpriseManagerClient
) -> None:
    job = started.job()
    started.ran("Success")
    await started.poll()
    assert await known(started) == {}
    await a_learner(started, operator).learn()
    [options] = (await known(started)).values()
    assert options.next_run_at is not None
    assert options == JobOptions(
        job_uid=job.uid,
        name="SQL Replica",
        backup_server="vbr01",
        next_run_at=options.next_run_at,
        is_schedule_configured=True,
        is_schedule_enabled=True,
        retry=RetryOptions(3, timedelta(minutes=10)),
        vms=("sql01", "sql02"),
        offers=frozenset({Action.RETRY, Action.START}),
    )


async def test_a_job_that_has_never_run_is_known(
    started: Watch, operator: EnterpriseManagerClient
) -> None:
    started.job("Never ran")
    await a_learner(started, operator).learn()
    assert set(await known(started, "Never ran")) == {"Never ran"}


async def test_a_job_keeps_the_name_of_its_newest_session(
    started: Watch, operator: EnterpriseManagerClient
) -> None:
    started.ran("Success")
    await started.poll()
    started.world_of.world.rename_job(started.job(), "Renamed")
    await a_learner(started, operator).learn()
    assert set(await known(started)) == {"SQL Replica"}
    started.ran("Success")
    await started.poll()
    assert set(await known(started)) == {"Renamed"}


async def test_what_changes_is_learnt_again_within_an_hour_and_not_before(
    started: Watch, operator: EnterpriseManagerClient
) -> None:
    learner, job = a_learner(started, operator), started.job()
    await learner.learn()
    job.schedule_enabled, job.retry_specified, job.vms = False, False, []
    started.bench.clock.advance(HOUR - SECOND)
    await learner.learn()
    assert (await known(started))["SQL Replica"].is_schedule_enabled
    started.bench.clock.advance(SECOND)
    await learner.learn()
    found = (await known(started))["SQL Replica"]
    assert (found.is_schedule_enabled, found.next_run_at, found.vms) == (False, None, ())
    assert found.retry == RetryOptions(0, timedelta(0))


async def test_a_restart_does_not_read_the_jobs_again(
    started: Watch, operator: EnterpriseManagerClient
) -> None:
    started.job()
    await a_learner(started, operator).learn()
    await a_learner(started, operator).learn()
    assert asked(started) == 1


async def test_many_jobs_are_read_page_by_page(
    started: Watch, operator: EnterpriseManagerClient
) -> None:
    names = [f"Job {number:03}" for number in range(101)]
    for name in names:
        started.job(name)
    await a_learner(started, operator).learn()
    assert set(await known(started, *names)) == set(names)
    assert asked(started) == 3


async def test_pages_that_were_read_are_kept_when_the_rest_fails_and_comes_later(
    started: Watch, operator: EnterpriseManagerClient
) -> None:
    names = [f"Job {number:03}" for number in range(51)]
    for name in names:
        started.job(name)
    started.world_of.faults.answer(503, path="type=Job&.*page=2", times=1)
    learner = a_learner(started, operator)
    await learner.learn()
    assert set(await known(started, *names)) == set(names[:50])
    await learner.learn()
    assert set(await known(started, *names)) == set(names)


async def test_a_refusal_is_believed_for_an_hour_and_logged_once(started: Watch) -> None:
    learner = a_learner(started, started.client)
    counts = []
    with capture_logs() as logs:
        for wait in (SECOND, MINUTE, HOUR, MINUTE):
            started.bench.clock.advance(wait)
            await learner.learn()
            counts.append(asked(started))
    assert counts == [1, 1, 2, 2]
    said = [(each["event"], each["log_level"]) for each in logs]
    assert said == [("job_options_not_allowed", "info")]


async def test_an_account_is_not_tried_again_and_again_with_a_wrong_password(
    started: Watch,
) -> None:
    em = started.world_of
    async with EnterpriseManagerClient(
        em.url, em.operator_username, "wrong", ca_file=str(em.ca_file)
    ) as client:
        learner, before = a_learner(started, client), len(em.requests)
        with capture_logs() as logs:
            for _ in range(3):
                await learner.learn()
    assert len(em.requests) - before == 1
    assert [each["log_level"] for each in logs] == ["warning"]


async def test_other_errors_are_logged_once_and_tried_again_and_so_is_the_end_of_them(
    started: Watch, operator: EnterpriseManagerClient
) -> None:
    started.job()
    learner = a_learner(started, operator)
    started.world_of.faults.answer(500, path="type=Job&", times=2)
    with capture_logs() as logs:
        for _ in range(3):
            await learner.learn()
    events = [each["event"] for each in logs if each["event"].startswith("job_options")]
    assert events == ["job_options_unknown", "job_options_known_again"]
    assert set(await known(started)) == {"SQL Replica"}


async def test_what_was_learnt_long_ago_counts_as_unknown(
    started: Watch, operator: EnterpriseManagerClient
) -> None:
    started.job()
    await a_learner(started, operator).learn()
    started.bench.clock.advance(2 * HOUR - SECOND)
    assert set(await known(started)) == {"SQL Replica"}
    started.bench.clock.advance(SECOND)
    assert await known(started) == {}


async def test_nothing_is_asked_before_the_first_import_and_while_em_is_down(
    watch: Watch, operator: EnterpriseManagerClient
) -> None:
    learner = a_learner(watch, operator)
    await learner.learn()
    await watch.poll()
    watch.world_of.faults.answer(503, times=None)
    watch.bench.clock.advance(DAY)
    await watch.poll()
    watch.world_of.faults.clear()
    await learner.learn()
    assert asked(watch) == 0
    await watch.poll()
    await learner.learn()
    assert asked(watch) == 1


async def test_learning_costs_polling_nothing_that_it_remembers(
    started: Watch, operator: EnterpriseManagerClient
) -> None:
    before = await started.bench.polls.load_state()
    await a_learner(started, operator).learn()
    after = await started.bench.polls.load_state()
    assert (after.watermark_at, after.polled_at) == (before.watermark_at, before.polled_at)
    assert set(before.swept_at or {}) < set(after.swept_at or {})
