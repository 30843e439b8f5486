"""Slack's sockets: every reason to disconnect, silence, envelopes that come twice or crossed."""

import asyncio

import pytest

from tests.end_to_end.stage import PATIENCE, Stage
from tests.faults.looking import log_lines, wait_until_ready, wait_until_unready
from tests.faults.table import fault

SETTINGS = {"ALERT_GROUP_OVER": "100"}


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
@fault(
    "Slack wants the bot to move to a new socket (`warning`, `refresh_requested`)",
    sees="Nothing: the new one is open before the old one is closed.",
)
async def test_a_socket_that_is_to_be_replaced_costs_no_command(stage: Stage, reason: str) -> None:
    await stage.slack.faults.disconnect(reason)  # type: ignore[arg-type]  # one of Slack's reasons
    for _ in range(5):
        assert (await stage.slack.command("/replica help")).acked


@fault(
    "A socket breaks, or stays open and says nothing more",
    sees="Alerts go on. Commands work again as soon as the bot has noticed: at once, or after "
    "15 seconds of silence.",
)
async def test_a_socket_that_dies_is_replaced(stage: Stage) -> None:
    for by_reset in (False, True):
        stage.slack.faults.drop_sockets(by_reset=by_reset)
        await stage.ask_until_answered()
    stage.slack.faults.go_deaf()
    await stage.let_a_poll_pass("Told while deaf")
    await stage.ask_until_answered()


@fault(
    "Slack sends a command twice",
    sees="At worst the answer twice; alerts know nothing of it.",
)
async def test_an_envelope_that_comes_twice_is_acknowledged_twice(stage: Stage) -> None:
    assert (await stage.slack.command("/replica help")).acked
    again = await stage.slack.faults.redeliver()
    assert again is not None


@fault(
    "Two commands overtake one another",
    sees="Each is answered with what it asked.",
)
async def test_envelopes_in_another_order_are_answered_each(stage: Stage) -> None:
    stage.slack.faults.swap_envelopes()
    first = asyncio.create_task(stage.slack.command("/replica help"))
    await stage.slack.wait_for(lambda now: now.sockets.is_holding_back)
    second = await stage.slack.command("/replica status")
    assert second.acked
    assert (await first).acked


@pytest.mark.parametrize(
    ("reason", "words"),
    [("link_disabled", "switched off"), ("too_many_websockets", "other copies")],
)
@fault(
    "Socket Mode is switched off (`link_disabled`), or too many copies of the bot run "
    "(`too_many_websockets`)",
    sees="Alerts go on. `/readyz` says what to do; the bot looks once a minute whether it is done.",
)
async def test_what_only_a_person_can_mend_is_told(stage: Stage, reason: str, words: str) -> None:
    await stage.slack.faults.disconnect(reason)  # type: ignore[arg-type]  # one of Slack's reasons
    await wait_until_unready(stage, words)
    await stage.let_a_poll_pass(f"Told despite {reason}")
    assert await stage.bot.stop() == 0
    await stage.bot.start()
    await stage.slack.wait_connected(timeout=PATIENCE)
    await wait_until_ready(stage)
    assert log_lines(stage, "socket_connected")
