"""Sum up: the daily message, at its time, once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.end_to_end.stage import set_stage


def noon_settings() -> dict[str, str]:
    """A zone in which it is about noon now, and a summary time that has just passed there."""
    hours = 12 - datetime.now(UTC).hour
    zone = f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"
    due = datetime.now(UTC) + timedelta(hours=hours, minutes=-1)
    return {"TIMEZONE": zone, "SUMMARY_TIME": f"{due:%H:%M}"}


async def test_the_summary_is_sent_once_even_over_a_restart(tmp_path: Path) -> None:
    async with set_stage(tmp_path, settings=noon_settings()) as stage:
        for hours in (30, 20, 10):
            job = stage.job(f"Job of {hours} h")
            stage.em.world.add_session(job, result="Success", ended_at=stage.ago(hours=hours))
        bad = stage.job("SQL Replica")
        stage.em.world.add_session(bad, result="Failed", ended_at=stage.ago(hours=2))
        await stage.bot.start()
        root = await stage.wait_for_root("☀️")
        assert "1 of 4" in root.text
        assert "SQL Replica" in root.text + str(root.blocks)
        await stage.bot.stop()
        await stage.bot.start()
        await stage.let_a_poll_pass("Marker of the restart")
        assert len(stage.roots("☀️")) == 1
