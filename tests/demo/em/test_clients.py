"""The manners of public EM clients, each as its code has them: all find what they look for."""

import base64
from typing import Any

import httpx
import pytest

from bot.demo.em import EnterpriseManager


@pytest.fixture
def sessions(em: EnterpriseManager) -> None:
    server = em.world.add_server("vbr01")
    em.world.add_session(em.world.add_job("SQL Replica", server, vms=("a", "b")))
    em.world.add_session(em.world.add_backup_job("Daily Backup", server, vms=("a", "b", "c")))


def basic(em: EnterpriseManager) -> str:
    return base64.b64encode(f"{em.username}:{em.password}".encode()).decode()


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("replicaSessions", 1),
        ("replicaTaskSessions", 2),
        ("backupSessions", 1),
        ("backupTaskSessions", 3),
        ("backupServers", 1),
        ("repositories", 1),
        ("agents/discoveredComputers", 0),
        ("nas/jobs", 0),
    ],
)
async def test_the_grafana_script_computes_the_token_and_sends_it_twice(
    em: EnterpriseManager, client: httpx.AsyncClient, sessions: None, path: str, rows: int
) -> None:
    """It posts without a body, takes SessionId from JSON, and reads the first key as a list."""
    headers = {"Authorization": f"Basic {basic(em)}", "Accept": "application/json"}
    logon = await client.post("/api/sessionMngr/?v=latest", headers=headers)
    token = base64.b64encode(logon.json()["SessionId"].encode()).decode()
    both = {"X-RestSvcSessionId": token, "Cookie": f"X-RestSvcSessionId={token}"}
    asked = {**both, "Accept": "application/json"}
    answer = (await client.get(f"/api/{path}?format=Entity", headers=asked)).json()
    (listed,) = answer.values()
    assert len(listed) == rows


async def test_the_prometheus_exporter_ends_the_first_logon_that_is_listed(
    em: EnterpriseManager, client: httpx.AsyncClient
) -> None:
    accept = {"Accept": "application/json"}
    url = "/api/sessionMngr/?v=latest"
    logon = await client.post(url, headers=accept, auth=(em.username, em.password))
    headers = {**accept, "X-RestSvcSessionId": logon.headers["X-RestSvcSessionId"]}
    listed = (await client.get("/api/logonSessions", headers=headers)).json()
    first = listed["LogonSessions"][0]["SessionId"]
    ended = await client.delete(f"/api/logonSessions/{first}", headers=headers)
    assert ended.status_code == 204


async def test_the_python_client_adds_a_version_to_everything_and_follows_next_as_it_is(
    em: EnterpriseManager, client: httpx.AsyncClient, sessions: None
) -> None:
    logon = await client.post("/api/sessionMngr/?v=latest", auth=(em.username, em.password))
    headers = {
        "Accept": "application/json",
        "X-RestSvcSessionId": logon.headers["X-RestSvcSessionId"],
    }
    first = (
        "/api/query?type=BackupTaskSession&format=Entities&pageSize=2&sortDesc=CreationTime&page=1"
    )
    page = (await client.get(f"{first}&v=latest", headers=headers)).json()
    links = {link["Rel"]: link["Href"] for link in page["PagingInfo"]["Links"]}
    page = (await client.get(f"{links['Next']}&v=latest", headers=headers)).json()
    assert len(page["Entities"]["BackupTaskSessions"]["BackupTaskSessions"]) == 1


@pytest.mark.parametrize("kind", ["Replica", "Backup"])
async def test_the_zabbix_sender_asks_for_the_newest_hundred_of_a_type(
    em: EnterpriseManager, client: httpx.AsyncClient, sessions: None, kind: str
) -> None:
    """It sends a Content-Type on GET, and the filter unquoted and unencoded."""
    logon = await client.post("/api/sessionMngr/?v=v1_7", auth=(em.username, em.password))
    headers = {
        "Accept": "application/json",
        "content-type": "application/json",
        "X-RestSvcSessionId": logon.headers["X-RestSvcSessionId"],
    }
    path = (
        f"/api/query?type={kind}JobSession&filter=JobType=={kind}"
        "&sortDesc=CreationTime&pageSize=100&format=entities"
    )
    answer: Any = (await client.get(path, headers=headers)).json()
    (row,) = answer["Entities"][f"{kind}JobSessions"][f"{kind}JobSessions"]
    assert (row["State"], row["Result"]) == ("Stopped", "Success")


async def test_a_monitoring_plugin_logs_on_without_a_version_and_filters_by_a_bare_time(
    em: EnterpriseManager, client: httpx.AsyncClient, sessions: None
) -> None:
    logon = await client.post("/api/sessionMngr", auth=(em.username, em.password))
    headers = {"X-RestSvcSessionId": logon.headers["X-RestSvcSessionId"]}
    path = (
        "/api/query?type=ReplicaJobSession&format=Entities&filter=CreationTime>=2025-01-01T00:00:00"
    )
    answer = await client.get(path, headers={**headers, "Accept": "application/json"})
    assert len(answer.json()["Entities"]["ReplicaJobSessions"]["ReplicaJobSessions"]) == 1


async def test_a_powershell_script_lives_on_the_cookie_alone(
    em: EnterpriseManager, client: httpx.AsyncClient, sessions: None
) -> None:
    await client.post("/api/sessionMngr/?v=latest", auth=(em.username, em.password))
    response = await client.get("/api/backupServers?format=Entity")
    assert (response.status_code, b"vbr01" in response.content) == (200, True)
