"""Welcome: invited to a channel, the bot says once what it does, and may be told to alert there."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.demo.slack import Message
from tests.end_to_end.stage import PATIENCE, Stage, set_stage
from tests.end_to_end.talking import press


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A bot with one operator, who acts where nobody is named."""
    async with set_stage(tmp_path_factory.mktemp("bot")) as ready:
        operators = {"OPERATORS": ready.slack.user}
        ready.bot.settings = {**ready.bot.settings, **operators}
        ready.em.world.skew = timedelta(hours=-2)
        await ready.start()
        ready.em.world.skew = timedelta(0)
        yield ready


def welcomes(stage: Stage, channel: str) -> list[Message]:
    return [each for each in stage.slack.messages(channel) if "👋" in each.text]


async def invite(stage: Stage, name: str) -> tuple[str, Message]:
    """Invite the bot to a new channel and wait for what it says."""
    channel = stage.slack.add_channel(name, member=False)
    stage.slack.faults.invite_bot(channel)
    [said] = await stage.slack.wait_for(lambda _: welcomes(stage, channel), timeout=PATIENCE)
    return channel, said


async def test_a_channel_is_greeted_once_and_told_on_demand(stage: Stage) -> None:
    channel, said = await invite(stage, "storage")
    assert "/replica failed" in str(said.blocks)
    await press(stage, said, "Send alerts here", "From now on I tell this channel of every")
    job = stage.job("SQL Replica")
    stage.em.world.add_session(job, result="Failed", ended_at=stage.ago(minutes=5))
    await stage.slack.wait_for(
        lambda slack: [m for m in slack.messages(channel) if "SQL Replica failed" in m.text],
        timeout=PATIENCE,
    )
    again = await press(stage, said, "Send alerts here", "That was subscribed already")
    assert again.ephemeral_to


async def test_whoever_is_no_operator_is_told_whom_to_ask(stage: Stage) -> None:
    _, said = await invite(stage, "office")
    before = len(stage.slack.ephemerals())
    await stage.slack.press(said, text="Send alerts here", user=stage.slack.other_user)
    [told] = await stage.slack.wait_for(lambda slack: slack.ephemerals()[before:], timeout=PATIENCE)
    assert f"Ask one of them: <@{stage.slack.user}>" in told.text


async def test_slack_may_tell_of_an_invitation_again_even_after_a_restart(stage: Stage) -> None:
    channel, _ = await invite(stage, "network")
    assert await stage.slack.faults.redeliver()
    await stage.bot.kill()
    await stage.bot.start()
    await stage.ask_until_answered()
    assert await stage.slack.faults.redeliver()
    other, _ = await invite(stage, "backup")
    assert len(welcomes(stage, channel)) == 1
    assert len(welcomes(stage, other)) == 1


async def test_who_joins_a_channel_is_not_greeted(stage: Stage) -> None:
    channel, _ = await invite(stage, "people")
    joined = {"type": "member_joined_channel", "user": stage.slack.user, "event_ts": "1.1"}
    assert await stage.slack.event(joined | {"channel": channel})
    await invite(stage, "others")
    assert len(welcomes(stage, channel)) == 1
