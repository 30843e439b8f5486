"""EM was away for a month, or tells late, or never tells how a session ended."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from tests.end_to_end.stage import Stage, set_stage
from tests.faults.looking import ask, roots_about, wait_for_sight
from tests.faults.table import fault

MICROSECONDS = 1_000_000
SETTINGS = {"ALERT_GROUP_OVER": "100"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A bot that has begun to watch an empty EM 30 days ago, by EM's clock."""
    async with set_stage(tmp_path_factory.mktemp("bot"), settings=SETTINGS) as ready:
        ready.em.world.skew = timedelta(days=-30)
        await ready.bot.start()
        await ready.wait_for_start()
        yield ready


async def let_time_pass(stage: Stage, span: timedelta) -> None:
    """Start the bot again as if so long had passed: the moments that it remembers move back."""
    await stage.bot.stop()
    back = span // timedelta(seconds=1) * MICROSECONDS
    with sqlite3.connect(stage.bot.folder / "replica-bot.db") as raw:
        raw.execute("UPDATE sessions SET changed_at = changed_at - ?", (back,))
        if span >= timedelta(days=1):  # then each of the bot's looks back is due
            raw.execute("UPDATE enterprise_managers SET swept_at = '{}'")
    raw.close()
    await stage.bot.start()


@fault(
    "EM cannot be reached for 30 days",
    sees="One message when it begins and one reply when it ends; all that failed meanwhile is told "
    "once, what has recovered meanwhile as one message that is already green.",
)
async def test_thirty_days_of_outage_lose_nothing(stage: Stage) -> None:
    await stage.em.faults.go_down()
    root = await stage.wait_for_root("I cannot see")
    world, over = stage.em.world, stage.job("Failed and recovered")
    world.skew = timedelta(0)
    for days in (29, 1):
        job = stage.job(f"Failed {days} days ago")
        world.add_session(job, result="Failed", ended_at=stage.ago(days=days))
    world.add_session(over, result="Failed", ended_at=stage.ago(days=20))
    world.add_session(over, result="Success", ended_at=stage.ago(days=10))
    await stage.em.faults.come_back()
    await wait_for_sight(stage, root)
    for days in (29, 1):
        await stage.wait_for_root(f"🔴 Failed {days} days ago failed")
    await stage.wait_for_root("✅ Failed and recovered recovered")


@fault(
    "EM tells of failures 24 hours or 20 days late, in any order",
    sees="Each is told once: up to an hour late at the next poll, up to 48 hours late within an "
    "hour, up to 30 days late within a day. The message says how late EM was; what is over by then "
    "is green from the start.",
)
async def test_late_failures_are_told_once_in_any_order(stage: Stage) -> None:
    rounds = ({"First": 1, "Second": 20, "Third": 20}, {"First": 20, "Second": 1})
    world, third = stage.em.world, stage.job("Third")
    world.add_session(third, result="Success", ended_at=stage.ago(days=2))
    await stage.let_a_poll_pass("Marker before the late ones")
    for late in rounds:
        for name, days in late.items():
            ended_at = stage.ago(days=days)
            world.add_session(stage.job(name), result="Failed", ended_at=ended_at)
        await let_time_pass(stage, timedelta(days=1))
        await stage.wait_for_root("🔴 First failed")
        await stage.wait_for_root("Second failed")
    green = await stage.wait_for_root("✅ Third recovered")
    assert "EM reported it" in str(green.blocks)
    for name, reply in (("First", "also failed"), ("Second", "failed again")):
        [root] = roots_about(stage, name)
        assert "late" in (await stage.wait_for_reply(root, f"{name} {reply}")).text


@fault(
    "A session is Stopped, and EM never tells its Result",
    sees="After 15 minutes it is told as a warning; `/replica` shows that EM gave no result.",
)
async def test_a_session_without_a_result_is_told_as_a_warning(stage: Stage) -> None:
    stage.em.world.add_session(stage.job("Resultless"), result="None")
    await stage.let_a_poll_pass("Marker beside the resultless")
    assert not roots_about(stage, "Resultless")
    await let_time_pass(stage, timedelta(minutes=16))
    root = await stage.wait_for_root("Resultless")
    assert "🟡" in root.text
    assert "without a result" in await ask(stage, "Resultless")
