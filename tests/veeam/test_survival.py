"""What a server can send that EM would not, and what EM refuses: each its own clear error."""

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from aiohttp import web

from bot.demo.em import EnterpriseManager
from bot.errors import (
    EnterpriseManagerBusy,
    EnterpriseManagerError,
    EnterpriseManagerUnreachable,
    NotAllowed,
    NotFound,
    UnexpectedReply,
)
from bot.veeam.client import EnterpriseManagerClient
from bot.veeam.replies import MAX_BODY_BYTES
from tests.veeam.conftest import PASSWORD, USERNAME, as_portal_user
from tests.veeam.servers import JSON, XML, Handler, Server, in_turn, reply, welcome

UID = "04f694ad-664c-4603-a747-00edecae4f17"
FOUND = reply(f'{{"UID": "{UID}"}}')
BOMB = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><a UID="1">&b;</a>'
SPY = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a UID="1"><Name>&x;</Name></a>'


async def ask(server: Server, client: EnterpriseManagerClient, answer: Handler) -> str:
    """Ask for a session; give the error that comes of it, as a person reads it."""
    server.answer = answer
    with pytest.raises(EnterpriseManagerError) as caught:
        await client.fetch_session(UID)
    return f"{type(caught.value).__name__}: {caught.value}"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            reply("<html><head><TITLE>Sign in\n &amp; go</TITLE>", content_type="text/html"),
            'a web page came back titled "Sign in & go" (a proxy or login page?)',
        ),
        (reply("<html>", content_type="text/html"), "a web page came back (a proxy"),
        (reply(f'{{"UID": "{UID}"}}', content_type="text/plain"), "text/plain, not JSON or XML"),
        (reply(f'{{"UID": "{UID}"}}', content_type=XML), "no well-formed XML"),
        (reply('<a UID="1"/>', content_type=JSON), "no JSON"),
        (reply('{"UID": "04f6'), "cut off or no JSON"),
        (reply('<a UID="1"><b>', content_type=XML), "no well-formed XML"),
        (reply(""), "the answer is empty"),
        (reply("", content_type=XML), "the answer is empty"),
        (reply("[]"), "not an object"),
        (reply('{"a": 1}'), "not a ReplicaSession: uid is missing or wrong"),
        (reply(BOMB, content_type=XML), "declares a DOCTYPE"),
        (reply(SPY, content_type=XML), "declares a DOCTYPE"),
        (reply("x", Content_Encoding="br"), "compressed (br)"),
        (reply("", 302, Location="https://evil.example/"), "answers 302, a redirect"),
        (reply("", 400), "it answers 400"),
        (reply("<html><title>Oops", 502, "text/html"), "answers 502, a web page came back titled"),
    ],
)
async def test_what_em_would_not_send_is_an_unexpected_reply(
    server: Server, client: EnterpriseManagerClient, answer: Handler, words: str
) -> None:
    said = await ask(server, client, answer)
    assert said.startswith("UnexpectedReply: Could not read session 04f694ad…: ")
    assert words in said
    assert said.endswith("see its logs.") or "VEEAM_URL" in said


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, NotAllowed),
        (404, NotFound),
        (204, NotFound),
        (503, EnterpriseManagerBusy),
        (500, UnexpectedReply),
        (405, UnexpectedReply),
    ],
)
async def test_every_status_has_its_error(
    server: Server,
    client: EnterpriseManagerClient,
    status: int,
    kind: type[EnterpriseManagerError],
) -> None:
    assert (await ask(server, client, reply(status=status))).startswith(kind.__name__)


@pytest.mark.parametrize(
    "body",
    [
        ('{"Message": "It is\\n gone.", "StackTrace": "at Veeam.Secret"}', JSON),
        ('\ufeff{"message": "It is gone"}', JSON),
        ('{"Message": null, "FirstChanceExceptionMessage": "It is gone."}', JSON),
        (
            '<Error Message="It is gone." StatusCode="404"><StackTrace>at Veeam.Secret'
            "</StackTrace></Error>",
            XML,
        ),
    ],
)
async def test_em_is_quoted_without_its_stack_trace(
    server: Server, client: EnterpriseManagerClient, body: tuple[str, str]
) -> None:
    said = await ask(server, client, reply(body[0], 404, body[1]))
    assert ": It is gone. It keeps sessions for 30 days" in said
    assert "Secret" not in said


async def test_a_long_message_is_shortened(server: Server, client: EnterpriseManagerClient) -> None:
    said = await ask(server, client, reply('{"Message": "' + "a" * 5000 + '"}', 500))
    assert "aaa…" in said
    assert len(said) < 600


async def test_an_error_body_that_is_none_does_not_hide_the_status(
    server: Server, client: EnterpriseManagerClient
) -> None:
    assert "no such thing" in await ask(server, client, reply('{"Message": [', 404))
    assert "no such thing" in await ask(server, client, reply('{"Message": {}}', 404))


async def test_a_body_of_50_mb_is_refused_by_its_length(
    server: Server, client: EnterpriseManagerClient
) -> None:
    said = await ask(server, client, reply(b" " * 50_000_000))
    assert "larger than the limit of 20 MiB" in said


async def test_an_endless_body_is_refused_before_it_is_read(
    server: Server, client: EnterpriseManagerClient
) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        stream = web.StreamResponse(headers={"Content-Type": JSON})
        await stream.prepare(request)
        while sent < 500_000_000:
            await stream.write(b" " * 1_000_000)
            sent += 1_000_000
        return stream

    assert "larger than the limit of 20 MiB" in await ask(server, client, endless)
    assert sent < 3 * MAX_BODY_BYTES


async def test_a_link_to_another_host_is_followed_on_this_one(
    server: Server, client: EnterpriseManagerClient
) -> None:
    link = {"Rel": "Alternate", "Href": "https://evil.example/api/elsewhere?format=Entity"}
    reference = reply(
        f'{{"UID": "{UID}", "Type": "ReplicaJobSessionReference", "Links": [{link}]}}'.replace(
            "'", '"'
        )
    )
    server.answer = in_turn(reference, FOUND)
    assert (await client.fetch_session(UID)).uid.endswith(UID)
    assert server.requests[-1].path == "/api/elsewhere"


async def test_a_reference_without_links_is_followed_by_its_own_address(
    server: Server, client: EnterpriseManagerClient
) -> None:
    href = "https://evil.example/api/replicaSessions/1"
    reference = f'{{"UID": "{UID}", "Type": "ReplicaJobSessionReference", "Href": "{href}"}}'
    server.answer = in_turn(reply(reference), FOUND)
    await client.fetch_session(UID)
    assert server.requests[-1].path == "/api/replicaSessions/1"
    assert server.requests[-1].query == {"format": "Entity"}


@pytest.mark.parametrize("uid", ["../jobs", "a/b", "a?b", "", "urn:veeam:x:%2e", "ä"])
async def test_what_is_no_id_never_becomes_a_url(
    server: Server, client: EnterpriseManagerClient, uid: str
) -> None:
    with pytest.raises(NotFound, match="not an id"):
        await client.fetch_session(uid)
    assert server.requests == []


async def test_503_is_asked_again(server: Server, client: EnterpriseManagerClient) -> None:
    server.answer = in_turn(reply(status=503), reply(status=503), FOUND)
    await client.fetch_session(UID)
    assert len(server.asked("GET")) == 3


async def test_503_ends_after_three_attempts(
    server: Server, client: EnterpriseManagerClient
) -> None:
    busy = reply('{"Message": "Maintenance until noon."}', 503)
    assert "Maintenance until noon. The bot asks again" in await ask(server, client, busy)
    assert len(server.asked("GET")) == 3


async def drop(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def test_a_dropped_question_is_asked_again(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = in_turn(drop, FOUND)
    await client.fetch_session(UID)
    assert len(server.asked("GET")) == 2


async def test_a_dropped_logon_is_not_repeated(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.log_on = in_turn(drop, welcome)
    with pytest.raises(EnterpriseManagerUnreachable, match="broke off the connection"):
        await client.fetch_session(UID)
    assert server.paths == ["POST /api/sessionMngr/"]


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_other_refusals_are_not_repeated(
    server: Server, client: EnterpriseManagerClient, status: int
) -> None:
    await ask(server, client, reply(status=status))
    assert len(server.asked("GET")) == 1


async def test_a_body_that_breaks_off_is_unreachable(
    server: Server, client: EnterpriseManagerClient
) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": JSON, "Content-Length": "1000"})
        await stream.prepare(request)
        await stream.write(b'{"UID"')
        return await drop(request)

    said = await ask(server, client, cut)
    assert said.startswith("EnterpriseManagerUnreachable: ")
    assert len(server.asked("GET")) == 3


class Silence:
    """Answers nobody until it is over; knows when as many wait as are expected."""

    def __init__(self, expected: int = 1) -> None:
        self.over, self.full = asyncio.Event(), asyncio.Event()
        self._missing = expected

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self._missing -= 1
        if self._missing == 0:
            self.full.set()
        await self.over.wait()
        return await FOUND(request)


async def test_a_silent_server_is_given_up(server: Server) -> None:
    silence = Silence()
    timeouts = httpx.Timeout(2.0, read=0.05)
    async with EnterpriseManagerClient(server.url, USERNAME, PASSWORD, timeouts=timeouts) as client:
        said = await ask(server, client, silence)
    silence.over.set()
    assert "accepted the question but did not answer in time" in said
    assert "restarting or overloaded" in said


async def test_an_answer_that_trickles_is_given_up(em: EnterpriseManager) -> None:
    em.world.add_server("vbr-slow")
    timeouts = httpx.Timeout(5.0, read=0.1)
    async with as_portal_user(em, timeouts=timeouts) as client:
        await client.log_on()
        em.faults.trickle(0.01, times=None)
        with pytest.raises(EnterpriseManagerUnreachable, match="did not answer in time"):
            await client.fetch_backup_servers()
        em.faults.clear()


async def test_too_many_questions_at_once_say_so(server: Server) -> None:
    silence = server.answer = Silence(expected=8)
    timeouts = httpx.Timeout(None, pool=0.05)
    async with EnterpriseManagerClient(server.url, USERNAME, PASSWORD, timeouts=timeouts) as client:
        await client.log_on()
        waiting = [asyncio.create_task(client.fetch_session(UID)) for _ in range(8)]
        await silence.full.wait()
        with pytest.raises(EnterpriseManagerUnreachable, match="other questions"):
            await client.fetch_session(UID)
        silence.over.set()
        assert len(await asyncio.gather(*waiting)) == 8


async def test_a_server_that_is_down_says_what_to_check(server: Server) -> None:
    await server.stop()
    async with EnterpriseManagerClient(server.url, USERNAME, PASSWORD) as client:
        with pytest.raises(EnterpriseManagerUnreachable, match="VEEAM_URL") as caught:
            await client.fetch_api_root()
    assert server.url.removeprefix("http://") in str(caught.value)


async def test_a_server_that_does_not_complete_the_connection_is_given_up() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"https://localhost:{listener.getsockname()[1]}"
    timeouts = httpx.Timeout(2.0, connect=0.05)
    async with EnterpriseManagerClient(url, USERNAME, PASSWORD, timeouts=timeouts) as client:
        with pytest.raises(EnterpriseManagerUnreachable, match="does not answer the connection"):
            await client.log_on()
    listener.close()


async def test_plain_http_where_tls_was_expected_is_unreachable(server: Server) -> None:
    url = server.url.replace("http:", "https:")
    async with EnterpriseManagerClient(url, USERNAME, PASSWORD) as client:
        with pytest.raises(EnterpriseManagerUnreachable, match="https, port 9398"):
            await client.log_on()


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "Mon, 23 Nov 2026 20:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -0500",
        "Mon, 01 Jan 99999 00:00:00 UTC",
    ],
)
async def test_the_servers_clock_is_known_from_its_date(
    server: Server, client: EnterpriseManagerClient, date: str
) -> None:
    server.answer = reply(f'{{"UID": "{UID}"}}', Date=date)
    await client.fetch_session(UID)
    expected = datetime(2026, 11, 23, 20, tzinfo=UTC) if date.endswith("GMT") else None
    assert client.last_server_time == expected


@pytest.mark.parametrize(
    ("wire_format", "accepted"), [("json", "application/json"), ("xml", "application/xml")]
)
async def test_exactly_one_type_is_accepted(
    server: Server, wire_format: str, accepted: str
) -> None:
    options: dict[str, object] = {"wire_format": wire_format}
    make: Callable[..., EnterpriseManagerClient] = EnterpriseManagerClient
    async with make(server.url, USERNAME, PASSWORD, **options) as client:
        await client.log_on()
    headers = server.requests[0].headers
    assert (headers["Accept"], headers["Accept-Encoding"]) == (accepted, "identity")
