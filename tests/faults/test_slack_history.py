"""Slack lets the bot read its channel's history seldom, or never."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bot.demo.slack import SlackOptions
from bot.demo.slack.limits import HISTORY_OBJECTS, Limits
from tests.end_to_end.stage import PATIENCE, Stage, set_stage
from tests.faults.looking import roots_about
from tests.faults.table import fault

SETTINGS = {"ALERT_GROUP_OVER": "100"}


@fault(
    "History may not be read at all, and Slack does not say whether it took an alert",
    sees="The alert is sent again after 20 seconds, marked “possible duplicate”. A summary is not.",
)
async def test_without_history_an_alert_in_doubt_is_sent_again_and_says_so(tmp_path: Path) -> None:
    async with set_stage(tmp_path, slack_options=SlackOptions(history="forbidden")) as stage:
        await stage.bot.start()
        await stage.wait_for_start()
        stage.slack.faults.reset("chat.postMessage", after_acceptance=True)
        stage.em.world.add_session(stage.job("In doubt"), result="Failed")
        await stage.slack.wait_for(lambda _: len(roots_about(stage, "In doubt")) == 2, timeout=60)
        first, second = roots_about(stage, "In doubt")
        assert "possible duplicate" not in str(first.blocks)
        assert "possible duplicate" in str(second.blocks)
        stage.em.world.add_session(stage.job("In doubt"), result="Success")
        recovered = await stage.wait_for_root("✅ In doubt recovered")
        assert "possible duplicate" in str(recovered.blocks)


@fault(
    "History is limited to 15 messages a minute, and Slack does not say whether it took an alert",
    sees="One message: looking for it takes longer, up to a minute for each page.",
)
async def test_with_limited_history_an_alert_in_doubt_is_said_once(stage: Stage) -> None:
    before = stage.slack.options
    stage.slack.options = replace(before, history="limited")
    stage.slack.faults.reset("chat.postMessage", after_acceptance=True)
    stage.em.world.add_session(stage.job("Limited"), result="Failed")
    await stage.wait_for_root("Limited failed")
    for number in range(HISTORY_OBJECTS):  # then it is on the second page
        stage.slack.say(f"What is this? ({number})")
    await wait_until_limited(stage)
    let_a_minute_pass(stage)
    await stage.slack.wait_for(lambda _: read_pages(stage)[-2:] == ["ratelimited", "ok"], PATIENCE)
    stage.em.world.add_session(stage.job("Limited"), result="Success")
    await stage.wait_for_root("✅ Limited recovered")
    assert len(roots_about(stage, "Limited")) == 1
    assert read_pages(stage).count("ratelimited") == 1
    stage.slack.options = before


def read_pages(stage: Stage) -> list[str]:
    """What came of each look at the history, oldest first."""
    return [call.outcome for call in stage.slack.calls if call.method == "conversations.history"]


async def wait_until_limited(stage: Stage) -> None:
    """Wait until one page was read, the next one refused, and the bot has written that down."""
    await stage.slack.wait_for(lambda _: read_pages(stage)[-2:] == ["ok", "ratelimited"], PATIENCE)
    late = "SELECT count(*) FROM notices WHERE message_ts = '' AND error LIKE '%ratelimited%'"
    async with asyncio.timeout(PATIENCE):
        with closing(sqlite3.connect(stage.bot.folder / "replica-bot.db")) as database:
            while not database.execute(late).fetchone()[0]:
                await stage.slack.command("/replica help")


def let_a_minute_pass(stage: Stage) -> None:
    """Let the minute pass in which Slack allows one page: for Slack, and for what waits for it."""
    stage.slack.api.limits = Limits()
    with closing(sqlite3.connect(stage.bot.folder / "replica-bot.db")) as database:
        database.execute("UPDATE notices SET due_at = 0 WHERE message_ts = ''")
        database.commit()
