"""A thousand jobs at once: one message that grows, shrinks and ends."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from bot.demo.em import ReplicaJob
from bot.demo.slack import Message
from tests.end_to_end.stage import Stage

JOBS = 1_000
FIRST_PAGE_OF_ENDED = r"ReplicaJobSession.*filter=\(EndTime.*page=1$"
EDIT_EVERY = timedelta(seconds=2)


async def test_a_storm_of_1000_jobs_is_one_message_until_all_have_recovered(stage: Stage) -> None:
    stage.slack.options = replace(stage.slack.options, rate_limit_per_channel=True)
    jobs = [stage.job(f"Storm {number:04}") for number in range(JOBS)]
    for of_poll in (jobs[:400], jobs[400:700], jobs[700:]):
        await end_before_the_next_poll(stage, of_poll, "Failed")
    await stage.wait_for_root("1,000 jobs failed on vbr01")
    for position in range(0, JOBS, 100):
        await end_before_the_next_poll(stage, jobs[position : position + 100], "Success")
    root = await stage.wait_for_root("✅ All 1,000 jobs on vbr01 recovered")
    await stage.wait_for_reply(root, "recovered")
    assert len(stage.slack.messages()) == 3  # the start, the storm, and that it is over
    assert len(stage.slack.replies(root.ts)) == 1
    assert min(spaces_between_edits(stage, root)) >= EDIT_EVERY


async def end_before_the_next_poll(stage: Stage, jobs: Sequence[ReplicaJob], result: str) -> None:
    """Let jobs end between two polls: the bot has asked, EM has not looked yet."""
    hold = stage.em.faults.hold(path=FIRST_PAGE_OF_ENDED)
    await hold.held.wait()
    for job in jobs:
        stage.em.world.add_session(job, result=result)
    hold.release()


def spaces_between_edits(stage: Stage, root: Message) -> list[timedelta]:
    """The time between one edit of a message and the next, as Slack saw them."""
    edits = [call for call in stage.slack.calls if call.method == "chat.update"]
    times = [call.at for call in edits if call.args["ts"] == root.ts]
    return [later - earlier for earlier, later in pairwise(times)]
