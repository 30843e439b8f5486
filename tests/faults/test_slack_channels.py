"""Slack refuses a channel, or the token; ALERT_FALLBACK_CHANNEL hears of it."""

import asyncio
import sqlite3
import time
from contextlib import closing

import pytest

from bot.demo.slack import Message
from tests.end_to_end.stage import PATIENCE, Stage
from tests.faults.looking import ask, log_lines, roots_about, wait_until_ready, wait_until_unready
from tests.faults.table import fault

SETTINGS = {"ALERT_GROUP_OVER": "3", "ALERT_FALLBACK_CHANNEL": "general"}


def let_the_probe_come(stage: Stage) -> None:
    """Let the time pass in which a refused channel is left alone: five minutes, or one."""
    with closing(sqlite3.connect(stage.bot.folder / "replica-bot.db")) as database:
        database.execute("UPDATE channels SET probe_at = 0")
        database.commit()


def let_ten_minutes_pass(stage: Stage) -> None:
    """Let the time come at which a refused message is tried again."""
    with closing(sqlite3.connect(stage.bot.folder / "replica-bot.db")) as database:
        database.execute("UPDATE notices SET due_at = 0 WHERE error LIKE 'refused:%'")
        database.commit()


async def let_three_minutes_pass(stage: Stage) -> None:
    """Let what Slack has limited have been due three minutes earlier."""
    waits = "message_ts = '' AND told_by = '' AND NOT is_closed"
    earlier = f"UPDATE notices SET say_at = say_at - 180000000 WHERE {waits} AND error != ''"
    async with asyncio.timeout(PATIENCE):
        with closing(sqlite3.connect(stage.bot.folder / "replica-bot.db")) as database:
            while not database.execute(earlier).rowcount:
                database.commit()
                await stage.slack.command("/replica help")
            database.commit()


def elsewhere(stage: Stage, text: str) -> list[Message]:
    """What the fallback channel has heard, without replies."""
    heard = stage.slack.messages(stage.slack.other_channel)
    return [each for each in heard if text in each.text and not each.is_reply]


async def wait_elsewhere(stage: Stage, text: str) -> Message:
    found = await stage.slack.wait_for(lambda _: elsewhere(stage, text), timeout=PATIENCE)
    return found[-1]


async def wait_until_waiting(stage: Stage, count: int) -> None:
    """Wait until so many messages are due in the channel, by the bot's own clock."""
    due = "SELECT count(*) FROM notices WHERE message_ts = '' AND told_by = '' AND say_at <= ?"
    async with asyncio.timeout(PATIENCE):
        with closing(sqlite3.connect(stage.bot.folder / "replica-bot.db")) as database:
            while database.execute(due, [int(time.time() * 1e6)]).fetchone()[0] < count:
                await stage.slack.command("/replica help")


async def fail(stage: Stage, *jobs: str) -> None:
    """Let jobs fail that share no backup server, so that each has a message of its own."""
    for job in jobs:
        stage.em.world.add_session(stage.job(job, server=f"vbr of {job}"), result="Failed")


async def close_and_open(stage: Stage, how: str, *, closing_it: bool) -> None:
    acts = {
        "archived": (stage.slack.faults.archive, stage.slack.faults.unarchive),
        "without the bot": (stage.slack.faults.remove_bot, stage.slack.faults.invite_bot),
    }
    acts[how][0 if closing_it else 1](stage.slack.channel)


@pytest.mark.parametrize("how", ["archived", "without the bot"])
@fault(
    "The alert channel is archived, or somebody removes the bot from it",
    sees="`/readyz` and `/replica status` say so with what to do. ALERT_FALLBACK_CHANNEL hears "
    "once: “Alerts do not get through to #…”. Within five minutes of its being mended all that "
    "waited is told, with how long Slack held it up; the fallback channel hears how many.",
)
async def test_a_refused_channel_is_told_elsewhere_and_then_told_all(
    stage: Stage, how: str
) -> None:
    stage.slack.faults.invite_bot(stage.slack.other_channel)
    known = len(elsewhere(stage, "get through"))
    await close_and_open(stage, how, closing_it=True)
    await fail(stage, f"First while {how}", f"Second while {how}")
    await wait_elsewhere(stage, "do not get through")
    assert stage.slack.channel in (await wait_until_unready(stage, stage.slack.channel)).text
    await close_and_open(stage, how, closing_it=False)
    let_the_probe_come(stage)
    await stage.wait_for_root(f"First while {how} failed")
    await stage.wait_for_root(f"Second while {how} failed")
    await wait_elsewhere(stage, "get through again")
    await stage.let_a_poll_pass(f"Marker ({how})")
    assert len(elsewhere(stage, "get through")) == known + 1
    assert len(roots_about(stage, f"First while {how}")) == 1


@fault(
    "Many jobs fail while the channel is refused",
    sees="One message that catches up with all of them, when it is open again.",
)
async def test_what_piled_up_is_told_in_one_message(stage: Stage) -> None:
    stage.slack.faults.invite_bot(stage.slack.other_channel)
    stage.slack.faults.archive(stage.slack.channel)
    await fail(stage, *(f"Piled up {number}" for number in range(6)))
    await wait_elsewhere(stage, "do not get through")
    await wait_until_waiting(stage, 6)
    stage.slack.faults.unarchive(stage.slack.channel)
    let_the_probe_come(stage)
    await stage.slack.wait_for(lambda _: stage.roots("did not let me speak"), timeout=PATIENCE)
    assert (
        len(stage.roots("Piled up")) == 2
    )  # the one that found it open, and the one about the rest


@fault(
    "Slack is slow in one channel, or limits it (429), and not in the others",
    sees="The others hear at once. What Slack held up by over a minute says so: “held up 3 min by "
    "Slack”.",
)
async def test_a_slow_channel_does_not_slow_the_others_and_says_how_late_it_is(
    stage: Stage,
) -> None:
    quick = stage.slack.add_channel("quick")
    assert (await stage.slack.command("/replica subscribe Slow*", channel=quick)).acked
    stage.slack.faults.rate_limit("chat.postMessage", retry_after=3, channel=stage.slack.channel)
    await fail(stage, "Slow here")
    await stage.slack.wait_for(
        lambda now: any("Slow here failed" in each.text for each in now.messages(quick)),
        timeout=PATIENCE,
    )
    assert roots_about(stage, "Slow here") == []
    await let_three_minutes_pass(stage)
    late = await stage.wait_for_root("Slow here failed")
    assert "held up 3 min by Slack" in str(late.blocks)
    stage.em.world.add_session(stage.jobs["Slow here"], result="Success")
    over = await stage.wait_for_root("✅ Slow here recovered")
    assert "held up 3 min by Slack" in str(over.blocks)


@fault(
    "The alert channel is renamed",
    sees="Nothing: alerts go on there. Only at its next start does the bot look a name up; an id "
    "stays.",
)
async def test_a_renamed_channel_goes_on(stage: Stage) -> None:
    stage.slack.faults.rename(stage.slack.channel, "replication-2")
    await fail(stage, "After the renaming")
    await stage.wait_for_root("After the renaming failed")


@fault(
    "The bot's token is revoked, and the app installed again with a new one",
    sees="`/readyz` and `/replica status` say so with what to do, commands are still answered. "
    "When the bot was started with the new token, all that waited is told.",
)
async def test_a_revoked_token_delays_and_loses_nothing(stage: Stage) -> None:
    stage.slack.faults.revoke_token()
    await fail(stage, "While revoked")
    await wait_until_unready(stage, "token_revoked")
    assert "token_revoked" in await ask(stage, "status")
    token = stage.slack.faults.renew_token()
    await stage.bot.stop()
    stage.bot.settings = {**stage.bot.settings, "SLACK_BOT_TOKEN": token}
    await stage.bot.start()
    let_the_probe_come(stage)
    await stage.wait_for_root("While revoked failed")
    assert log_lines(stage, "channel_reopened")
    await wait_until_ready(stage)


@fault(
    "Slack refuses a message itself, for a reason that the bot does not know (`invalid_arguments`)",
    sees="`/readyz` and `/replica status` say how many messages, why, and what to do. "
    "ALERT_FALLBACK_CHANNEL hears once: “Slack refuses 1 message for #…”. Other messages get "
    "through. What was refused is kept and tried again every 10 minutes, until Slack takes it.",
)
async def test_a_refused_message_is_named_kept_and_told_when_slack_takes_it(stage: Stage) -> None:
    stage.slack.faults.invite_bot(stage.slack.other_channel)
    channel = stage.slack.channel
    stage.slack.faults.refuse("chat.postMessage", "invalid_arguments", channel=channel)
    await fail(stage, "Refused itself")
    await wait_elsewhere(stage, "Slack refuses 1 message for")
    says = "Slack refuses 1 message (invalid_arguments)"
    await wait_until_unready(stage, says)
    assert says in await ask(stage, "status")
    await fail(stage, "Taken meanwhile")
    await stage.wait_for_root("Taken meanwhile failed")
    let_ten_minutes_pass(stage)
    await stage.wait_for_root("Refused itself failed")
    await wait_elsewhere(stage, "refuses no message any more")
    await wait_until_ready(stage)
