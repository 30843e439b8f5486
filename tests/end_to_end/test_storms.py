"""Many jobs at once: one message that grows, shrinks and ends."""

from tests.end_to_end.stage import Stage


async def test_a_storm_over_several_polls_is_one_message_until_all_have_recovered(
    stage: Stage,
) -> None:
    jobs = [stage.job(f"Storm {number:02}") for number in range(24)]
    for job in jobs[:12]:
        stage.em.world.add_session(job, result="Failed", reasons={"vm01": "proxy is gone"})
    root = await stage.wait_for_root("jobs failed on vbr01")
    for job in jobs[12:]:
        stage.em.world.add_session(job, result="Failed", reasons={"vm01": "proxy is gone"})
    await stage.wait_for_root("24 jobs failed on vbr01")
    for job in jobs:
        stage.em.world.add_session(job, result="Success")
    await stage.wait_for_reply(root, "recovered")
    await stage.wait_for_root("✅ all 24 jobs on vbr01 recovered")
    assert len(stage.slack.messages()) == 3  # the start, the storm, and that it is over
