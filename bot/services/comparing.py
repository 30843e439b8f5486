"""Comparing the VMs of a job's last two green runs: green may be empty (DESIGN §2).

Nothing depends on it, and EM must not notice it: only new green runs are read, a few pages a
second.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from bot.core.facts import VmSet
from bot.core.habits import Run
from bot.core.inspections import InspectingStore, VmSource
from bot.core.schedules import COLLECTION_LAG
from bot.errors import EnterpriseManagerError
from bot.services.observing import Observing

SESSIONS_AT_ONCE = 20
MOST_SESSIONS = 200
"""So many sessions are read each time, newest runs only: 12,000 an hour when called each minute."""

PAGES_PER_SECOND = 4

log = structlog.get_logger()


class Comparing:
    """Reads which VMs the newest green run of each job held."""

    def __init__(self, source: VmSource, store: InspectingStore, observing: Observing) -> None:
        self._source = source
        self._store = store
        self._observing = observing
        self._doubts: dict[str, datetime] = {}

    async def compare(self) -> None:
        """Read the VMs of green runs that are new, if any."""
        state = await self._store.load_state()
        if state.baseline_at is None or state.server_time_at is None or state.failed_polls:
            return
        now = state.server_time_at
        unread = {run.uid: run for run in self._observing.list_unread_greens(state.baseline_at)}
        self._doubts = {uid: at for uid, at in self._doubts.items() if uid in unread}
        due = [run for run in unread.values() if self._is_due(run, now)][:MOST_SESSIONS]
        try:
            for start in range(0, len(due), SESSIONS_AT_ONCE):
                await self._read(due[start : start + SESSIONS_AT_ONCE], now)
        except EnterpriseManagerError as error:
            log.warning("vms_of_green_runs_unknown", error=str(error))

    def _is_due(self, run: Run, now: datetime) -> bool:
        doubted_at = self._doubts.get(run.uid)
        return doubted_at is None or now - doubted_at >= COLLECTION_LAG

    async def _read(self, runs: Sequence[Run], now: datetime) -> None:
        vms: dict[str, set[str]] = defaultdict(set)
        async for page in self._source.iter_task_sessions([run.uid for run in runs]):
            for task in page:
                vms[task.session_uid].add(task.vm or "?")
            await asyncio.sleep(1 / PAGES_PER_SECOND)
        believed = self._judge(runs, vms, now)
        if believed:
            async with self._store.transaction() as ledger:
                await ledger.save_vm_sets(believed)
            self._observing.note_vm_sets(believed)

    def _judge(
        self, runs: Sequence[Run], vms: Mapping[str, set[str]], now: datetime
    ) -> dict[str, VmSet]:
        """Take what is as before; what lacks a VM is read once more: EM may not know all yet."""
        believed = {}
        for run in runs:
            known = self._observing.vm_set_of(run.job_uid)
            held = vms.get(run.uid, set())
            lacks = not held or not held.issuperset(known.vms if known else ())
            if lacks and run.uid not in self._doubts:
                self._doubts[run.uid] = now
                continue
            before = known.expected if known else None
            believed[run.job_uid] = VmSet(run.uid, run.created_at, tuple(sorted(held)), before)
        return believed
