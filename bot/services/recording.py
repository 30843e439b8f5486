"""The transaction in the middle: what was seen, what it means and what must be said, as one.

Everything that EM reports passes here, whichever query found it (DESIGN §2).
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.core.audiences import wanted_verdicts
from bot.core.decisions import OPENING, OVER, PINGING, SILENT, Decision, Policy, Reason, diff
from bot.core.incidents import Incident, Observed, Status, fold
from bot.core.mutes import Mute, find_mute
from bot.core.sessions import (
    RESULTLESS_AFTER,
    Session,
    Verdict,
    believe_times,
    decide_verdict,
)
from bot.core.stores import StoredSession
from bot.core.transactions import PollingTransaction
from bot.services.routing import Audience, load_subscriptions
from bot.services.telling import Telling
from bot.services.watching import promise_ended_watches

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


@dataclass(frozen=True, slots=True)
class _Circumstances:
    """What decides, beside the sessions, whether something is said: who listens, what is muted."""

    policy: Policy
    muted: Mapping[str, Mute]
    now: datetime
    remind_after: timedelta | None


class Recording:
    """Records what EM reports within one transaction: first `keep`, then `judge`."""

    def __init__(self, ledger: PollingTransaction, audience: Audience, now: datetime) -> None:
        self._ledger = ledger
        self._audience = audience
        self._telling = Telling(ledger, audience, now)
        self._now = now
        self._server_time = now
        self._succeeded: dict[str, Session] = {}
        self._retrying: set[str] = set()
        self._worsened: set[str] = set()

    async def keep(self, seen: Seen) -> dict[str, datetime]:
        """Store what is new or changed; returns the jobs whose incidents may have changed.

        Each comes with the earliest end that moved. Sessions of equal version are only confirmed.
        """
        self._server_time = seen.server_time
        unique = {session.uid: session for session in seen.sessions}
        known = await self._ledger.load_sessions(list(unique))
        unique = {uid: _believe(each, known.get(uid), seen) for uid, each in unique.items()}
        resultless = await self._ledger.load_resultless(self._now - RESULTLESS_AFTER)
        stored = [
            _judge(session, known.get(session.uid), seen)
            for session in unique.values()
            if _is_news(session, known.get(session.uid), seen)
        ]
        overdue = [
            replace(each, verdict=Verdict.WARNING)
            for each in resultless
            if each.session.uid not in unique or unique[each.session.uid] == each.session
        ]
        await self._ledger.save_sessions(stored + overdue)
        await promise_ended_watches(self._ledger, stored + overdue, self._now)
        self._note(stored)
        self._worsened |= {each.session.uid for each in stored if _is_worse(each, known)}
        fresh = {each.session.uid for each in stored}
        await self._ledger.confirm_sessions([u for u in unique if u not in fresh], self._now)
        return await self._find_touched(stored + overdue, known)

    def _note(self, stored: Sequence[StoredSession]) -> None:
        """Note which jobs have succeeded, and which are being retried right now."""
        for each in stored:
            session = each.session
            if each.verdict is Verdict.SUCCESS:
                known = self._succeeded.get(session.job_uid)
                if known is None or known.order < session.order:
                    self._succeeded[session.job_uid] = session
            if session.is_retry and not session.is_stopped:
                self._retrying.add(session.job_uid)

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

    async def judge(self, starts: Mapping[str, datetime], baseline_at: datetime) -> None:
        """Fold these jobs, keep their incidents and promise what must be said of them."""
        mutes = await self._ledger.load_mutes()
        changed, decisions = await self._fold(starts, baseline_at, mutes)
        superseded = await self._supersede()
        changed += [each.incident for each in superseded]
        for each in decisions:
            log.info(
                "incident_decided",
                job_uid=each.incident.job_uid,
                reason=each.reason.value,
                session_uid=each.session_uid,
                incident_id=each.incident.id,
            )
        await self._telling.tell(changed, [*decisions, *superseded])
        await self._telling.refresh(await self._ledger.load_open_incidents_of(self._retrying))
        await self._end_mutes(mutes)

    async def _fold(
        self, starts: Mapping[str, datetime], baseline_at: datetime, mutes: Sequence[Mute]
    ) -> tuple[list[Incident], list[Decision]]:
        observed = await self._ledger.load_observed(starts)
        ids = {each.incident_id for each in observed if each.incident_id}
        known = await self._ledger.load_incidents(ids)
        subscriptions = await load_subscriptions(self._ledger, self._audience)
        circumstances = _Circumstances(
            Policy(baseline_at, wanted_verdicts(subscriptions), frozenset(self._worsened)),
            await self._find_muted(starts, mutes),
            self._now,
            self._audience.remind_after,
        )
        outcomes = await asyncio.to_thread(_fold_all, observed, known, circumstances)
        changed = await self._ledger.save_incidents([now for now, _ in outcomes])
        decisions = [
            replace(each, incident=incident)
            for incident, (_, decided) in zip(changed, outcomes, strict=True)
            for each in decided
        ]
        return changed, decisions

    async def _find_muted(
        self, job_uids: Iterable[str], mutes: Sequence[Mute]
    ) -> Mapping[str, Mute]:
        if not mutes:
            return {}
        names = await self._ledger.load_names(set(job_uids))
        found = {uid: find_mute(mutes, uid, names[uid].backup_server) for uid in names}
        return {uid: mute for uid, mute in found.items() if mute}

    async def _supersede(self) -> list[Decision]:
        """Close the incidents of jobs that were made anew and have succeeded (DESIGN §2)."""
        found = await self._ledger.load_superseded(list(self._succeeded))
        because = Reason.SUPERSEDED.value
        closed = [
            replace(incident, status=Status.CLOSED, closed_at=self._now, closed_because=because)
            for incident in found
        ]
        await self._ledger.save_incidents(closed)
        by = {before.id: self._succeeded[uid].uid for before, uid in found.items()}
        return [Decision(each, Reason.SUPERSEDED, by[each.id]) for each in closed]

    async def _end_mutes(self, mutes: Sequence[Mute]) -> None:
        """End the mutes that wait for a Success which has come."""
        for mute in mutes:
            session = self._succeeded.get(mute.subject)
            muted_for = self._now - mute.muted_at
            is_next = session and session.order[0] >= self._server_time - muted_for
            if mute.ends_with_success and is_next:
                ended = replace(mute, ended_at=self._now)
                await self._ledger.save_mute(ended)
                await self._telling.end_mute(ended)


def _believe(session: Session, known: StoredSession | None, seen: Seen) -> Session:
    """Mend times that cannot be; of history they are set before the baseline."""
    before = seen.baseline_at - DATE_RESOLUTION if seen.baseline_at else None
    return believe_times(session, known.session if known else None, seen.server_time, before)


def _is_news(session: Session, known: StoredSession | None, seen: Seen) -> bool:
    """Whether this is new; an answer older than what is known is not.

    A sweep runs beside the polls, and its page may come when a poll has already seen more. And an
    EM restored from a backup says that sessions still run whose results it had told before. What
    was recorded later than now, was so before the bot's own clock was set back.
    """
    if known is None:
        return True
    is_over = known.session.is_stopped and known.session.has_result
    if is_over and not session.is_stopped:
        return False
    is_older = seen.asked_at < known.changed_at <= seen.now
    return session != known.session and not is_older


def _is_worse(now: StoredSession, known: Mapping[str, StoredSession]) -> bool:
    """Whether a bad session is worse than it was known to be, under the same uid."""
    before = known.get(now.session.uid)
    return before is not None and before.verdict.is_bad and now.verdict > before.verdict


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
    observed: Iterable[Observed], known: Mapping[int, Incident], of: _Circumstances
) -> list[tuple[Incident, tuple[Decision, ...]]]:
    """Fold and compare job by job; runs in a thread, because a storm takes long to fold."""
    by_job: dict[str, list[Observed]] = defaultdict(list)
    for each in observed:
        by_job[each.session.job_uid].append(each)
    outcomes = []
    for job_uid, of_job in by_job.items():
        by_uid = {each.session.uid: each for each in of_job}
        for now in fold(of_job, known):
            before = known.get(now.id)
            decisions = _adapt(diff(before, now, by_uid, of.policy), of, of.muted.get(job_uid))
            now = _note_said(now, decisions, of.now)
            if now != before or decisions:
                outcomes.append((now, decisions))
    return outcomes


def _adapt(
    decisions: Sequence[Decision], of: _Circumstances, mute: Mute | None
) -> tuple[Decision, ...]:
    """Hold decisions back while their job is muted, and let a late repetition be a reminder."""
    if mute:
        return tuple(each if each.reason in SILENT else _mute(each, mute) for each in decisions)
    return tuple(
        replace(each, reason=Reason.REMINDER, is_calling=each.incident.reminders > 0)
        if each.reason is Reason.STILL_FAILING and _wants_reminder(each.incident, of)
        else each
        for each in decisions
    )


def _mute(decision: Decision, mute: Mute) -> Decision:
    """Hold a decision back; what a retry has healed is nothing to tell at the mute's end."""
    muted = replace(decision, reason=Reason.MUTED, is_calling=False)
    if decision.reason is Reason.HEALED:
        return replace(muted, is_healing=True)
    return replace(muted, mute_id=mute.id)


def _wants_reminder(incident: Incident, of: _Circumstances) -> bool:
    if of.remind_after is None or incident.acknowledged_at or incident.pinged_at is None:
        return False
    if incident.status is not Status.OPEN:
        return False
    return of.now - incident.pinged_at >= of.remind_after


def _note_said(incident: Incident, decisions: Sequence[Decision], at: datetime) -> Incident:
    """Note on the incident what its decisions do: who hears of it, and how loudly."""
    reasons = {each.reason for each in decisions}
    opens = bool(reasons & OPENING)
    pings = opens or bool(reasons & (PINGING - OVER))
    return replace(
        incident,
        is_said=incident.is_said or opens,
        is_mentioned=incident.is_mentioned
        or any(each.is_calling and each.reason is not Reason.REMINDER for each in decisions),
        pinged_at=at if pings else incident.pinged_at,
        reminders=incident.reminders + (Reason.REMINDER in reasons),
    )
