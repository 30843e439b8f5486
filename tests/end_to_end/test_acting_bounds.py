"""Where nothing may be started from Slack, where it is refused, and when the bot dies midway."""

import asyncio
from pathlib import Path

import pytest

from bot.demo.slack import Message
from tests.end_to_end.stage import PATIENCE, Stage, set_stage
from tests.end_to_end.talking import ask, press, wait_until_shown


async def begin(stage: Stage, **settings: str) -> Message:
    """Start a bot of these settings, and let a job fail."""
    stage.bot.settings = {**stage.bot.settings, **settings}
    await stage.bot.start()
    await stage.slack.wait_connected(timeout=PATIENCE)
    await stage.wait_for_start()
    stage.em.world.add_session(stage.job("SQL Replica"), result="Failed")
    return await stage.wait_for_root("SQL Replica failed")


def an_operators_account(stage: Stage) -> dict[str, str]:
    return {
        "VEEAM_OPERATOR_USERNAME": stage.em.operator_username,
        "VEEAM_OPERATOR_PASSWORD": stage.em.operator_password,
        "OPERATORS": stage.slack.user,
    }


def orders(stage: Stage) -> int:
    return sum(verb == "POST" and "action=" in path for verb, path, _ in stage.em.requests)


@pytest.mark.parametrize(
    ("actions", "operators", "why"),
    [("off", True, "ACTIONS is off"), ("on", False, "I know no operators")],
)
async def test_without_actions_or_operators_there_is_no_button_and_no_command(
    tmp_path: Path, actions: str, operators: bool, why: str
) -> None:
    async with set_stage(tmp_path) as stage:
        account = an_operators_account(stage) | {"ACTIONS": actions}
        if not operators:
            account["OPERATORS"] = ""
        root = await begin(stage, **account)
        assert "job_retry" not in str(root.blocks)
        await ask(stage, "retry SQL Replica", why)
        await ask(stage, "start SQL Replica", why)
        await ask(stage, "collect", why)
        assert orders(stage) == 0


async def test_an_account_that_may_not_read_jobs_is_explained_when_somebody_presses(
    tmp_path: Path,
) -> None:
    async with set_stage(tmp_path) as stage:
        root = await begin(stage, OPERATORS=stage.slack.user)
        told = await press(stage, root, "Retry job", "may not read what can be done with job")
        assert "VEEAM_OPERATOR_USERNAME" in str(told.blocks)
        assert orders(stage) == 0
        await ask(stage, "collect vbr01", "EM has collected from vbr01")


async def test_a_bot_killed_before_the_answer_says_that_it_is_unknown_and_sends_nothing_again(
    tmp_path: Path,
) -> None:
    async with set_stage(tmp_path) as stage:
        root = await begin(stage, **an_operators_account(stage))
        hold = stage.em.faults.hold(path="action=retry", times=1)
        await stage.slack.press(root, text="Retry job")
        async with asyncio.timeout(PATIENCE):
            await hold.held.wait()
        await stage.bot.kill()
        await stage.bot.start()
        reply = await stage.wait_for_reply(root, "retry of SQL Replica")
        await wait_until_shown(stage, reply, "was stopped before Enterprise Manager had answered")
        hold.release()
        assert orders(stage) == 1


async def test_a_bot_killed_after_em_took_it_finds_its_run_again(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        root = await begin(stage, **an_operators_account(stage))
        await press(stage, root, "Retry job", "retry started")
        await stage.bot.kill()
        run = stage.em.world.running_session(stage.job("SQL Replica"))
        assert run is not None
        stage.em.world.finish_session(run, "Success")
        await stage.bot.start()
        reply = await stage.wait_for_reply(root, "retry of SQL Replica")
        await wait_until_shown(stage, reply, "its run succeeded")
        told = [m for m in stage.slack.replies(root.ts) if "retry of SQL Replica" in m.text]
        assert len(told) == 1
        assert orders(stage) == 1
