"""Slack lets the bot read its channel's history seldom, or never."""

from dataclasses import replace
from pathlib import Path

from bot.demo.slack import SlackOptions
from tests.end_to_end.stage import Stage, set_stage
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
    stage.em.world.add_session(stage.job("Limited"), result="Success")
    await stage.wait_for_root("✅ Limited recovered")
    assert len(roots_about(stage, "Limited")) == 1
    stage.slack.options = before
