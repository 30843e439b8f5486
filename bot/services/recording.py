"""The transaction in the middle: what was seen, what it means and what must be said, as one.

Everything that EM reports passes here, whichever query found it (DESIGN §2).
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.core.incidents import (
    OPENING,
    Decision,
    Incident,
    Observed,
    Policy,
    diff,
    fold,
)
from bot.core.sessions import (
    RESULTLESS_AFTER,
    Session,
    Verdict,
    decide_verdict,
)
from bot.core.stores import PollingTransaction, StoredSession
from bot.services.telling import Audience, Telling

DATE_RESOLUTION = timedelta(seconds=1)
"""EM's clock is read from a Date header, which leaves out the fraction of the second."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Seen:
    """Sessions as EM reported them, and the moment in both clocks.

    `asked_at` is the bot's clock when EM was asked: what was recorded since then is newer.
    With `baseline_at` they are history: they count as reported when they ended, and what ends
    after EM's own clock, by a backup server's fast one, as reported before the baseline.
    """

    sessions: Sequence[Session]
    now: datetime
    server_time: datetime
    asked_at: datetime
    baseline_at: datetime | None = None

    def reported_at(self, session: Session) -> datetime:
        """Tell EM's clock when it first reported this session, in this state."""
        if self.baseline_at is None:
            return self.server_time
        ended_at = session.order[0]
        is_ahead = ended_at > self.server_time + DATE_RESOLUTION
        return self.baseline_at - DATE_RESOLUTION if is_ahead else ended_at


class Recording:
    """Records what EM reports within one transaction."""

    def __init__(self, ledger: PollingTransaction, audience: Audience, now: datetime) -> None:
        self._ledger = ledger
        self._telling = Telling(ledger, audience, now)
        self._now = now

    async def keep(self, seen: Seen) -> dict[str, datetime]:
        """Store what is new or changed; returns the jobs whose incidents may have changed.

        Each comes with the earliest end that moved. Sessions of equal version are only confirmed.
        """
        unique = {session.uid: session for session in seen.sessions}
        known = await self._ledger.load_sessions(list(unique))
        resultless = await self._ledger.load_resultless(self._now - RESULTLESS_AFTER)
        stored = [
            _judge(session, known.get(session.uid), seen)
            for session in unique.values()
            if _is_news(session, known.get(session.uid), seen.asked_at)
        ]
        overdue = [
            replace(each, verdict=Verdict.WARNING)
            for each in resultless
            if each.session.uid not in unique or unique[each.session.uid] == each.session
        ]
        await self._ledger.save_sessions(stored + overdue)
        fresh = {each.session.uid for each in stored}
        await self._ledger.confirm_sessions([u for u in unique if u not in fresh], self._now)
        return await self._find_touched(stored + overdue, known)

    async def _find_touched(
        self, stored: Sequence[StoredSession], known: Mapping[str, StoredSession]
    ) -> dict[str, datetime]:
        starts: dict[str, datetime] = {}
        must_fold: set[str] = set()
        for each in stored:
            earlier = known.get(each.session.uid)
            if not (each.verdict or (earlier and earlier.verdict)):
                continue
            ends = [each.session.order[0]] + ([earlier.session.order[0]] if earlier else [])
            job_uid = each.session.job_uid
            starts[job_uid] = min([*ends, starts.get(job_uid, ends[0])])
            was_bad = earlier is not None and earlier.verdict.is_bad
            if each.verdict.is_bad or was_bad:
                must_fold.add(job_uid)
        maybe = {job_uid: at for job_uid, at in starts.items() if job_uid not in must_fold}
        must_fold |= await self._ledger.load_jobs_to_fold(maybe)
        return {job_uid: at for job_uid, at in starts.items() if job_uid in must_fold}

    async def judge(self, starts: Mapping[str, datetime], policy: Policy) -> None:
        """Fold these jobs, keep their incidents and promise what must be said of them."""
        observed = await self._ledger.load_observed(starts)
        ids = {each.incident_id for each in observed if each.incident_id}
        known = await self._ledger.load_incidents(ids)
        outcomes = await asyncio.to_thread(_fold_all, observed, known, policy)
        changed = await self._ledger.save_incidents([now for now, _ in outcomes])
        decisions = [
            replace(each, incident=incident)
            for incident, (_, decided) in zip(changed, outcomes, strict=True)
            for each in decided
        ]
        for each in decisions:
            log.info(
                "incident_decided",
                job_uid=each.incident.job_uid,
                reason=each.reason.value,
                session_uid=each.session_uid,
                incident_id=each.incident.id,
            )
        await self._telling.tell(changed, decisions)


def _is_news(session: Session, known: StoredSession | None, asked_at: datetime) -> bool:
    """Whether this is new; an answer to an older question than what is known is not.

    A sweep runs beside the polls, and its page may come when a poll has already seen more.
    """
    return known is None or (session != known.session and known.changed_at <= asked_at)


def _judge(session: Session, known: StoredSession | None, seen: Seen) -> StoredSession:
    is_same_version = known is not None and known.session.version == session.version
    changed_at = known.changed_at if known and is_same_version else seen.now
    was_over = known is not None and known.session.is_stopped
    return StoredSession(
        session=session,
        verdict=decide_verdict(session, seen.now - changed_at),
        changed_at=changed_at,
        reported_at=known.reported_at if known and was_over else seen.reported_at(session),
        confirmed_at=seen.now,
        incident_id=known.incident_id if known else None,
    )


def _fold_all(
    observed: Iterable[Observed], known: Mapping[int, Incident], policy: Policy
) -> list[tuple[Incident, tuple[Decision, ...]]]:
    """Fold and compare job by job; runs in a thread, because a storm takes long to fold."""
    by_job: dict[str, list[Observed]] = defaultdict(list)
    for each in observed:
        by_job[each.session.job_uid].append(each)
    outcomes = []
    for of_job in by_job.values():
        by_uid = {each.session.uid: each for each in of_job}
        for now in fold(of_job, known):
            before = known.get(now.id)
            decisions = diff(before, now, by_uid, policy)
            if any(each.reason in OPENING for each in decisions):
                now = replace(now, is_said=True)
            if now != before:
                outcomes.append((now, decisions))
    return outcomes
