"""Inspecting: notice what EM does not report, tell it once, and tell when it is over (DESIGN §2).

Whatever was found, EM is asked about the job once more before anybody hears of it. While EM cannot
be seen nothing is found and nothing ends: what is not seen cannot be missed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot.core.audits import Audit, Audited
from bot.core.checks import find
from bot.core.findings import CLOSABLE, Changes, Check, Finding, Found, diff
from bot.core.inspections import InspectingStore
from bot.core.polls import EmState
from bot.core.ports import Clock
from bot.core.schedules import COLLECTION_LAG
from bot.errors import EnterpriseManagerError
from bot.services.announcing import Announcing, audible_among
from bot.services.auditing import record
from bot.services.observing import Observing
from bot.services.routing import Audience

DOUBTED = (Check.MISSED, Check.RPO, Check.GONE)
"""What follows from a run that is not known: EM may have reported it too late for a poll to see."""

MOST_ASKED = 50
"""EM is asked about so many jobs at each inspection; others wait for the next."""

log = structlog.get_logger()


class Inspecting:
    """Looks at all jobs of one EM; `look_again` asks EM for the newest sessions of jobs."""

    def __init__(
        self,
        store: InspectingStore,
        observing: Observing,
        audience: Audience,
        clock: Clock,
        look_again: Callable[[Sequence[str]], Awaitable[None]],
        on_recorded: Callable[[], None],
    ) -> None:
        self._store = store
        self._observing = observing
        self._audience = audience
        self._clock = clock
        self._look_again = look_again
        self._on_recorded = on_recorded

    async def inspect(self) -> None:
        """Look at everything once."""
        now, state = self._clock(), await self._store.load_state()
        if state.baseline_at is None or state.server_time_at is None or state.failed_polls:
            return
        blind_until = await self._store.load_blind_until()
        if blind_until and now < blind_until + COLLECTION_LAG:
            return
        known = await self._store.load_open_findings()
        found = await self._find(known, state, now)
        new = _list_doubted(found, known)[:MOST_ASKED]
        if new:
            try:
                await self._look_again(new)
            except EnterpriseManagerError as error:
                log.warning("findings_not_confirmed", error=str(error), jobs=len(new))
                return
            found = await self._find(known, await self._store.load_state(), now)
        unasked = set(_list_doubted(found, known)) - set(new)
        sure = [each for each in found if each.check not in DOUBTED or each.job_uid not in unasked]
        await self._record(known, sure, now)

    async def _find(
        self, known: Sequence[Finding], state: EmState, now: datetime
    ) -> tuple[Found, ...]:
        if state.baseline_at is None or state.server_time_at is None:
            return ()
        await self._observing.refresh(now, state.server_time_at)
        facts = await self._observing.collect(known, state.baseline_at, state.server_time_at)
        return await asyncio.to_thread(find, facts, state.server_time_at)

    async def _record(
        self, known: Sequence[Finding], found: Sequence[Found], now: datetime
    ) -> None:
        """Keep what changed and promise what must be said; nothing is written when nothing did."""
        untold = [each for each in known if each.told_with is None and not each.is_over]
        is_told_late = bool(untold) and bool(audible_among(untold, await self._store.load_mutes()))
        if not diff(known, found, now) and not is_told_late:
            return
        async with self._store.transaction() as ledger:
            before = await ledger.load_open_findings()
            changes = diff(before, found, now)
            opened = await ledger.save_findings(changes.opened)
            followed = await ledger.save_findings([*changes.changed, *changes.ended])
            announcing = Announcing(ledger, self._audience, now)
            await announcing.follow(before, followed)
            ended = {each.id for each in changes.ended}
            waiting = [e for e in before if e.told_with is None and e.id not in ended]
            await announcing.tell([*opened, *(e for e in waiting if not e.is_over)])
        _log(changes)
        self._on_recorded()

    async def close(self, finding_id: int, user_id: str) -> Finding | None:
        """Tell no more of what a person knows and wants; None if that is over.

        A job that no longer runs is told again when it has run again and stops, a job without some
        of its VMs when it lacks others.
        """
        async with self._store.transaction() as ledger:
            before = await ledger.load_open_findings()
            finding = next((each for each in before if each.id == finding_id), None)
            if finding is None or finding.check not in CLOSABLE:
                return None
            if finding.closed_by:
                return finding
            [closed] = await ledger.save_findings([replace(finding, closed_by=user_id)])
            names = await ledger.load_names([finding.job_uid])
            name = names[finding.job_uid].name if finding.job_uid in names else finding.subject
            what = f"closed: {finding.check.value}"
            deed = Audit(self._clock(), user_id, Audited.CLOSE, finding.subject, name, what)
            await record(ledger, [deed])
            accepted = self._observing.accept_vms(finding) if finding.check is Check.SHRUNK else {}
            await ledger.save_vm_sets(accepted)
            await Announcing(ledger, self._audience, self._clock()).follow(before, [closed])
        self._observing.note_vm_sets(accepted)
        log.info("finding_closed", finding_id=finding_id, user_id=user_id)
        self._on_recorded()
        return closed


def _list_doubted(found: Sequence[Found], known: Sequence[Finding]) -> list[str]:
    """Name the jobs about which EM is asked once more before anything new is said of them."""
    held = {each.key for each in known}
    new = (each for each in found if each.check in DOUBTED and each.key not in held)
    return list(dict.fromkeys(each.job_uid for each in new))


def _log(changes: Changes) -> None:
    for event, findings in (("found", changes.opened), ("finding_ended", changes.ended)):
        for each in findings:
            log.info(event, check=each.check.value, subject=each.subject)
