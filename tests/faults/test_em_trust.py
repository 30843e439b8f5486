"""EM cannot be trusted any more, or does not speak TLS at all."""

import asyncio

from tests.end_to_end.stage import Stage
from tests.faults.looking import wait_for_blindness, wait_for_sight
from tests.faults.table import fault

TLS_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"
"""A server's refusal of the handshake: `handshake_failure`."""


async def refuse_handshake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(TLS_ALERT)
    writer.close()
    await writer.wait_closed()


@fault(
    "EM's certificate is renewed by the CA that the bot trusts",
    sees="Nothing.",
)
async def test_a_renewed_certificate_is_trusted(stage: Stage) -> None:
    await stage.em.faults.change_certificate()
    stage.em.world.add_session(stage.job("After the renewal"), result="Failed")
    await stage.wait_for_root("After the renewal failed")
    assert not [m for m in stage.slack.messages() if "I cannot see" in m.text]


@fault(
    "EM's certificate is changed for one that the bot does not trust",
    sees="The bot is blind and says so: “… the certificate of em.example.com:9398 is not trusted … "
    "It shows 3F:9A:… now: compare that with the certificate on the Enterprise Manager server "
    "itself before you trust it”. No password is sent.",
)
async def test_a_changed_certificate_is_told_with_its_fingerprint(stage: Stage) -> None:
    await stage.em.faults.change_certificate(other_authority=True)
    asked = len(stage.em.requests)
    root = await wait_for_blindness(stage, "is not trusted")
    assert len(stage.em.requests) == asked
    stage.em.world.add_session(stage.job("While distrusted"), result="Failed")
    await stage.em.faults.restore_certificate()
    await wait_for_sight(stage, root)
    await stage.wait_for_root("While distrusted failed")


@fault(
    "EM refuses the TLS handshake: its versions and ciphers do not fit",
    sees="The bot is blind and says so: “… cannot be reached … handshake failure … Check "
    "VEEAM_URL …”.",
)
async def test_a_failed_handshake_is_told(stage: Stage) -> None:
    host, port = stage.em.url.removeprefix("https://").split(":")
    await stage.em.faults.go_down()
    async with await asyncio.start_server(refuse_handshake, host, int(port)):
        root = await wait_for_blindness(stage, "cannot be reached")
        assert "handshake failure" in root.text.lower(), root.text
    await stage.em.faults.come_back()
    await wait_for_sight(stage, root)
