"""The emulator against the samples: the same thing in the world gives the same answer."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import etree

from bot.demo.em import EnterpriseManager, Session
from tests.demo.em.visitors import (
    Visitor,
    child,
    hostless,
    json_sample,
    sample,
    shape,
    tags,
    xml_sample,
)

SESSION = "04f694ad-664c-4603-a747-00edecae4f17"


@pytest.fixture
def session(em: EnterpriseManager) -> Session:
    """The session of sample replicaSession-entity.xml."""
    server = em.world.add_server(
        "enterprise01.tech.local", uid="a490c017-2c1c-40ee-8bcf-73bcce6ab36f"
    )
    job = em.world.add_job("Replication Job 1", server, uid="724e3c07-4e12-44f5-998f-d568071216d8")
    return em.world.add_session(
        job,
        uid=SESSION,
        created_at=datetime(2025, 10, 7, 20, 0, 2, 420_000, UTC),
        ended_at=datetime(2025, 10, 7, 20, 3, 56, 477_000, UTC),
    )


@pytest.fixture
def parent(em: EnterpriseManager) -> Session:
    """The session of sample replicaTaskSessions-of-session-entities.xml, with its one task."""
    server = em.world.add_server(
        "enterprise06.tech.local", uid="7445e6ce-86f5-4171-b909-dac209c66563"
    )
    job = em.world.add_job("Replication Job 1", server, vms=("ubuntu88",))
    session = em.world.add_session(
        job,
        uid="f5bf1a4b-c229-452e-a4e8-0354e1752b4e",
        created_at=datetime(2025, 11, 3, 21, 0, 11, tzinfo=UTC),
        ended_at=datetime(2025, 11, 3, 21, 3, 20, tzinfo=UTC),
    )
    (task,) = session.tasks
    task.id, task.name = "c20dae03-4f75-4191-ae81-862f4b7988ca", "ubuntu88@2025-11-03 21:00:26"
    task.created_at = datetime(2025, 11, 3, 21, 0, 26, 190_000, UTC)
    task.ended_at = datetime(2025, 11, 3, 21, 3, 16, 730_000, UTC)
    task.vm.size = 17_179_869_184
    return session


async def test_a_session_in_xml_is_the_sample_to_the_order_of_its_elements(
    watcher: Visitor, session: Session
) -> None:
    answer = await watcher.xml(f"replicaSessions/{SESSION}?format=Entity")
    assert shape(answer) == shape(xml_sample("replicaSession-entity.xml"))


@pytest.mark.parametrize(
    ("case", "file"),
    [
        ("pascal", "derived-replicaSession-entity.json"),
        ("camel", "derived-v13-replicaSession-entity.json"),
    ],
)
async def test_a_session_in_json_is_the_sample_in_both_key_cases(
    em: EnterpriseManager, watcher: Visitor, session: Session, case: str, file: str
) -> None:
    em.options = replace(em.options, json_case=case, nulls=False)  # type: ignore[arg-type]
    answer = await watcher.json(f"replicaSessions/{SESSION}?format=Entity")
    assert hostless(answer) == hostless(json_sample(file))


async def test_a_running_session_has_no_end_in_either_form(
    em: EnterpriseManager, watcher: Visitor, session: Session
) -> None:
    em.options = replace(em.options, nulls=False)
    em.world.update_session(session, state="Working", result="None", ended_at=None, progress=42)
    answer = await watcher.json(f"replicaSessions/{SESSION}?format=Entity")
    assert hostless(answer) == hostless(json_sample("derived-replicaSession-running.json"))
    assert "EndTimeUTC" not in tags(await watcher.xml(f"replicaSessions/{SESSION}?format=Entity"))


async def test_nulls_stand_for_what_has_no_value(
    em: EnterpriseManager, watcher: Visitor, session: Session
) -> None:
    answer = await watcher.json(f"replicaSessions/{SESSION}?format=Entity")
    recorded = json_sample("recorded-v12-query-BackupJobSession.json")
    row = recorded["Entities"]["BackupJobSessions"]["BackupJobSessions"][0]
    assert answer.keys() == row.keys()
    assert answer["FailureMessage"] is None
    assert answer["Links"][3]["Name"] is None


async def test_a_reference_is_an_entityref_with_the_links_of_the_sample(
    em: EnterpriseManager, watcher: Visitor, session: Session
) -> None:
    answer = await watcher.xml(f"replicaSessions/{SESSION}")
    wanted = xml_sample("replicaSession-reference.xml")
    assert (answer.tag, set(answer.attrib)) == (wanted.tag, set(wanted.attrib))
    assert [(link.get("Rel"), link.get("Type")) for link in child(answer, "Links")] == [
        (link.get("Rel"), link.get("Type")) for link in child(wanted, "Links")
    ]


async def test_the_task_sessions_of_a_session_are_the_sample(
    em: EnterpriseManager, watcher: Visitor, parent: Session
) -> None:
    path = f"replicaSessions/{parent.id}/replicaTaskSessions?format=Entity"
    wanted = xml_sample("replicaTaskSessions-of-session-entities.xml")
    assert shape(await watcher.xml(path)) == shape(wanted)
    em.options = replace(em.options, nulls=False)
    rows = json_sample("derived-replicaTaskSessions-of-session.json")
    assert hostless(await watcher.json(path)) == hostless(rows)


async def test_a_page_of_a_query_is_the_sample_in_xml_and_in_json(
    em: EnterpriseManager, watcher: Visitor, session: Session
) -> None:
    em.options = replace(em.options, nulls=False)
    em.world.add_session(session.job)
    path = (
        "query?type=ReplicaJobSession&format=Entities"
        "&filter=JobName%3d%3d%22Replication+Job+1%22&pageSize=1&page=1"
    )
    wanted = xml_sample("derived-query-ReplicaJobSession-page.xml")
    assert shape(await watcher.xml(path)) == shape(wanted)
    page = json_sample("derived-query-ReplicaJobSession-page.json")
    assert hostless(await watcher.json(path)) == hostless(page)


async def test_a_page_in_camel_case_is_the_sample_of_em_13(
    em: EnterpriseManager, watcher: Visitor, session: Session
) -> None:
    em.options = replace(em.options, json_case="camel", nulls=False)
    em.world.add_session(session.job)
    answer = await watcher.json("query?type=ReplicaJobSession&format=Entities&pageSize=1")
    wanted = json_sample("derived-v13-query-ReplicaJobSession-page.json")
    assert answer["entities"] == _with_host(wanted, em.url)["entities"]
    assert answer["pagingInfo"].keys() == wanted["pagingInfo"].keys()


@pytest.mark.parametrize("case", ["pascal", "camel"])
async def test_the_null_siblings_are_those_of_the_recordings(
    em: EnterpriseManager, watcher: Visitor, session: Session, case: str
) -> None:
    em.options = replace(em.options, json_case=case)  # type: ignore[arg-type]
    answer = await watcher.json("query?type=BackupJobSession&format=Entities")
    version = {"pascal": "v12", "camel": "v13"}[case]
    recorded = json_sample(f"recorded-{version}-query-BackupJobSession.json")
    key = {"pascal": "Entities", "camel": "entities"}[case]
    assert answer.keys() == recorded.keys()
    assert list(answer[key]) == list(recorded[key])


@pytest.mark.parametrize(("case", "version"), [("pascal", "v12"), ("camel", "v13")])
async def test_the_root_tells_the_key_case_without_a_logon(
    em: EnterpriseManager, watcher: Visitor, case: str, version: str
) -> None:
    em.options = replace(em.options, json_case=case)  # type: ignore[arg-type]
    response = await watcher.client.get("/api/", headers={"Accept": "application/json"})
    assert hostless(response.json()) == hostless(json_sample(f"recorded-{version}-api-root.json"))


async def test_the_root_in_xml_is_the_sample(em: EnterpriseManager, watcher: Visitor) -> None:
    answer = await watcher.xml("")
    assert shape(answer) == shape(xml_sample("api-root-enterpriseManager.xml"))


async def test_a_logon_has_the_fields_of_the_samples(watcher: Visitor) -> None:
    path = f"logonSessions/{watcher.session_id}"
    recorded = json_sample("recorded-v12-logonSession.json")
    assert (await watcher.json(path)).keys() == recorded.keys()
    assert tags(await watcher.xml(path)) == tags(xml_sample("logonSession.xml"))


async def test_every_link_of_a_logon_is_one_of_the_sample_and_leads_somewhere(
    admin: Visitor,
) -> None:
    links = child(await admin.xml(f"logonSessions/{admin.session_id}"), "Links")
    known = {
        (link.get("Rel"), link.get("Type"))
        for link in child(xml_sample("logonSession.xml"), "Links")
    }
    assert {(link.get("Rel"), link.get("Type")) for link in links} <= known
    for link in links:
        if link.get("Rel") != "Delete":
            path = str(link.get("Href")).partition("/api/")[2]
            assert await admin.status(path) == 200, path


async def test_a_job_entity_has_the_elements_of_the_samples_in_their_order(
    em: EnterpriseManager, admin: Visitor, session: Session
) -> None:
    answer = await admin.xml(f"jobs/{session.job.id}?format=Entity")
    wanted = xml_sample("job-backup-entity.xml")
    assert tags(answer) == tags(wanted)
    standard = "JobScheduleOptions/Standart"
    options = tags(child(answer, standard))
    assert options == [tag for tag in tags(child(wanted, standard)) if tag in options]
    included = child(answer, "JobInfo/ReplicaJobInfo/Includes/ObjectInJob")
    assert tags(included) == ["ObjectInJobId", "HierarchyObjRef", "Name", "DisplayName"]


async def test_an_older_job_has_its_options_directly_in_the_order_of_the_sample(
    em: EnterpriseManager, admin: Visitor, session: Session
) -> None:
    em.options = replace(em.options, schedule_layout="direct")
    answer = await admin.xml(f"jobs/{session.job.id}?format=Entity")
    wanted = xml_sample("job-replica-entity.xml")
    options = tags(child(answer, "JobScheduleOptions"))
    assert options == [tag for tag in tags(child(wanted, "JobScheduleOptions")) if tag in options]
    retry = "JobScheduleOptions/RetryOptions"
    assert shape(child(answer, retry)) == shape(child(wanted, retry))


async def test_a_job_says_how_it_is_scheduled_and_retried(
    em: EnterpriseManager, admin: Visitor, session: Session
) -> None:
    job = session.job
    job.retry_times, job.retry_minutes, job.retry_specified = 7, 25, False
    job.schedule_configured = False
    [sent] = await admin.query("Job", "ScheduleConfigured==false")
    retry = sent["JobScheduleOptions"]["Standart"]["RetryOptions"]
    assert retry == {"RetryTimes": 7, "RetryTimeout": 25, "RetrySpecified": False}
    assert (sent["ScheduleConfigured"], sent["ScheduleEnabled"]) == (False, True)
    assert sent["NextRun"] is None
    assert await admin.query("Job", "ScheduleConfigured==true") == []


async def test_a_job_reference_has_the_links_of_the_sample(
    em: EnterpriseManager, admin: Visitor, session: Session
) -> None:
    em.options = replace(em.options, nulls=False)
    answer = await admin.json(f"jobs/{session.job.id}")
    wanted = json_sample("job-reference.json")
    assert answer.keys() == wanted.keys()
    assert [link["Rel"] for link in answer["Links"]] == [link["Rel"] for link in wanted["Links"]]


async def test_a_list_of_jobs_is_the_sample(em: EnterpriseManager, admin: Visitor) -> None:
    server = em.world.add_server("srv02.tech.local", uid="ce15a8c7-aa49-495e-b05b-ee3398c91018")
    em.world.add_job("SQL Replication", server, uid="b04c217b-0538-4650-bec4-19deff4ea1ac")
    em.world.add_job("SQL Server Replication", server, uid="065c3eed-175d-4fd8-89c8-2da82b0dcd4f")
    assert shape(await admin.xml("jobs")) == shape(xml_sample("jobs-references.xml"))


async def test_a_replica_is_the_sample(em: EnterpriseManager, watcher: Visitor) -> None:
    server = em.world.add_server("srv02.tech.local", uid="ce15a8c7-aa49-495e-b05b-ee3398c91018")
    job = em.world.add_job("SQL Replication", server)
    job.replica_id = "fe4d9334-8801-440c-9994-5a16181d7fb0"
    job.repository.id = "cbd9a4b6-b9ed-4cd6-a091-75b6481c9d55"
    answer = await watcher.xml(f"replicas/{job.replica_id}?format=Entity")
    assert shape(answer) == shape(xml_sample("replica-entity.xml"))


async def test_backup_servers_have_the_keys_of_the_recording(
    em: EnterpriseManager, watcher: Visitor, session: Session
) -> None:
    em.options = replace(em.options, json_case="camel")
    (answer,) = (await watcher.json("backupServers?format=Entity"))["backupServers"]
    recorded = json_sample("recorded-v13-backupServers.json")["backupServers"][0]
    assert answer.keys() == recorded.keys()


async def test_backup_task_sessions_have_the_keys_of_the_recording(
    em: EnterpriseManager, watcher: Visitor, session: Session
) -> None:
    em.world.add_session(em.world.add_backup_job("Daily Backup", session.job.server))
    (row,) = await watcher.query("BackupTaskSession")
    recorded = json_sample("recorded-v12-query-BackupTaskSession.json")
    rows = recorded["Entities"]["BackupTaskSessions"]["BackupTaskSessions"]
    assert row.keys() == rows[0].keys()
    assert [link["Rel"] for link in row["Links"]] == [link["Rel"] for link in rows[0]["Links"]]


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("reports/summary", "report-summary-index.xml"),
        ("reports/summary/overview", "report-overview.xml"),
        ("reports/summary/job_statistics", "report-job_statistics.xml"),
    ],
)
async def test_reports_have_the_elements_of_the_samples(
    watcher: Visitor, path: str, file: str
) -> None:
    answer, wanted = await watcher.xml(path), xml_sample(file)
    assert (answer.tag, tags(answer)) == (wanted.tag, tags(wanted))


@pytest.mark.parametrize(
    "name", ["v12-report-job_statistics", "v12-report-overview", "v13-report-vms_overview"]
)
async def test_reports_have_the_keys_of_the_recordings(
    em: EnterpriseManager, watcher: Visitor, name: str
) -> None:
    version, _, report = name.split("-")
    case = "camel" if version == "v13" else "pascal"
    em.options = replace(em.options, json_case=case)  # type: ignore[arg-type]
    answer = await watcher.json(f"reports/summary/{report}")
    assert answer.keys() == json_sample(f"recorded-{name}.json").keys()


async def test_processed_vms_are_days_as_recorded(em: EnterpriseManager, watcher: Visitor) -> None:
    em.options = replace(em.options, nulls=False)
    answer = await watcher.json("reports/summary/processed_vms")
    recorded = json_sample("recorded-report-processed_vms.json")
    assert answer.keys() == recorded.keys()
    assert answer["Days"][0].keys() == recorded["Days"][0].keys()


async def test_an_error_has_the_body_of_the_samples(watcher: Visitor) -> None:
    as_json = await watcher.ask("replicaSessions/no-such-id", accept="application/json")
    assert as_json.json().keys() == json.loads(sample("error-400.json")).keys()
    assert as_json.json()["StatusCode"] == 404
    answer = await watcher.ask("replicaSessions/no-such-id")
    wanted = xml_sample("error-500.xml")
    tree = etree.fromstring(answer.content)
    assert (tree.tag, set(tree.attrib), tags(tree)) == (
        wanted.tag,
        set(wanted.attrib),
        tags(wanted),
    )


def _with_host(value: object, url: str) -> dict[str, dict[str, object]]:
    text = json.dumps(value).replace("https://localhost:9398", url)
    replaced: dict[str, dict[str, object]] = json.loads(text)
    return replaced
