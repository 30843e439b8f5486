"""Paths, forms and refusals of the resources (reference §2, §4, §6, §10, §15)."""

import json
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from bot.demo.em import EnterpriseManager, ReplicaJob, Session
from tests.demo.em.visitors import Visitor, tags


@pytest.fixture
def job(em: EnterpriseManager) -> ReplicaJob:
    return em.world.add_job("SQL Replica", em.world.add_server("vbr01"), vms=("sql01", "sql02"))


@pytest.fixture
def session(em: EnterpriseManager, job: ReplicaJob) -> Session:
    return em.world.add_session(job)


@pytest.mark.parametrize("accept", ["*/*", "application/xml", "text/html", "text/json"])
async def test_xml_is_the_answer_unless_json_is_asked_for(watcher: Visitor, accept: str) -> None:
    response = await watcher.ask("replicaSessions", accept=accept)
    assert response.headers["Content-Type"] == "application/xml; charset=utf-8"


@pytest.mark.parametrize("accept", ["application/json", "application/xml, Application/JSON;q=0.1"])
async def test_json_is_the_answer_as_soon_as_it_is_named(watcher: Visitor, accept: str) -> None:
    response = await watcher.ask("replicaSessions", accept=accept)
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "plural"),
    [
        ("replicaSessions", "ReplicaJobSessions"),
        ("replicaTaskSessions", "ReplicaTaskSessions"),
        ("jobs", "Jobs"),
        ("backupServers", "BackupServers"),
        ("replicas", "Replicas"),
        ("repositories", "Repositories"),
    ],
)
async def test_a_collection_is_references_or_entities(
    admin: Visitor, session: Session, path: str, plural: str
) -> None:
    assert list(await admin.json(path)) == ["Refs"]
    assert list(await admin.json(f"{path}?format=Entity")) == [plural]
    assert tags(await admin.xml(path))[0] == "Ref"
    assert tags(await admin.xml(f"{path}?format=entity"))[0] == plural.removesuffix("s").replace(
        "ie", "y"
    )


@pytest.mark.parametrize(
    "path",
    [
        "replicaSessions/{session.id}",
        "REPLICASESSIONS/{session.id}/",
        "replicaSessions/{session.uid}",
        "replicaTaskSessions/{task.id}",
        "replicaSessions/{session.id}/replicaTaskSessions",
        "jobs/{job.id}",
        "jobs/{job.id}/replicaSessions",
        "jobs/{job.id}/backupSessions",
        "jobs/{job.id}/includes",
        "backupservers/{job.server.id}",
        "backupServers/{job.server.id}/jobs",
        "backupServers/{job.server.id}/repositories",
        "replicas/{job.replica_id}",
        "repositories/{job.repository.id}",
    ],
)
async def test_a_resource_is_found_by_its_id_in_any_case_of_the_path(
    admin: Visitor, session: Session, path: str
) -> None:
    path = path.format(session=session, task=session.tasks[0], job=session.job)
    assert await admin.status(path) == 200


async def test_sessions_below_a_job_are_its_own(
    em: EnterpriseManager, admin: Visitor, session: Session
) -> None:
    em.world.add_session(em.world.add_job("Other", session.job.server))
    refs = (await admin.json(f"jobs/{session.job.id}/replicaSessions"))["Refs"]
    assert [row["UID"] for row in refs] == [session.uid]


async def test_the_vms_of_a_job_are_listed(admin: Visitor, job: ReplicaJob) -> None:
    (first, second) = (await admin.json(f"jobs/{job.id}/includes"))["ObjectInJobs"]
    assert (first["Name"], second["DisplayName"]) == ("sql01", "sql02")


@pytest.mark.parametrize(
    "path",
    [
        "nonsense",
        "replicaSessions/00000000-0000-0000-0000-000000000000",
        "replicaSessions/not-a-guid",
        "replicaSessions/{id}/backupTaskSessions",
        "backupSessions/{id}",
        "backupSessions/{id}/backupTaskSessions",  # §7: it is `taskSessions` there
        "reports/summary/jobs_statistics",  # §12: one example has this name
        "tasks/task-1",
    ],
)
async def test_what_does_not_exist_is_404(watcher: Visitor, session: Session, path: str) -> None:
    """§10."""
    assert await watcher.status(path.format(id=session.id)) == 404


async def test_outside_of_the_api_nothing_exists(em: EnterpriseManager, watcher: Visitor) -> None:
    """§2: the path is `/api/…`."""
    assert (await watcher.client.get("/")).status_code == 404
    assert (await watcher.client.get("/apiary/replicaSessions")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "replicaSessions/{id}?action=stop"),  # §7: no such action for replica sessions
        ("DELETE", "replicaSessions/{id}"),
        ("PUT", "replicaSessions"),
        ("POST", "query?type=ReplicaJobSession"),
        ("GET", "sessionMngr/?v=latest"),
        ("DELETE", "sessionMngr/?v=latest"),
        ("HEAD", "replicaSessions"),
    ],
)
async def test_a_method_that_a_resource_lacks_is_405(
    watcher: Visitor, session: Session, method: str, path: str
) -> None:
    """§10."""
    response = await watcher.ask(path.format(id=session.id), method)
    assert response.status_code == 405
    assert response.headers["Allow"] in ("GET", "POST")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "jobs/{job.id}"),
        ("DELETE", "jobs/{job.id}"),
        ("POST", "jobs/{job.id}?action=sync"),
        ("POST", "jobs/{job.id}?action=toggleScheduleEnabled"),
        ("POST", "jobs/{job.id}/includes"),
        ("DELETE", "backupServers/{job.server.id}"),
    ],
)
async def test_documented_changes_that_are_not_emulated_are_501(
    admin: Visitor, job: ReplicaJob, method: str, path: str
) -> None:
    """§10."""
    assert await admin.status(path.format(job=job), method) == 501


async def test_a_format_that_is_not_documented_is_400(watcher: Visitor, session: Session) -> None:
    """§4: `Entity` on resources; `Entities` belongs to queries."""
    assert await watcher.status(f"replicaSessions/{session.id}?format=Entities") == 400
    assert await watcher.status("replicaSessions?format=full") == 400


async def test_errors_are_named_without_spaces(watcher: Visitor) -> None:
    """§11: the reason phrase on the wire was `400 BadRequest`."""
    assert (await watcher.ask("query")).reason_phrase == "BadRequest"


async def test_collections_end_after_30_days_and_queries_do_not(
    em: EnterpriseManager, watcher: Visitor, job: ReplicaJob
) -> None:
    """§6, §14; whether queries do is unknown."""
    em.world.add_session(job, created_at=em.world.now() - timedelta(days=31))
    recent = em.world.add_session(job, created_at=em.world.now() - timedelta(days=29))
    refs = (await watcher.json("replicaSessions"))["Refs"]
    assert [row["UID"] for row in refs] == [recent.uid]
    assert len(await watcher.query("ReplicaJobSession")) == 2


async def test_a_session_that_em_has_not_collected_is_nowhere(
    em: EnterpriseManager, watcher: Visitor, job: ReplicaJob
) -> None:
    """§14: EM is a cache; `collect` refreshes it."""
    late = em.world.add_session(job, visible_at=em.world.now() + timedelta(hours=1))
    assert await watcher.query("ReplicaTaskSession") == []
    assert await watcher.status(f"replicaSessions/{late.id}") == 404
    await watcher.ask(f"backupServers/{job.server.id}?action=collect", "POST")
    assert await watcher.status(f"replicaSessions/{late.id}") == 200


async def test_either_spelling_of_the_tasks_is_followed_as_linked(
    em: EnterpriseManager, watcher: Visitor, session: Session
) -> None:
    """§15."""
    for spelling in ("replicaTaskSessions", "repicaTaskSessions"):
        em.options = replace(em.options, task_link_spelling=spelling)
        links = (await watcher.json(f"replicaSessions/{session.id}"))["Links"]
        path = links[3]["Href"].partition("/api/")[2]
        assert path == f"replicaSessions/{session.id}/{spelling}"
        assert len((await watcher.json(path))["Refs"]) == 2


async def test_a_server_may_answer_the_misspelt_path_only(
    em: EnterpriseManager, watcher: Visitor, session: Session
) -> None:
    """§15: what older servers answer is unknown."""
    right, wrong = "replicaTaskSessions", "repicaTaskSessions"
    assert await watcher.status(wrong) == 404
    em.options = replace(em.options, only_misspelt_task_path=True)
    assert await watcher.status(right) == 404
    assert await watcher.status(f"replicaSessions/{session.id}/{right}") == 404
    assert await watcher.status(f"{wrong}/{session.tasks[0].id}") == 200


async def test_json_may_begin_with_a_byte_order_mark(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    em.options = replace(em.options, bom=True)
    response = await watcher.ask("replicaSessions", accept="application/json")
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert json.loads(response.content.decode("utf-8-sig")) == {"Refs": []}


@pytest.mark.parametrize(
    ("digits", "shown"),
    [(None, "00:00:01.25Z"), (0, "00:00:01Z"), (3, "00:00:01.250Z"), (7, "00:00:01.2500000Z")],
)
async def test_times_have_as_many_digits_as_the_switch_says(
    em: EnterpriseManager, watcher: Visitor, session: Session, digits: int | None, shown: str
) -> None:
    em.options = replace(em.options, fraction_digits=digits)
    midnight = session.created_at.replace(hour=0, minute=0, second=1, microsecond=250_000)
    em.world.update_session(session, created_at=midnight)
    row = await watcher.json(f"replicaSessions/{session.id}?format=Entity")
    assert row["CreationTimeUTC"].endswith(f"T{shown}")


async def test_names_that_xml_cannot_hold_are_still_xml(
    em: EnterpriseManager, watcher: Visitor, job: ReplicaJob
) -> None:
    em.world.rename_job(job, 'a\x00b\x1f<&"\ud800')
    session = em.world.add_session(job)
    assert (await watcher.xml("replicaSessions"))[0].get("UID") == session.uid
    assert await watcher.status("replicaSessions") == 200


async def test_the_date_is_of_ems_own_clock(em: EnterpriseManager, watcher: Visitor) -> None:
    em.world.skew = timedelta(hours=-3)
    response = await watcher.ask("replicaSessions")
    shown = parsedate_to_datetime(response.headers["Date"])
    assert abs(shown - em.world.now()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("json_case", "kebab"),
        ("fraction_digits", 8),
        ("rows_without_end_time", "maybe"),
        ("task_link_spelling", "tasks"),
        ("bom", "yes"),
    ],
)
def test_switches_have_known_positions(em: EnterpriseManager, name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        replace(em.options, **{name: value})  # type: ignore[arg-type]
