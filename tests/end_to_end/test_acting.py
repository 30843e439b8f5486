"""Retry, start, collect and audit by the real bot: once, confirmed, told to the end."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.demo.em import ReplicaJob
from bot.demo.slack import Message
from tests.end_to_end.stage import Stage, set_stage
from tests.end_to_end.talking import answer, ask, press, seen, wait_until_shown


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A bot with operators and an operator's account."""
    async with set_stage(tmp_path_factory.mktemp("bot")) as ready:
        ready.bot.settings = {**ready.bot.settings, **acting_settings(ready)}
        ready.em.world.skew = timedelta(hours=-2)
        await ready.bot.start()
        await ready.slack.wait_connected(timeout=30)
        await ready.wait_for_start()
        ready.em.world.skew = timedelta(0)
        yield ready


def acting_settings(stage: Stage) -> dict[str, str]:
    return {
        "VEEAM_OPERATOR_USERNAME": stage.em.operator_username,
        "VEEAM_OPERATOR_PASSWORD": stage.em.operator_password,
        "OPERATORS": f"{stage.slack.user},{stage.slack.add_usergroup([])}",
        "ALERT_GROUP_OVER": "1000",
    }


def posts(stage: Stage, job: ReplicaJob) -> list[str | None]:
    """Who told EM to do something with a job."""
    return [who for verb, path, who in stage.em.requests if verb == "POST" and job.id in path]


async def failed(stage: Stage, name: str, result: str = "Failed") -> tuple[ReplicaJob, Message]:
    job = stage.job(name)
    stage.em.world.add_session(job, result=result)
    told = "failed" if result == "Failed" else "ended with a warning"
    return job, await stage.wait_for_root(f"{name} {told}")


async def test_a_retry_from_an_alert_is_told_in_its_thread_to_the_end(stage: Stage) -> None:
    job, root = await failed(stage, "SQL Replica")
    await press(stage, root, "Retry job", "SQL Replica: retry started")
    reply = await stage.wait_for_reply(root, "retry of SQL Replica")
    assert f"<@{stage.slack.user}>" in reply.text
    await wait_until_shown(stage, reply, "its run is running")
    run = stage.em.world.running_session(job)
    assert run is not None
    assert run.is_retry
    stage.em.world.finish_session(run, "Success")
    await wait_until_shown(stage, reply, "its run succeeded")
    await stage.wait_for_reply(root, "recovered")
    assert posts(stage, job) == [stage.em.operator_username]


async def test_a_double_click_and_a_colleague_start_it_once(stage: Stage) -> None:
    job, root = await failed(stage, "Web Replica")
    hold = stage.em.faults.hold(path="action=retry", times=1)
    before = seen(stage)
    await stage.slack.press(root, text="Retry job")
    await hold.held.wait()
    await press(stage, root, "Retry job", "is under way")
    hold.release()
    await answer(stage, before, "Web Replica: retry started")
    assert len(posts(stage, job)) == 1


async def test_after_a_warning_the_job_can_be_started(stage: Stage) -> None:
    job, root = await failed(stage, "Mail Replica", "Warning")
    await press(stage, root, "Start job", "Mail Replica: job started")
    run = stage.em.world.running_session(job)
    assert run is not None
    assert not run.is_retry


async def test_what_em_refuses_is_told_with_its_words(stage: Stage) -> None:
    job, root = await failed(stage, "DC Replica")
    stage.em.faults.answer(405, path="action=retry", times=1, message="Not here.")
    await press(stage, root, "Retry job", "EM refused to retry DC Replica")
    reply = await stage.wait_for_reply(root, "EM refused")
    assert "Veeam console" in str(reply.blocks)
    assert stage.em.world.running_session(job) is None


async def test_a_lost_answer_is_told_as_unknown_until_its_run_shows(stage: Stage) -> None:
    job, root = await failed(stage, "File Replica")
    stage.em.faults.cut(path="action=retry", times=1)
    await press(stage, root, "Retry job", "Whether EM took it is unknown")
    reply = await stage.wait_for_reply(root, "retry of File Replica")
    await wait_until_shown(stage, reply, "its run is running")
    assert len(posts(stage, job)) == 1


async def test_commands_do_the_same_after_a_button_confirms_them(stage: Stage) -> None:
    job = stage.job("ERP Replica")
    stage.em.world.add_session(job, result="Success")
    await stage.let_a_poll_pass("Marker of the good one")
    refused = await ask(stage, "retry ERP Replica", "Only a job whose last run failed")
    assert "/replica start ERP Replica" in refused.text
    proposed = await ask(stage, "start ERP Replica", "Start ERP Replica?")
    await press(stage, proposed, "Start job", "ERP Replica: job started")
    assert len(posts(stage, job)) == 1
    direct = stage.slack.direct_message()

    def find(_: object) -> Message | None:
        found = (m for m in stage.slack.messages(direct) if "start of ERP Replica" in m.text)
        return next(found, None)

    told = await stage.slack.wait_for(find, timeout=30)
    assert told is not None
    await wait_until_shown(stage, told, "its run is running")
    await ask(stage, "start ERP Replica", "is running already")


async def test_who_is_no_operator_may_not(stage: Stage) -> None:
    job, root = await failed(stage, "VDI Replica")
    before = seen(stage)
    await stage.slack.press(root, text="Retry job", user=stage.slack.other_user)
    await answer(stage, before, "Only operators may do that")
    denied = await ask(stage, "audit", "Only operators", user=stage.slack.other_user)
    assert denied.ephemeral_to == stage.slack.other_user
    assert posts(stage, job) == []


async def test_an_alert_offers_only_what_em_does(stage: Stage) -> None:
    stage.job("Old Replica").offered = ("Stop",)
    _, root = await failed(stage, "Old Replica")
    assert "job_retry" not in str(root.blocks)
    await ask(stage, "retry Old Replica", "offers no way to retry Old Replica")


async def test_collect_brings_what_em_had_not_collected_yet(stage: Stage) -> None:
    job = stage.job("Late Replica")
    late = stage.em.world.now() + timedelta(hours=1)
    stage.em.world.add_session(job, result="Failed", visible_at=late)
    await ask(stage, "collect vbr01", "EM has collected from vbr01")
    await stage.wait_for_root("Late Replica failed")
    await ask(stage, "collect", "once more in")


async def test_a_running_session_says_how_old_it_may_be_and_offers_to_collect(
    stage: Stage,
) -> None:
    run = stage.em.world.start_session(stage.job("Long Replica", server="vbr02"))
    await stage.let_a_poll_pass("Marker of the long one")
    await stage.slack.command(f"/replica {run.uid}")

    def find(_: object) -> Message | None:
        found = (m for m in stage.slack.ephemerals() if "Long Replica is running" in m.text)
        return next(found, None)

    told = await stage.slack.wait_for(find, timeout=30)
    assert told is not None
    assert "every 15 min by default" in str(told.blocks)
    await press(stage, told, "Collect now", "EM has collected from vbr02")


async def test_the_audit_knows_who_did_what(stage: Stage) -> None:
    stage.em.world.add_session(stage.job("Audit Replica"), result="Failed")
    root = await stage.wait_for_root("Audit Replica failed")
    await press(stage, root, "Acknowledge", "You look after")
    await press(stage, root, "Retry job", "retry started")
    listed = await ask(stage, "audit audit replica", "Who did what")
    text = str(listed.blocks)
    assert "ack Audit Replica" in text
    assert text.count("retry Audit Replica") == 2
