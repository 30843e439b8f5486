"""What a job's sessions mean: which of them form incidents.

`fold` looks at a job's sessions only, so any order of arrival gives the same answer (DESIGN §2).
What must be said of it is decided in `bot.core.decisions`.
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

    @property
    def is_closed_by_hand(self) -> bool:
        """Whether a person closed it: it did not recover."""
        return self.status is Status.CLOSED and self.closed_because.startswith(CLOSED_BY)


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
    runs = run_of_each(ordered)
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


def run_of_each(ordered: Sequence[Observed]) -> dict[str, str]:
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
    if now.status is Status.OPEN and known.closed_at and now.last_bad_at <= known.last_bad_at:
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
