"""What must be said of incidents, and why: the differences between two states of one.

`diff` compares what `bot.core.incidents.fold` finds with what was known before (DESIGN §2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.core.incidents import Incident, Observed, Status, run_of_each
from bot.core.sessions import Verdict


class Reason(StrEnum):
    """Why something is said, or why nothing is; stored, logged and shown."""

    FIRST_FAILURE = "first failure"
    FAILING_SINCE_BEFORE = "failing since before it was first told"
    LATE_AND_OVER = "recovered before it was told"
    LATE_AND_HEALED = "its retry succeeded before it was told"
    WORSE = "worse than before"
    STILL_FAILING = "failed again"
    RETRY_FAILED = "retry failed too"
    LATE_FAILURE = "reported late"
    REOPENED = "its success was taken back"
    RECOVERED = "recovered"
    HEALED = "its retry succeeded"
    SUPERSEDED = "its job was made anew and succeeded"
    REMINDER = "still failing, and nobody has acknowledged it"
    RETRY_PENDING = "held back, a retry may still succeed"
    MUTED = "muted"
    HISTORY = "ended before the bot's first start"
    NOT_WANTED = "nobody wants to hear of this result"


OPENING = frozenset(
    {
        Reason.FIRST_FAILURE,
        Reason.FAILING_SINCE_BEFORE,
        Reason.LATE_AND_OVER,
        Reason.LATE_AND_HEALED,
    }
)
"""Reasons that post an incident's own message."""

OVER = frozenset({Reason.RECOVERED, Reason.HEALED, Reason.SUPERSEDED})
"""Reasons that end an incident; every channel that was told of it hears them."""

PINGING = frozenset({Reason.WORSE, Reason.REOPENED, Reason.REMINDER}) | OVER
"""Reasons that the whole channel hears, as a reply that is shown there too."""

WORSENING = frozenset({Reason.WORSE, Reason.REOPENED})
"""Reasons that post a fresh message where a person deleted the incident's own."""

SILENT = frozenset({Reason.HISTORY, Reason.NOT_WANTED, Reason.MUTED, Reason.RETRY_PENDING})
"""Reasons for saying nothing, now or at all."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that happened to an incident, by which session, and the reason to say it or not.

    `is_healing` tells of one that is not said that the run's own retry succeeded.
    `verdict` is that of the session, UNFINISHED where the reason is no session. `is_calling` tells
    that it is the incident's first Failed, for which somebody may be mentioned. `mute_id` names the
    mute that holds it back, 0 if none does.
    """

    incident: Incident
    reason: Reason
    session_uid: str
    verdict: Verdict = Verdict.UNFINISHED
    is_calling: bool = False
    mute_id: int = 0
    is_healing: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """What people want to hear. Sessions that ended at or before `baseline_at` are history.

    `worsened` names sessions that were known as less bad: they are news once more.
    """

    baseline_at: datetime
    wanted: frozenset[Verdict] = frozenset({Verdict.WARNING, Verdict.FAILED})
    worsened: frozenset[str] = frozenset()

    def reason_for_silence(self, observed: Observed) -> Reason | None:
        """Say why this bad session alone is no reason to speak, or None when it is one.

        What EM reported as over before the baseline is history too: a backup server with a fast
        clock says that it ended later.
        """
        session, reported_at = observed.session, observed.reported_at
        if reported_at and reported_at < self.baseline_at:
            return Reason.HISTORY
        ended_at = session.ended_at or (None if reported_at else session.created_at)
        if ended_at and ended_at <= self.baseline_at:
            return Reason.HISTORY
        return None if observed.verdict in self.wanted else Reason.NOT_WANTED


def diff(
    before: Incident | None, now: Incident, observed: Mapping[str, Observed], policy: Policy
) -> tuple[Decision, ...]:
    """Name what happened between two states of one incident, in the order it should be told.

    `observed` holds the sessions of both. No decision means that nothing people care about changed.
    """
    newcomers = [
        observed[uid]
        for uid in now.session_uids
        if uid in policy.worsened or _is_news(observed[uid], before)
    ]
    if before is None or not before.is_said:
        return _call_once(_decide_unsaid(now, newcomers, observed, policy), now)
    decisions = _decide_newcomers(before, now, newcomers, policy)
    if now.status is Status.RECOVERED and before.status is not Status.RECOVERED:
        decisions.append(Decision(now, _reason_to_end(now, observed), now.recovered_by))
    reopened = now.status is Status.OPEN and before.status is Status.RECOVERED
    if reopened and not any(decision.reason in PINGING for decision in decisions):
        decisions.append(Decision(now, Reason.REOPENED, before.recovered_by, now.peak))
    return _call_once(decisions, now)


def _reason_to_end(now: Incident, observed: Mapping[str, Observed]) -> Reason:
    return Reason.HEALED if _is_healed(now, observed) else Reason.RECOVERED


def _is_healed(now: Incident, observed: Mapping[str, Observed]) -> bool:
    """Tell a recovery by the run's own retry from one by a later run."""
    runs = run_of_each(list(observed.values()))
    failed = {runs[uid] for uid in now.session_uids}
    return bool(now.recovered_by) and failed == {runs[now.recovered_by]}


def _call_once(decisions: Sequence[Decision], now: Incident) -> tuple[Decision, ...]:
    """Mark the decision that tells of an open incident's first Failed."""
    calling = [
        index
        for index, each in enumerate(decisions)
        if each.verdict is Verdict.FAILED and each.reason not in SILENT
    ]
    if now.is_mentioned or now.status is not Status.OPEN or not calling:
        return tuple(decisions)
    return tuple(
        replace(each, is_calling=index == calling[0]) for index, each in enumerate(decisions)
    )


def _is_news(each: Observed, before: Incident | None) -> bool:
    """Whether an incident did not hold this session, or held it as something less bad."""
    if before is None or each.session.uid not in before.session_uids:
        return True
    return each.verdict > before.peak


def _decide_unsaid(
    now: Incident,
    newcomers: Sequence[Observed],
    observed: Mapping[str, Observed],
    policy: Policy,
) -> tuple[Decision, ...]:
    silences = {each.session.uid: policy.reason_for_silence(each) for each in newcomers}
    speaking = [each for each in newcomers if not silences[each.session.uid]]
    if not speaking:
        return tuple(
            Decision(now, why, each.session.uid, each.verdict)
            for each in newcomers
            if (why := silences[each.session.uid])
        )
    loudest = max(speaking, key=lambda each: (each.verdict, each.session.order))
    if _is_healed(now, observed):
        reason = Reason.LATE_AND_HEALED
    elif now.status is not Status.OPEN:
        reason = Reason.LATE_AND_OVER
    elif now.session_uids[0] == speaking[0].session.uid:
        reason = Reason.FIRST_FAILURE
    else:
        reason = Reason.FAILING_SINCE_BEFORE
    return (Decision(now, reason, loudest.session.uid, loudest.verdict),)


def _decide_newcomers(
    before: Incident, now: Incident, newcomers: Sequence[Observed], policy: Policy
) -> list[Decision]:
    decisions = []
    for each in newcomers:
        reason = policy.reason_for_silence(each) or _reason_to_add(before, now, each)
        before = replace(before, peak=max(before.peak, each.verdict))
        if reason in PINGING and now.status is Status.OPEN:  # it is reopened only once
            before = replace(before, status=Status.OPEN)
        decisions.append(Decision(now, reason, each.session.uid, each.verdict))
    return decisions


def _reason_to_add(before: Incident, now: Incident, each: Observed) -> Reason:
    if each.verdict > before.peak:
        return Reason.WORSE
    if before.status is not Status.OPEN and now.status is Status.OPEN:
        return Reason.REOPENED
    if before.status is not Status.OPEN or each.session.order[0] < before.last_bad_at:
        return Reason.LATE_FAILURE
    return Reason.RETRY_FAILED if each.session.is_retry else Reason.STILL_FAILING
