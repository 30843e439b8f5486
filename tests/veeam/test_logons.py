"""Logging on and off: once for everybody, and nothing secret is kept or shown (reference §3)."""

import asyncio
import logging
from base64 import b64decode

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.errors import (
    EnterpriseManagerBusy,
    EnterpriseManagerUnreachable,
    LogonRefused,
    UnexpectedReply,
)
from bot.veeam.client import EnterpriseManagerClient
from tests.veeam.conftest import PASSWORD, USERNAME
from tests.veeam.servers import SESSION_ID, TOKEN, Server, in_turn, reply, welcome

UID = "04f694ad-664c-4603-a747-00edecae4f17"
FOUND = reply(f'{{"UID": "{UID}"}}')
EXPIRED = reply('{"Message": "Session expired."}', 401)


async def test_a_logon_is_a_post_without_a_body(
    server: Server, client: EnterpriseManagerClient
) -> None:
    await client.log_on()
    logon = server.requests[0]
    assert (logon.method, logon.path, logon.query) == ("POST", "/api/sessionMngr/", {"v": "latest"})
    assert logon.headers["Content-Length"] == "0"
    kind, _, credentials = logon.headers["Authorization"].partition(" ")
    assert (kind, b64decode(credentials).decode()) == ("Basic", f"{USERNAME}:{PASSWORD}")


async def test_credentials_are_utf_8(server: Server) -> None:
    async with EnterpriseManagerClient(server.url, "jürgen", "pässwörd€") as client:
        await client.log_on()
    sent = b64decode(server.requests[0].headers["Authorization"].removeprefix("Basic "))
    assert sent.decode() == "jürgen:pässwörd€"


async def test_questions_carry_the_token_and_never_the_password_or_a_cookie(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = FOUND
    await client.fetch_session(UID)
    await client.fetch_session(UID)
    for question in server.asked("GET"):
        assert question.headers["X-RestSvcSessionId"] == TOKEN
        assert "Authorization" not in question.headers
        assert "Cookie" not in question.headers
    assert len(server.asked("POST")) == 1


async def test_an_expired_session_is_renewed_once_and_the_question_repeated(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = in_turn(FOUND, EXPIRED, FOUND)
    await client.fetch_session(UID)
    await client.fetch_session(UID)
    assert len(server.asked("POST")) == 2
    assert len(server.asked("GET")) == 3


async def test_a_session_refused_twice_is_a_refused_logon(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = EXPIRED
    with pytest.raises(LogonRefused, match="Session expired") as caught:
        await client.fetch_session(UID)
    assert caught.value.asked == "read session 04f694ad…"
    assert len(server.asked("POST")) == 2
    assert len(server.asked("GET")) == 2


async def test_many_questions_at_once_make_one_logon(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = FOUND
    await asyncio.gather(*(client.fetch_session(UID) for _ in range(20)))
    assert len(server.asked("POST")) == 1


async def test_many_expired_questions_at_once_make_one_new_logon(
    server: Server, client: EnterpriseManagerClient
) -> None:
    tokens = ["first", "second", "third"]

    async def log_on(_: web.Request) -> web.StreamResponse:
        return web.Response(status=201, text="{}", headers={"X-RestSvcSessionId": tokens.pop(0)})

    async def answer(request: web.Request) -> web.StreamResponse:
        is_current = request.headers["X-RestSvcSessionId"] == "second"
        return await (FOUND if is_current else EXPIRED)(request)

    server.log_on, server.answer = log_on, answer
    await asyncio.gather(*(client.fetch_session(UID) for _ in range(20)))
    assert tokens == ["third"]


async def test_many_questions_share_one_refused_logon(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.log_on = reply('{"Message": "The user name or password is incorrect"}', 401)
    errors = await asyncio.gather(
        *(client.fetch_session(UID) for _ in range(20)), return_exceptions=True
    )
    assert {type(error) for error in errors} == {LogonRefused}
    assert len(server.asked("POST")) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_account_says_what_to_check(
    server: Server, client: EnterpriseManagerClient, status: int
) -> None:
    server.log_on = reply(status=status)
    with pytest.raises(LogonRefused, match="VEEAM_USERNAME") as caught:
        await client.log_on()
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply("{}", 200, X_RestSvcSessionId=TOKEN), "answers 200 where 201"),
        (reply("{}", 201), "no session token"),
        (reply("<html><title>Welcome", 200, "text/html"), 'titled "Welcome"'),
        (reply('{"Message": "No root."}', 500), "answers 500, No root"),
        (reply("", 302, Location="https://evil.example/"), "answers 302"),
    ],
)
async def test_only_201_with_a_token_is_a_logon(
    server: Server, client: EnterpriseManagerClient, answer: object, words: str
) -> None:
    server.log_on = answer  # type: ignore[assignment] # pytest's parameters are objects
    with pytest.raises(UnexpectedReply, match=words):
        await client.log_on()


async def test_a_busy_em_refuses_no_logon(server: Server, client: EnterpriseManagerClient) -> None:
    server.log_on = reply(status=503)
    with pytest.raises(EnterpriseManagerBusy):
        await client.log_on()
    assert len(server.asked("POST")) == 1


async def test_a_failed_logon_is_tried_again_by_the_next_question(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.log_on = in_turn(reply(status=503), welcome)
    server.answer = FOUND
    with pytest.raises(EnterpriseManagerBusy):
        await client.fetch_session(UID)
    assert (await client.fetch_session(UID)).uid.endswith(UID)


async def test_a_caller_who_leaves_does_not_end_the_logon_of_the_others(
    server: Server, client: EnterpriseManagerClient
) -> None:
    arrived, may_answer = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        arrived.set()
        await may_answer.wait()
        return await welcome(request)

    server.log_on, server.answer = slow, FOUND
    leaving = asyncio.create_task(client.fetch_session(UID))
    staying = asyncio.create_task(client.fetch_session(UID))
    await arrived.wait()
    leaving.cancel()
    may_answer.set()
    assert (await staying).uid.endswith(UID)
    assert len(server.asked("POST")) == 1


async def test_closing_during_a_logon_ends_it(server: Server) -> None:
    arrived, never = asyncio.Event(), asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        arrived.set()
        await never.wait()
        return await welcome(request)

    server.log_on = hang
    client = EnterpriseManagerClient(server.url, USERNAME, PASSWORD)
    waiting = asyncio.create_task(client.log_on())
    await arrived.wait()
    await client.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_closing_logs_off_by_our_own_session_id(server: Server) -> None:
    async with EnterpriseManagerClient(server.url, USERNAME, PASSWORD) as client:
        await client.log_on()
    last = server.requests[-1]
    assert (last.method, last.path) == ("DELETE", f"/api/logonSessions/{SESSION_ID}")
    assert last.headers["X-RestSvcSessionId"] == TOKEN


async def test_closing_twice_or_before_a_logon_asks_nothing(server: Server) -> None:
    client = EnterpriseManagerClient(server.url, USERNAME, PASSWORD)
    await client.close()
    await client.close()
    assert server.requests == []


async def test_a_logon_whose_body_cannot_be_read_is_good_but_not_logged_off(
    server: Server,
) -> None:
    server.log_on = reply("<html>", 201, "text/html", X_RestSvcSessionId=TOKEN)
    server.answer = FOUND
    async with EnterpriseManagerClient(server.url, USERNAME, PASSWORD) as client:
        await client.fetch_session(UID)
    assert server.asked("DELETE") == []


async def test_a_failed_logoff_is_only_logged(server: Server) -> None:
    client = EnterpriseManagerClient(server.url, USERNAME, PASSWORD)
    await client.log_on()
    await server.stop()
    with capture_logs() as logs:
        await client.close()
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert SESSION_ID not in str(logs)


async def test_an_em_that_is_down_is_unreachable_after_one_post(server: Server) -> None:
    await server.stop()
    async with EnterpriseManagerClient(server.url, USERNAME, PASSWORD) as client:
        with pytest.raises(EnterpriseManagerUnreachable, match="cannot be reached"):
            await client.log_on()


async def test_no_secret_is_logged_or_shown(
    server: Server, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answer = in_turn(FOUND, EXPIRED, FOUND, reply(status=503))
    client = EnterpriseManagerClient(server.url, USERNAME, PASSWORD)
    await client.fetch_session(UID)
    await client.fetch_session(UID)
    with pytest.raises(EnterpriseManagerBusy):
        await client.fetch_session(UID)
    inside = [repr(client), repr(await client._logons.current())]
    await client.close()
    seen = "".join([caplog.text, *capsys.readouterr(), *inside])
    credentials = server.requests[0].headers["Authorization"].removeprefix("Basic ")
    for secret in (PASSWORD, TOKEN, SESSION_ID, credentials):
        assert secret not in seen
