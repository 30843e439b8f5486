"""Watching: one person is told by direct message when one session ends, once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

import structlog

from bot.core.answers import Candidates, SessionAnswer, Unknown
from bot.core.ledgers import HandlingStore
from bot.core.notices import Kind, promise
from bot.core.ports import Clock
from bot.core.sessions import Session, Verdict, guid_of
from bot.core.stores import StoredSession
from bot.core.targets import KnownJob, find_jobs
from bot.core.transactions import PollingStore, PollingTransaction
from bot.core.watches import Watch
from bot.services.opening import REASONS_WAIT

GIVEN_UP_AFTER = timedelta(days=30)
"""A session that has not ended by then is not heard of any more: EM forgets sessions after that."""

log = structlog.get_logger()


class Finding(Protocol):
    """Finds the session that a person means, live: `bot.services.asking.Asking`."""

    async def find(self, text: str) -> SessionAnswer | Candidates | Unknown:
        """Find a session by any form of DESIGN §6."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A watch that is open. `session` runs now; None where the job's next one is waited for."""

    watch: Watch
    job_name: str
    session: Session | None = None
    was_watched: bool = False


@dataclass(frozen=True, slots=True)
class EndedAlready:
    """There is nothing to wait for: the session is over."""

    answer: SessionAnswer


@dataclass(frozen=True, slots=True)
class WhichOne:
    """Several sessions, or jobs by their newest session, are meant."""

    candidates: Candidates
    is_job: bool


class Watching:
    """Keeps who waits for which session."""

    def __init__(
        self,
        polls: PollingStore,
        store: HandlingStore,
        finding: Finding,
        clock: Clock,
        on_recorded: Callable[[], None],
    ) -> None:
        self._polls = polls
        self._store = store
        self._finding = finding
        self._clock = clock
        self._on_recorded = on_recorded

    async def watch(
        self, text: str, user_id: str, *, is_job: bool = False
    ) -> Watched | EndedAlready | WhichOne | Unknown:
        """Tell this person when what they named ends; `is_job` where a session stands for its job.

        May raise `bot.errors.EnterpriseManagerError`: whether a session runs is asked live.
        """
        means_job = is_job or bool(find_jobs(text, await self._store.load_jobs()))
        found = await self._finding.find(text)
        if isinstance(found, Unknown):
            return found
        if isinstance(found, Candidates):
            return WhichOne(found, means_job)
        session = found.session
        if session.is_stopped and not means_job:
            return EndedAlready(found)
        is_next = session.is_stopped
        wanted = Watch(
            id=0,
            user_id=user_id,
            job_uid=session.job_uid,
            session_uid="" if is_next else session.uid,
            watched_at=self._clock(),
            after_at=session.created_at,
        )
        return await self._save(wanted, found)

    async def _save(self, wanted: Watch, found: SessionAnswer) -> Watched | EndedAlready:
        """Keep a watch once, unless a poll has seen the session's end meanwhile."""
        session = found.session
        async with self._polls.transaction() as ledger:
            stored = (await ledger.load_sessions([session.uid])).get(session.uid)
            if wanted.session_uid and stored and stored.verdict is not Verdict.UNFINISHED:
                return EndedAlready(replace(found, session=stored.session))
            known = await ledger.load_watches_of(wanted.user_id)
            same = next((each for each in known if _is_same(each, wanted)), None)
            watch = same or await ledger.save_watch(wanted)
        running = session if watch.session_uid else None
        return Watched(watch, session.job_name, running, was_watched=same is not None)

    async def unwatch(self, text: str, user_id: str) -> list[Watched]:
        """Give up this person's watches on what they named, or all; returns those."""
        mine = await self.list_watches(user_id)
        jobs = await self._store.load_jobs()
        is_all = text.casefold() in ("", "all")
        ended = [each for each in mine if is_all or _is_called(each.watch, text, jobs)]
        for each in ended:
            await self.unwatch_id(each.watch.id, user_id)
        return ended

    async def unwatch_id(self, watch_id: int, user_id: str) -> bool:
        """Give up one watch of this person."""
        async with self._polls.transaction() as ledger:
            for each in await ledger.load_watches_of(user_id):
                if each.id == watch_id:
                    await ledger.save_watch(replace(each, ended_at=self._clock()))
                    return True
        return False

    async def list_watches(self, user_id: str) -> list[Watched]:
        """List what this person waits for."""
        names = {job.uid: job.full_name for job in await self._store.load_jobs()}
        watches = await self._store.load_watches_of(user_id)
        return [Watched(each, names.get(each.job_uid, "a job that is gone")) for each in watches]

    async def end_overdue(self) -> int:
        """Tell those who wait in vain: the session vanished from EM, or 30 days have passed."""
        now = self._clock()
        if not await self._store.has_overdue_watches(now - GIVEN_UP_AFTER):
            return 0
        async with self._polls.transaction() as ledger:
            overdue = await ledger.load_overdue_watches(now - GIVEN_UP_AFTER)
            for each in overdue:
                await _end(ledger, each, each.session_uid, now)
        self._on_recorded()
        return len(overdue)


async def promise_ended_watches(
    ledger: PollingTransaction, stored: Iterable[StoredSession], now: datetime
) -> None:
    """Promise everybody who waits for one of these sessions that they will be told it is over."""
    over = [each for each in stored if each.verdict is not Verdict.UNFINISHED]
    if not over:
        return
    watches = await ledger.load_watches(
        {each.session.uid for each in over}, {each.session.job_uid for each in over}
    )
    oldest_first = sorted(over, key=lambda each: each.session.order)
    for watch in watches:
        first = next((each for each in oldest_first if watch.waits_for(each.session)), None)
        if first:
            wait = REASONS_WAIT if first.verdict.is_bad else timedelta(0)
            await _end(ledger, watch, first.session.uid, now, wait)


async def _end(
    ledger: PollingTransaction,
    watch: Watch,
    session_uid: str,
    now: datetime,
    wait: timedelta = timedelta(0),
) -> None:
    await ledger.save_watch(replace(watch, ended_at=now, ended_session_uid=session_uid))
    notice = promise(str(uuid4()), Kind.WATCH, str(watch.id), watch.user_id, now)
    await ledger.save_notices([replace(notice, due_at=now + wait)])
    log.info("watch_ended", session_uid=session_uid, user_id=watch.user_id)


def _is_same(known: Watch, wanted: Watch) -> bool:
    return (known.job_uid, known.session_uid) == (wanted.job_uid, wanted.session_uid)


def _is_called(watch: Watch, text: str, jobs: Sequence[KnownJob]) -> bool:
    """Whether a person means this watch: by its job's name, or by the start of its session's id."""
    if any(job.uid == watch.job_uid for job in find_jobs(text, jobs)):
        return True
    return bool(watch.session_uid) and guid_of(watch.session_uid).startswith(guid_of(text))
