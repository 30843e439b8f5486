"""What a job's sessions mean: which of them form incidents, and what has changed since then.

`fold` looks at a job's sessions only, so any order of arrival gives the same answer. `diff`
compares that with what was known before and names what must be said. Both rest on DESIGN §2.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.core.sessions import Session, Verdict


class Status(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    RECOVERED = "recovered"
    CLOSED = "closed"


CLOSED_BY = "closed by "
"""How `closed_because` begins where a person closed it; their user id follows."""


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
class Observed:
    """A session as the store knows it: judged, and with the incident it was told with, if any.

    `reported_at` is EM's clock when it first reported the session as over, where that is known.
    """

    session: Session
    verdict: Verdict
    incident_id: int | None = None
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of failed or warned sessions of one job, until the next Success.

    `id` is 0 until it is stored. `session_uids` are the bad sessions it holds, by order of end.
    `run_count` counts its runs, a run being a session with its automatic retries; `streak` counts
    those since the last Success. `is_said` tells whether any channel was to hear of it,
    `is_mentioned` whether somebody was called for it, `pinged_at` (the bot's clock) when the
    channels last heard of it aloud, `reminders` how many reminders that made. Users are named by
    their ids. `closed_because` says why it is closed without a recovery.
    """

    id: int
    job_uid: str
    status: Status
    peak: Verdict
    opened_at: datetime
    last_bad_at: datetime
    session_uids: tuple[str, ...]
    run_count: int
    streak: int
    recovered_at: datetime | None = None
    recovered_by: str = ""
    is_said: bool = False
    is_mentioned: bool = False
    pinged_at: datetime | None = None
    reminders: int = 0
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_note: str = ""
    closed_at: datetime | None = None
    closed_because: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that happened to an incident, by which session, and the reason to say it or not.

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


@dataclass(frozen=True, slots=True)
class Policy:
    """What people want to hear. Sessions that ended at or before `baseline_at` are history."""

    baseline_at: datetime
    wanted: frozenset[Verdict] = frozenset({Verdict.WARNING, Verdict.FAILED})

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


def fold(observed: Iterable[Observed], known: Mapping[int, Incident]) -> tuple[Incident, ...]:
    """Compute the incidents of one job, oldest first.

    `observed` reaches back at least to the last Success before anything that changed, and holds
    every session of the incidents it touches; `known` are those incidents as stored. A bad session
    stays for ever in the incident it was first counted to, so that what was said is never split
    or merged; a new one joins the incident of its stretch, or opens one.
    """
    ordered = sorted(
        (o for o in observed if o.verdict is not Verdict.UNFINISHED or o.incident_id),
        key=lambda o: o.session.order,
    )
    members = _assign(ordered)
    newest = max(members, key=lambda key: members[key][-1].session.order, default=None)
    runs = _run_of_each(ordered)
    return tuple(
        _summarize(members[key], known.get(key), ordered, runs, is_newest=key == newest)
        for key in sorted(members, key=lambda key: members[key][0].session.order)
    )


def _assign(ordered: Sequence[Observed]) -> dict[int, list[Observed]]:
    """Give each bad session its incident; new ones have negative keys."""
    members: dict[int, list[Observed]] = {}
    stretch: list[Observed] = []
    for each in ordered:
        if each.verdict.is_bad:
            stretch.append(each)
        elif each.incident_id:
            members.setdefault(each.incident_id, []).append(each)
        if each.verdict is Verdict.SUCCESS:
            _assign_stretch(stretch, members)
            stretch = []
    _assign_stretch(stretch, members)
    for of_incident in members.values():
        of_incident.sort(key=lambda o: o.session.order)
    return members


def _assign_stretch(stretch: Sequence[Observed], members: dict[int, list[Observed]]) -> None:
    if not stretch:
        return
    told = [each.incident_id for each in stretch if each.incident_id]
    newcomers_join = told[-1] if told else -1 - len(members)
    for each in stretch:
        members.setdefault(each.incident_id or newcomers_join, []).append(each)


def _run_of_each(ordered: Sequence[Observed]) -> dict[str, str]:
    """Map each session to its run: a retry belongs to the latest first attempt before it."""
    runs: dict[str, str] = {}
    attempt = ""
    for each in sorted(ordered, key=lambda o: (o.session.created_at, o.session.uid)):
        session = each.session
        attempt = attempt if session.is_retry else session.uid
        runs[session.uid] = attempt or session.uid
    return runs


def _summarize(
    members: Sequence[Observed],
    known: Incident | None,
    ordered: Sequence[Observed],
    runs: Mapping[str, str],
    *,
    is_newest: bool,
) -> Incident:
    bad = [each for each in members if each.verdict.is_bad]
    recovery = _find_recovery(members, bad, ordered)
    status = Status.RECOVERED if recovery else Status.OPEN if is_newest else Status.CLOSED
    first, last = (bad or list(members))[0].session, (bad or list(members))[-1].session
    peak = max([each.verdict for each in bad] + ([known.peak] if known else []))
    fresh = Incident(
        id=known.id if known else 0,
        job_uid=first.job_uid,
        status=status,
        peak=peak,
        opened_at=first.order[0],
        last_bad_at=last.order[0],
        session_uids=tuple(each.session.uid for each in bad),
        run_count=len({runs[each.session.uid] for each in bad}),
        streak=len({runs[each.session.uid] for each in _last_stretch(bad, ordered)}),
        recovered_at=recovery.order[0] if recovery else None,
        recovered_by=recovery.uid if recovery else "",
    )
    return _carry(fresh, known) if known else fresh


def _carry(now: Incident, known: Incident) -> Incident:
    """Keep what people and the bot did about an incident, as far as it still holds.

    An acknowledgement ends with the recovery; what was closed stays so until the next bad session.
    """
    now = replace(
        now,
        is_said=known.is_said,
        is_mentioned=known.is_mentioned,
        pinged_at=known.pinged_at,
        reminders=known.reminders,
    )
    if now.status is Status.OPEN and known.closed_at and now.session_uids == known.session_uids:
        return replace(
            now,
            status=Status.CLOSED,
            closed_at=known.closed_at,
            closed_because=known.closed_because,
        )
    if now.status is not Status.OPEN or known.status is not Status.OPEN:
        return now
    return replace(
        now,
        acknowledged_at=known.acknowledged_at,
        acknowledged_by=known.acknowledged_by,
        acknowledged_note=known.acknowledged_note,
    )


def _find_recovery(
    members: Sequence[Observed], bad: Sequence[Observed], ordered: Sequence[Observed]
) -> Session | None:
    """Find the first Success after the last bad session, or since the first one if none is bad."""
    since = bad[-1].session.order if bad else members[0].session.order
    for each in ordered:
        if each.verdict is Verdict.SUCCESS and each.session.order >= since:
            return each.session
    return None


def _last_stretch(bad: Sequence[Observed], ordered: Sequence[Observed]) -> list[Observed]:
    if not bad:
        return []
    last = bad[-1].session.order
    broken = [
        each.session.order
        for each in ordered
        if each.verdict is Verdict.SUCCESS and each.session.order < last
    ]
    return [each for each in bad if not broken or each.session.order > broken[-1]]


def diff(
    before: Incident | None, now: Incident, observed: Mapping[str, Observed], policy: Policy
) -> tuple[Decision, ...]:
    """Name what happened between two states of one incident, in the order it should be told.

    `observed` holds the sessions of both. No decision means that nothing people care about changed.
    """
    newcomers = [observed[uid] for uid in now.session_uids if _is_news(observed[uid], before)]
    if before is None or not before.is_said:
        return _call_once(_decide_unsaid(now, newcomers, observed, policy), now)
    decisions = _decide_newcomers(before, now, newcomers, policy)
    if now.status is Status.RECOVERED and before.status is not Status.RECOVERED:
        decisions.append(Decision(now, _reason_to_end(now, observed), now.recovered_by))
    reopened = now.status is Status.OPEN and before.status is not Status.OPEN
    if reopened and not any(decision.reason in PINGING for decision in decisions):
        decisions.append(Decision(now, Reason.REOPENED, before.recovered_by, now.peak))
    return _call_once(decisions, now)


def _reason_to_end(now: Incident, observed: Mapping[str, Observed]) -> Reason:
    return Reason.HEALED if _is_healed(now, observed) else Reason.RECOVERED


def _is_healed(now: Incident, observed: Mapping[str, Observed]) -> bool:
    """Tell a recovery by the run's own retry from one by a later run."""
    runs = _run_of_each(list(observed.values()))
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
