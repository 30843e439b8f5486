"""Subscribe: what matches is told in another channel, or to a person, too."""

from bot.demo.slack import Message
from tests.end_to_end.stage import PATIENCE, Stage
from tests.end_to_end.talking import ask


async def wait_for_message(stage: Stage, channel: str, text: str) -> Message:
    found = await stage.slack.wait_for(
        lambda slack: [m for m in slack.messages(channel) if text in m.text], timeout=PATIENCE
    )
    assert len(found) == 1
    return found[0]


async def test_a_channel_hears_of_what_it_subscribed_and_of_nothing_else(stage: Stage) -> None:
    team = stage.slack.add_channel("sql-team")
    job = stage.job("SQL Replica")
    stage.em.world.add_session(job, result="Success")
    await stage.let_a_poll_pass("Marker of the good one")
    await ask(stage, "subscribe SQL* failed", "From now on I tell this channel", channel=team)
    await ask(stage, "subscribe SQL* failed", "subscribed already", channel=team)
    stage.em.world.add_session(job, result="Failed")
    await stage.wait_for_root("SQL Replica failed")
    await wait_for_message(stage, team, "SQL Replica failed")
    stage.em.world.add_session(stage.job("SQL Warned"), result="Warning")
    await stage.let_a_poll_pass("Marker of the others")
    assert not [m for m in stage.slack.messages(team) if "Warned" in m.text or "Marker" in m.text]
    await ask(stage, "unsubscribe all", "no longer tell", channel=team)
    stage.em.world.add_session(stage.job("SQL Other"), result="Failed")
    await stage.wait_for_root("SQL Other failed")
    await stage.let_a_poll_pass("Marker after the end")
    assert not [m for m in stage.slack.messages(team) if "SQL Other" in m.text]


async def test_a_person_is_told_by_direct_message(stage: Stage) -> None:
    direct = stage.slack.direct_message()
    await ask(stage, "subscribe Web*", "you by direct message", channel=direct)
    stage.em.world.add_session(stage.job("Web Replica"), result="Warning")
    await wait_for_message(stage, direct, "Web Replica")
    await stage.wait_for_root("Web Replica")


async def test_the_bot_must_be_in_the_channel(stage: Stage) -> None:
    channel = stage.slack.other_channel
    await ask(stage, "subscribe", "/invite @replica-bot", channel=channel)
