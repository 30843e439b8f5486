"""What filters and sorts find, over HTTP (reference §9)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.demo.em import EnterpriseManager, ReplicaJob
from tests.demo.em.visitors import Visitor

NOON = datetime(2025, 8, 15, 12, 0, 0, 500_000, UTC)
HOUR = timedelta(hours=1)

HOSTILE = (
    "plain",
    'say "hi"',
    '"',
    "a;b,c(d)==e",
    "back\\slash",
    "a&b#c%d+e f",
    "Größe 🔁 レプリカ",
    "<!channel>",
    "x\ty",
    "' or 1==1",
)


@pytest.fixture
def job(em: EnterpriseManager) -> ReplicaJob:
    return em.world.add_job("SQL Replica", em.world.add_server("vbr01"))


@pytest.fixture
def one_of_each(em: EnterpriseManager, job: ReplicaJob) -> None:
    """Four sessions, named by what came of them, one hour apart."""
    for number, result in enumerate(("Success", "Warning", "Failed")):
        created = NOON + number * HOUR
        em.world.rename_job(job, result)
        em.world.add_session(job, result=result, created_at=created, ended_at=created + HOUR / 2)
    em.world.rename_job(job, "Running")
    em.world.add_session(job, state="Working", created_at=NOON + 3 * HOUR, is_retry=True)


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("Result==Failed", ["Failed"]),
        ('result=="failed"', ["Failed"]),
        ("Result>=Warning", ["Warning", "Failed"]),
        ("Result!=Success", ["Warning", "Failed", "Running"]),
        ("Result==None", ["Running"]),
        ("State!=Stopped", ["Running"]),
        ("IsRetry==True", ["Running"]),
        ("isretry==false", ["Success", "Warning", "Failed"]),
        ("JobType==Replica;Result==Success", ["Success"]),
        ("(Result==Warning,Result==Failed)", ["Warning", "Failed"]),
        ('JobName=="Warning"', ["Warning"]),
        ('BackupServerName=="vbr01";Result<Warning', ["Success", "Running"]),
        ('CreationTime>="2025-08-15T13:00:00.5Z"', ["Warning", "Failed", "Running"]),
        ('CreationTime>"2025-08-15T13:00:00.5000000Z"', ["Failed", "Running"]),
        ('CreationTime<"2025-08-15T15:00:00.5+02:00"', ["Success"]),
        ('CreationTime<"2025-08-15T13:00:00"', ["Success"]),
        ('CreationTime<"2025-08-15"', []),
    ],
)
async def test_a_filter_finds(
    watcher: Visitor, one_of_each: None, expression: str, found: list[str]
) -> None:
    assert await watcher.names(expression) == found


@pytest.mark.parametrize("name", HOSTILE)
async def test_any_name_is_found_when_it_is_quoted(
    em: EnterpriseManager, watcher: Visitor, job: ReplicaJob, name: str
) -> None:
    em.world.add_session(job)
    em.world.rename_job(job, name)
    em.world.add_session(job)
    doubled = name.replace('"', '""')
    assert await watcher.names(f'JobName=="{doubled}"') == [name]


async def test_a_name_with_a_space_that_is_not_quoted_finds_nothing(
    em: EnterpriseManager, watcher: Visitor, job: ReplicaJob
) -> None:
    em.world.add_session(job)
    assert await watcher.names("JobName==SQL Replica") == []
    em.world.rename_job(job, "SQLReplica")
    em.world.add_session(job)
    assert await watcher.names("JobName==SQL Replica") == ["SQLReplica"]


async def test_a_uid_is_taken_as_urn_and_as_guid_in_any_case(
    em: EnterpriseManager, watcher: Visitor, job: ReplicaJob
) -> None:
    session = em.world.add_session(job)
    em.world.add_session(em.world.add_job("Other", job.server))
    for property_, uid in (("JobUid", job.uid), ("UID", session.uid)):
        for spelling in (uid, uid.upper(), uid.rpartition(":")[2]):
            assert await watcher.names(f'{property_}=="{spelling}"') == ["SQL Replica"]


async def test_the_failed_vms_of_a_session_are_found_by_its_uid(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    job = em.world.add_job("Web", em.world.add_server("vbr01"), vms=("a", "b"))
    em.world.add_session(job, result="Failed", reasons={"b": "no space"})
    session = em.world.add_session(job, result="Failed", reasons={"a": "no proxy"})
    rows = await watcher.query(
        "ReplicaTaskSession", f'JobSessionUid=="{session.uid}";(Result==Failed,Result==Warning)'
    )
    assert [(row["VmDisplayName"], row["Reason"]) for row in rows] == [("a", "no proxy")]


@pytest.mark.parametrize(
    ("option", "found"),
    [("dropped", ["Warning", "Failed"]), ("returned", ["Warning", "Failed", "Running"])],
)
async def test_a_row_without_an_end_is_dropped_or_returned_as_the_switch_says(
    em: EnterpriseManager, watcher: Visitor, one_of_each: None, option: str, found: list[str]
) -> None:
    """How EM filters it is unknown (reference §9)."""
    em.options = replace(em.options, rows_without_end_time=option)  # type: ignore[arg-type]
    assert await watcher.names('EndTime>="2025-08-15T13:00:00Z"') == found


@pytest.mark.parametrize(
    ("option", "sorts", "found"),
    [
        ("dropped", "sortDesc=EndTime", ["Failed", "Warning", "Success"]),
        ("returned", "sortDesc=EndTime", ["Running", "Failed", "Warning", "Success"]),
        ("returned", "sortAsc=EndTime", ["Running", "Success", "Warning", "Failed"]),
        ("dropped", "sortAsc=result", ["Running", "Success", "Warning", "Failed"]),
        ("dropped", "sortDesc=JobName", ["Warning", "Success", "Running", "Failed"]),
    ],
)
async def test_rows_are_sorted_by_one_property(
    em: EnterpriseManager,
    watcher: Visitor,
    one_of_each: None,
    option: str,
    sorts: str,
    found: list[str],
) -> None:
    em.options = replace(em.options, rows_without_end_time=option)  # type: ignore[arg-type]
    rows = await watcher.query("ReplicaJobSession", more=f"&{sorts}")
    assert [row["JobName"] for row in rows] == found


async def test_a_state_that_no_document_lists_counts_as_running(
    em: EnterpriseManager, watcher: Visitor, job: ReplicaJob
) -> None:
    em.world.add_session(job, state="Postprocessing")
    assert await watcher.names("State!=Stopped") == ["SQL Replica"]


@pytest.mark.parametrize(
    "expression",
    [
        "Progress>50",  # §9: Progress is not in the list
        "CreationTimeUTC>2025-01-01",  # §15: filters say CreationTime
        "VmDisplayName==a",  # §9: a task's property
        "Result==Fine",
        "IsRetry==maybe",
        'CreationTime>"yesterday"',
        'CreationTime>"2025-13-01"',
        "JobName=a",
        "not JobName==a",  # §9: there is no such operator; the space is dropped
        "",
    ],
)
async def test_a_bad_filter_is_refused_with_400_and_an_error_body(
    watcher: Visitor, expression: str
) -> None:
    """§9: the status for a bad one is unknown, 400 or 500 is to be expected."""
    path = "query?type=ReplicaJobSession&filter=" + expression.replace(" ", "%20")
    response = await watcher.ask(path, accept="application/json")
    assert response.status_code == 400
    assert response.json()["Message"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?type=",
        "?type=Nonsense",
        "?type=ReplicaJobSession&sortAsc=Progress",
        "?type=ReplicaJobSession&sortAsc=Name,Result",
        "?type=ReplicaJobSession&sortAsc=Name&sortDesc=Result",
        "?type=ReplicaJobSession&pageSize=0",
        "?type=ReplicaJobSession&pageSize=-1",
        "?type=ReplicaJobSession&pageSize=many",
        "?type=ReplicaJobSession&page=0",
        "?type=ReplicaJobSession&format=Entity",
        "?type=NasJob&filter=Name=",
    ],
)
async def test_a_query_against_section_9_is_refused_with_400(watcher: Visitor, query: str) -> None:
    assert await watcher.status(f"query{query}") == 400


@pytest.mark.parametrize("kind", ["replicaJobSession", "REPLICATASKSESSION", "backupserver"])
async def test_types_mind_no_case(watcher: Visitor, kind: str) -> None:
    assert await watcher.status(f"query?type={kind}") == 200


async def test_an_ampersand_ends_the_filter_as_it_does_on_the_wire(
    em: EnterpriseManager, watcher: Visitor, one_of_each: None
) -> None:
    """§15: the documents' own example has this mistake."""
    path = "query?type=ReplicaJobSession&filter=Result==Failed&JobName==nobody"
    assert len((await watcher.json(path))["Refs"]["Refs"]) == 1


async def test_a_documented_type_that_em_has_nothing_of_is_an_empty_page(watcher: Visitor) -> None:
    assert await watcher.query("RestoreSession", 'Name=="a"') == []
    assert await watcher.query("NasJob") == []


async def test_replica_queries_never_show_backups(em: EnterpriseManager, watcher: Visitor) -> None:
    em.world.add_session(em.world.add_backup_job("Backup", em.world.add_server("vbr01")))
    assert await watcher.query("ReplicaJobSession") == []
    assert await watcher.query("ReplicaTaskSession") == []
    assert len(await watcher.query("BackupJobSession", "JobType==Backup")) == 1


@pytest.mark.parametrize(
    ("kind", "expression"),
    [
        ("Job", 'JobType==Replica;Platform==vmware;ScheduleEnabled==True;Name=="SQL Replica"'),
        ("Job", 'ScheduleConfigured==true;NextRun>"2025-01-01";BackupServerName=="vbr01"'),
        ("BackupServer", 'Name=="vbr01";Port==9392;IpOrDnsName=="vbr01";Version!="1"'),
        ("Replica", 'JobName=="SQL Replica";RepositoryName=="Default Backup Repository"'),
        ("Repository", "FreeSpace<10737418240000;Capacity>0"),
        ("ReplicaTaskSession", 'VmDisplayName=="vm01";TotalSize>=1;Reason=="";State==Completed'),
    ],
)
async def test_the_properties_of_every_type_filter_it(
    em: EnterpriseManager, admin: Visitor, job: ReplicaJob, kind: str, expression: str
) -> None:
    em.world.add_session(job)
    assert len(await admin.query(kind, expression)) == 1
