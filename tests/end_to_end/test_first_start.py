"""The first start: what was there before is history, and what comes after it is not."""

from pathlib import Path

from tests.end_to_end.stage import set_stage


async def test_history_is_not_alerted_but_the_next_failure_of_a_failing_job_is(
    tmp_path: Path,
) -> None:
    async with set_stage(tmp_path) as stage:
        failing, fine = stage.job("SQL Replica"), stage.job("Web Replica")
        for hours in (50, 26, 2):
            stage.em.world.add_session(failing, result="Failed", ended_at=stage.ago(hours=hours))
        stage.em.world.add_session(fine, result="Failed", ended_at=stage.ago(hours=3))
        stage.em.world.add_session(fine, result="Success", ended_at=stage.ago(hours=1))
        await stage.bot.start()
        start = await stage.wait_for_start()
        assert "1 of 2 is failing now" in start.text
        await stage.let_a_poll_pass("Marker of the first poll")
        assert not stage.roots("SQL Replica failed")
        stage.em.world.add_session(failing, result="Failed")
        root = await stage.wait_for_root("SQL Replica failed")
        assert "4th time" in str(root.blocks)
        assert not stage.roots("Web Replica")
        assert await stage.bot.stop() == 0


async def test_a_restart_says_nothing_again(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        stage.em.world.add_session(stage.job("Old"), result="Failed", ended_at=stage.ago(hours=1))
        await stage.bot.start()
        await stage.wait_for_start()
        stage.em.world.add_session(stage.job("SQL Replica"), result="Failed")
        await stage.wait_for_root("SQL Replica failed")
        await stage.bot.stop()
        stage.em.world.add_session(stage.job("While away"), result="Failed")
        await stage.bot.start()
        await stage.wait_for_root("While away")
        await stage.let_a_poll_pass("Marker of the restart")
        assert len(stage.roots("SQL Replica failed")) == 1
        assert len(stage.roots("from now on")) == 1
