"""Whom the client trusts: a CA, the system, or one fingerprint, before it says a word."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import trustme

from bot.errors import EnterpriseManagerUnreachable, SettingsWrong
from bot.veeam.addresses import parse_address
from bot.veeam.certificates import build_ssl_context, fetch_fingerprint, fingerprint_of
from bot.veeam.client import EnterpriseManagerClient
from tests.veeam.conftest import PASSWORD, USERNAME
from tests.veeam.servers import Server, reply, welcome

UID = "04f694ad-664c-4603-a747-00edecae4f17"
CA = trustme.CA()
LOCAL = CA.issue_cert("localhost")
ELSEWHERE = CA.issue_cert("elsewhere.example")


def fingerprint(certificate: trustme.LeafCert) -> str:
    return fingerprint_of(ssl.PEM_cert_to_DER_cert(certificate.cert_chain_pems[0].bytes().decode()))


def tls(certificate: trustme.LeafCert = LOCAL) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


@pytest_asyncio.fixture(loop_scope="module")
async def secure() -> AsyncIterator[Server]:
    running = await Server(reply(f'{{"UID": "{UID}"}}'), welcome).start(tls())
    yield running
    await running.stop()


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    CA.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


async def test_a_certificate_of_the_given_ca_is_trusted(secure: Server, ca_file: str) -> None:
    async with EnterpriseManagerClient(secure.url, USERNAME, PASSWORD, ca_file=ca_file) as client:
        assert (await client.fetch_session(UID)).uid.endswith(UID)


async def test_the_servers_own_certificate_may_be_the_ca_file(
    secure: Server, tmp_path: Path
) -> None:
    LOCAL.cert_chain_pems[0].write_to_path(str(tmp_path / "em.pem"))
    path = str(tmp_path / "em.pem")
    async with EnterpriseManagerClient(secure.url, USERNAME, PASSWORD, ca_file=path) as client:
        await client.log_on()


async def test_an_unknown_certificate_is_shown_and_no_word_is_said(secure: Server) -> None:
    async with EnterpriseManagerClient(secure.url, USERNAME, PASSWORD) as client:
        with pytest.raises(EnterpriseManagerUnreachable, match="VEEAM_CA_FILE") as caught:
            await client.fetch_api_root()
    assert f"It shows {fingerprint(LOCAL)} now" in str(caught.value)
    assert secure.requests == []


async def test_a_certificate_for_another_name_is_not_trusted(ca_file: str) -> None:
    server = await Server(reply(), welcome).start(tls(ELSEWHERE))
    async with EnterpriseManagerClient(server.url, USERNAME, PASSWORD, ca_file=ca_file) as client:
        with pytest.raises(EnterpriseManagerUnreachable, match=r"(?i)hostname mismatch"):
            await client.log_on()
    await server.stop()
    assert server.requests == []


@pytest.mark.parametrize("form", [str, str.lower, lambda text: text.replace(":", "")])
async def test_the_pinned_certificate_is_trusted_in_every_spelling(
    secure: Server, form: type[str]
) -> None:
    pinned = form(fingerprint(LOCAL))
    async with EnterpriseManagerClient(
        secure.url, USERNAME, PASSWORD, fingerprint=pinned
    ) as client:
        assert (await client.fetch_session(UID)).uid.endswith(UID)


async def test_the_pinned_certificate_may_be_for_another_name() -> None:
    server = await Server(reply("{}"), welcome).start(tls(ELSEWHERE))
    pinned = fingerprint(ELSEWHERE)
    async with EnterpriseManagerClient(
        server.url, USERNAME, PASSWORD, fingerprint=pinned
    ) as client:
        await client.log_on()
    await server.stop()


async def test_another_fingerprint_is_refused_with_both_shown(secure: Server) -> None:
    pinned = fingerprint(ELSEWHERE)
    async with EnterpriseManagerClient(
        secure.url, USERNAME, PASSWORD, fingerprint=pinned
    ) as client:
        with pytest.raises(EnterpriseManagerUnreachable, match="VEEAM_FINGERPRINT") as caught:
            await client.log_on()
    assert f"expected certificate {pinned}" in str(caught.value)
    assert f"the server shows {fingerprint(LOCAL)}" in str(caught.value)
    assert secure.requests == []


async def test_a_fingerprint_wins_over_a_ca_that_would_trust(secure: Server, ca_file: str) -> None:
    async with EnterpriseManagerClient(
        secure.url, USERNAME, PASSWORD, ca_file=ca_file, fingerprint="ab" * 32
    ) as client:
        with pytest.raises(EnterpriseManagerUnreachable):
            await client.log_on()


async def test_not_one_byte_reaches_a_server_with_the_wrong_fingerprint() -> None:
    received: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=tls())
    url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
    async with EnterpriseManagerClient(
        url, USERNAME, PASSWORD, fingerprint=fingerprint(ELSEWHERE)
    ) as client:
        with pytest.raises(EnterpriseManagerUnreachable):
            await client.log_on()
    server.close()
    await server.wait_closed()
    assert b"".join(received) == b""


async def test_every_new_connection_is_checked(secure: Server) -> None:
    async with EnterpriseManagerClient(
        secure.url, USERNAME, PASSWORD, fingerprint=fingerprint(LOCAL)
    ) as client:
        await client.fetch_session(UID)
        await secure.stop()
        await secure.start(tls(ELSEWHERE))
        before = len(secure.requests)
        with pytest.raises(EnterpriseManagerUnreachable, match="the server shows"):
            await client.fetch_session(UID)
        assert len(secure.requests) == before


async def test_a_distrusted_certificate_is_not_asked_for_again_and_again() -> None:
    connections = 0

    async def count(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    server = await asyncio.start_server(count, "127.0.0.1", 0, ssl=tls())
    url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
    async with EnterpriseManagerClient(url, USERNAME, PASSWORD, fingerprint="0" * 64) as client:
        with pytest.raises(EnterpriseManagerUnreachable):
            await client.fetch_api_root()
    server.close()
    await server.wait_closed()
    assert connections <= 1


async def test_there_is_no_fingerprint_where_nobody_listens(secure: Server) -> None:
    address = parse_address(secure.url)
    assert await fetch_fingerprint(address) == fingerprint(LOCAL)
    await secure.stop()
    assert await fetch_fingerprint(address) is None


def serve_one_handshake(listener: socket.socket) -> None:
    """Take one connection, and be gone before the next."""
    connection, _ = listener.accept()
    listener.close()
    with contextlib.suppress(OSError):
        tls().wrap_socket(connection, server_side=True).close()
    connection.close()


async def test_a_server_that_vanishes_still_gets_a_hint() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"https://localhost:{listener.getsockname()[1]}"
    serving = asyncio.create_task(asyncio.to_thread(serve_one_handshake, listener))
    async with EnterpriseManagerClient(url, USERNAME, PASSWORD) as client:
        with pytest.raises(EnterpriseManagerUnreachable, match=r"server's SHA-256\.$"):
            await client.fetch_api_root()
    await serving


@pytest.mark.parametrize("text", ["12:34", "g" * 64, "0" * 63, "sha256:" + "0" * 64])
def test_what_is_no_fingerprint_is_a_wrong_setting(text: str) -> None:
    with pytest.raises(SettingsWrong, match="VEEAM_FINGERPRINT"):
        build_ssl_context(None, text)


def test_a_ca_file_that_is_none_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    for path in (tmp_path / "ca.pem", tmp_path / "missing.pem"):
        with pytest.raises(SettingsWrong, match="VEEAM_CA_FILE"):
            build_ssl_context(str(path), None)
