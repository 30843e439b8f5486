"""Asking EM why: the reasons of the VMs of sessions that went wrong, and when the job runs next.

Runs after a poll is committed, so that an alert never depends on it: what comes within two seconds
rides in the alert, what comes later follows as an edit (DESIGN §2, Notices).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.core.polls import HISTORY
from bot.core.ports import Clock, SessionSource
from bot.core.sessions import Session
from bot.core.stores import PollingStore
from bot.errors import EnterpriseManagerError, NotAllowed
from bot.services.telling import Audience, Telling

MOST_SESSIONS = 2_000
MOST_NEXT_RUNS = 20
NOT_ALLOWED_FOR = timedelta(hours=1)
"""How long a refusal to read jobs is believed; most accounts are Portal Users (reference §13)."""

log = structlog.get_logger()


class Reasoning:
    """Completes what is known of told incidents."""

    def __init__(
        self,
        source: SessionSource,
        store: PollingStore,
        audience: Audience,
        clock: Clock,
        on_recorded: Callable[[], None],
    ) -> None:
        self._source = source
        self._store = store
        self._audience = audience
        self._clock = clock
        self._on_recorded = on_recorded
        self._jobs_refused_until: datetime | None = None

    async def explain(self) -> None:
        """Fetch what is missing of the newest bad sessions, and show it."""
        state = await self._store.load_state()
        if state.server_time_at is None:
            return
        since = state.server_time_at - HISTORY
        sessions = await self._store.load_wanting_reasons(since, MOST_SESSIONS)
        if not sessions:
            return
        try:
            tasks = await self._source.fetch_bad_task_sessions(sessions)
        except EnterpriseManagerError as error:
            log.warning("reasons_unknown", error=str(error), sessions=len(sessions))
            return
        next_runs = await self._fetch_next_runs(sessions)
        async with self._store.transaction() as ledger:
            incident_ids = await ledger.save_reasons(sessions, tasks, self._clock())
            await ledger.save_next_runs(next_runs)
            telling = Telling(ledger, self._audience, self._clock())
            await telling.refresh(incident_ids, at_once=True)
        self._on_recorded()

    async def _fetch_next_runs(self, sessions: Sequence[Session]) -> dict[str, datetime]:
        now = self._clock()
        if self._jobs_refused_until and now < self._jobs_refused_until:
            return {}
        job_uids = sorted({session.job_uid for session in sessions})
        if len(job_uids) > MOST_NEXT_RUNS:
            return {}
        try:
            return await self._source.fetch_next_runs(job_uids)
        except NotAllowed:
            self._jobs_refused_until = now + NOT_ALLOWED_FOR
        except EnterpriseManagerError as error:
            log.warning("next_runs_unknown", error=str(error))
        return {}
