"""Acting: has EM retry or start a job, once, and tells what became of it where people look.

The row of an action is committed before EM is told anything, and decides who was first. What EM
made of it follows; after a crash it is unknown, is said to be, and is never sent again.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.core.actions import (
    LOOKED_FOR,
    Action,
    ActionState,
    JobAction,
    TaskOutcome,
    created_after,
)
from bot.core.audits import Audit, Audited
from bot.core.ledgers import ActingStore, HandlingStore
from bot.core.mutes import Scope
from bot.core.notices import ACTED, Kind, Notice
from bot.core.ports import ActionSource, Clock
from bot.core.sessions import EPOCH, Session, Verdict, decide_verdict
from bot.core.targets import KnownJob, NoTarget, find_target
from bot.core.transactions import PollingStore, PollingTransaction
from bot.errors import EnterpriseManagerError, OrderUnclear
from bot.services.auditing import record
from bot.services.promising import Promising
from bot.services.routing import Audience

TOLD_AFTER = timedelta(seconds=2)
"""EM's task takes about so long: the first message then says already what came of it."""

ORPHANED = "the bot was stopped before Enterprise Manager had answered"
NOT_SEEN = "Enterprise Manager has shown no new run of it since"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Proposed:
    """It can be done now; a person is still to confirm it. `newest` is the job's last session."""

    action: Action
    job: KnownJob
    newest: Session | None


@dataclass(frozen=True, slots=True)
class Running:
    """The job runs already."""

    job_name: str
    session: Session


@dataclass(frozen=True, slots=True)
class NotFailed:
    """Only a job whose last run failed can be retried (reference §8)."""

    job_name: str
    newest: Session | None


@dataclass(frozen=True, slots=True)
class NotOffered:
    """EM gives no link to do it."""

    action: Action
    job_name: str


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Somebody was first."""

    first: JobAction


Impossible = Running | NotFailed | NotOffered


class Acting:
    """Retries and starts jobs. `bot.slack` lets only those do it who may."""

    def __init__(  # noqa: PLR0913 - the ports of a use case that talks with all three sides
        self,
        source: ActionSource,
        polls: PollingStore,
        store: ActingStore,
        names: HandlingStore,
        audience: Audience,
        clock: Clock,
        on_recorded: Callable[[], None],
    ) -> None:
        self._source = source
        self._polls = polls
        self._store = store
        self._names = names
        self._audience = audience
        self._clock = clock
        self._on_recorded = on_recorded
        self._sent: set[int] = set()

    async def propose(
        self, action: Action, said: str, job_uid: str = ""
    ) -> Proposed | Impossible | NoTarget:
        """Find the job that a person named, and whether it can be done; asks EM live."""
        jobs = await self._names.load_jobs()
        job = next((each for each in jobs if each.uid == job_uid), None) or _find_job(said, jobs)
        if isinstance(job, NoTarget):
            return job
        checked = await self._check(action, job)
        return checked if isinstance(checked, Impossible) else Proposed(action, job, checked)

    async def act(
        self, action: Action, job_uid: str, user_id: str, channel: str
    ) -> JobAction | UnderWay | Impossible | NoTarget:
        """Do it, unless somebody is doing it or EM would not; returns what EM made of it.

        Raises `EnterpriseManagerError` where EM cannot be asked whether it can be done.
        """
        jobs = await self._names.load_jobs()
        job = next((each for each in jobs if each.uid == job_uid), None)
        if job is None:
            return NoTarget("a job that is gone")
        newest = await self._check(action, job)
        if isinstance(newest, Impossible):
            return newest
        now = self._clock()
        wanted = JobAction(
            id=0,
            action=action,
            job_uid=job.uid,
            job_name=job.full_name,
            user_id=user_id,
            channel=channel,
            asked_at=now,
            after_at=created_after(newest, self._source.last_server_time or EPOCH),
        )
        begun = await self._begin(wanted)
        return begun if isinstance(begun, UnderWay) else await self._send(begun)

    async def _check(self, action: Action, job: KnownJob) -> Session | Impossible | None:
        """Ask EM whether it can be done; returns the job's newest session."""
        offers = await self._source.fetch_offers(job.uid)
        if action not in offers:
            return NotOffered(action, job.full_name)
        newest = await self._source.fetch_newest_session(job.uid)
        if newest and not newest.is_stopped:
            return Running(job.full_name, newest)
        has_failed = newest is not None and decide_verdict(newest) is Verdict.FAILED
        if action is Action.RETRY and not has_failed:
            return NotFailed(job.full_name, newest)
        return newest

    async def _begin(self, wanted: JobAction) -> JobAction | UnderWay:
        """Keep who was first, and promise to tell: all before EM hears of it."""
        async with self._polls.transaction() as ledger:
            known = await ledger.load_actions_of(wanted.job_uid)
            first = next((each for each in known if each.is_under_way), None)
            if first:
                return UnderWay(first)
            action = await ledger.save_action(wanted)
            self._sent.add(action.id)
            await self._promise(ledger, action)
            await _audit(ledger, action, wanted.asked_at)
        self._on_recorded()
        return action

    async def _send(self, action: JobAction) -> JobAction:
        """Tell EM, once, and keep what it made of it."""
        try:
            state, detail = await self._tell_em(action)
            now = self._clock()
            ended_at = now if state is ActionState.REFUSED else None
            done = replace(action, state=state, detail=detail, ended_at=ended_at)
            async with self._polls.transaction() as ledger:
                await self._save(ledger, [done])
                await _audit(ledger, done, now)
        finally:
            self._sent.discard(action.id)
        self._on_recorded()
        return done

    async def _tell_em(self, action: JobAction) -> tuple[ActionState, str]:
        try:
            end = await self._source.act(action.action, action.job_uid)
        except OrderUnclear as error:
            return ActionState.UNKNOWN, error.said
        except EnterpriseManagerError as error:
            return ActionState.REFUSED, f"{error.said}. {error.hint}"
        return _STATES[end.outcome], end.message

    async def follow(self) -> int:
        """Look what became of all actions that are not over; tells of how many something is new."""
        if not await self._store.has_open_actions():
            return 0
        now = self._clock()
        async with self._polls.transaction() as ledger:
            known = await ledger.load_open_actions()
            followed = [await self._follow(ledger, each, now) for each in known]
            news = [each for each, before in zip(followed, known, strict=True) if each != before]
            await self._save(ledger, news)
        if news:
            self._on_recorded()
        return len(news)

    async def _follow(
        self, ledger: PollingTransaction, action: JobAction, now: datetime
    ) -> JobAction:
        if action.state is ActionState.ASKED:
            if action.id in self._sent:
                return action
            log.warning("action_orphaned", job_uid=action.job_uid, action=action.action.value)
            action = replace(action, state=ActionState.UNKNOWN, detail=ORPHANED)
        uid = action.session_uid or await ledger.load_run_after(action.job_uid, action.after_at)
        if not uid:
            is_late = now - action.asked_at > LOOKED_FOR
            return replace(action, detail=NOT_SEEN, ended_at=now) if is_late else action
        is_over = await ledger.is_run_over(uid)
        state = ActionState.DONE if is_over else ActionState.RUNNING
        return replace(action, session_uid=uid, state=state, ended_at=now if is_over else None)

    async def _promise(self, ledger: PollingTransaction, action: JobAction) -> None:
        """Promise to tell in the threads of the job's alerts, or else the person who asked."""
        ids = await ledger.load_open_incidents_of([action.job_uid])
        own = await ledger.load_incident_notices(ids)
        promising = Promising(self._audience, action.asked_at, action.user_id)
        carriers = await _load_carriers(ledger, [each for of in own.values() for each in of])
        promised = [promising.reply(each, f"{ACTED}{action.id}") for each in carriers]
        if not promised:
            promised = [promising.make(Kind.ACTION, str(action.id), action.user_id)]
        due_at = action.asked_at + TOLD_AFTER
        await ledger.save_notices([replace(each, due_at=due_at) for each in promised])

    async def _save(self, ledger: PollingTransaction, actions: Sequence[JobAction]) -> None:
        """Keep actions, and show them as they are now in the messages that tell of them."""
        for action in actions:
            await ledger.save_action(action)
            told = [
                *await ledger.load_notice_of(Kind.REPLY, f"{ACTED}{action.id}"),
                *await ledger.load_notice_of(Kind.ACTION, str(action.id)),
            ]
            changed = [
                replace(each, wanted_revision=each.wanted_revision + 1)
                for each in told
                if each.is_maybe_seen and not each.is_closed
            ]
            await ledger.save_notices(changed)
            log.info(
                "action_followed",
                job_uid=action.job_uid,
                state=action.state.value,
                session_uid=action.session_uid,
            )


_STATES = {
    TaskOutcome.ACCEPTED: ActionState.RUNNING,
    TaskOutcome.REFUSED: ActionState.REFUSED,
    TaskOutcome.UNCLEAR: ActionState.UNKNOWN,
}
_OUTCOMES = {
    ActionState.ASKED: "asked",
    ActionState.RUNNING: "accepted",
    ActionState.REFUSED: "refused",
    ActionState.UNKNOWN: "unknown",
}


async def _audit(ledger: PollingTransaction, action: JobAction, at: datetime) -> None:
    """Record what was asked of EM, and what EM made of it."""
    outcome = _OUTCOMES[action.state] + (f": {action.detail}" if action.detail else "")
    deed = Audit(
        at=at,
        user_id=action.user_id,
        action=Audited(action.action.value),
        subject=action.job_uid,
        subject_name=action.job_name,
        outcome=outcome,
        session_uid=action.session_uid,
    )
    await record(ledger, [deed])


async def _load_carriers(ledger: PollingTransaction, own: Collection[Notice]) -> list[Notice]:
    """Load the messages that tell of these incidents: their own, or their group's."""
    leaders = await ledger.load_notices({each.told_by for each in own if each.told_by})
    carriers = {(c := leaders.get(each.told_by, each)).id: c for each in own}
    return [each for each in carriers.values() if each.is_maybe_seen and not each.is_closed]


def _find_job(said: str, jobs: Sequence[KnownJob]) -> KnownJob | NoTarget:
    target = find_target(said, jobs)
    if isinstance(target, NoTarget):
        return target
    if target.scope is not Scope.JOB:
        return NoTarget(said)
    return next(each for each in jobs if each.uid == target.subject)
