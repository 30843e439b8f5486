"""Every sample of a kind that the bot reads is read, and XML and JSON of one thing are equal."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.core.actions import Action
from bot.core.jobs import JobOptions, RetryOptions
from bot.veeam import wire
from bot.veeam.decoding import decode
from bot.veeam.fields import Model
from bot.veeam.translate import (
    is_replica_job,
    job_options_from,
    session_from,
    task_session_from,
)

SAMPLES = Path(__file__).parents[1] / "samples"

KINDS: dict[str, type[Model]] = {
    "api-root-enterpriseManager.xml": wire.ApiRoot,
    "backupServer-entity.xml": wire.BackupServer,
    "derived-error-404.json": wire.ErrorBody,
    "derived-error-404.xml": wire.ErrorBody,
    "derived-query-ReplicaJobSession-page.json": wire.QueryResult,
    "derived-query-ReplicaJobSession-page.xml": wire.QueryResult,
    "derived-replicaSession-entity.json": wire.ReplicaSession,
    "derived-replicaSession-running.json": wire.ReplicaSession,
    "derived-replicaTaskSessions-of-session.json": wire.Collection,
    "derived-task-finished-failed.json": wire.RestTask,
    "derived-task-finished.json": wire.RestTask,
    "derived-task-running.json": wire.RestTask,
    "derived-v13-query-ReplicaJobSession-page.json": wire.QueryResult,
    "derived-v13-replicaSession-entity.json": wire.ReplicaSession,
    "derived-v13-replicaTaskSessions-of-session.json": wire.Collection,
    "derived-v13-task-finished.json": wire.RestTask,
    "error-400.json": wire.ErrorBody,
    "error-500.xml": wire.ErrorBody,
    "job-backup-entity.xml": wire.Job,
    "job-reference.json": wire.Reference,
    "job-replica-entity.xml": wire.Job,
    "jobs-references.xml": wire.Collection,
    "logonSession.xml": wire.LogonSession,
    "query-BackupJobSession-entities.xml": wire.QueryResult,
    "query-BackupServer-page1-of-2.xml": wire.QueryResult,
    "query-Job-refs.xml": wire.QueryResult,
    "query-ReplicaTaskSession-entities.xml": wire.QueryResult,
    "recorded-query-BackupJobSession-empty.json": wire.QueryResult,
    "recorded-query-BackupJobSession-failed.json": wire.QueryResult,
    "recorded-query-BackupJobSession-success.json": wire.QueryResult,
    "recorded-v12-api-root.json": wire.ApiRoot,
    "recorded-v12-logonSession.json": wire.LogonSession,
    "recorded-v12-query-BackupJobSession.json": wire.QueryResult,
    "recorded-v12-query-BackupTaskSession.json": wire.QueryResult,
    "recorded-v13-api-root.json": wire.ApiRoot,
    "recorded-v13-backupServers.json": wire.Collection,
    "recorded-v13-query-BackupJobSession.json": wire.QueryResult,
    "recorded-v13-query-BackupTaskSession.json": wire.QueryResult,
    "replicaSession-entity-misspelt-link.xml": wire.ReplicaSession,
    "replicaSession-entity.xml": wire.ReplicaSession,
    "replicaSession-reference.xml": wire.Reference,
    "replicaSessions-references.xml": wire.Collection,
    "replicaTaskSession-entity.xml": wire.ReplicaTaskSession,
    "replicaTaskSession-reference.xml": wire.Reference,
    "replicaTaskSessions-of-session-entities.xml": wire.Collection,
    "task-finished-retry.xml": wire.RestTask,
    "task-finished-success.xml": wire.RestTask,
    "task-operationFinished.xml": wire.RestTask,
    "task-running-202.xml": wire.RestTask,
}


NOT_READ_BY_THE_BOT = (
    "backupSession-",
    "recorded-report-",
    "recorded-v12-report-",
    "recorded-v13-report-",
    "replica-entity",
    "report-",
    "tasks-list",
)
"""Samples of kinds that only the emulated EM serves."""


def body_of(name: str) -> bytes:
    """Read a sample; recordings of backup sessions stand in for replica sessions, their twins."""
    body = (SAMPLES / name).read_bytes()
    if "query-Backup" in name:
        for old, new in (
            (b"eplica", b"ther"),
            (b"BackupJob", b"ReplicaJob"),
            (b"BackupTask", b"ReplicaTask"),
            (b"backupJob", b"replicaJob"),
            (b"backupTask", b"replicaTask"),
        ):
            body = body.replace(old, new)
    return body


def read(name: str) -> Model:
    kind = "application/json" if name.endswith(".json") else "application/xml"
    return KINDS[name].model_validate(decode(kind, body_of(name)))


def a_page(name: str) -> wire.Entities:
    page = read(name)
    assert isinstance(page, wire.QueryResult)
    assert page.entities is not None
    return page.entities


def a_session(name: str) -> wire.ReplicaSession:
    session = read(name)
    assert isinstance(session, wire.ReplicaSession)
    return session


def a_job(name: str) -> wire.Job:
    job = read(name)
    assert isinstance(job, wire.Job)
    return job


def test_every_sample_here_has_a_kind() -> None:
    files = {path.name for path in SAMPLES.iterdir()} - {"README.md"}
    assert {name for name in files if not name.startswith(NOT_READ_BY_THE_BOT)} == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_sample_is_read_without_an_odd_field(name: str) -> None:
    with capture_logs() as logs:
        assert read(name).model_fields_set
    assert logs == []


@pytest.mark.parametrize(
    ("xml", "json"),
    [
        ("replicaSession-entity.xml", "derived-replicaSession-entity.json"),
        ("replicaSession-entity.xml", "derived-v13-replicaSession-entity.json"),
        (
            "replicaTaskSessions-of-session-entities.xml",
            "derived-replicaTaskSessions-of-session.json",
        ),
        (
            "replicaTaskSessions-of-session-entities.xml",
            "derived-v13-replicaTaskSessions-of-session.json",
        ),
        ("derived-error-404.xml", "derived-error-404.json"),
    ],
)
def test_xml_and_json_of_one_thing_are_equal(xml: str, json: str) -> None:
    assert read(xml) == read(json)


@pytest.mark.parametrize("json", ["derived-query", "derived-v13-query"])
def test_xml_and_json_of_one_page_are_equal_but_for_the_echoed_links(json: str) -> None:
    ours = read("derived-query-ReplicaJobSession-page.xml")
    theirs = read(f"{json}-ReplicaJobSession-page.json")
    assert isinstance(ours, wire.QueryResult)
    assert isinstance(theirs, wire.QueryResult)
    assert ours.entities == theirs.entities
    assert ours.paging is not None
    assert theirs.paging is not None
    assert (ours.paging.number, ours.paging.count) == (theirs.paging.number, theirs.paging.count)


def test_both_key_cases_of_a_rest_task_are_equal() -> None:
    assert read("derived-task-finished.json") == read("derived-v13-task-finished.json")


def test_the_finished_task_is_equal_in_xml_and_json_but_for_its_id() -> None:
    xml, json = read("task-finished-success.xml"), read("derived-task-finished.json")
    assert isinstance(xml, wire.RestTask)
    assert isinstance(json, wire.RestTask)
    assert (xml.result, xml.state, xml.operation) == (json.result, json.state, json.operation)


def test_a_session_has_every_field() -> None:
    session = session_from(a_session("replicaSession-entity.xml"))
    assert session.uid == "urn:veeam:ReplicaJobSession:04f694ad-664c-4603-a747-00edecae4f17"
    assert session.name == "Replication Job 1@2025-10-07 20:00:02"
    assert session.job_uid == "urn:veeam:Job:724e3c07-4e12-44f5-998f-d568071216d8"
    assert (session.job_name, session.job_type) == ("Replication Job 1", "Replica")
    assert session.created_at == datetime(2025, 10, 7, 20, 0, 2, 420000, tzinfo=UTC)
    assert session.ended_at == datetime(2025, 10, 7, 20, 3, 56, 477000, tzinfo=UTC)
    assert (session.state, session.result, session.progress) == ("Stopped", "Success", 100)
    assert session.is_retry is False
    assert session.backup_server == "enterprise01.tech.local"
    assert session.backup_server_uid == (
        "urn:veeam:BackupServer:a490c017-2c1c-40ee-8bcf-73bcce6ab36f"
    )


def test_the_links_of_a_session_carry_no_host() -> None:
    links = session_from(a_session("replicaSession-entity-misspelt-link.xml")).links
    assert [link.rel for link in links] == ["Up", "Up", "Alternate", "Down"]
    assert links[3].path.endswith("/repicaTaskSessions")
    assert all(link.path.startswith("/api/") for link in links)


def test_a_running_session_has_no_end_and_no_result() -> None:
    session = session_from(a_session("derived-replicaSession-running.json"))
    assert session.ended_at is None
    assert not session.has_result
    assert (session.state, session.progress) == ("Working", 42)


def test_null_siblings_and_null_messages_of_a_real_server_are_ordinary() -> None:
    pascal = a_page("recorded-v12-query-BackupJobSession.json").replica_sessions
    camel = a_page("recorded-v13-query-BackupJobSession.json").replica_sessions
    assert pascal
    assert camel
    for sent in (*pascal, *camel):
        session = session_from(sent)
        assert session.failure_message == ""
        assert session.ended_at is not None
        assert session.backup_server


def test_a_failed_task_has_its_reason() -> None:
    rows = a_page("recorded-v13-query-BackupTaskSession.json").replica_task_sessions
    failed = [task_session_from(row) for row in rows if row.result == "Failed"]
    assert "quiescing the virtual machine" in failed[0].reason
    assert failed[0].created_at is not None
    assert failed[0].created_at.microsecond == 399120


def test_a_task_session_has_every_field() -> None:
    sent = read("replicaTaskSession-entity.xml")
    assert isinstance(sent, wire.ReplicaTaskSession)
    task = task_session_from(sent)
    assert (task.vm, task.name) == ("srv04", "srv04@2025-10-19 06:47:21")
    assert task.session_uid == "urn:veeam:ReplicaJobSession:0bcf5a1e-866c-4b40-8bc3-ce64753b9a6b"
    assert (task.state, task.result, task.reason) == ("Completed", "Success", "")
    assert task.ended_at == datetime(2025, 10, 19, 7, 2, 33, tzinfo=UTC)
    assert (task.total_size, task.backup_server) == (64424509440, "srv02.tech.local")


@pytest.mark.parametrize("name", ["job-replica-entity.xml", "job-backup-entity.xml"])
def test_retry_options_are_read_in_both_layouts(name: str) -> None:
    schedule = a_job(name).schedule
    assert schedule is not None
    assert schedule.retry_options == wire.RetryOptions.model_validate(
        {"retrytimes": 3, "retrytimeout": 10, "retryspecified": True}
    )


def test_a_replication_job_names_its_vms() -> None:
    job = a_job("job-replica-entity.xml")
    assert job.vms == ("sql02",)
    assert job.next_run_at is None


def test_a_replication_job_has_its_options() -> None:
    assert job_options_from(a_job("job-replica-entity.xml")) == JobOptions(
        job_uid="urn:veeam:Job:b04c217b-0538-4650-bec4-19deff4ea1ac",
        name="SQL Replication",
        backup_server="srv02.tech.local",
        next_run_at=None,
        is_schedule_configured=False,
        is_schedule_enabled=True,
        retry=RetryOptions(3, timedelta(minutes=10)),
        vms=("sql02",),
        offers=frozenset({Action.RETRY, Action.START}),
    )


def test_a_backup_job_is_no_replication_job() -> None:
    assert is_replica_job(a_job("job-replica-entity.xml"))
    assert not is_replica_job(a_job("job-backup-entity.xml"))


def test_a_scheduled_job_has_its_next_run_and_days() -> None:
    job = a_job("job-backup-entity.xml")
    assert job.next_run_at == datetime(2020, 2, 1, 17, tzinfo=UTC)
    assert job.schedule is not None
    assert job.schedule.daily is not None
    assert job.schedule.daily.enabled
    assert len(job.schedule.daily.days) == 7


def test_a_page_says_how_many_there_are() -> None:
    page = read("query-BackupServer-page1-of-2.xml")
    assert isinstance(page, wire.QueryResult)
    assert page.paging is not None
    assert (page.paging.number, page.paging.size, page.paging.count) == (1, 1, 2)
    assert [row.name for row in page.refs] == ["172.17.53.47"]


def test_the_error_message_is_read_and_the_stack_trace_is_not() -> None:
    error = read("error-400.json")
    assert isinstance(error, wire.ErrorBody)
    assert error.message == "Node [root] does not exist."
    assert "stack" not in " ".join(wire.ErrorBody.model_fields)


def test_a_task_that_runs_has_no_result() -> None:
    xml, json = read("task-running-202.xml"), read("derived-task-running.json")
    assert isinstance(xml, wire.RestTask)
    assert xml.result is None
    assert xml == json


def test_a_failed_task_is_no_success() -> None:
    task = read("derived-task-finished-failed.json")
    assert isinstance(task, wire.RestTask)
    assert task.result is not None
    assert task.result.success is False


def test_the_newest_api_version_is_the_last_one_listed() -> None:
    for name in ("api-root-enterpriseManager.xml", "recorded-v13-api-root.json"):
        root = read(name)
        assert isinstance(root, wire.ApiRoot)
        assert root.newest_version == "v1_7"


def test_backup_servers_are_read_from_a_collection() -> None:
    servers = read("recorded-v13-backupServers.json")
    assert isinstance(servers, wire.Collection)
    assert servers.backup_servers[0].version == "13.0.1.2067"


def test_neither_user_nor_session_id_of_a_logon_shows() -> None:
    logon = read("recorded-v12-logonSession.json")
    assert isinstance(logon, wire.LogonSession)
    assert logon.session_id
    assert "b9a759dd" not in repr(logon)
    assert "myuser" not in repr(logon)
