"""Life after life: start, let something happen, kill; and in the end see what the channel says."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from tests.crashes.points import (
    ACTS,
    NAMES,
    NEEDED,
    Act,
    Point,
    at_random,
    in_a_catch_up,
)
from tests.crashes.reading import Count
from tests.crashes.scenes import Scene

MOMENT = timedelta(seconds=2)
"""The shortest time between two lives: no two sessions of a job end in the same second."""

JUDGED = timedelta(seconds=45)
"""Between two lives: an attempt of unknown outcome can be judged after it."""

A_DAY = timedelta(hours=25)
PATIENCE = 45
"""Seconds without a further message after which the rest is given up: Slack takes one a second."""


@dataclass
class Killing:
    """Kills one bot again and again; `kills` counts where it was killed."""

    scene: Scene
    kills: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    async def begin(self) -> None:
        """A first start that nothing disturbs: what ends from now on must be told."""
        await self.scene.start()
        await self.scene.stage.wait_for_start()
        await self.scene.stage.bot.stop()

    async def live(self, point: Point, before: timedelta, meanwhile: timedelta) -> None:
        """One life; the time before it passes for a dead bot, the time in it for a living one."""
        scene = self.scene
        scene.let_pass(max(before, NEEDED.get(point, before)))
        if point is in_a_catch_up:
            scene.stage.slack.faults.unarchive(scene.stage.slack.channel)
        await scene.start()
        scene.let_pass(meanwhile)
        name = NAMES[point]
        try:
            await point(scene)
        except TimeoutError:
            self.missed[name] += 1
            name = NAMES[at_random]
        await scene.kill()
        self.kills[name] += 1

    async def end(self) -> Count:
        """Let the bot live until all is said, and a poll longer: what is too much comes then."""
        scene = self.scene
        scene.stage.slack.faults.unarchive(scene.stage.slack.channel)
        scene.let_pass(A_DAY)
        await scene.start()
        with suppress(TimeoutError):  # what is not right by then is counted
            await self._settle()
            scene.fail(scene.healthy())
            await self._settle()
        return scene.read()

    async def _settle(self) -> None:
        """Wait until the channel is right, as long as it goes on to be told something."""
        while not (count := self.scene.read()).is_right:
            await self._wait_for_more_than(count.messages)

    async def _wait_for_more_than(self, messages: int) -> None:
        def is_further(_: object) -> bool:
            count = self.scene.read()
            return count.is_right or count.messages > messages

        await self.scene.stage.slack.wait_for(is_further, PATIENCE)


def shuffled(random: Random, by_chance: int) -> list[Act]:
    """One round: every act once and some lives of chance, in an order of chance."""
    acts = [*ACTS, *[(at_random,)] * by_chance]
    return random.sample(acts, len(acts))
