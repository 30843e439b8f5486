"""Share: a running session's answer moves in the channel until the session's end."""

from bot.demo.slack import Message
from tests.end_to_end.stage import PATIENCE, Stage
from tests.end_to_end.talking import wait_until_shown


async def share(stage: Stage, job: str, channel: str = "") -> Message:
    """Ask for a job's running session and share the answer."""
    text = f"{job} is running"
    await stage.slack.command(f"/replica {job}", channel=channel or None)
    [asked] = await stage.slack.wait_for(
        lambda slack: [each for each in slack.ephemerals() if text in each.text], PATIENCE
    )
    assert (await stage.slack.press(asked, text="Share")).acked
    [shared] = await stage.slack.wait_for(
        lambda slack: [each for each in slack.messages(channel or None) if text in each.text],
        PATIENCE,
    )
    return shared


async def test_a_shared_answer_moves_until_the_end(stage: Stage) -> None:
    session = stage.em.world.start_session(stage.job("Moving Replica"))
    shared = await share(stage, "Moving Replica")
    stage.em.world.update_session(session, progress=42)
    await wait_until_shown(stage, shared, "42 %")
    await wait_until_shown(stage, shared, "follows the session to its end")
    await wait_until_shown(stage, shared, "0 of 2 VMs done")
    stage.em.world.finish_session(session, "Failed", {"vm01": "no space on ds7"})
    await wait_until_shown(stage, shared, "no space on ds7")
    current = stage.slack.workspace.find(shared.channel, shared.ts)
    assert current is not None
    assert "follows" not in str(current.blocks)
    assert "Shared by" in str(current.blocks)


async def test_it_moves_on_after_a_restart(stage: Stage) -> None:
    session = stage.em.world.start_session(stage.job("Restarted Replica"))
    shared = await share(stage, "Restarted Replica")
    stage.em.world.update_session(session, progress=20)
    await wait_until_shown(stage, shared, "20 %")
    await stage.bot.kill()
    await stage.bot.start()
    stage.em.world.update_session(session, progress=77)
    await wait_until_shown(stage, shared, "77 %")
    await stage.ask_until_answered()


async def test_where_the_bot_may_not_post_the_answer_stands_still(stage: Stage) -> None:
    session = stage.em.world.start_session(stage.job("Foreign Replica"))
    shared = await share(stage, "Foreign Replica", stage.slack.other_channel)
    assert "follows" not in str(shared.blocks)
    assert "Shared by" in str(shared.blocks)
    stage.em.world.finish_session(session)


async def test_a_message_that_was_deleted_is_let_go(stage: Stage) -> None:
    session = stage.em.world.start_session(stage.job("Deleted Replica"))
    shared = await share(stage, "Deleted Replica")
    stage.slack.faults.delete_message(shared)
    stage.em.world.update_session(session, progress=12)
    await stage.slack.wait_for(
        lambda slack: [call for call in slack.calls if call.outcome == "message_not_found"],
        timeout=30,
    )
    stage.em.world.update_session(session, progress=13)
    await stage.let_a_poll_pass("After Deletion")
    refused = [call for call in stage.slack.calls if call.outcome == "message_not_found"]
    assert len(refused) == 1
