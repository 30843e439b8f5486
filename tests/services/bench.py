"""The services on a real database, with an emulated EM and Slack on real sockets."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from sqlalchemy import select

from bot.core.decisions import Reason
from bot.core.incidents import Incident
from bot.core.notices import Kind, Notice, PostedMessage
from bot.core.ports import NoticeView
from bot.core.sessions import EPOCH, Session, Verdict
from bot.demo.em import EnterpriseManager, ReplicaJob
from bot.services.delivering import Delivering
from bot.services.failing import DeliveryPolicy
from bot.services.polling import Polling
from bot.services.reasoning import Reasoning
from bot.services.reconciling import Reconciling
from bot.services.recording import Recording, Seen
from bot.services.telling import Audience, Telling
from bot.slack.messenger import SlackMessenger
from bot.store import rows
from bot.store.databases import Database
from bot.store.deliveries import SqlDeliveringStore
from bot.store.polls import SqlPollingStore
from bot.store.questions import SqlAskingStore
from bot.store.reconciliations import SqlReconcilingStore
from bot.store.tables import decisions, incidents, notices, sessions
from bot.veeam.client import EnterpriseManagerClient
from tests.builders import NOW, FakeClock

EM = "em.example.com:9398"
BOTH = frozenset({Verdict.WARNING, Verdict.FAILED})


@dataclass
class Bench:
    """A database, a clock, and what a test does and asks most."""

    database: Database
    channel: str = "C1"
    fallback_channel: str = ""
    em: str = EM
    clock: FakeClock = field(default_factory=FakeClock)
    group_over: int = 5
    baseline_at: datetime = EPOCH
    wishes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.polls = SqlPollingStore(self.database, self.em)
        self.deliveries = SqlDeliveringStore(self.database, self.em)
        self.questions = SqlAskingStore(self.database, self.em)

    @property
    def audience(self) -> Audience:
        return Audience(self.channel, self.group_over, **self.wishes)

    async def report(
        self, *seen: Session, server_time: datetime = NOW, asked: timedelta = timedelta(0)
    ) -> None:
        """Let EM report sessions, asked for so long ago, as one transaction records them."""
        async with self.polls.transaction() as ledger:
            recording = Recording(ledger, self.audience, self.clock())
            touched = await recording.keep(
                Seen(seen, self.clock(), server_time, self.clock() - asked)
            )
            await recording.judge(touched, self.baseline_at)

    async def announce(self, kind: Kind, subject: str) -> None:
        async with self.polls.transaction() as ledger:
            await Telling(ledger, self.audience, self.clock()).announce(kind, subject)

    async def incidents(self) -> list[Incident]:
        return [rows.to_incident(row) for row in await self._all(select(incidents))]

    async def notices(self, kind: Kind | None = None) -> list[Notice]:
        found = map(rows.to_notice, await self._all(select(notices).order_by(notices.c.sequence)))
        return [each for each in found if kind in (None, each.kind)]

    async def reasons(self) -> list[str]:
        query = select(decisions.c.reason).order_by(decisions.c.id)
        return [Reason(row.reason).name for row in await self._all(query)]

    async def session(self, uid: str) -> Any:
        [row] = await self._all(select(sessions).where(sessions.c.uid == uid))
        return row

    async def _all(self, query: Any) -> Sequence[Any]:
        async with self.database.read() as connection:
            return list(await connection.execute(query))

    async def post_all(self) -> None:
        """Let every message that waits stand in Slack as it is wanted now."""
        for number, notice in enumerate(await self.notices(), start=1):
            if not notice.told_by and not notice.is_posted:
                message = PostedMessage(notice.channel, f"{number}.0", notice.wanted_revision)
                await self.deliveries.record_posted(notice.id, message, self.clock())

    def delivering(
        self, messenger: SlackMessenger, *, owner: str = "bot-1", summarize: Any = None
    ) -> Delivering:
        async def unexpected(summary_id: int) -> NoticeView:
            raise AssertionError(f"nobody promised summary {summary_id}")

        store = SqlReconcilingStore(self.database, self.em)
        return Delivering(
            self.deliveries,
            messenger,
            Reconciling(store, messenger, self.clock),
            self.clock,
            DeliveryPolicy(owner, self.group_over, self.fallback_channel),
            summarize=summarize or unexpected,
        )


class Beats:
    """A dead-man's switch that counts."""

    count = 0

    async def send(self) -> None:
        self.count += 1


@dataclass
class Watch:
    """A bot that watches an emulated EM; nothing is delivered."""

    world_of: EnterpriseManager
    client: EnterpriseManagerClient
    bench: Bench
    wanted: frozenset[Verdict] = BOTH
    beats: Beats = field(default_factory=Beats)
    recorded: int = 0

    def __post_init__(self) -> None:
        self.server = self.world_of.world.add_server("vbr01")
        self._jobs: dict[str, ReplicaJob] = {}
        self.restart()

    def restart(self) -> None:
        """Begin anew with what the database remembers."""
        bench = self.bench
        audience = replace(bench.audience, verdicts=self.wanted)
        self.polling = Polling(
            self.client, bench.polls, audience, bench.clock, self.beats, self._count
        )
        self.reasoning = Reasoning(
            self.client, self.client, bench.polls, bench.audience, bench.clock, self._count
        )

    def _count(self) -> None:
        self.recorded += 1

    def job(self, name: str = "SQL Replica", vms: Sequence[str] = ("sql01", "sql02")) -> ReplicaJob:
        if name not in self._jobs:
            self._jobs[name] = self.world_of.world.add_job(name, self.server, vms=vms)
        return self._jobs[name]

    def ran(
        self, result: str = "Failed", ago: timedelta | None = None, job: str = "", **of: Any
    ) -> Any:
        """Let a job run; without `ago` it ended just now, a minute after everything else."""
        if ago is None:
            self.later(timedelta(minutes=1))
        ended_at = self.now() - (ago or timedelta(0))
        of.setdefault("ended_at", ended_at)
        return self.world_of.world.add_session(self.job(job or "SQL Replica"), result=result, **of)

    def later(self, span: timedelta) -> None:
        """Let time pass, for EM and for the bot."""
        self.world_of.world.skew += span
        self.bench.clock.advance(span)

    def now(self) -> datetime:
        """EM's own time."""
        return self.world_of.world.now()

    async def poll(self, times: int = 1) -> bool:
        good = True
        for _ in range(times):
            good = await self.polling.poll()
        return good

    async def reasons(self) -> list[str]:
        return await self.bench.reasons()

    def lists(self, since: int = 0) -> list[str]:
        """The list requests that EM has seen since its request number `since`."""
        asked = self.world_of.requests[since:]
        return [unquote(path) for _, path, _ in asked if "/query" in path]


async def deliver(delivering: Delivering) -> None:
    """Deliver all that is due at this very moment, and what becomes due by that."""
    before: list[Notice] = []
    due = await delivering._store.load_due(delivering._clock())
    while due and due != before:
        await delivering._start_channels()
        await asyncio.gather(*delivering._channels.values())
        before, due = due, await delivering._store.load_due(delivering._clock())
