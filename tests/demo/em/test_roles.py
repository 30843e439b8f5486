"""Who may do what: the table of reference §13, row by row, and 403 for the rest (§10)."""

import pytest

from bot.demo.em import EnterpriseManager, ReplicaJob
from tests.demo.em.visitors import Visitor, Welcome

# Path, then whether a Portal Administrator, a Portal User, a VM Restore Operator may read it.
TABLE = [
    ("replicaSessions", True, True, False),
    ("replicaTaskSessions", True, True, False),
    ("query?type=ReplicaJobSession", True, True, False),
    ("query?type=ReplicaTaskSession", True, True, False),
    ("backupSessions", True, True, False),
    ("query?type=BackupJobSession", True, True, False),
    ("jobs", True, False, False),
    ("query?type=Job", True, False, False),
    ("replicas", True, True, True),
    ("query?type=Replica", True, True, True),
    ("tasks", True, True, True),
    ("query?type=Task", True, True, True),
    ("backupServers", True, True, False),
    ("reports/summary", True, True, False),
    ("reports/summary/overview", True, True, False),
    ("querySvc", True, True, True),
    ("logonSessions", True, True, True),
]


@pytest.mark.parametrize(("path", "for_admin", "for_user", "for_restorer"), TABLE)
async def test_reading_is_allowed_as_section_13_says(
    admin: Visitor,
    watcher: Visitor,
    restorer: Visitor,
    path: str,
    for_admin: bool,
    for_user: bool,
    for_restorer: bool,
) -> None:
    for visitor, may in ((admin, for_admin), (watcher, for_user), (restorer, for_restorer)):
        assert await visitor.status(path) == (200 if may else 403)


@pytest.fixture
def job(em: EnterpriseManager) -> ReplicaJob:
    return em.world.add_job("SQL Replica", em.world.add_server("vbr01"))


@pytest.mark.parametrize(
    "path", ["jobs/{}", "jobs/{}/includes", "jobs/{}/replicaSessions", "jobs/{}?format=Entity"]
)
async def test_everything_below_a_job_is_for_administrators(
    admin: Visitor, watcher: Visitor, job: ReplicaJob, path: str
) -> None:
    assert await admin.status(path.format(job.id)) == 200
    assert await watcher.status(path.format(job.id)) == 403


async def test_an_operator_beside_the_read_only_account_may_read_jobs(
    em: EnterpriseManager, welcome: Welcome, job: ReplicaJob
) -> None:
    operator = await welcome(em.operator_username, em.operator_password)
    assert [row["UID"] for row in await operator.query("Job")] == [job.uid]
    assert em.requests[-1][2] == em.operator_username


async def test_only_an_administrator_starts_a_job(
    em: EnterpriseManager, watcher: Visitor, restorer: Visitor, job: ReplicaJob
) -> None:
    for visitor in (watcher, restorer):
        response = await visitor.ask(f"jobs/{job.id}?action=start", "POST", "application/json")
        assert (response.status_code, response.json()["Message"]) == (403, "Access denied")
    assert not em.world.sessions


async def test_a_portal_user_may_collect_and_a_restore_operator_may_not(
    watcher: Visitor, restorer: Visitor, job: ReplicaJob
) -> None:
    path = f"backupServers/{job.server.id}?action=collect"
    assert await watcher.status(path, "POST") == 202
    assert await restorer.status(path, "POST") == 403


async def test_only_an_administrator_stops_a_backup_session(
    em: EnterpriseManager, watcher: Visitor, admin: Visitor, job: ReplicaJob
) -> None:
    session = em.world.start_session(em.world.add_backup_job("Backup", job.server))
    path = f"backupSessions/{session.id}?action=stop"
    assert await watcher.status(path, "POST") == 403
    assert await admin.status(path.replace("stop", "start"), "POST") == 400
    assert await admin.status(path, "POST") == 202
    assert session.state == "Stopped"
