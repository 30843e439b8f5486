"""A bot that looks at its jobs, on a real database; both clocks stand still until moved."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.core.findings import Finding
from bot.core.notices import Kind, Notice
from bot.core.polls import EmState
from bot.core.rpo import RpoPolicy
from bot.core.sessions import Session, TaskSession
from bot.core.summaries import AUTOMATIC
from bot.core.views import FindingView
from bot.services.comparing import Comparing
from bot.services.inspecting import Inspecting
from bot.services.observing import Observing
from bot.slack.blocks import render_notice
from bot.store.findings import to_finding
from bot.store.inspections import SqlInspectingStore
from bot.store.tables import findings
from bot.store.views import Views
from tests.builders import DAY, NOW, a_session
from tests.services.bench import Bench


@dataclass
class VmsOfSessions:
    """EM's task sessions, by session; `asked` lists what was asked for."""

    vms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)

    async def iter_task_sessions(
        self, session_uids: Sequence[str]
    ) -> AsyncIterator[tuple[TaskSession, ...]]:
        self.asked.append(tuple(session_uids))
        for uid in session_uids:
            held = self.vms.get(uid, ())
            yield tuple(TaskSession(f"{uid}-{vm}", uid, vm, "Completed", "Success") for vm in held)


@dataclass
class Inspector:
    """Reports sessions, moves time, looks, and tells what was said."""

    bench: Bench
    policy: RpoPolicy = AUTOMATIC
    asked_again: list[str] = field(default_factory=list)
    server_time: datetime = NOW
    baseline_at: datetime = NOW - 2 * DAY

    def __post_init__(self) -> None:
        self.store = SqlInspectingStore(self.bench.database, self.bench.em)
        self.vms = VmsOfSessions()
        self.restart()

    def restart(self) -> None:
        """Begin anew with what the database remembers."""
        self.observing = Observing(self.store, self.policy, ZoneInfo("UTC"))
        bench = self.bench
        self.inspecting = Inspecting(
            self.store, self.observing, bench.audience, bench.clock, self._look_again, lambda: None
        )
        self.comparing = Comparing(self.vms, self.store, self.observing)

    async def _look_again(self, job_uids: Sequence[str]) -> None:
        self.asked_again += job_uids

    async def daily(self, last_at: datetime, job: str = "sql", days: int = 28, **of: Any) -> None:
        """Let a job have run every day until then."""
        await self.ran(*(last_at - day * DAY for day in range(days)), job=job, **of)

    async def ran(self, *begun_at: datetime, job: str = "sql", **of: Any) -> Session:
        """Let a job have run at these moments, for ten minutes each."""
        of = {"result": "Success", "backup_server": "vbr01", "job_name": f"{job} Replica"} | of
        span = timedelta(minutes=10)
        ran = [a_session(at + span, job_uid=f"urn:veeam:Job:{job}", **of) for at in begun_at]
        self.bench.clock.advance(timedelta(seconds=1))
        at = max(each.ended_at or each.created_at for each in ran)
        await self.bench.report(*ran, server_time=max(at, begun_at[0]))
        return ran[0]

    async def look(self, after: timedelta = timedelta(0), **state: Any) -> list[str]:
        """Let time pass and look; lists what is open, by kind and subject."""
        self.server_time += after
        self.bench.clock.advance(after)
        remembered = EmState(
            baseline_at=self.baseline_at,
            server_time_at=self.server_time,
            polled_at=self.bench.clock(),
        )
        async with self.bench.polls.transaction() as ledger:
            await ledger.save_state(replace(remembered, **state))
        await self.inspecting.inspect()
        return await self.open()

    async def open(self) -> list[str]:
        return [f"{e.check.value}: {e.subject}" for e in await self.all() if not e.ended_at]

    async def all(self) -> list[Finding]:
        found = await self.bench._all(select(findings).order_by(findings.c.id))
        return [to_finding(row) for row in found]

    async def said(self) -> list[str]:
        """What stands in Slack or will, in its first words: roots, and replies after an arrow."""
        return [
            ("→ " if notice.parent_id else "") + await self.text(notice)
            for notice in await self.bench.notices()
            if notice.kind is Kind.FINDING or notice.subject.startswith("finding ")
        ]

    async def text(self, notice: Notice) -> str:
        async with self.bench.database.read() as connection:
            view = await Views(connection, self.bench.em).load(notice)
        assert isinstance(view, FindingView)
        return render_notice(view).text
