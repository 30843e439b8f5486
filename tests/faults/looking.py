"""What people can look at beside the channel: `/readyz`, `/replica status`, the log's lines."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from bot.demo.slack import Message
from tests.end_to_end.stage import PATIENCE, Stage


@dataclass(frozen=True, slots=True)
class Readiness:
    """What `/readyz` answers."""

    status: int
    problems: tuple[str, ...]

    @property
    def text(self) -> str:
        """All problems as one text."""
        return "\n".join(self.problems)


def log_lines(stage: Stage, event: str) -> list[dict[str, Any]]:
    """The log's lines about one event, oldest first."""
    written = stage.bot.log.rpartition("\n")[0].splitlines()  # the last line may be half there
    lines = [json.loads(line) for line in written if line.startswith("{")]
    return [line for line in lines if line.get("event") == event]


async def fetch_readiness(stage: Stage) -> Readiness:
    """Ask `/readyz` once."""
    port = log_lines(stage, "health_pages_served")[-1]["port"]
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        answer = await client.get(f"http://127.0.0.1:{port}/readyz")
    return Readiness(answer.status_code, tuple(answer.json()["problems"]))


async def wait_until_unready(stage: Stage, words: str) -> Readiness:
    """Ask `/readyz` until it names a problem with these words."""
    return await _wait_for_readiness(
        stage, lambda found: found.status == 503 and words in found.text
    )


async def wait_until_ready(stage: Stage) -> None:
    """Ask `/readyz` until nothing is wrong."""
    await _wait_for_readiness(stage, lambda found: found.status == 200 and not found.problems)


async def _wait_for_readiness(stage: Stage, wanted: Callable[[Readiness], bool]) -> Readiness:
    found = await fetch_readiness(stage)
    try:
        async with asyncio.timeout(PATIENCE):
            while not wanted(found):
                found = await fetch_readiness(stage)
    except TimeoutError as late:
        raise TimeoutError(f"/readyz goes on saying {found}") from late
    return found


async def ask(stage: Stage, question: str) -> str:
    """What the person who asks is shown, as one text; the answer may follow later."""
    seen = {message.ts for message in stage.slack.ephemerals()}
    result = await stage.slack.command(f"/replica {question}")
    assert result.acked, result.error

    def find(_: object) -> Message | None:
        new = [m for m in stage.slack.ephemerals() if m.ts not in seen]
        return next((m for m in new if "follows here" not in m.text), None)

    found = await stage.slack.wait_for(find, timeout=PATIENCE)
    assert found is not None
    return found.text + str(found.blocks)


async def wait_for_blindness(stage: Stage, says: str) -> Message:
    """The channel's one message that says why EM cannot be seen; people find the same elsewhere."""
    root = await stage.wait_for_root("I cannot see")
    assert says in root.text
    assert says in (await wait_until_unready(stage, says)).text
    assert says in await ask(stage, "status")
    return root


async def wait_for_sight(stage: Stage, root: Message) -> None:
    """That same message says that EM can be seen again, and a reply that the channel hears."""
    assert (await stage.wait_for_reply(root, "again")).broadcast
    await stage.slack.wait_for(lambda _: not stage.roots("I cannot see"), timeout=PATIENCE)


def roots_about(stage: Stage, job: str) -> list[Message]:
    """All messages of the channel, no replies, about one job."""
    return stage.roots(f" {job} ")
