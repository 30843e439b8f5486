"""Reminding: an incident that nobody acknowledges is told again (DESIGN §2, Incidents)."""

from collections.abc import Callable, Sequence

import structlog

from bot.core.incidents import Incident
from bot.core.mutes import find_mute
from bot.core.ports import Clock
from bot.core.transactions import PollingStore, PollingTransaction
from bot.services.routing import Audience
from bot.services.telling import Telling

log = structlog.get_logger()


class Reminding:
    """Reminds of what is open, was told and was not acknowledged, `remind_after` the last ping."""

    def __init__(
        self,
        store: PollingStore,
        audience: Audience,
        clock: Clock,
        on_recorded: Callable[[], None],
    ) -> None:
        self._store = store
        self._audience = audience
        self._clock = clock
        self._on_recorded = on_recorded
        self._started_at = clock()

    async def remind(self) -> None:
        """Promise the reminders that are due, once EM has been read since the start.

        A bot that was off, or that cannot see EM, does not know whether a job is still failing.
        """
        state = await self._store.load_state()
        is_seeing = state.polled_at and state.polled_at >= self._started_at
        if self._audience.remind_after is None or not is_seeing or state.failed_polls:
            return
        now = self._clock()
        async with self._store.transaction() as ledger:
            due = await ledger.load_incidents_to_remind(now - self._audience.remind_after)
            due = await _without_muted(ledger, due)
            await Telling(ledger, self._audience, now).remind(due)
        if due:
            log.info("incidents_reminded", count=len(due))
            self._on_recorded()


async def _without_muted(
    ledger: PollingTransaction, incidents: Sequence[Incident]
) -> list[Incident]:
    mutes = await ledger.load_mutes()
    jobs = await ledger.load_names({each.job_uid for each in incidents})
    return [
        each
        for each in incidents
        if not find_mute(mutes, each.job_uid, jobs[each.job_uid].backup_server)
    ]
