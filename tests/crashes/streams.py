"""Believable weeks of many jobs: good nights, bad ones, retries, storms, and what EM learns late.

Everything is in EM's world from the start and comes to light as EM's clock moves on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bot.demo.em import EnterpriseManager, ReplicaJob
from bot.demo.em.world import World

EVERY = timedelta(hours=12)
STORMS_EVERY = timedelta(days=4)
RESULTS = {"Success": 88, "Warning": 4, "Failed": 8}
RETRIED, LATE = 0.4, 0.15
LATENESS = (
    timedelta(minutes=40),
    timedelta(hours=5),
    timedelta(hours=30),
    timedelta(days=6),
)
LATE_SUCCESS = timedelta(hours=5)
SEEN_BEFORE_THE_END = timedelta(days=1)
"""How long before the end of the weeks everything is in EM."""


def add_jobs(
    em: EnterpriseManager, number: int, servers: Sequence[str], first: int = 0
) -> list[ReplicaJob]:
    """Add jobs, in turn to each of these backup servers, made at first use."""
    known = {each.name: each for each in em.world.servers.values()}
    of = [known.get(name) or em.world.add_server(name) for name in servers]
    return [
        em.world.add_job(f"Replica {first + at:03}", of[at % len(of)], vms=("vm01", "vm02"))
        for at in range(number)
    ]


@dataclass(frozen=True)
class Stream:
    """The sessions of one job from one moment to another."""

    world: World
    job: ReplicaJob
    random: Random
    since: datetime
    until: datetime

    def add(self, storms: Sequence[datetime]) -> None:
        """Add them all; a job that is met by storms has no success that EM learns late."""
        at = self.since + self.random.random() * EVERY
        must_succeed = False
        for storm in [*storms, self.until]:
            while at < storm:
                must_succeed = self._add_run(at, must_succeed, is_calm=not storms)
                at += EVERY * self.random.uniform(0.8, 1.2)
            if storm < self.until:
                self._add("Failed", storm + timedelta(seconds=self.random.randrange(240)))
                at = max(at, storm + timedelta(hours=2))

    def _add_run(self, at: datetime, must_succeed: bool, *, is_calm: bool) -> bool:
        """Add one run; tells whether the next must succeed: a late success splits no stretch."""
        result = self.random.choices(list(RESULTS), list(RESULTS.values()))[0]
        if must_succeed or result == "Success":
            late = is_calm and not must_succeed and self.random.random() < LATE / 3
            self._add("Success", at, LATE_SUCCESS if late else timedelta(0))
            return late
        if self.random.random() < LATE:
            self._add(result, at, self.random.choice(LATENESS))
        else:
            self._add(result, at)
            self._add_retries(at)
        return False

    def _add_retries(self, at: datetime) -> None:
        while self.random.random() < RETRIED:
            at += timedelta(minutes=17)
            is_good = self.random.random() < 0.5
            self._add("Success" if is_good else "Failed", at, is_retry=True)
            if is_good:
                return

    def _add(
        self,
        result: str,
        ended_at: datetime,
        late: timedelta = timedelta(0),
        *,
        is_retry: bool = False,
    ) -> None:
        if ended_at + late + SEEN_BEFORE_THE_END > self.until:
            late = timedelta(0)
        created_at = ended_at - timedelta(minutes=9)
        self.world.add_session(
            self.job,
            result=result,
            created_at=created_at,
            ended_at=ended_at,
            is_retry=is_retry,
            visible_at=ended_at + late,
        )


def play_weeks(
    em: EnterpriseManager,
    jobs: Sequence[ReplicaJob],
    random: Random,
    since: datetime,
    until: datetime,
) -> None:
    """Add all sessions of these jobs; two thirds of them are met by storms."""
    storms = []
    at = since + STORMS_EVERY
    while at < until - SEEN_BEFORE_THE_END:
        storms.append(at)
        at += STORMS_EVERY
    for number, job in enumerate(jobs):
        Stream(em.world, job, random, since, until).add(storms if number % 3 else ())
