"""SIGKILL between Slack's acceptance of a message and the bot's record of it: one message."""

from pathlib import Path

from tests.end_to_end.stage import set_stage


async def test_a_bot_killed_while_it_posts_says_it_once(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        await stage.bot.start()
        await stage.wait_for_start()
        held = stage.slack.faults.hold("chat.postMessage", after_acceptance=True)
        stage.em.world.add_session(stage.job("SQL Replica"), result="Failed")
        await held.wait()
        await stage.bot.kill()
        held.release()
        await stage.bot.start()
        await stage.wait_for_root("SQL Replica failed")
        stage.em.world.add_session(stage.job("SQL Replica"), result="Success")
        await stage.wait_for_root("✅ SQL Replica recovered")
        assert len(stage.roots("SQL Replica")) == 1
