"""EM takes a question and never answers it."""

from tests.end_to_end.stage import Stage
from tests.faults.looking import ask, wait_until_unready
from tests.faults.table import fault


@fault(
    "EM takes a question and never answers: it hangs",
    sees="The bot gives that question up after 15 seconds, says so on `/readyz` and in `/replica "
    "status`, and asks again; commands answer from what it has stored. Nothing is lost.",
)
async def test_an_em_that_hangs_delays_and_loses_nothing(stage: Stage) -> None:
    hold = stage.em.faults.hold(path="/query", times=None)
    await hold.held.wait()
    stage.em.world.add_session(stage.job("While it hangs"), result="Failed")
    assert "none" in await ask(stage, "failed")
    await wait_until_unready(stage, "did not answer in time")
    stage.em.faults.clear()
    await stage.wait_for_root("While it hangs failed")
