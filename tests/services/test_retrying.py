"""ALERT_RETRY_GRACE: a failure waits for the retry that may heal it, and what the message says."""

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from bot.core.jobs import JobOptions, RetryOptions
from bot.core.notices import Kind, PostedMessage
from bot.core.views import IncidentView, RunningRetry
from bot.services.telling import Telling
from bot.store.databases import Database
from bot.store.views import Views
from tests.builders import HOUR, MINUTE, NOW, a_retry, a_running_session, a_session
from tests.services.bench import Bench

JOB = a_session().job_uid
THREE_RETRIES = JobOptions(JOB, retry=RetryOptions(3, timedelta(minutes=10)))


@pytest_asyncio.fixture(loop_scope="module")
async def waiting(database: Database) -> Bench:
    return Bench(database, wishes={"retry_grace": 30 * MINUTE})


@pytest_asyncio.fixture(loop_scope="module")
async def automatic(database: Database) -> Bench:
    return Bench(database, wishes={"retry_grace": None})


async def learn(bench: Bench, options: JobOptions) -> None:
    async with bench.polls.transaction() as ledger:
        await ledger.save_job_options([options], bench.clock())


async def view_of_only(bench: Bench) -> IncidentView:
    [notice] = await bench.notices(Kind.INCIDENT)
    async with bench.database.read() as connection:
        view = await Views(connection, bench.em).load(notice)
    assert isinstance(view, IncidentView)
    return view


async def test_a_failure_waits_for_its_retries_as_a_row(waiting: Bench) -> None:
    await waiting.report(a_session())
    [notice] = await waiting.notices()
    assert notice.due_at == NOW + 30 * MINUTE
    assert await waiting.reasons() == ["FIRST_FAILURE", "RETRY_PENDING"]


async def test_a_failure_that_its_retry_heals_is_never_said(waiting: Bench) -> None:
    await waiting.report(a_session())
    await waiting.report(a_retry(NOW + 10 * MINUTE, result="Success"))
    [notice] = await waiting.notices()
    assert (notice.is_closed, notice.error) == (
        True,
        "its retry succeeded before it was to be said",
    )
    assert (await waiting.reasons())[-1] == "HEALED"


async def test_a_failure_and_its_healing_seen_at_once_are_not_said_either(waiting: Bench) -> None:
    await waiting.report(a_session(), a_retry(NOW + 10 * MINUTE, result="Success"))
    assert await waiting.notices() == []
    assert await waiting.reasons() == ["LATE_AND_HEALED"]


async def test_without_a_grace_what_a_retry_healed_is_told_as_over(bench: Bench) -> None:
    await bench.report(a_session(), a_retry(NOW + 10 * MINUTE, result="Success"))
    assert len(await bench.notices()) == 1


async def test_a_failure_whose_retries_fail_is_said_when_the_time_is_over(waiting: Bench) -> None:
    await waiting.report(a_session())
    waiting.clock.advance(10 * MINUTE)
    await waiting.report(a_retry(NOW + 10 * MINUTE))
    [notice] = await waiting.notices()
    assert (notice.is_closed, notice.due_at) == (False, NOW + 30 * MINUTE)


async def test_a_run_that_failed_is_said_though_the_next_run_succeeded(waiting: Bench) -> None:
    await waiting.report(a_session())
    await waiting.report(a_session(NOW + 20 * MINUTE, result="Success"))
    [notice] = await waiting.notices()
    assert not notice.is_closed


async def test_a_retry_that_succeeds_after_the_alert_was_due_recovers_it(waiting: Bench) -> None:
    await waiting.report(a_session())
    waiting.clock.advance(31 * MINUTE)
    await waiting.report(a_retry(NOW + 31 * MINUTE, result="Success"))
    [notice] = await waiting.notices()
    assert not notice.is_closed


async def test_a_warning_does_not_wait_because_nothing_retries_it(waiting: Bench) -> None:
    await waiting.report(a_session(result="Warning"))
    [notice] = await waiting.notices()
    assert notice.due_at == NOW + timedelta(seconds=2)


async def test_reasons_do_not_hurry_what_waits_for_a_retry(waiting: Bench) -> None:
    session = a_session()
    await waiting.report(session)
    async with waiting.polls.transaction() as ledger:
        ids = await ledger.save_reasons([session], [], NOW)
        await Telling(ledger, waiting.audience, NOW).refresh(ids, at_once=True)
    [notice] = await waiting.notices()
    assert notice.due_at == NOW + 30 * MINUTE


async def test_a_storm_that_its_retries_heal_is_never_said(waiting: Bench) -> None:
    jobs = [f"job-{n}" for n in range(6)]
    await waiting.report(*(a_session(job_uid=job, job_name=job) for job in jobs))
    healing = [
        a_retry(NOW + 5 * MINUTE, job_uid=job, job_name=job, result="Success") for job in jobs
    ]
    await waiting.report(*healing[:5])
    [leader] = await waiting.notices(Kind.GROUP)
    assert (leader.is_closed, leader.due_at) == (False, NOW + 30 * MINUTE)
    await waiting.report(*healing[5:])
    [leader] = await waiting.notices(Kind.GROUP)
    assert leader.is_closed


async def test_auto_waits_for_as_many_retries_as_the_job_makes(automatic: Bench) -> None:
    await learn(automatic, THREE_RETRIES)
    await automatic.report(a_session())
    [notice] = await automatic.notices()
    assert notice.due_at == NOW + 3 * (10 * MINUTE + 10 * MINUTE)


async def test_auto_does_not_wait_after_the_last_retry(automatic: Bench) -> None:
    await learn(automatic, THREE_RETRIES)
    retries = [a_retry(NOW + n * 20 * MINUTE) for n in (1, 2, 3)]
    await automatic.report(a_session(), *retries)
    [notice] = await automatic.notices()
    assert notice.due_at == NOW + timedelta(seconds=2)


async def test_auto_waits_no_longer_once_the_last_retry_has_failed(automatic: Bench) -> None:
    await learn(automatic, THREE_RETRIES)
    await automatic.report(a_session())
    for number in (1, 2):
        await automatic.report(a_retry(NOW + number * 20 * MINUTE))
    [notice] = await automatic.notices()
    assert notice.due_at == NOW + HOUR
    automatic.clock.advance(30 * MINUTE)
    await automatic.report(a_retry(NOW + HOUR))
    [notice] = await automatic.notices()
    assert notice.due_at == NOW + 30 * MINUTE


@pytest.mark.parametrize("options", [None, JobOptions(JOB)], ids=["unreadable", "no retries"])
async def test_auto_does_not_wait_where_nothing_is_known_of_retries(
    automatic: Bench, options: JobOptions | None
) -> None:
    if options:
        await learn(automatic, options)
    await automatic.report(a_session())
    [notice] = await automatic.notices()
    assert notice.due_at == NOW + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("known", "expected"),
    [([THREE_RETRIES], RunningRetry(2, 3)), ([], RunningRetry(2, 0))],
    ids=["options known", "options unknown"],
)
async def test_the_message_says_which_retry_runs(
    bench: Bench, known: list[JobOptions], expected: RunningRetry
) -> None:
    for each in known:
        await learn(bench, each)
    await bench.report(a_session(), a_retry(NOW + 20 * MINUTE))
    assert (await view_of_only(bench)).retry is None
    await bench.report(a_running_session(NOW + 40 * MINUTE, is_retry=True))
    assert (await view_of_only(bench)).retry == expected


async def test_a_retry_that_begins_changes_the_message(bench: Bench) -> None:
    await bench.report(a_session())
    [notice] = await bench.notices()
    await bench.deliveries.record_posted(notice.id, PostedMessage("C1", "1.0", 1), NOW)
    running: dict[str, Any] = {"is_retry": True, "uid": "urn:veeam:ReplicaJobSession:r"}
    await bench.report(a_running_session(NOW + HOUR, **running))
    await bench.report(a_running_session(NOW + HOUR, **running, progress=40))
    [notice] = await bench.notices()
    assert notice.wanted_revision == 3
