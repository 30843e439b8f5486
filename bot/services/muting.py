"""Muting: hides a job, a backup server or everything for a time, and says when that is over."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.core.audits import Audit, Audited, AuditLedger
from bot.core.ledgers import HandlingStore
from bot.core.mutes import Mute, Scope
from bot.core.ports import Clock
from bot.core.spans import End, Unclear, is_understood, parse_end
from bot.core.targets import NoTarget, Target, describe, find_target, split_end
from bot.core.transactions import PollingStore, PollingTransaction
from bot.services.auditing import record
from bot.services.telling import Audience, Telling

DEFAULT_SPAN = timedelta(hours=4)
"""How long a mute lasts that was asked for without an end; none is without one."""

MOST_REFRESHED = 20
"""Messages that show a mute at once. Of more, each shows it with its next change: Slack takes one
edit a second, and alerts must not wait for hundreds."""

ONLY_JOBS_SUCCEED = (
    "Only a job has a next success. Say for a backup server or everything how long, for example 4h."
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Muted:
    """A mute that is in force now. `was_muted` if it was before, with another end."""

    mute: Mute
    name: str
    was_muted: bool = False
    is_by_default: bool = False


@dataclass(frozen=True, slots=True)
class Unmuted:
    """A mute that was ended; None where there was none."""

    mute: Mute | None
    name: str


class Muting:
    """Begins and ends mutes; every change is one transaction with what it makes people hear."""

    def __init__(
        self,
        polls: PollingStore,
        store: HandlingStore,
        audience: Audience,
        clock: Clock,
        zone: ZoneInfo,
        on_recorded: Callable[[], None],
    ) -> None:
        self._polls = polls
        self._store = store
        self._audience = audience
        self._clock = clock
        self._zone = zone
        self._on_recorded = on_recorded

    async def mute(self, text: str, user_id: str) -> Muted | NoTarget | Unclear:
        """Mute what a person named, until when they said: `SQL Replica for 4h`."""
        now, jobs = self._clock(), await self._store.load_jobs()
        said, end_text = split_end(text, jobs, lambda rest: is_understood(rest, now, self._zone))
        target = find_target(said, jobs)
        if isinstance(target, NoTarget):
            return target
        if not end_text:
            done = await self._mute(target, End(now + DEFAULT_SPAN), user_id)
            return replace(done, is_by_default=True)
        return await self._mute_until(target, end_text, user_id)

    async def mute_subject(
        self, scope: Scope, subject: str, end_text: str, user_id: str
    ) -> Muted | Unclear:
        """Mute a subject as `bot.core.mutes.Mute` names it, such as a button does."""
        mute = Mute(0, scope, subject, user_id, self._clock(), self._clock())
        target = Target(scope, subject, describe(mute, await self._store.load_jobs()))
        return await self._mute_until(target, end_text, user_id)

    async def _mute_until(self, target: Target, end_text: str, user_id: str) -> Muted | Unclear:
        end = parse_end(end_text, self._clock(), self._zone)
        if isinstance(end, Unclear):
            return end
        if end.with_success and target.scope is not Scope.JOB:
            return Unclear(ONLY_JOBS_SUCCEED, is_understood=True)
        return await self._mute(target, end, user_id)

    async def _mute(self, target: Target, end: End, user_id: str) -> Muted:
        """Begin a mute, or give the one there is another end: there is one for each subject."""
        async with self._polls.transaction() as ledger:
            known = await _find(ledger, target.scope, target.subject)
            mute = Mute(
                id=known.id if known else 0,
                scope=target.scope,
                subject=target.subject,
                muted_by=user_id,
                muted_at=known.muted_at if known else self._clock(),
                ends_at=end.at,
                ends_with_success=end.with_success,
            )
            mute = await ledger.save_mute(mute)
            await self._refresh(ledger, mute)
            await _audit(ledger, Audited.MUTE, mute, target.name, user_id, self._clock())
        self._on_recorded()
        log.info(
            "muted",
            scope=mute.scope.value,
            subject=mute.subject,
            ends_at=mute.ends_at,
            user_id=user_id,
        )
        return Muted(mute, target.name, was_muted=known is not None)

    async def unmute(self, text: str, user_id: str) -> Unmuted | NoTarget:
        """End the mute of what a person named, and tell what it held back."""
        jobs = await self._store.load_jobs()
        target = find_target(text, jobs)
        if isinstance(target, NoTarget):
            return target
        return await self.unmute_subject(target.scope, target.subject, user_id)

    async def unmute_subject(self, scope: Scope, subject: str, user_id: str) -> Unmuted:
        """End a mute by its subject."""
        now = self._clock()
        named = Mute(0, scope, subject, user_id, now, now)
        name = describe(named, await self._store.load_jobs())
        async with self._polls.transaction() as ledger:
            mute = await _find(ledger, scope, subject)
            if mute:
                await self._end(ledger, mute, user_id)
                await _audit(ledger, Audited.UNMUTE, mute, name, user_id, now)
        if mute:
            self._on_recorded()
        return Unmuted(mute, name)

    async def list_mutes(self) -> list[Muted]:
        """List the mutes in force, the one that ends first at the top."""
        jobs = await self._store.load_jobs()
        mutes = sorted(await self._store.load_mutes(), key=lambda mute: mute.ends_at)
        return [Muted(mute, describe(mute, jobs)) for mute in mutes]

    async def end_due(self) -> int:
        """End the mutes whose time is over; tells how many there were."""
        now = self._clock()
        if not any(mute.ends_at <= now for mute in await self._store.load_mutes()):
            return 0
        async with self._polls.transaction() as ledger:
            due = [mute for mute in await ledger.load_mutes() if mute.ends_at <= now]
            for mute in due:
                await self._end(ledger, mute, "")
        self._on_recorded()
        return len(due)

    async def _end(self, ledger: PollingTransaction, mute: Mute, user_id: str) -> None:
        now = self._clock()
        ended = await ledger.save_mute(replace(mute, ended_at=now, ended_by=user_id))
        await Telling(ledger, self._audience, now, user_id).end_mute(ended)
        await self._refresh(ledger, ended)
        log.info(
            "mute_ended", scope=mute.scope.value, subject=mute.subject, user_id=user_id or None
        )

    async def _refresh(self, ledger: PollingTransaction, mute: Mute) -> None:
        """Show in the messages of open incidents that their job is muted, or no longer."""
        jobs = await self._store.load_jobs()
        concerned = [job.uid for job in jobs if mute.hides(job.uid, job.backup_server)]
        incidents = await ledger.load_open_incidents_of(concerned)
        if len(incidents) <= MOST_REFRESHED:
            await Telling(ledger, self._audience, self._clock()).refresh(incidents)


async def _audit(
    ledger: AuditLedger, action: Audited, mute: Mute, name: str, user_id: str, at: datetime
) -> None:
    outcome = "ended"
    if action is Audited.MUTE:
        outcome = f"until {mute.ends_at:%Y-%m-%d %H:%M} UTC"
        outcome += " or its next success" if mute.ends_with_success else ""
    subject = mute.subject or mute.scope.value
    await record(ledger, [Audit(at, user_id, action, subject, name, outcome)])


async def _find(ledger: PollingTransaction, scope: Scope, subject: str) -> Mute | None:
    return next(
        (
            mute
            for mute in await ledger.load_mutes()
            if mute.scope is scope and mute.subject.casefold() == subject.casefold()
        ),
        None,
    )
