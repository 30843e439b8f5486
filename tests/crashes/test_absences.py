"""A bot that was away: what it sees first at its return must not matter."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random

from tests.crashes.points import ENDED, WINDOW
from tests.crashes.scenes import Scene
from tests.crashes.streams import add_jobs
from tests.end_to_end.stage import set_stage


async def test_a_job_that_recovered_and_failed_again_meanwhile_is_told_twice(
    tmp_path: Path,
) -> None:
    async with set_stage(tmp_path) as stage:
        scene = Scene(stage, Random(0), add_jobs(stage.em, 1, ["vbr01"]), stage.em.world.now())
        await scene.start()
        await stage.wait_for_start()
        scene.fail(scene.actors)
        await stage.wait_for_root("Replica 000 failed")
        await scene.kill()
        for act in (scene.recover, scene.fail):
            scene.let_pass(timedelta(hours=6))
            act(scene.actors)
        hold = stage.em.faults.hold(path=ENDED)
        await scene.start()
        await hold.held.wait()
        with suppress(TimeoutError):  # a sweep that waits for the poll is right too
            (await scene.hold_em(WINDOW, within=3)).release()
            await scene.pass_by()
        stage.em.faults.clear()
        await stage.slack.wait_for(lambda _: len(stage.roots("Replica 000")) == 2, timeout=30)
        await stage.slack.wait_for(lambda _: scene.read().is_right, timeout=30)
