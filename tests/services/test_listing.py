"""Lists: what is failing, what runs, all jobs, the VMs of a session; in pages and as files."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.answers import Candidates, SessionAnswer, Unknown
from bot.core.exports import Export
from bot.core.filters import Filter
from bot.core.lists import JobLine, Listed, ListKind, ListQuestion
from bot.core.sessions import Session, TaskSession, Verdict, guid_of
from bot.core.views import IncidentView
from bot.errors import NotAllowed
from bot.services.listing import PAGE, VM_PAGE, Listing
from bot.services.naming import Naming
from bot.store.handles import SqlHandles
from bot.store.surveys import SqlSurveyStore
from tests.builders import DAY, HOUR, MINUTE
from tests.services.bench import Watch

FAILED = ListQuestion(ListKind.FAILED)
RUNNING = ListQuestion(ListKind.RUNNING)
JOBS = ListQuestion(ListKind.JOBS)


class OneSession:
    """Finds what a test wants found."""

    found: SessionAnswer | Candidates | Unknown = Unknown("x", "nothing")

    async def find(self, text: str) -> SessionAnswer | Candidates | Unknown:
        return self.found


@pytest.fixture
def finding() -> OneSession:
    return OneSession()


@pytest.fixture
def listing(started: Watch, finding: OneSession) -> Listing:
    bench = started.bench
    naming = Naming(SqlHandles(bench.database, bench.em, bench.clock))
    return Listing(started.client, SqlSurveyStore(bench.database, bench.em), finding, naming)


async def listed(listing: Listing, question: ListQuestion) -> Listed:
    found = await listing.list(question)
    assert isinstance(found, Listed)
    return found


def names(found: Listed) -> list[str]:
    """What the rows are about."""
    return [
        row.job.full_name if isinstance(row, JobLine) else getattr(row, "job_name", "")
        for row in found.rows
    ]


async def test_open_incidents_come_first_and_hold_their_own_sessions(
    started: Watch, listing: Listing
) -> None:
    started.ran("Failed")
    await started.poll()
    started.later(2 * DAY)
    started.ran("Warning", job="Web Replica")
    started.ran("Success", job="Web Replica")
    started.ran("Failed", job="DC Replica")
    await started.poll()
    found = await listed(listing, FAILED)
    assert [type(row) for row in found.rows] == [IncidentView, IncidentView, Session]
    assert set(names(found)[:2]) == {"SQL Replica", "DC Replica"}
    assert (found.total, found.failing, found.told) == (3, 2, 1)
    assert len(found.handles) == 3


async def test_before_anything_was_heard_nothing_failed(listing: Listing) -> None:
    assert (await listed(listing, FAILED)).total == 0


async def test_filters_narrow_what_is_failing(started: Watch, listing: Listing) -> None:
    started.ran("Failed")
    await started.poll()
    started.later(3 * DAY)
    started.ran("Warning", job="Web Replica")
    started.ran("Success", job="Web Replica")
    await started.poll()

    async def narrowed(**words: Any) -> list[str]:
        return names(await listed(listing, replace(FAILED, filter=Filter(**words))))

    assert await narrowed(jobs=("sql*",)) == ["SQL Replica"]
    assert await narrowed(servers=("VBR01",)) == ["SQL Replica", "Web Replica"]
    assert await narrowed(servers=("vbr02",)) == []
    assert await narrowed(verdicts=frozenset({Verdict.WARNING})) == ["Web Replica"]
    assert await narrowed(since=HOUR) == ["Web Replica"]
    assert await narrowed(since=7 * DAY) == ["SQL Replica", "Web Replica"]


async def test_pages_keep_their_place_while_new_failures_come(
    started: Watch, listing: Listing
) -> None:
    for number in range(PAGE + 2):
        started.ran("Warning", job=f"Replica {number:02}")
        started.ran("Success", job=f"Replica {number:02}")
    await started.poll()
    first = await listed(listing, FAILED)
    assert (len(first.rows), first.total, first.pages, first.first) == (PAGE, PAGE + 2, 2, 0)
    started.ran("Warning", job="Newest")
    started.ran("Success", job="Newest")
    await started.poll()
    second = await listed(listing, replace(first.question, page=1))
    assert (len(second.rows), second.total, second.first) == (2, PAGE + 2, PAGE)
    assert not {*names(first)} & {*names(second)}
    assert (await listed(listing, FAILED)).total == PAGE + 3


async def test_a_page_after_the_last_is_the_last(listing: Listing) -> None:
    assert (await listed(listing, replace(JOBS, page=99))).question.page == 0
    assert (await listed(listing, replace(JOBS, page=-3))).question.page == 0


async def test_what_runs_is_listed_live_and_longest_first(started: Watch, listing: Listing) -> None:
    for name in ("one", "two"):
        started.world_of.world.start_session(started.job(name))
        started.later(MINUTE)
    found = await listed(listing, RUNNING)
    assert (names(found), found.confirmed_at) == (["one", "two"], None)
    narrowed = replace(RUNNING, filter=Filter(jobs=("two",)))
    assert names(await listed(listing, narrowed)) == ["two"]


async def test_of_what_runs_a_time_takes_what_began_in_it(started: Watch, listing: Listing) -> None:
    started.world_of.world.start_session(started.job("old"))
    started.later(HOUR)
    started.world_of.world.start_session(started.job("new"))
    await started.poll()
    narrowed = replace(RUNNING, filter=Filter(since=10 * MINUTE))
    assert names(await listed(listing, narrowed)) == ["new"]


async def test_without_em_what_ran_last_is_listed(started: Watch, listing: Listing) -> None:
    started.world_of.world.start_session(started.job())
    await started.poll()
    started.world_of.faults.answer(503, times=None)
    found = await listed(listing, RUNNING)
    assert (names(found), bool(found.em_problem)) == (["SQL Replica"], True)
    assert found.confirmed_at == started.bench.clock()


async def test_that_the_account_may_not_see_what_runs_is_told(
    started: Watch, listing: Listing
) -> None:
    started.world_of.faults.answer(403, times=None)
    with pytest.raises(NotAllowed):
        await listing.list(RUNNING)


async def test_jobs_that_fail_come_first_then_those_that_warned_then_by_name(
    started: Watch, listing: Listing
) -> None:
    for job, result in (("b", "Success"), ("a", "Success"), ("w", "Warning"), ("f", "Failed")):
        started.ran("Success", job=job)
        started.ran(result, job=job)
    await started.poll()
    found = await listed(listing, JOBS)
    assert names(found) == ["f", "w", "a", "b"]
    worst = found.rows[0]
    assert isinstance(worst, JobLine)
    assert (worst.verdict, worst.incident_id > 0) == (Verdict.FAILED, True)
    assert worst.latest is not None
    assert worst.last_good_at is not None
    assert worst.last_good_at < worst.latest.created_at


async def test_a_job_that_is_retried_still_counts_as_failing(
    started: Watch, listing: Listing
) -> None:
    started.ran("Failed")
    started.world_of.world.start_session(started.job())
    await started.poll()
    [line] = (await listed(listing, JOBS)).rows
    assert isinstance(line, JobLine)
    assert line.verdict is Verdict.FAILED


async def test_jobs_are_narrowed_by_how_and_when_they_ran(started: Watch, listing: Listing) -> None:
    started.ran("Failed", job="old")
    await started.poll()
    started.later(3 * DAY)
    started.ran("Success", job="new")
    await started.poll()
    well = Filter(verdicts=frozenset({Verdict.SUCCESS}))
    assert names(await listed(listing, replace(JOBS, filter=well))) == ["new"]
    assert names(await listed(listing, replace(JOBS, filter=Filter(since=DAY)))) == ["new"]
    assert names(await listed(listing, replace(JOBS, filter=Filter(servers=("x",))))) == []


def a_vm(name: str, result: str = "Success") -> TaskSession:
    return TaskSession(f"urn:{name}", "urn:s", name, "Stopped", result)


async def test_the_vms_of_a_session_are_listed_worst_first(
    started: Watch, listing: Listing, finding: OneSession
) -> None:
    session = started.ran("Failed")
    await started.poll()
    stored = await SqlSurveyStore(started.bench.database, started.bench.em).load_session(
        session.uid
    )
    assert stored
    some = tuple(a_vm(f"vm{number:02}") for number in range(VM_PAGE))
    finding.found = SessionAnswer(stored[0].session, (*some, a_vm("zz", "Failed")))
    question = ListQuestion(ListKind.TASKS, subject=session.uid)
    found = await listed(listing, question)
    assert [row.vm for row in found.rows if isinstance(row, TaskSession)][:2] == ["zz", "vm00"]
    assert (found.total, found.pages) == (VM_PAGE + 1, 2)
    assert found.session == stored[0].session
    bad = replace(question, filter=Filter(verdicts=frozenset({Verdict.FAILED})))
    assert (await listed(listing, bad)).total == 1
    finding.found = SessionAnswer(stored[0].session, None)
    assert (await listed(listing, question)).em_problem == "EM did not say why"


async def test_the_vms_of_something_unknown_are_explained(listing: Listing) -> None:
    question = ListQuestion(ListKind.TASKS, subject="x")
    assert await listing.list(question) == Unknown("x", "nothing")
    assert await listing.export(question) == Unknown("x", "nothing")


async def test_a_whole_list_is_exported_with_everything_in_its_order(
    started: Watch, listing: Listing
) -> None:
    session = started.ran("Failed", reasons={"sql01": "no space"})
    started.ran("Warning", job="Web Replica")
    started.ran("Success", job="Web Replica")
    await started.poll()
    await started.reasoning.explain()
    export = await listing.export(FAILED)
    assert isinstance(export, Export)
    assert export.name.startswith("replica-failed-")
    rows = [dict(zip(export.header, row, strict=True)) for row in export.rows]
    assert [row["Job"] for row in rows] == ["SQL Replica", "Web Replica"]
    assert (rows[0]["Reason"], rows[0]["Incident"]) == ("sql01: no space", "#1")
    assert rows[0]["Session id"] == guid_of(session.uid)
    assert str(rows[0]["Handle"]).startswith("#")
    assert rows[1]["Result"] == "Warning"


async def test_jobs_and_vms_are_exported_too(
    started: Watch, listing: Listing, finding: OneSession
) -> None:
    session = started.ran("Failed")
    await started.poll()
    export = await listing.export(JOBS)
    assert isinstance(export, Export)
    assert export.rows[0][:3] == ("SQL Replica", "vbr01", "Failed")
    stored = await SqlSurveyStore(started.bench.database, started.bench.em).load_session(
        session.uid
    )
    assert stored
    task = replace(a_vm("sql01", "Failed"), reason="no space", total_size=7)
    finding.found = SessionAnswer(stored[0].session, (task,))
    export = await listing.export(ListQuestion(ListKind.TASKS, subject=session.uid))
    assert isinstance(export, Export)
    assert export.rows == (("sql01", "Failed", "Stopped", None, None, 7, "no space"),)


async def test_a_running_session_has_no_end_in_a_file(started: Watch, listing: Listing) -> None:
    started.world_of.world.start_session(started.job())
    started.later(timedelta(minutes=3))
    export = await listing.export(RUNNING)
    assert isinstance(export, Export)
    [row] = [dict(zip(export.header, row, strict=True)) for row in export.rows]
    assert (row["Ended (UTC)"], row["Duration (s)"], row["Incident"]) == (None, None, "")
