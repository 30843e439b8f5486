"""Talking with the bot: what is typed, pressed and chosen, and the answer that follows."""

from bot.demo.slack import Message
from tests.end_to_end.stage import PATIENCE, Stage


def seen(stage: Stage, channel: str = "") -> set[str]:
    """What everybody has seen already."""
    return {m.ts for m in (*stage.slack.ephemerals(), *stage.slack.messages(channel or None))}


async def answer(stage: Stage, before: set[str], text: str, channel: str = "") -> Message:
    """The first message with this text that nobody had seen before, whoever sees it."""

    def find(_: object) -> Message | None:
        everything = (*stage.slack.ephemerals(), *stage.slack.messages(channel or None))
        fresh = (m for m in everything if m.ts not in before and "⏳" not in m.text)
        return next((m for m in fresh if text in m.text.replace("*", "")), None)

    found = await stage.slack.wait_for(find, timeout=PATIENCE)
    assert found is not None
    return found


async def ask(
    stage: Stage, line: str, text: str, channel: str = "", user: str | None = None
) -> Message:
    """Type `/replica …` and wait for the answer with this text."""
    before = seen(stage, channel)
    result = await stage.slack.command(f"/replica {line}", channel=channel or None, user=user)
    assert result.acked, result.error
    return await answer(stage, before, text, channel)


async def press(stage: Stage, message: Message, button: str, text: str) -> Message:
    """Press a button and wait for the answer with this text."""
    before = seen(stage, message.channel)
    assert (await stage.slack.press(message, text=button)).acked
    return await answer(stage, before, text, message.channel)


async def choose(stage: Stage, message: Message, menu: str, option: str, text: str) -> Message:
    """Choose in a menu and wait for the answer with this text."""
    before = seen(stage, message.channel)
    result = await stage.slack.select(message.ts, menu, text=option, channel=message.channel)
    assert result.acked
    return await answer(stage, before, text, message.channel)


async def wait_until_shown(stage: Stage, message: Message, text: str) -> None:
    """Wait until a message shows a text."""

    def shows(_: object) -> bool:
        current = stage.slack.workspace.find(message.channel, message.ts)
        return current is not None and text in current.text + str(current.blocks)

    await stage.slack.wait_for(shows, timeout=PATIENCE)
