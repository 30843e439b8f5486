"""Polling: ask EM what finished, record it, and notice when EM cannot be read.

The rules are those of DESIGN §2, Polling. One poll at a time: the schedule does not stack them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.core.notices import OUTAGE_ENDED, Kind
from bot.core.polls import (
    BLIND_AFTER,
    HISTORY,
    OVERLAP,
    SWEEPS,
    EmState,
    Sweep,
    advance_watermark,
)
from bot.core.ports import Clock, Heartbeat, SessionPage, SessionSource
from bot.core.sessions import EPOCH, Session
from bot.core.stores import Outage
from bot.core.transactions import PollingStore, PollingTransaction
from bot.errors import (
    EnterpriseManagerError,
    LogonRefused,
    NotAllowed,
    NotFound,
    UnexpectedReply,
)
from bot.services.recording import Recording, Seen
from bot.services.routing import Audience
from bot.services.telling import Telling

MOST_AT_ONCE = 5_000
"""So many sessions are committed at once; a poll that brings more commits several times."""

REFUSED_PAUSE = 15
"""After a refused account was told, only every 15th poll asks: others lock accounts for less."""

GAP_COUNTS = timedelta(minutes=5)
"""So long without a good poll is a blind gap of the summary, even if only the bot was down."""

PAGES_PER_SECOND = 4
"""How fast sweeps read: EM must not notice them (DESIGN §2, Polling)."""

log = structlog.get_logger()


class Polling:
    """Polls one EM. `on_recorded` is called after each commit, so that delivering can begin."""

    def __init__(
        self,
        source: SessionSource,
        store: PollingStore,
        audience: Audience,
        clock: Clock,
        heartbeat: Heartbeat,
        on_recorded: Callable[[], None],
    ) -> None:
        self._source = source
        self._store = store
        self._audience = audience
        self._clock = clock
        self._heartbeat = heartbeat
        self._on_recorded = on_recorded
        self._refusals = 0
        self._failing_sweeps: set[str] = set()

    async def poll(self) -> bool:
        """Run one cycle; tells whether EM could be read. EM's failures are recorded, not raised."""
        if self._refusals > BLIND_AFTER + 1 and self._refusals % REFUSED_PAUSE:
            self._refusals += 1
            return False
        try:
            await self._run_cycle()
        except EnterpriseManagerError as error:
            self._refusals += isinstance(error, LogonRefused)
            await self._record_failure(error)
            return False
        self._refusals = 0
        await self._heartbeat.send()
        return True

    async def _run_cycle(self) -> None:
        asked_at = self._clock()
        running, server_time = await self._fetch_running()
        state = await self._store.load_state()
        if state.baseline_at is None:
            state = await self._import_history(state, server_time)
        watermark = min(state.watermark_at or server_time, server_time)  # EM's clock may go back
        vanished_candidates = set(await self._store.load_running()) - {s.uid for s in running}
        batch = list(running)
        async for page in self._source.iter_ended(watermark, watermark - OVERLAP):
            batch += page.sessions
            server_time = page.server_time or server_time
            if len(batch) >= MOST_AT_ONCE:
                await self._record(batch, server_time, asked_at)
                vanished_candidates -= {session.uid for session in batch}
                watermark = max([watermark, *_ends(batch)])
                batch = []
        vanished_candidates -= {session.uid for session in batch}
        batch += await self._fetch_lost(sorted(vanished_candidates))
        await self._record(batch, server_time, asked_at, watermark)

    async def _fetch_running(self) -> tuple[list[Session], datetime]:
        running: list[Session] = []
        server_time: datetime | None = None
        async for page in self._source.iter_running():
            running += page.sessions
            server_time = page.server_time or server_time
        return running, server_time or self._clock()

    async def _fetch_lost(self, uids: Sequence[str]) -> list[Session]:
        """Ask for sessions that ran and are in neither list; EM may have dropped them."""
        found, vanished = [], []
        for uid in uids:
            try:
                found.append(await self._source.fetch_session(uid))
            except NotFound:
                vanished.append(uid)
            except (NotAllowed, UnexpectedReply) as error:  # one session must not stop the others
                log.warning("session_unreadable", session_uid=uid, error=str(error))
        if vanished:
            log.info("sessions_vanished", count=len(vanished))
            await self._store.mark_vanished(vanished)
        return found

    async def _record(
        self,
        batch: Sequence[Session],
        server_time: datetime,
        asked_at: datetime,
        watermark: datetime | None = None,
    ) -> None:
        """Commit what EM answered to a question of `asked_at`.

        With `watermark`, the poll is complete and W may move.
        """
        now = self._clock()
        async with self._store.transaction() as ledger:
            state = await ledger.load_state()
            recording = Recording(ledger, self._audience, now)
            touched = await recording.keep(Seen(batch, now, server_time, asked_at))
            await recording.judge(touched, state.baseline_at or EPOCH)
            if watermark is not None:
                state = await self._conclude_outage(ledger, state, now)
                await ledger.save_state(
                    replace(
                        state,
                        watermark_at=advance_watermark(watermark, _ends(batch), server_time),
                        server_time_at=server_time,
                        polled_at=now,
                    )
                )
        self._on_recorded()

    async def _import_history(self, state: EmState, server_time: datetime) -> EmState:
        """Store the last 30 days as history; a kill midway resumes it.

        EM's clock when the import began is the baseline: what ended before is never alerted.
        """
        begun_at = state.import_started_at or server_time
        state = replace(state, import_started_at=begun_at)
        async with self._store.transaction() as ledger:  # a kill from here on does not move it
            await ledger.save_state(state)
        log.info("history_import_started", resumed=state.import_cursor_at is not None)
        since = state.import_cursor_at or begun_at - HISTORY
        async for page in self._source.iter_window(since, only_bad=False):
            state = await self._keep_history(page, state, begun_at)
        now = self._clock()
        state = replace(state, baseline_at=begun_at, watermark_at=begun_at)
        state = replace(state, swept_at={sweep.name: now for sweep in SWEEPS})
        async with self._store.transaction() as ledger:
            recording = Recording(ledger, self._audience, now)
            await recording.judge(await ledger.load_jobs_of_import(begun_at), begun_at)
            await ledger.save_state(state)
            telling = Telling(ledger, self._audience, now)
            await telling.announce(Kind.START, self._source.name)
        log.info("history_import_finished", baseline_at=begun_at.isoformat())
        self._on_recorded()
        return state

    async def _keep_history(self, page: SessionPage, state: EmState, begun_at: datetime) -> EmState:
        ends = _ends(page.sessions)
        if ends:
            state = replace(state, import_cursor_at=min(max(ends), begun_at))
        now, server_time = self._clock(), page.server_time or begun_at
        async with self._store.transaction() as ledger:
            recording = Recording(ledger, self._audience, now)
            await recording.keep(
                Seen(page.sessions, now, server_time, asked_at=now, baseline_at=begun_at)
            )
            await ledger.save_state(state)
        return state

    async def sweep(self) -> None:
        """Look further back where it is time to, a few pages a second; EM may report late."""
        state = await self._store.load_state()
        if state.baseline_at is None or state.server_time_at is None or state.failed_polls:
            return
        for each in SWEEPS:
            if state.is_sweep_due(each, self._clock()):
                await self._run_sweep(each, state.server_time_at)

    async def _run_sweep(self, sweep: Sweep, server_time: datetime) -> None:
        try:
            pages = self._source.iter_window(server_time - sweep.span, only_bad=sweep.only_bad)
            async for page, asked_at in self._slowly(pages):
                late = await self._leave_to_polls(page.sessions)
                await self._record(late, page.server_time or server_time, asked_at)
            if sweep.only_bad:
                await self._refresh_failing_jobs(server_time)
        except EnterpriseManagerError as error:
            self._note_sweep(sweep, error)
            return
        self._note_sweep(sweep, None)
        async with self._store.transaction() as ledger:
            state = await ledger.load_state()
            swept_at = {**(state.swept_at or {}), sweep.name: self._clock()}
            await ledger.save_state(replace(state, swept_at=swept_at))

    async def _leave_to_polls(self, sessions: Sequence[Session]) -> list[Session]:
        """Keep what polls have passed by already.

        They bring what ended later with the Success between two failures; a look at failures alone
        would make one incident of the two.
        """
        watermark = (await self._store.load_state()).watermark_at
        return [
            each
            for each in sessions
            if each.ended_at is None or watermark is None or each.ended_at <= watermark
        ]

    def _note_sweep(self, sweep: Sweep, error: EnterpriseManagerError | None) -> None:
        """Log a sweep that fails once, however often it is tried, and once when it is complete."""
        if error and sweep.name not in self._failing_sweeps:
            self._failing_sweeps.add(sweep.name)
            log.warning("sweep_failed", sweep=sweep.name, error=str(error))
        elif not error and sweep.name in self._failing_sweeps:
            self._failing_sweeps.remove(sweep.name)
            log.info("sweep_complete_again", sweep=sweep.name)

    async def _slowly(
        self, pages: AsyncIterator[SessionPage]
    ) -> AsyncIterator[tuple[SessionPage, datetime]]:
        """Take a few pages a second, each with when it was asked for: at the latest one ahead."""
        asked_at = next_asked_at = self._clock()
        async for page in pages:
            yield page, asked_at
            asked_at, next_asked_at = next_asked_at, self._clock()
            if not page.is_last:
                await asyncio.sleep(1 / PAGES_PER_SECOND)

    async def _refresh_failing_jobs(self, server_time: datetime) -> None:
        """Read the newest session of each job with an open incident: its Success may be late."""
        await self._refresh_jobs(await self._store.load_jobs_of_open_incidents(), server_time)

    async def look_again(self, job_uids: Sequence[str]) -> None:
        """Read the newest session of each of these jobs, before anything is said of its absence.

        Raises `EnterpriseManagerError`.
        """
        state = await self._store.load_state()
        await self._refresh_jobs(job_uids, state.server_time_at or self._clock())

    async def _refresh_jobs(self, job_uids: Sequence[str], server_time: datetime) -> None:
        for job_uid in job_uids:
            asked_at = self._clock()
            newest = await self._source.fetch_newest_session(job_uid)
            late = await self._leave_to_polls([newest] if newest else [])
            if late:
                await self._record(late, server_time, asked_at)
            await asyncio.sleep(1 / PAGES_PER_SECOND)

    async def _record_failure(self, error: EnterpriseManagerError) -> None:
        """Count a failed poll; over three in a row make an outage, told once."""
        now = self._clock()
        async with self._store.transaction() as ledger:
            state = await ledger.load_state()
            first = state.failed_polls == 0
            state = replace(
                state,
                failed_polls=state.failed_polls + 1,
                failing_since_at=state.failing_since_at or now,
                problem=str(error),
            )
            if state.failed_polls == BLIND_AFTER + 1 and not await ledger.load_open_outage():
                started_at = state.failing_since_at or now
                outage = await ledger.save_outage(Outage(0, started_at, str(error)))
                telling = Telling(ledger, self._audience, now)
                await telling.announce(Kind.OUTAGE, str(outage.id))
            await ledger.save_state(state)
        if first:
            log.warning("em_cannot_be_read", error=str(error))
        self._on_recorded()

    async def _conclude_outage(
        self, ledger: PollingTransaction, state: EmState, now: datetime
    ) -> EmState:
        outage = await ledger.load_open_outage()
        if outage:
            await ledger.save_outage(replace(outage, ended_at=now))
            telling = Telling(ledger, self._audience, now)
            await telling.conclude(Kind.OUTAGE, str(outage.id), f"{OUTAGE_ENDED}{outage.id}")
        elif state.polled_at and now - state.polled_at >= GAP_COUNTS:
            await ledger.save_outage(Outage(0, state.polled_at, "no poll was made", now))
        if state.failed_polls:
            log.info("em_can_be_read_again", failed_polls=state.failed_polls)
        return replace(state, failed_polls=0, failing_since_at=None, problem="")


def _ends(sessions: Sequence[Session]) -> list[datetime]:
    """List when sessions ended that are over; what still runs moves no watermark."""
    return [each.ended_at for each in sessions if each.is_stopped and each.ended_at]
