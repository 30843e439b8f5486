"""A bot that looks at its jobs and tells an emulated Slack what it finds: words to look at it."""

import pytest

from bot.core.rpo import RpoPolicy, RpoRule
from bot.demo.slack import SlackWorkspace
from bot.services.delivering import Delivering
from tests.builders import HOUR, MINUTE, NOW
from tests.services.bench import Bench, deliver
from tests.services.inspector import Inspector
from tests.services.speaking import SECOND

BROKEN = "🟠 The RPO of sql Replica (1 d 2 h) is broken since"
KEPT = "✅ The RPO of sql Replica is kept again"


@pytest.fixture
def inspector(bench: Bench, bot: Delivering) -> Inspector:
    """A bot with an RPO of 26 h, in a channel of the emulated Slack."""
    del bot  # which gives the bench its channel
    return Inspector(bench, RpoPolicy((RpoRule(26 * HOUR),)))


async def settle(bench: Bench, bot: Delivering) -> None:
    """Deliver, and what waits for another look or for its turn too."""
    for _ in range(3):
        bench.clock.advance(3 * SECOND)
        await deliver(bot)


def said(slack: SlackWorkspace, start: str) -> list[str]:
    """What the channel was told aloud and that is not deleted, by its first words."""
    heard = [m for m in slack.messages(slack.channel) if m.broadcast or not m.is_reply]
    return [message.text for message in heard if message.text.startswith(start)]


async def count_down(inspector: Inspector, bot: Delivering) -> None:
    """Let an RPO break in half an hour, and a channel be told."""
    await inspector.daily(NOW - 25 * HOUR - 30 * MINUTE)
    await inspector.look()
    await settle(inspector.bench, bot)
