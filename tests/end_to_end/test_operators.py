"""Who reads the jobs' own options: the operator's account where one is set, else the only one."""

import asyncio
from pathlib import Path

from tests.end_to_end.stage import PATIENCE, Stage, set_stage
from tests.end_to_end.test_command_line import check


def operator(stage: Stage, password: str = "") -> dict[str, str]:
    """The settings of an account beside the read-only one."""
    return {
        "VEEAM_OPERATOR_USERNAME": stage.em.operator_username,
        "VEEAM_OPERATOR_PASSWORD": password or stage.em.operator_password,
    }


def who_asked_for_jobs(stage: Stage) -> set[str | None]:
    return {account for _, path, account in stage.em.requests if "type=Job&" in path}


async def test_check_says_that_a_portal_user_may_not_read_jobs_and_that_this_is_fine(
    tmp_path: Path,
) -> None:
    async with set_stage(tmp_path) as stage:
        code, printed = await check(stage)
        assert code == 0, printed
        [line] = [each for each in printed.splitlines() if "job options" in each]
        assert line.startswith(f"ok    EM job options, as {stage.em.username} (optional): ")
        assert "not allowed: fine, the bot works without" in line
        assert "→ Alerts then do not show the next run." in printed


async def test_check_says_that_operators_need_an_account_that_may_start_jobs(
    tmp_path: Path,
) -> None:
    async with set_stage(tmp_path) as stage:
        code, printed = await check(stage, OPERATORS="U0123ABCD")
        assert code == 0, printed
        assert "not allowed: operators cannot run jobs" in printed
        assert "or ACTIONS=off" in printed
        _, printed = await check(stage, OPERATORS="U0123ABCD", ACTIONS="off")
        assert "not allowed: fine" in printed


async def test_check_says_that_an_operator_may_read_jobs_or_what_is_wrong_with_the_account(
    tmp_path: Path,
) -> None:
    async with set_stage(tmp_path) as stage:
        code, printed = await check(stage, **operator(stage))
        assert code == 0, printed
        assert f"ok    EM job options, as {stage.em.operator_username}" in printed
        assert "may be read" in printed
        code, printed = await check(stage, **operator(stage, password="wrong"))
        assert code == 1
        assert f"FAIL  EM job options, as {stage.em.operator_username}" in printed
        assert "wrong" not in printed


async def test_the_bot_reads_jobs_as_the_operator_and_all_else_as_the_reader(
    tmp_path: Path,
) -> None:
    async with set_stage(tmp_path) as stage:
        stage.em.world.add_session(stage.job("SQL Replica"))
        hold = stage.em.faults.hold(path="type=Job&", answered=True)
        stage.bot.settings = {**stage.bot.settings, **operator(stage)}
        await stage.bot.start()
        await stage.wait_for_start()
        stage.em.world.add_session(stage.job("Web Replica"), result="Failed")
        async with asyncio.timeout(PATIENCE):
            await hold.held.wait()
        hold.release()
        await stage.wait_for_root("Web Replica")
        assert who_asked_for_jobs(stage) == {stage.em.operator_username}
        others = {account for _, path, account in stage.em.requests if "JobSession&" in path}
        assert others == {stage.em.username}
