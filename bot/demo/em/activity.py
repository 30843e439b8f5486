"""Jobs that run by themselves, for the demo: soon a failure, then others, and recoveries."""

import asyncio
from collections.abc import Mapping
from itertools import cycle
from random import Random
from typing import Literal

from bot.demo.em.reasons import pick_reasons
from bot.demo.em.things import Job, Session
from bot.demo.em.world import World

# Which job runs next, and how it ends. A failing job that runs again recovers.
PLAN: tuple[tuple[Literal["any", "failing"], str], ...] = (
    ("any", "Failed"),
    ("any", "Success"),
    ("any", "Warning"),
    ("failing", "Success"),
    ("any", "Success"),
    ("any", "Success"),
    ("failing", "Success"),
    ("any", "Success"),
)
# How far a run has come at each step after its start; after the last it ends.
PROGRESS = (35, 80)


class Activity:
    """Moves a world along in steps."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random
        self._plan = cycle(PLAN)
        self._steps: dict[str, int] = {}
        self._results: dict[str, str] = {}

    async def run(self, every_seconds: float) -> None:
        """Step at once and then every so often, until cancelled."""
        while True:
            self.step()
            await asyncio.sleep(every_seconds)

    def step(self) -> None:
        """Move every running session on, then start one more."""
        for session in self._world.running():
            self._advance(session)
        which, result = next(self._plan)
        job = self._pick(failing=which == "failing")
        if job is not None:
            session = self._world.start_session(job)
            self._results[session.uid] = result

    def _advance(self, session: Session) -> None:
        step = self._steps.get(session.uid, 0)
        self._steps[session.uid] = step + 1
        if step < len(PROGRESS):
            session.progress = PROGRESS[step]
            return
        result = self._results.pop(session.uid, "Success")
        del self._steps[session.uid]
        self._world.finish_session(session, result, self._reasons(session.job, result))

    def _reasons(self, job: Job, result: str) -> Mapping[str, str] | None:
        return pick_reasons(self._random, job, result)

    def _pick(self, *, failing: bool) -> Job | None:
        idle = [job for job in self._world.jobs.values() if not self._is_running(job)]
        wanted = [job for job in idle if self._is_failing(job) == failing]
        return self._random.choice(wanted or idle) if idle else None

    def _is_running(self, job: Job) -> bool:
        return self._world.running_session(job) is not None

    def _is_failing(self, job: Job) -> bool:
        last = self._world.last_session(job)
        return last is not None and last.result in ("Warning", "Failed")
