"""Learning what the jobs' own options say: schedule, next run, retries, VMs.

Nothing depends on it: most accounts may not read jobs (reference §13), and whatever uses the
options works without them. So a refusal is told in the log alone, and believed for an hour.
"""

import asyncio
from dataclasses import replace
from datetime import datetime

import structlog

from bot.core.jobs import OPTIONS_READ_EVERY
from bot.core.polls import EmState
from bot.core.ports import Clock, JobSource
from bot.core.transactions import PollingStore
from bot.errors import EnterpriseManagerError, LogonRefused, NotAllowed

PAGES_PER_SECOND = 4
"""How fast the jobs are read: EM must not notice it (DESIGN §2, Polling)."""

LEARNT = "jobs"
"""The name of this reading among the sweeps that `EmState` remembers."""

log = structlog.get_logger()


class Learning:
    """Reads the options of all jobs once an hour, with the account that may."""

    def __init__(self, source: JobSource, store: PollingStore, clock: Clock) -> None:
        self._source = source
        self._store = store
        self._clock = clock
        self._refused_at: datetime | None = None
        self._problem = ""

    async def learn(self) -> None:
        """Read the options of all jobs if it is time to and EM can be asked."""
        state = await self._store.load_state()
        if state.baseline_at is None or state.failed_polls or not self._is_due(state):
            return
        try:
            count = await self._read_all()
        except (NotAllowed, LogonRefused) as error:
            self._refused_at = self._clock()
            self._note("job_options_not_allowed", error)
        except EnterpriseManagerError as error:
            self._note("job_options_unknown", error)
        else:
            if self._problem:
                log.info("job_options_known_again", jobs=count)
            self._refused_at, self._problem = None, ""

    def _is_due(self, state: EmState) -> bool:
        last = max(
            filter(None, ((state.swept_at or {}).get(LEARNT), self._refused_at)), default=None
        )
        return last is None or self._clock() - last >= OPTIONS_READ_EVERY

    async def _read_all(self) -> int:
        """Read and commit page by page: what is read is kept, whatever becomes of the rest."""
        count = 0
        async for page in self._source.iter_job_options():
            now = self._clock()
            async with self._store.transaction() as ledger:
                await ledger.save_job_options(page.jobs, now)
                if page.is_last:
                    state = await ledger.load_state()
                    learnt_at = {**(state.swept_at or {}), LEARNT: now}
                    await ledger.save_state(replace(state, swept_at=learnt_at))
            count += len(page.jobs)
            if not page.is_last:
                await asyncio.sleep(1 / PAGES_PER_SECOND)
        return count

    def _note(self, event: str, error: EnterpriseManagerError) -> None:
        """Log a problem once, not at each attempt."""
        if event != self._problem:
            level = log.info if isinstance(error, NotAllowed) else log.warning
            level(event, error=str(error))
            self._problem = event
