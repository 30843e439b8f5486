"""Asking EM why: the reasons of the VMs of sessions that went wrong, and their jobs' own options.

Runs after a poll is committed, so that an alert never depends on it: what comes within two seconds
rides in the alert, what comes later follows as an edit (DESIGN §2, Notices).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.core.jobs import OPTIONS_READ_EVERY, JobOptions
from bot.core.polls import HISTORY
from bot.core.ports import Clock, JobSource, SessionSource
from bot.core.sessions import Session
from bot.core.transactions import PollingStore
from bot.errors import EnterpriseManagerError, LogonRefused, NotAllowed
from bot.services.telling import Audience, Telling

MOST_SESSIONS = 2_000
MOST_JOBS = 20

ASK_AGAIN = tuple(timedelta(seconds=seconds) for seconds in (2, 15, 60, 300, 900))
"""When to ask again for reasons that EM did not give: it is a cache, and may learn them later."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Unexplained:
    """A session of which EM has given no reason yet, and when to ask again."""

    session: Session
    due_at: datetime
    pauses: tuple[timedelta, ...]


class Reasoning:
    """Completes what is known of told incidents."""

    def __init__(
        self,
        source: SessionSource,
        jobs: JobSource,
        store: PollingStore,
        audience: Audience,
        clock: Clock,
        on_recorded: Callable[[], None],
    ) -> None:
        self._source = source
        self._jobs = jobs
        self._store = store
        self._audience = audience
        self._clock = clock
        self._on_recorded = on_recorded
        self._waiting: list[_Unexplained] = []
        self._jobs_refused_until: datetime | None = None

    async def explain(self) -> None:
        """Fetch what is missing of the newest bad sessions, and show it."""
        state = await self._store.load_state()
        if state.server_time_at is None:
            return
        since = state.server_time_at - HISTORY
        now = self._clock()
        unasked = await self._store.load_wanting_reasons(since, MOST_SESSIONS)
        sessions = [*unasked, *(each.session for each in self._waiting if each.due_at <= now)]
        if not sessions:
            return
        try:
            tasks = await self._source.fetch_bad_task_sessions(sessions)
        except EnterpriseManagerError as error:
            log.warning("reasons_unknown", error=str(error), sessions=len(sessions))
            return
        options = await self._fetch_job_options(sessions)
        explained = {task.session_uid for task in tasks if task.verdict.is_bad}
        answered = [*unasked, *(s for s in sessions[len(unasked) :] if s.uid in explained)]
        self._waiting = [*self._still_waiting(explained, now), *_begin(unasked, explained, now)]
        async with self._store.transaction() as ledger:
            incident_ids = await ledger.save_reasons(answered, tasks, now)
            await ledger.save_job_options(options, now)
            await Telling(ledger, self._audience, now).refresh(incident_ids, at_once=True)
        self._on_recorded()

    def _still_waiting(self, explained: Collection[str], now: datetime) -> Iterator[_Unexplained]:
        for each in self._waiting:
            if each.due_at > now:
                yield each
            elif each.session.uid not in explained and each.pauses:
                yield _Unexplained(each.session, now + each.pauses[0], each.pauses[1:])

    async def _fetch_job_options(self, sessions: Sequence[Session]) -> Sequence[JobOptions]:
        """Read them anew, because a job that has just ended runs next at another time than before.

        A refusal is believed for as long as `Learning` believes it.
        """
        now = self._clock()
        if self._jobs_refused_until and now < self._jobs_refused_until:
            return ()
        job_uids = sorted({session.job_uid for session in sessions})
        if len(job_uids) > MOST_JOBS:
            return ()
        try:
            return await self._jobs.fetch_job_options(job_uids)
        except (NotAllowed, LogonRefused):
            self._jobs_refused_until = now + OPTIONS_READ_EVERY
        except EnterpriseManagerError as error:
            log.warning("job_options_unknown", error=str(error))
        return ()


def _begin(
    unasked: Sequence[Session], explained: Collection[str], now: datetime
) -> list[_Unexplained]:
    return [
        _Unexplained(session, now + ASK_AGAIN[0], ASK_AGAIN[1:])
        for session in unasked
        if session.uid not in explained
    ]
