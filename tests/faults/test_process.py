"""The bot's own process is ended, whatever it is doing just then."""

from pathlib import Path

from tests.end_to_end.stage import set_stage
from tests.faults.looking import log_lines, roots_about
from tests.faults.table import fault


@fault(
    "SIGTERM while a message is being posted",
    sees="The bot ends in good order within 5 seconds (exit code 0). The message is in the channel "
    "once, also after the next start.",
)
async def test_sigterm_leaves_nothing_half_sent(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        await stage.bot.start()
        await stage.wait_for_start()
        held = stage.slack.faults.hold("chat.postMessage", after_acceptance=True)
        stage.em.world.add_session(stage.job("SQL Replica"), result="Failed")
        await held.wait()
        assert await stage.bot.stop() == 0
        assert not log_lines(stage, "stopped_late")
        assert "Traceback" not in stage.bot.log
        held.release()
        await stage.bot.start()
        await stage.let_a_poll_pass("Marker of the next start")
        assert len(roots_about(stage, "SQL Replica")) == 1


@fault(
    "SIGTERM while EM does not answer",
    sees="The bot ends in good order within 5 seconds (exit code 0), and reads on at its start.",
)
async def test_sigterm_does_not_wait_for_em(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        await stage.bot.start()
        await stage.wait_for_start()
        hold = stage.em.faults.hold(path="/query")
        stage.em.world.add_session(stage.job("SQL Replica"), result="Failed")
        await hold.held.wait()
        assert await stage.bot.stop() == 0
        assert not log_lines(stage, "stopped_late")
        hold.release()
        await stage.bot.start()
        await stage.wait_for_root("SQL Replica failed")


@fault(
    "SIGKILL, the out-of-memory killer or a power cut, at any instant",
    sees="Nothing but the pause: after the next start all that failed is told, and nothing twice.",
    proof="tests/crashes/test_kills.py",
)
def test_the_crash_test_is_there() -> None:
    assert (Path(__file__).parents[1] / "crashes" / "test_kills.py").is_file()
