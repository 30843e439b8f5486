"""What a message shows, as plain values: loaded from the store, rendered by the chat platform."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.incidents import Incident, Reason
from bot.core.sessions import Session, Verdict


@dataclass(frozen=True, slots=True)
class VmReason:
    """One VM that failed or warned, with EM's reason (data: may hold anything)."""

    vm: str
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident as it is now.

    `job_name` reads `name @ backup server` where the name alone is not unique. `latest` is its
    newest bad session and `vms` that one's reasons: None while EM has not been asked or has not
    answered, empty when EM gives none; `vm_count` counts all VMs known of it. `last_good_at` is
    the creation time of the last session with Success or Warning before it, the moment of the
    data. `reported_at` is EM's clock when it first reported `latest` as over.
    """

    incident: Incident
    job_name: str
    backup_server: str
    latest: Session
    verdict: Verdict
    reported_at: datetime
    vms: tuple[VmReason, ...] | None = None
    vm_count: int = 0
    last_good_at: datetime | None = None
    next_run_at: datetime | None = None
    is_possible_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class GroupView:
    """Many incidents in one message.

    `backup_server` is empty for a catch-up: what could not be told while Slack refused the channel.
    `told_separately` counts the incidents of the same storm that have messages of their own.
    """

    backup_server: str
    opened_at: datetime
    members: tuple[IncidentView, ...]
    told_separately: int = 0
    is_possible_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class ReplyEntry:
    """One line of a thread reply: what happened to which incident, by which session."""

    reason: Reason
    incident: Incident
    job_name: str
    session: Session | None
    verdict: Verdict
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReplyView:
    """What is said in the thread of an incident, a group or an outage.

    `group_ended` says that all members of the group have recovered; for the thread of an outage
    there are no entries and `outage` is set.
    """

    entries: tuple[ReplyEntry, ...] = ()
    group_ended: int = 0
    outage: "OutageView | None" = None
    is_possible_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class StartView:
    """Where things stand at the first start; what failed before it is history."""

    em_name: str
    started_at: datetime
    job_count: int
    session_count: int
    failing: tuple[IncidentView, ...]


@dataclass(frozen=True, slots=True)
class OutageView:
    """EM cannot be read: since when, why, what to do; `ended_at` once it can again."""

    em_name: str
    started_at: datetime
    reason: str
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MissedRun:
    """A job that by its usual rhythm should have run by `expected_at` and did not."""

    job_name: str
    expected_at: datetime


@dataclass(frozen=True, slots=True)
class RpoBreach:
    """A job whose newest good replica is older than it may be; `age` is None if it has none."""

    job_name: str
    age: timedelta | None
    rpo: timedelta


@dataclass(frozen=True, slots=True)
class OddDuration:
    """A run that took much longer or shorter than the job's usual (median of its runs)."""

    job_name: str
    duration: timedelta
    usual: timedelta


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many runs ended on a local date, by verdict."""

    on: date
    succeeded: int
    warned: int
    failed: int


@dataclass(frozen=True, slots=True)
class SummaryView:
    """The daily summary, over sessions that ended in [period_start, period_end).

    `attention` are the incidents open at its end; `recovered` those that ended in it. `late_count`
    counts bad sessions of an earlier period that EM reported in this one.
    """

    on: date
    period_start: datetime
    period_end: datetime
    timezone: str
    job_count: int
    server_count: int
    run_count: int
    succeeded: int
    warned: int
    failed: int
    attention: tuple[IncidentView, ...]
    recovered: tuple[IncidentView, ...]
    missed: tuple[MissedRun, ...]
    breaches: tuple[RpoBreach, ...]
    rpo_kept: int
    rpo_known: int
    odd: tuple[OddDuration, ...]
    days: tuple[DayCount, ...]
    late_count: int
    longest_blind: timedelta
    unsent: int
    is_blind: bool = False
