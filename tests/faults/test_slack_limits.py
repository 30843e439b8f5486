"""Slack wants fewer calls (429): every method that the bot calls is limited once while it is used.

Each flow names the methods that it limits, and none of the limits may be left over.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.demo.slack import SlackWorkspace
from bot.slack.scopes import METHODS
from tests.end_to_end.stage import PATIENCE, Stage
from tests.end_to_end.talking import ask, press
from tests.faults.looking import log_lines, roots_about
from tests.faults.table import fault

SETTINGS = {
    "ALERT_GROUP_OVER": "100",
    "ALERT_FALLBACK_CHANNEL": "general",
    "OPERATORS": "S0FAULTS",
}
"""A channel by its name, looked up at each start; operators by a group, asked for when needed."""

POST, HISTORY, REPLIES = "chat.postMessage", "conversations.history", "conversations.replies"


async def lose_an_alert(stage: Stage) -> None:
    """Slack takes an alert without saying so; then its job recovers."""
    stage.slack.faults.reset(POST, after_acceptance=True)
    stage.em.world.add_session(stage.job("Limited"), result="Failed")
    await stage.wait_for_root("Limited failed")
    stage.em.world.add_session(stage.job("Limited"), result="Success")
    await stage.wait_for_root("✅ Limited recovered")
    await stage.let_a_poll_pass("Marker after the limits")
    assert len(roots_about(stage, "Limited")) == 1


async def lose_a_reply(stage: Stage) -> None:
    """Slack takes a reply without saying so."""
    stage.em.world.add_session(stage.job("Threaded"), result="Failed")
    root = await stage.wait_for_root("Threaded failed")
    stage.slack.faults.reset(POST, after_acceptance=True)
    stage.em.world.add_session(stage.job("Threaded"), result="Failed")
    await stage.wait_for_reply(root, "failed again")
    await stage.slack.wait_for(has_read_a_thread, timeout=PATIENCE)
    await stage.let_a_poll_pass("Marker after the reply")
    again = [each for each in stage.slack.replies(root.ts) if "failed again" in each.text]
    assert len(again) == 1


def has_read_a_thread(slack: SlackWorkspace) -> bool:
    return any(call.method == REPLIES and call.outcome == "ok" for call in slack.calls)


async def ask_in_vain(stage: Stage) -> None:
    """Both ways to bring an answer after a press are limited; the next press is answered."""
    stage.em.world.add_session(stage.job("Pressed"), result="Failed")
    root = await stage.wait_for_root("Pressed failed")
    assert (await stage.slack.press(root, text="Acknowledge")).acked
    async with asyncio.timeout(PATIENCE):
        while not log_lines(stage, "answer_lost"):
            await ask(stage, "help", "Replica Bot")
    await press(stage, root, "Acknowledge", "already")


async def answer_elsewhere(stage: Stage) -> None:
    """One way to bring an answer is limited: it comes by the other."""
    stage.em.world.add_session(stage.job("Answered"), result="Failed")
    root = await stage.wait_for_root("Answered failed")
    await press(stage, root, "Acknowledge", "You look after")


async def open_a_form(stage: Stage) -> None:
    """A form cannot be opened: the person is told how to type it."""
    stage.em.world.add_session(stage.job("Noted"), result="Failed")
    root = await stage.wait_for_root("Noted failed")
    told = await press(stage, root, "Acknowledge", "You look after")
    await press(stage, told, "Add a note", "/replica ack")


async def subscribe(stage: Stage) -> None:
    """Slack does not say whether the bot is in a channel where somebody subscribes."""
    other = stage.slack.add_channel("other")
    told = await ask(stage, "subscribe Nothing*", "From now on I tell", other)
    assert "does not tell me whether I am in this channel" in str(told.blocks)


async def export(stage: Stage) -> None:
    """A file is refused at its first step, and at its last: it is said, and asking again works."""
    stage.em.world.add_session(stage.job("Exported"), result="Failed")
    await stage.wait_for_root("Exported failed")
    for _ in range(2):
        await ask(stage, "failed export", "I could not send you the file")
    await ask(stage, "failed export", "I sent you")


async def ask_for_operators(stage: Stage) -> None:
    """Slack does not say who is an operator or a guest: they are members until it does.

    A bot that has just started remembers nobody.
    """
    await start(stage)
    told = await ask(stage, "audit", "Only operators may do that", user=stage.slack.other_user)
    assert "S0FAULTS" in told.text


async def open_home(stage: Stage) -> None:
    """A Home tab is not published, and a modal in it not filled: opening it again does both."""
    stage.em.world.add_session(stage.job("At home"), result="Failed")
    await stage.wait_for_root("At home failed")
    assert await stage.slack.open_home()
    await stage.slack.wait_for(
        lambda slack: [c for c in slack.calls if c.method == "views.publish"], timeout=PATIENCE
    )
    assert await stage.slack.open_home()
    home = await stage.slack.wait_for(lambda slack: slack.home(), timeout=PATIENCE)
    hold = stage.em.faults.hold(answered=True, path="replicaSessions")
    assert (await stage.slack.press(home, text="Details")).acked
    await stage.slack.wait_for(lambda slack: slack.modal(), timeout=PATIENCE)
    hold.release()
    await stage.slack.wait_for(lambda slack: not slack.faults.describe(), timeout=PATIENCE)
    stage.em.faults.clear()


async def start(stage: Stage) -> None:
    """The bot starts."""
    assert await stage.bot.stop() == 0
    await stage.bot.start()
    await stage.slack.wait_connected(timeout=PATIENCE)
    await stage.let_a_poll_pass("Marker of a limited start")


Flow = Callable[[Stage], Awaitable[None]]

FLOWS: dict[str, tuple[Flow, tuple[str, ...]]] = {
    "an alert in doubt": (lose_an_alert, (POST, HISTORY, "chat.update")),
    "a reply in doubt": (lose_a_reply, (REPLIES,)),
    "an answer": (answer_elsewhere, ("response_url",)),
    "an answer in vain": (ask_in_vain, ("response_url", "chat.postEphemeral")),
    "a form": (open_a_form, ("views.open",)),
    "a subscription": (subscribe, ("conversations.info",)),
    "a file": (export, ("files.getUploadURLExternal", "files.completeUploadExternal")),
    "an operator's question": (ask_for_operators, ("users.info", "usergroups.users.list")),
    "a Home tab": (open_home, ("views.publish", "views.update")),
    "a start": (start, ("auth.test", "apps.connections.open", "conversations.list")),
}
"""What happens, and the methods that are limited the next time they are called."""


@pytest.mark.parametrize("flow", FLOWS)
@fault(
    "Slack wants fewer messages (429 with `Retry-After`), whichever method is called",
    sees="What was to be said comes after the time Slack asked for; commands are acknowledged. An "
    "answer comes by another way; where that is limited too, it is lost, which the log says: ask "
    "again. A form that cannot be opened is answered with how to type it.",
)
async def test_a_rate_limit_delays_and_loses_nothing(stage: Stage, flow: str) -> None:
    happen, methods = FLOWS[flow]
    for method in methods:
        stage.slack.faults.rate_limit(method, retry_after=1)
    await happen(stage)
    assert stage.slack.faults.describe() == [], "not all limits were met"


def test_no_method_is_left_out() -> None:
    assert set(METHODS) <= {method for _, methods in FLOWS.values() for method in methods}
