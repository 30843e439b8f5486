"""A stage for kills: weeks of sessions in EM, of which the bot sees the last ones happen."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from tests.crashes.killing import JUDGED, MOMENT, Killing
from tests.crashes.points import FIRST_START, Point
from tests.crashes.reading import Count
from tests.crashes.scenes import ACTORS, SERVERS, SETTINGS, Scene
from tests.crashes.streams import add_jobs, play_weeks
from tests.end_to_end.stage import set_stage

HISTORY = timedelta(days=29)
"""What is history at the first start: some pages of it."""

FIRST_ACTOR, SLEEPER = 100, 200
USUAL_RUNS = 3
"""So few that it is known how long a run takes, and not when the next one is due."""


@dataclass(frozen=True)
class Plan:
    """What happens by itself: over which time, among how many jobs, by which seed."""

    seed: int
    span: timedelta
    jobs: int


@asynccontextmanager
async def set_scene(folder: Path, plan: Plan) -> AsyncIterator[Scene]:
    """Serve EM, with all sessions of the weeks, and Slack, both at the beginning of the span."""
    random = Random(plan.seed)
    async with set_stage(folder, settings=SETTINGS) as stage:
        until = stage.em.world.now()
        since = until - plan.span
        jobs = add_jobs(stage.em, plan.jobs, SERVERS)
        play_weeks(stage.em, jobs, random, since - HISTORY, until)
        actors = add_jobs(stage.em, len(ACTORS), ACTORS, first=FIRST_ACTOR)
        [sleeper] = add_jobs(stage.em, 1, ["vbr04"], first=SLEEPER)
        for run in range(1, USUAL_RUNS + 1):
            stage.em.world.add_session(sleeper, ended_at=since - run * timedelta(hours=1))
        scene = Scene(stage, random, actors, baseline_at=since, sleeper=sleeper)
        scene.set_clocks(-plan.span)
        yield scene


async def kill_again_and_again(
    folder: Path, plan: Plan, points: Sequence[Point]
) -> tuple[Killing, Count]:
    """Kill at these points, spread over the span; then see what the channel says."""
    async with set_scene(folder, plan) as scene:
        killing = Killing(scene)
        if not set(points) & set(FIRST_START):
            await killing.begin()
        for number, point in enumerate(points, start=1):
            behind = plan.span * (number / len(points) - 1) - scene.stage.em.world.skew
            before = scene.random.choice((MOMENT, JUDGED, max(behind, MOMENT)))
            meanwhile = scene.random.choice((timedelta(0), plan.span / len(points) / 2))
            is_first = point in FIRST_START
            await killing.live(point, *((MOMENT, MOMENT) if is_first else (before, meanwhile)))
        scene.set_clocks(max(timedelta(0), scene.stage.em.world.skew))
        return killing, await killing.end()
