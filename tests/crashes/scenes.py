"""One bot among emulators whose clocks move, and the words to act, to hold and to kill with."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import httpx

from bot.demo.em import ReplicaJob
from bot.demo.em.faults import Hold
from bot.demo.em.things import Session
from bot.demo.slack import ApiCall, Held, Message
from tests.crashes.reading import OWN, SHARED, Count, Words, count, is_bad
from tests.end_to_end.stage import Stage

LATER = Path(__file__).parent / "later.py"
REACHED_WITHIN = 20.0
"""Seconds after which a point is taken as not to be reached in this life."""

SERVERS = ("vbr01", "vbr02", "vbr03")
ACTORS = ("vbr01", "vbr01", "vbr02", "vbr01", "vbr03") * 3
"""The backup servers of the jobs that act: enough on one for a storm."""

SETTINGS = {
    "POLL_INTERVAL": "300ms",
    "ALERT_GROUP_OVER": "3",
    "ALERT_REMIND_AFTER": "off",  # the reader counts what sessions do, not what time does
    "RPO": "off",  # it counts down, and breaks, in the same thread and in much the same words
}

RESTED = timedelta(minutes=20)
"""So long a job that acts stays good: a group may name it once only."""

HeldCall = tuple[Held, ApiCall]
Fits = Callable[[Mapping[str, object]], bool]


def anything(_arguments: Mapping[str, object]) -> bool:
    """Take any call."""
    return True


def is_reply(arguments: Mapping[str, object]) -> bool:
    """Take a call that posts in a thread."""
    return bool(arguments.get("thread_ts"))


def is_root(arguments: Mapping[str, object]) -> bool:
    """Take a call that posts a message of its own."""
    return not is_reply(arguments)


def is_shared(arguments: Mapping[str, object]) -> bool:
    """Take a call that posts one message about several jobs."""
    return bool(SHARED.match(str(arguments.get("text"))))


@dataclass
class Scene:
    """A stage whose clocks move together, and jobs that fail and recover when told to."""

    stage: Stage
    random: Random
    actors: list[ReplicaJob]
    baseline_at: datetime
    sleeper: ReplicaJob | None = None
    hung: Session | None = None
    recovered_at: dict[str, datetime] = field(default_factory=dict)

    def set_clocks(self, skew: timedelta) -> None:
        """Move EM's clock and Slack's; the bot's own follows at its next start."""
        self.stage.em.world.skew = skew
        self.stage.slack.options = replace(self.stage.slack.options, clock_skew=skew)

    def let_pass(self, span: timedelta) -> None:
        """Let time pass for all but a bot that lives."""
        self.set_clocks(self.stage.em.world.skew + span)

    async def start(self) -> None:
        """Start the bot at the time that it is."""
        seconds = self.stage.em.world.skew.total_seconds()
        self.stage.bot.command = (str(LATER), str(seconds), "run")
        await self.stage.bot.start()

    async def kill(self) -> None:
        """SIGKILL; whatever was held or broken for this life's sake is let go."""
        await self.stage.bot.kill()
        self.stage.em.faults.clear()
        self.stage.slack.faults.clear()

    def read(self) -> Count:
        """Count what the channel was told."""
        slack = self.stage.slack
        messages = [
            each
            for each in slack.workspace.messages(slack.channel)
            if not each.deleted and not each.ephemeral_to
        ]
        return count(self.stage.em.world, messages, self.baseline_at)

    def failing(self) -> list[ReplicaJob]:
        """The acting jobs that fail, each with a message of its own that says so."""
        told = [OWN.match(each.text) for each in self._roots() if not Words(each).is_green]
        names = {match[1] for match in told if match}
        return [job for job in self.actors if self._is_failing(job) and job.name in names]

    def failing_together(self) -> list[ReplicaJob]:
        """The acting jobs that fail, and share a message that says so."""
        told = [Words(each).names for each in self._roots() if SHARED.match(each.text)]
        names = frozenset[str]().union(*told)
        return [job for job in self.actors if self._is_failing(job) and job.name in names]

    def _roots(self) -> list[Message]:
        return [each for each in self.stage.slack.messages() if not each.is_reply]

    def healthy(self) -> list[ReplicaJob]:
        """The acting jobs that are well, and have been for a while."""
        now = self.stage.em.world.now()
        return [
            job
            for job in self.actors
            if not self._is_failing(job)
            and now - self.recovered_at.get(job.uid, self.baseline_at - RESTED) > RESTED
        ]

    def _is_failing(self, job: ReplicaJob) -> bool:
        last = self.stage.em.world.last_session(job)
        return last is not None and is_bad(last)

    def fail(self, jobs: list[ReplicaJob], number: int = 1) -> None:
        """Let some of these jobs fail now."""
        for job in self.random.sample(jobs, min(number, len(jobs))):
            result = self.random.choice(("Failed", "Failed", "Warning"))
            self.stage.em.world.add_session(job, result=result)

    def recover(self, jobs: list[ReplicaJob], number: int = 1) -> None:
        """Let some of these jobs succeed now."""
        for job in self.random.sample(jobs, min(number, len(jobs))):
            self.stage.em.world.add_session(job, result="Success")
            self.recovered_at[job.uid] = self.stage.em.world.now()

    def hang(self) -> None:
        """Let the job that hangs begin a run, of which nothing moves."""
        assert self.sleeper is not None
        self.hung = self.stage.em.world.start_session(self.sleeper)

    def go_on(self) -> None:
        """Let that run end well."""
        assert self.hung is not None
        self.stage.em.world.finish_session(self.hung)

    def forget_gaps(self) -> None:
        """Let the gaps in which no bot lived be over long since: until then it looks at no job."""
        with closing(sqlite3.connect(self._database, timeout=REACHED_WITHIN)) as connection:
            connection.execute("UPDATE outages SET ended_at = started_at WHERE ended_at NOT NULL")
            connection.commit()

    async def hold(self, method: str, *, accepted: bool, fits: Fits = anything) -> HeldCall:
        """Hold the first such call that fits, before or after Slack accepted it."""
        slack = self.stage.slack
        while True:
            held = slack.faults.hold(method, after_acceptance=accepted)
            await held.wait(REACHED_WITHIN)
            call = next(c for c in slack.calls[::-1] if c.method == method)
            if fits(call.args):
                return held, call
            held.release()

    async def hold_em(self, path: str, within: float = REACHED_WITHIN) -> Hold:
        """Hold EM's answer to such a request."""
        hold = self.stage.em.faults.hold(answered=True, path=path)
        async with asyncio.timeout(within):
            await hold.held.wait()
        return hold

    async def hand_over(self, held_call: HeldCall) -> None:
        """Let Slack's answer go, and return when it has left Slack."""
        held, call = held_call
        held.release()
        await self.stage.slack.wait_for(lambda _: call.outcome == "ok", REACHED_WITHIN)
        await self.pass_by()

    async def pass_by(self) -> None:
        """Visit Slack's page: what the emulators let go before is answered before."""
        async with httpx.AsyncClient(trust_env=False) as visitor:
            await visitor.get(f"{self.stage.slack.url}/")

    @asynccontextmanager
    async def locked_database(self) -> AsyncIterator[None]:
        """Keep the bot from writing, as a slow disk does: others hold the write lock."""
        connection = sqlite3.connect(
            self._database, timeout=REACHED_WITHIN, check_same_thread=False
        )
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.rollback()
            connection.close()

    @property
    def _database(self) -> Path:
        return self.stage.bot.folder / "replica-bot.db"
