"""ALERT_RETRY_GRACE and ALERT_MENTION: what a retry heals is never told, what fails calls."""

import json

from bot.demo.slack import Message, SlackWorkspace
from tests.end_to_end.stage import PATIENCE, Stage

SETTINGS = {"ALERT_RETRY_GRACE": "4s", "ALERT_MENTION": "@here"}


async def wait_for_words(stage: Stage, root: Message, words: str) -> None:
    """Wait until a message shows these words."""

    def shows(slack: SlackWorkspace) -> bool:
        [now] = [each for each in slack.messages() if each.ts == root.ts]
        return words in json.dumps(now.blocks, ensure_ascii=False)

    await stage.slack.wait_for(shows, timeout=PATIENCE)


async def test_a_failure_that_its_retry_heals_is_never_told(stage: Stage) -> None:
    world = stage.em.world
    for name, result in (("Healed", "Success"), ("Broken", "Failed")):
        job = stage.job(name)
        world.add_session(job, result="Failed", ended_at=stage.ago(minutes=5))
        world.add_session(job, result=result, is_retry=True, ended_at=stage.ago(minutes=1))
    await stage.wait_for_root("Broken failed")
    await stage.let_a_poll_pass("Marker of retries")
    assert stage.roots("Healed") == []


async def test_an_alert_calls_once_and_says_which_retry_runs(stage: Stage) -> None:
    job = stage.job("Retried")
    stage.em.world.add_session(job, result="Failed", ended_at=stage.ago(minutes=3))
    retry = stage.em.world.start_session(job, is_retry=True)
    root = await stage.wait_for_root("Retried failed")
    assert root.mentions == {"here"}
    await wait_for_words(stage, root, "retry 1 running")
    stage.em.world.finish_session(retry, "Failed")
    reply = await stage.wait_for_reply(root, "its retry failed too")
    assert reply.mentions == frozenset()


async def test_a_warning_waits_for_nothing_and_calls_nobody(stage: Stage) -> None:
    stage.em.world.add_session(stage.job("Warned"), result="Warning")
    root = await stage.wait_for_root("Warned ended with a warning")
    assert root.mentions == frozenset()
