"""Watch: one person is told when one session ends."""

from bot.demo.slack import Message
from tests.end_to_end.stage import PATIENCE, Stage
from tests.end_to_end.talking import ask


async def wait_for_direct_message(stage: Stage, text: str) -> Message:
    direct = stage.slack.direct_message()
    found = await stage.slack.wait_for(
        lambda slack: [m for m in slack.messages(direct) if text in m.text], timeout=PATIENCE
    )
    assert len(found) == 1
    return found[0]


async def test_the_end_of_a_running_session_is_told_with_its_reasons(stage: Stage) -> None:
    session = stage.em.world.start_session(stage.job("SQL Replica", vms=("sql01", "sql02")))
    await ask(stage, f"watch {session.id}", "I tell you by direct message")
    stage.em.world.finish_session(session, "Failed", {"sql01": "no space on ds7"})
    told = await wait_for_direct_message(stage, "SQL Replica failed")
    await stage.wait_for_root("SQL Replica failed")
    assert "You asked me to tell you" in str(told.blocks)


async def test_the_next_session_of_a_job_is_told_once(stage: Stage) -> None:
    job = stage.job("Web Replica")
    stage.em.world.add_session(job, result="Success")
    await stage.let_a_poll_pass("Marker of the good one")
    await ask(stage, "watch Web Replica", "its next session ends")
    stage.em.world.add_session(job, result="Success")
    await wait_for_direct_message(stage, "Web Replica succeeded")
    stage.em.world.add_session(job, result="Success")
    await stage.let_a_poll_pass("Marker of the second one")
    await wait_for_direct_message(stage, "Web Replica succeeded")
    await ask(stage, "watches", "You wait for nothing")


async def test_a_session_that_is_over_is_answered_at_once(stage: Stage) -> None:
    session = stage.em.world.add_session(stage.job("DC Replica"), result="Failed")
    await stage.wait_for_root("DC Replica failed")
    await ask(stage, f"watch {session.id}", "is over already")


async def test_a_session_that_vanishes_is_told_too(stage: Stage) -> None:
    session = stage.em.world.start_session(stage.job("Gone Replica"))
    await stage.let_a_poll_pass("Marker while it runs")
    await ask(stage, "watch Gone Replica", "I tell you by direct message")
    del stage.em.world.sessions[session.uid]
    await wait_for_direct_message(stage, "cannot tell how Gone Replica ended")
