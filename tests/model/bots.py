"""The real services on a real database, driven step by step; Slack is the counting one."""

import asyncio
import shutil
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from bot.core.incidents import Incident
from bot.core.notices import Notice
from bot.core.ports import NoticeView
from bot.core.sessions import Session
from bot.services.delivering import Delivering
from bot.services.failing import DeliveryPolicy
from bot.services.reconciling import Reconciling
from bot.services.reminding import Reminding
from bot.store import rows
from bot.store.databases import Database
from bot.store.reconciliations import SqlReconcilingStore
from bot.store.tables import decisions, incidents
from tests.builders import FakeClock
from tests.databases import make_database, make_folder
from tests.model.plain import ALERTS
from tests.model.slack import CountingSlack
from tests.services.bench import Bench
from tests.services.wishing import FakeFinding, a_handling

_T = TypeVar("_T")

EM_BEHIND = timedelta(minutes=7)
"""EM's clock is never the bot's."""

MOST_ROUNDS = 120


class Bot:
    """One bot for one example. Each method is one thing that the world or a worker does."""

    def __init__(self, **wishes: Any) -> None:
        self._folder = make_folder("model")
        self._runner = asyncio.Runner()
        self.clock = FakeClock()
        self._database = self.run(Database.open(make_database(Path(self._folder))))
        group_over = wishes.pop("group_over", 5)
        self.bench = Bench(
            self._database, ALERTS, clock=self.clock, group_over=group_over, wishes=wishes
        )
        self.bench.baseline_at = self.em_now()
        self.slack = CountingSlack(self.clock)
        self.wishes = a_handling(self.bench, FakeFinding())
        self._starts = 0
        self.restart()

    def run(self, doing: Coroutine[Any, Any, _T]) -> _T:
        return self._runner.run(doing)

    def close(self) -> None:
        self.run(self._database.close())
        self._runner.close()
        shutil.rmtree(self._folder)

    def em_now(self) -> Any:
        return self.clock() - EM_BEHIND

    def restart(self) -> None:
        """Begin anew with what the database remembers, as another owner of claims."""
        self._starts += 1
        self.clock.advance(timedelta(seconds=1))
        self.slack.is_killed = False
        self._has_begun = False
        store = SqlReconcilingStore(self._database, self.bench.em)
        policy = DeliveryPolicy(f"bot-{self._starts}", self.bench.group_over)
        self._delivering = Delivering(
            self.bench.deliveries,
            self.slack,
            Reconciling(store, self.slack, self.clock),
            self.clock,
            policy,
            summarize=_no_summary,
        )

    def report(self, sessions: Sequence[Session], asked: timedelta = timedelta(0)) -> None:
        self.run(self.bench.report(*sessions, server_time=self.em_now(), asked=asked))

    def remind(self) -> None:
        """Remind, as after a poll in which EM had nothing new."""
        reminding = Reminding(self.bench.polls, self.bench.audience, self.clock, lambda: None)
        self.run(self._poll())
        self.run(reminding.remind())

    async def _poll(self) -> None:
        async with self.bench.polls.transaction() as ledger:
            await ledger.save_state(replace(await ledger.load_state(), polled_at=self.clock()))

    def deliver(self) -> None:
        """Deliver what is due at this moment; a bot that dies in it is started again."""
        self.run(self._deliver())

    async def _deliver(self) -> None:
        before: list[Notice] = []
        while True:
            if not self._has_begun:
                self._has_begun = await self._delivering._begin()
                await asyncio.gather(*self._delivering._channels.values())
            await self._delivering._start_channels()
            serving = self._delivering._channels.values()
            await asyncio.gather(*serving, return_exceptions=True)
            due = await self.bench.deliveries.load_due(self.clock())
            if self.slack.is_killed:
                self.restart()
            elif due == before:
                return
            before = due

    def settle(self) -> None:
        """End all that goes wrong, and let time pass until everything is said."""
        self.slack.faults.clear()
        self.slack.refused.clear()
        for _ in range(MOST_ROUNDS):
            self.deliver()
            if not (unsent := self.unsent()):
                return
            waits = min(each.due_at for each in unsent) - self.clock()
            self.clock.advance(max(waits, timedelta(seconds=30)))
        raise AssertionError(f"due for ever: {self.unsent()}")

    def unsent(self) -> list[Notice]:
        notices = self.run(self.bench.notices())
        return [
            each
            for each in notices
            if not each.is_closed
            and not each.told_by
            and each.shown_revision < each.wanted_revision
        ]

    def incidents(self) -> list[Incident]:
        return self.run(self.bench.incidents())

    def replay(self, reports: Sequence[Sequence[Session]]) -> list[Incident]:
        """Let another EM report the same, in another order; tells its incidents."""
        again = Bench(self._database, em=f"again {len(reports)}", clock=self.clock)
        for sessions in reports:
            self.run(again.report(*sessions, server_time=self.em_now()))
        query = select(incidents).where(incidents.c.em == again.em)
        return [rows.to_incident(row) for row in self.run(again._all(query))]

    def decisions(self) -> list[Any]:
        return list(self.run(self.bench._all(select(decisions).order_by(decisions.c.id))))


async def _no_summary(summary_id: int) -> NoticeView:
    raise AssertionError(f"nobody promised summary {summary_id}")
