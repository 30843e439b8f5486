"""Acknowledging and closing incidents: somebody looks after them, and all can see who.

Each is one transaction; there is one writer, so two people who press at once are told apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import structlog

from bot.core.audits import Audit, Audited
from bot.core.incidents import CLOSED_BY, Incident, Status
from bot.core.ledgers import HandlingStore
from bot.core.mutes import Scope
from bot.core.ports import Clock
from bot.core.stores import JobName
from bot.core.targets import NoTarget, find_target, split_end
from bot.core.transactions import PollingStore, PollingTransaction
from bot.core.views import IncidentView
from bot.services.auditing import record
from bot.services.telling import Audience, Telling

LONGEST_NOTE = 500  # characters
NAMELESS = JobName("", "")

log = structlog.get_logger()


class Outcome(StrEnum):
    """What came of it."""

    ACKNOWLEDGED = "acknowledged"
    NOTED = "noted"
    ALREADY_YOURS = "already yours"
    TAKEN = "taken by another"
    CLEARED = "acknowledgement taken back"
    NOT_ACKNOWLEDGED = "nobody had acknowledged it"
    CLOSED = "closed"
    OVER = "already over"
    UNKNOWN = "unknown"


CHANGING = frozenset({Outcome.ACKNOWLEDGED, Outcome.NOTED, Outcome.CLEARED, Outcome.CLOSED})
"""Outcomes that change an incident."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of it, and the incident as it is now; `view` is None for one that is unknown."""

    outcome: Outcome
    incident_id: int
    view: IncidentView | None = None


@dataclass(frozen=True, slots=True)
class HandledGroup:
    """How many incidents of a group were acknowledged now, before by others, or are over."""

    acknowledged: int
    taken: int
    over: int


@dataclass(frozen=True, slots=True)
class NotFailing:
    """A job that has no open incident."""

    job_name: str


class Acknowledging:
    """Records who looks after an incident, and shows it in the messages that tell of it."""

    def __init__(
        self,
        polls: PollingStore,
        store: HandlingStore,
        audience: Audience,
        clock: Clock,
        on_recorded: Callable[[], None],
    ) -> None:
        self._polls = polls
        self._store = store
        self._audience = audience
        self._clock = clock
        self._on_recorded = on_recorded

    async def find(self, incident_id: int) -> IncidentView | None:
        """Load an incident as it is now."""
        return await self._store.load_view(incident_id)

    async def find_by_job(self, said: str) -> tuple[int, str] | NotFailing | NoTarget:
        """Find the open incident of the job that these words begin with, and the words after it."""
        jobs = await self._store.load_jobs()
        name, rest = split_end(said, jobs, lambda _: False)
        target = find_target(name, jobs)
        if isinstance(target, NoTarget):
            return target
        if target.scope is not Scope.JOB:
            return NoTarget(said)
        incident_id = await self._store.load_open_incident_of(target.subject)
        return NotFailing(target.name) if incident_id is None else (incident_id, rest)

    async def acknowledge(self, incident_id: int, user_id: str, note: str = "") -> Handled:
        """Note that this person looks after it; a note may be added or changed later."""
        now = self._clock()
        async with self._polls.transaction() as ledger:
            incident = await _load(ledger, incident_id)
            outcome, changed = _acknowledge(incident, user_id, _cut(note), now)
            await self._save(ledger, changed, now, user_id)
            await _audit(ledger, Audited.ACK, changed, now, user_id, outcome.value)
        return await self._tell(outcome, incident_id, user_id)

    async def unacknowledge(self, incident_id: int, user_id: str) -> Handled:
        """Take an acknowledgement back, whoever gave it: reminders come again."""
        now = self._clock()
        async with self._polls.transaction() as ledger:
            incident = await _load(ledger, incident_id)
            outcome = _outcome_unless_open(incident) or Outcome.NOT_ACKNOWLEDGED
            if incident and outcome is Outcome.NOT_ACKNOWLEDGED and incident.acknowledged_at:
                outcome = Outcome.CLEARED
                await self._save(ledger, [_cleared(incident)], now, user_id)
                await _audit(ledger, Audited.UNACK, [incident], now, user_id, outcome.value)
        return await self._tell(outcome, incident_id, user_id)

    async def close(self, incident_id: int, user_id: str) -> Handled:
        """Close an incident that will not recover: it stays closed until the next bad session."""
        now = self._clock()
        async with self._polls.transaction() as ledger:
            incident = await _load(ledger, incident_id)
            outcome = _outcome_unless_open(incident) or Outcome.CLOSED
            if incident and outcome is Outcome.CLOSED:
                closed = replace(
                    incident,
                    status=Status.CLOSED,
                    closed_at=now,
                    closed_because=CLOSED_BY + user_id,
                )
                saved = await ledger.save_incidents([closed])
                await Telling(ledger, self._audience, now, user_id).tell(saved, [])
                await _audit(ledger, Audited.CLOSE, saved, now, user_id, outcome.value)
        return await self._tell(outcome, incident_id, user_id)

    async def acknowledge_group(self, group: str, user_id: str) -> HandledGroup:
        """Note that this person looks after everything of a group that nobody looks after yet."""
        now = self._clock()
        async with self._polls.transaction() as ledger:
            ids = await ledger.load_group_members(group)
            members = (await ledger.load_incidents(ids)).values()
            outcomes = [_acknowledge(each, user_id, "", now) for each in members]
            changed = [incident for _, incidents in outcomes for incident in incidents]
            await self._save(ledger, changed, now, user_id)
            of_group = "acknowledged, with its group"
            await _audit(ledger, Audited.ACK, changed, now, user_id, of_group)
        said = [outcome for outcome, _ in outcomes]
        counts = HandledGroup(
            said.count(Outcome.ACKNOWLEDGED),
            said.count(Outcome.TAKEN) + said.count(Outcome.ALREADY_YOURS),
            said.count(Outcome.OVER),
        )
        log.info("group_acknowledged", group=group, user_id=user_id, count=counts.acknowledged)
        if changed:
            self._on_recorded()
        return counts

    async def _save(
        self,
        ledger: PollingTransaction,
        changed: Sequence[Incident],
        now: datetime,
        user_id: str,
    ) -> None:
        if changed:
            saved = await ledger.save_incidents(changed)
            telling = Telling(ledger, self._audience, now, user_id)
            await telling.refresh([each.id for each in saved])

    async def _tell(self, outcome: Outcome, incident_id: int, user_id: str) -> Handled:
        log.info(
            "incident_handled", incident_id=incident_id, user_id=user_id, outcome=outcome.value
        )
        if outcome in CHANGING:
            self._on_recorded()
        return Handled(outcome, incident_id, await self._store.load_view(incident_id))


async def _audit(
    ledger: PollingTransaction,
    action: Audited,
    incidents: Sequence[Incident],
    at: datetime,
    user_id: str,
    outcome: str,
) -> None:
    names = await ledger.load_names({each.job_uid for each in incidents})
    deeds = [
        Audit(at, user_id, action, f"#{each.id}", names.get(each.job_uid, NAMELESS).name, outcome)
        for each in incidents
    ]
    await record(ledger, deeds)


async def _load(ledger: PollingTransaction, incident_id: int) -> Incident | None:
    return (await ledger.load_incidents([incident_id])).get(incident_id)


def _outcome_unless_open(incident: Incident | None) -> Outcome | None:
    if incident is None:
        return Outcome.UNKNOWN
    return None if incident.status is Status.OPEN else Outcome.OVER


def _acknowledge(
    incident: Incident | None, user_id: str, note: str, now: datetime
) -> tuple[Outcome, list[Incident]]:
    """Decide what an acknowledgement does: the first person keeps it, and may add a note."""
    outcome = _outcome_unless_open(incident)
    if incident is None or outcome:
        return outcome or Outcome.UNKNOWN, []
    if not incident.acknowledged_at:
        changed = replace(
            incident, acknowledged_at=now, acknowledged_by=user_id, acknowledged_note=note
        )
        return Outcome.ACKNOWLEDGED, [changed]
    if incident.acknowledged_by != user_id:
        return Outcome.TAKEN, []
    if not note or note == incident.acknowledged_note:
        return Outcome.ALREADY_YOURS, []
    return Outcome.NOTED, [replace(incident, acknowledged_note=note)]


def _cleared(incident: Incident) -> Incident:
    return replace(incident, acknowledged_at=None, acknowledged_by="", acknowledged_note="")


def _cut(note: str) -> str:
    line = " ".join(note.split())
    return line if len(line) <= LONGEST_NOTE else line[: LONGEST_NOTE - 1] + "…"
