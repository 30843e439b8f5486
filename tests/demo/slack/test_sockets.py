"""Socket Mode as frames on a raw socket (reference §1.3, §5)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMsgType
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.builders import refusal


async def ticket(slack: SlackWorkspace) -> str:
    answer = await AsyncWebClient(base_url=slack.api_url).apps_connections_open(
        app_token=slack.app_token
    )
    return str(answer["url"])


@asynccontextmanager
async def opened(
    slack: SlackWorkspace, http: aiohttp.ClientSession, **arguments: Any
) -> AsyncIterator[ClientWebSocketResponse]:
    """A socket that has said hello."""
    timeout = aiohttp.ClientWSTimeout(ws_close=0.2)
    url = await ticket(slack)
    async with http.ws_connect(url, timeout=timeout, autoping=False, **arguments) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        yield socket


async def acknowledge(socket: ClientWebSocketResponse, **payload: Any) -> dict[str, Any]:
    envelope: dict[str, Any] = await socket.receive_json()
    await socket.send_json({"envelope_id": envelope["envelope_id"], **payload})
    return envelope


async def test_hello_tells_how_many_connections_there_are(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    async with opened(slack, http), http.ws_connect(await ticket(slack)) as second:
        hello = await second.receive_json()
    assert hello["num_connections"] == 2
    assert hello["connection_info"] == {"app_id": slack.workspace.app_id}
    assert hello["debug_info"]["approximate_connection_time"] > 3600


async def test_a_ticket_opens_one_connection(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    url = await ticket(slack)
    async with http.ws_connect(url):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url)


async def test_the_eleventh_connection_is_sent_away(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    sockets = [await http.ws_connect(await ticket(slack)) for _ in range(10)]
    async with http.ws_connect(await ticket(slack)) as eleventh:
        frame = await eleventh.receive_json()
        assert (await eleventh.receive()).type is WSMsgType.CLOSE
    assert (frame["type"], frame["reason"]) == ("disconnect", "too_many_websockets")
    for socket in sockets:
        await socket.close()


async def test_each_payload_goes_to_one_of_the_connections(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    async with opened(slack, http) as one, opened(slack, http) as two:
        answers = asyncio.gather(acknowledge(one), acknowledge(two))
        results = [await slack.command("/replica 1"), await slack.command("/replica 2")]
        envelopes = await answers
    assert all(result.acked for result in results)
    assert {envelope["payload"]["text"] for envelope in envelopes} == {"1", "2"}


async def test_pings_of_either_side_are_answered(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    slack.options = replace(slack.options, socket_ping_seconds=0.01)
    async with opened(slack, http) as socket:
        assert (await socket.receive()).type is WSMsgType.PING
        slack.options = replace(slack.options, socket_ping_seconds=60)
        await socket.ping(b"sdk-ping-pong:1")
        while (message := await socket.receive()).type is WSMsgType.PING:
            pass
    assert (message.type, bytes(message.data)) == (WSMsgType.PONG, b"sdk-ping-pong:1")


async def test_a_deaf_connection_stays_open_and_says_nothing(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    async with opened(slack, http) as socket:
        slack.faults.go_deaf()
        await socket.ping(b"anyone?")
        await slack.faults.disconnect()
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.1)
        assert len(slack.sockets.connections) == 1
        assert not socket.closed


async def test_a_deaf_connection_does_not_even_say_goodbye(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    async with opened(slack, http) as socket:
        slack.faults.go_deaf()
        await socket.close()
        assert socket.close_code == WSCloseCode.ABNORMAL_CLOSURE
    await slack.wait_for(lambda one: not one.sockets.connections)


async def test_a_command_on_a_deaf_connection_is_a_time_out_in_the_users_face(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    async with opened(slack, http):
        slack.faults.go_deaf()
        result = await slack.command("/replica failed")
    assert (result.acked, result.error) == (False, "operation_timeout")
    [told] = slack.ephemerals(slack.user)
    assert told.text == '/replica failed with the error "operation_timeout"'


async def test_a_command_that_nobody_hears_fails_at_once(slack: SlackWorkspace) -> None:
    result = await slack.command("/replica failed")
    assert (result.acked, result.error) == (False, "dispatch_failed")


@pytest.mark.parametrize(
    "reason", ["warning", "refresh_requested", "link_disabled", "too_many_websockets"]
)
async def test_a_disconnect_frame_carries_its_reason(
    slack: SlackWorkspace, http: aiohttp.ClientSession, reason: Any
) -> None:
    async with opened(slack, http) as socket:
        await slack.faults.disconnect(reason)
        frame = await socket.receive_json()
    assert (frame["type"], frame["reason"]) == ("disconnect", reason)


@pytest.mark.parametrize("by_reset", [True, False])
async def test_sockets_can_be_dropped_without_a_word(
    slack: SlackWorkspace, http: aiohttp.ClientSession, by_reset: bool
) -> None:
    async with opened(slack, http) as socket:
        slack.faults.drop_sockets(by_reset=by_reset)
        ending = await socket.receive()
        await slack.wait_for(lambda one: not one.sockets.connections)
    assert ending.type in {WSMsgType.CLOSED, WSMsgType.ERROR}


async def test_new_sockets_can_be_refused(slack: SlackWorkspace) -> None:
    slack.faults.refuse_sockets = True
    assert await refusal(ticket(slack)) == "internal_error"
    slack.faults.refuse_sockets = False
    assert await ticket(slack)


async def test_only_a_command_accepts_a_payload_with_its_acknowledgement(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    async with opened(slack, http) as socket:
        answering = asyncio.ensure_future(acknowledge(socket, payload={"text": "event"}))
        ack = await slack.event({"type": "app_home_opened", "user": slack.user, "tab": "home"})
        envelope = await answering
    assert envelope["accepts_response_payload"] is False
    assert ack is not None
    assert ack.payload is None


async def test_an_event_without_an_acknowledgement_is_sent_again_at_once(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    async with opened(slack, http) as socket:
        sending = asyncio.ensure_future(slack.event({"type": "app_home_opened"}))
        first = await socket.receive_json()
        assert await sending is None
        second = await acknowledge(socket)
    assert (first["retry_attempt"], second["retry_attempt"]) == (0, 1)
    assert second["retry_reason"] == "timeout"
    assert first["payload"] == second["payload"]


async def test_the_last_envelope_can_be_delivered_again(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    with pytest.raises(LookupError):
        await slack.faults.redeliver()
    async with opened(slack, http) as socket:
        answering = asyncio.ensure_future(acknowledge(socket))
        await slack.command("/replica failed")
        first = await answering
        again = asyncio.ensure_future(acknowledge(socket))
        assert await slack.faults.redeliver() is not None
        assert (await again)["envelope_id"] == first["envelope_id"]


async def test_two_envelopes_can_arrive_in_swapped_order(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    async with opened(slack, http) as socket:
        slack.faults.swap_envelopes()
        first = asyncio.ensure_future(slack.command("/replica 1"))
        await slack.wait_for(lambda one: one.sockets.is_holding_back)
        second = asyncio.ensure_future(slack.command("/replica 2"))
        arrived = [(await acknowledge(socket))["payload"]["text"] for _ in range(2)]
        assert [(await first).acked, (await second).acked] == [True, True]
        third = asyncio.ensure_future(slack.command("/replica 3"))
        arrived.append((await acknowledge(socket))["payload"]["text"])
        await third
    assert arrived == ["2", "1", "3"]


async def test_clearing_lets_go_of_an_envelope_that_nothing_overtakes(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    async with opened(slack, http) as socket:
        slack.faults.swap_envelopes()
        command = asyncio.ensure_future(slack.command("/replica 1"))
        await slack.wait_for(lambda one: one.sockets.is_holding_back)
        slack.faults.clear()
        await acknowledge(socket)
        assert (await command).acked


async def test_a_workspace_stops_soon_whoever_is_still_connected(
    http: aiohttp.ClientSession,
) -> None:
    slack = await SlackWorkspace.start()
    deaf = await http.ws_connect(await ticket(slack))
    assert (await deaf.receive_json())["type"] == "hello"
    slack.faults.go_deaf()
    silent = await http.ws_connect(await ticket(slack))
    page = await http.get(f"{slack.url}/page/stream")
    async with asyncio.timeout(5):
        await slack.stop()
    assert (await deaf.receive()).type is WSMsgType.CLOSED
    page.close()
    await silent.close()


async def test_noise_on_a_socket_acknowledges_nothing(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    async with opened(slack, http) as socket:
        for noise in ("no json", "[]", '{"envelope_id": "unknown"}'):
            await socket.send_str(noise)
        answering = asyncio.ensure_future(acknowledge(socket))
        assert (await slack.command("/replica failed")).acked
        await answering
