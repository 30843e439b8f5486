"""Logging on, using, losing and ending a logon (reference §3)."""

import base64
from dataclasses import replace

import httpx
import pytest

from bot.demo.em import EnterpriseManager
from tests.demo.em.visitors import Visitor, Welcome

LOGON = "/api/sessionMngr/?v=latest"


async def test_a_logon_is_201_with_the_token_in_a_header_and_a_cookie_for_the_api(
    em: EnterpriseManager, client: httpx.AsyncClient
) -> None:
    response = await client.post(LOGON, auth=(em.username, em.password))
    token = response.headers["X-RestSvcSessionId"]
    assert response.status_code == 201
    assert response.headers["Set-Cookie"] == f"X-RestSvcSessionId={token}; Path=/api;"


async def test_the_token_is_the_base64_of_the_session_id_as_clients_compute_it(
    watcher: Visitor,
) -> None:
    assert base64.b64decode(watcher.token).decode() == watcher.session_id


@pytest.mark.parametrize(
    "path", ["?v=v1_5", "?v=v1_6", "?v=v1_7", "?v=latest", "", "/", "/?v=v1_7"]
)
async def test_supported_versions_log_on_with_and_without_the_slash(
    em: EnterpriseManager, client: httpx.AsyncClient, path: str
) -> None:
    response = await client.post(f"/api/sessionMngr{path}", auth=(em.username, em.password))
    assert response.status_code == 201


@pytest.mark.parametrize("version", ["v1_4", "v1_8", "1.7", ""])
async def test_other_versions_are_refused(
    em: EnterpriseManager, client: httpx.AsyncClient, version: str
) -> None:
    """§2: API 1.4 and older are not supported."""
    response = await client.post(f"/api/sessionMngr/?v={version}", auth=(em.username, em.password))
    assert response.status_code == 400


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b"DEMO\\watcher:wrong").decode(),
        "Basic " + base64.b64encode(b"DEMO\\nobody:watch-only").decode(),
        "Bearer watch-only",
    ],
)
async def test_wrong_or_missing_credentials_are_401_with_a_challenge(
    client: httpx.AsyncClient, authorization: str | None
) -> None:
    """§3: `WWW-Authenticate: Basic Realm=RestSvc`."""
    headers = {"Authorization": authorization} if authorization else {}
    response = await client.post(LOGON, headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Basic Realm=RestSvc"


@pytest.mark.parametrize("username", ["demo\\WATCHER", "watcher@DEMO"])
async def test_windows_names_are_known_in_their_other_spellings(
    em: EnterpriseManager, client: httpx.AsyncClient, username: str
) -> None:
    response = await client.post(LOGON, auth=(username, em.password))
    assert response.status_code == 201


async def test_without_a_token_or_with_a_stale_one_everything_is_401(
    client: httpx.AsyncClient,
) -> None:
    """§10: no, bad or expired session; before that nothing tells whether a path exists."""
    for path in ("/api/replicaSessions", "/api/no-such-thing", "/api/tasks/task-1"):
        assert (await client.get(path)).status_code == 401
        stale = {"X-RestSvcSessionId": "c3RhbGU="}
        assert (await client.get(path, headers=stale)).status_code == 401


async def test_the_cookie_alone_is_enough(watcher: Visitor) -> None:
    headers = {"Cookie": f"X-RestSvcSessionId={watcher.token}"}
    response = await watcher.client.get("/api/replicaSessions", headers=headers)
    assert response.status_code == 200


async def test_a_cookie_beats_the_header_even_when_it_is_stale(watcher: Visitor) -> None:
    headers = {"Cookie": "X-RestSvcSessionId=c3RhbGU=", "X-RestSvcSessionId": watcher.token}
    response = await watcher.client.get("/api/replicaSessions", headers=headers)
    assert response.status_code == 401


async def test_a_cookie_that_is_none_leaves_the_header_standing(watcher: Visitor) -> None:
    headers = {"Cookie": "a[]=b; theme=dark", "X-RestSvcSessionId": watcher.token}
    response = await watcher.client.get("/api/replicaSessions", headers=headers)
    assert response.status_code == 200


async def test_an_idle_logon_ends(em: EnterpriseManager, watcher: Visitor) -> None:
    assert await watcher.status("replicaSessions") == 200
    em.options = replace(em.options, logon_idle_seconds=0)
    assert await watcher.status("replicaSessions") == 401


async def test_logging_off_by_the_session_id_ends_the_logon_with_204(watcher: Visitor) -> None:
    response = await watcher.ask(f"logonSessions/{watcher.session_id}", "DELETE")
    assert (response.status_code, response.content) == (204, b"")
    assert await watcher.status("replicaSessions") == 401


async def test_logging_off_by_the_token_is_404(watcher: Visitor) -> None:
    """§3: `{SessionId}` is the body's SessionId, not the token."""
    assert await watcher.status(f"logonSessions/{watcher.token}", "DELETE") == 404


async def test_an_account_sees_its_own_logons_and_an_administrator_all(
    em: EnterpriseManager, watcher: Visitor, admin: Visitor, welcome: Welcome
) -> None:
    again = await welcome(em.username, em.password)
    seen = (await watcher.json("logonSessions"))["LogonSessions"]
    assert {row["SessionId"] for row in seen} == {watcher.session_id, again.session_id}
    assert len((await admin.json("logonSessions"))["LogonSessions"]) == 3
    assert await watcher.status(f"logonSessions/{admin.session_id}", "DELETE") == 404


async def test_logons_are_counted_and_requests_recorded_with_their_account(
    em: EnterpriseManager, watcher: Visitor
) -> None:
    await watcher.ask("replicaSessions?format=Entity")
    assert em.logon_count == 1
    assert em.requests == [
        ("POST", "/api/sessionMngr/?v=latest", None),
        ("GET", "/api/replicaSessions?format=Entity", em.username),
    ]


async def test_the_certificate_is_trusted_by_the_ca_file_only(em: EnterpriseManager) -> None:
    async with httpx.AsyncClient(trust_env=False) as stranger:
        with pytest.raises(httpx.ConnectError):
            await stranger.get(f"{em.url}/api/")
