"""What a message shows, as plain values: loaded from the store, rendered by the chat platform."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.core.actions import Action, JobAction
from bot.core.decisions import Reason
from bot.core.findings import Check, Finding
from bot.core.incidents import Incident
from bot.core.mutes import Mute
from bot.core.sessions import Session, Verdict


@dataclass(frozen=True, slots=True)
class VmReason:
    """One VM that failed or warned, with EM's reason (data: may hold anything)."""

    vm: str
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class RunningRetry:
    """A job is being retried now: the how manieth time, and of how many at most (0: unknown)."""

    number: int
    most: int


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident as it is now.

    `job_name` reads `name @ backup server` where the name alone is not unique. `latest` is its
    newest bad session and `vms` that one's reasons: None while EM has not been asked or has not
    answered, empty when EM gives none; then `vms_before` are those of the newest bad session before
    it for which EM gave any. `vm_count` counts all VMs known of it. `last_good_at` is
    the creation time of the last session with Success or Warning before it, the moment of the
    data. `reported_at` is EM's clock when it first reported `latest` as over. `retry` is set while
    one runs, `mute` while the job is muted. `offers` are the actions to which EM gives links, None
    where that is not known.
    """

    incident: Incident
    job_name: str
    backup_server: str
    latest: Session
    verdict: Verdict
    reported_at: datetime
    vms: tuple[VmReason, ...] | None = None
    vm_count: int = 0
    vms_before: tuple[VmReason, ...] = ()
    last_good_at: datetime | None = None
    next_run_at: datetime | None = None
    retry: RunningRetry | None = None
    mute: Mute | None = None
    offers: frozenset[Action] | None = None


@dataclass(frozen=True, slots=True)
class MuteEnd:
    """A mute that is over: what it hid, in people's words, and what it held back.

    `elsewhere` are incidents of which something was held back and that have messages of their own,
    `findings` those of which news was.
    """

    mute: Mute
    subject: str
    elsewhere: tuple[IncidentView, ...] = ()
    findings: tuple["FindingLine", ...] = ()


@dataclass(frozen=True, slots=True)
class GroupView:
    """Many incidents in one message.

    `backup_server` is empty for a catch-up: what could not be told while Slack refused the channel.
    `told_separately` counts the incidents of the same storm that have messages of their own.
    `ended` is set where the message announces the end of a mute.
    """

    backup_server: str
    opened_at: datetime
    members: tuple[IncidentView, ...]
    told_separately: int = 0
    ended: MuteEnd | None = None
    group_id: int = 0


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
    """What is said in the thread of an incident, a group, an outage or a blockage.

    `group_ended` counts the jobs of a group of which none is failing any more, `group_closed` those
    of them that a person closed; for the thread of an outage
    there are no entries and `outage` is set, and likewise `blockage`.
    """

    entries: tuple[ReplyEntry, ...] = ()
    group_ended: int = 0
    group_closed: int = 0
    outage: "OutageView | None" = None
    blockage: "BlockageView | None" = None


@dataclass(frozen=True, slots=True)
class StartView:
    """Where things stand at the first start; what failed before it is history."""

    em_name: str
    started_at: datetime
    job_count: int
    session_count: int
    failing: tuple[IncidentView, ...]


@dataclass(frozen=True, slots=True)
class WelcomeView:
    """The bot was invited to a channel: what it watches, so that people know what to ask of it."""

    em_name: str
    job_count: int


@dataclass(frozen=True, slots=True)
class OutageView:
    """EM cannot be read: since when, why, what to do; `ended_at` once it can again."""

    em_name: str
    started_at: datetime
    reason: str
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BlockageView:
    """Slack refuses a channel, as another channel is told: since when, how many messages wait.

    `code` is Slack's own word. Once it is over, `ended_at` is set and `told_late` counts what was
    kept waiting. With `is_of_messages` Slack takes others there, and calls these wrong themselves.
    """

    channel: str
    code: str
    since_at: datetime
    waiting: int
    ended_at: datetime | None = None
    told_late: int = 0
    is_of_messages: bool = False


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding of a message, and what people call its job ("" where it is about a server)."""

    finding: Finding
    job_name: str


class FindingNews(StrEnum):
    """What a reply below findings says."""

    BROKEN = "broken"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class FindingView:
    """What was found of one kind on one backup server, told together; `news` for a reply to it."""

    check: Check
    backup_server: str
    lines: tuple[FindingLine, ...]
    news: FindingNews | None = None


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


@dataclass(frozen=True, slots=True)
class WatchView:
    """What one person waited for. `session` is None where none was seen in the time.

    With `is_vanished` EM no longer knows the session, so that nobody can say how it ended.
    `vms` are those that failed or warned, as far as they are known.
    """

    job_name: str
    session: Session | None
    verdict: Verdict = Verdict.UNFINISHED
    is_vanished: bool = False
    vms: tuple[VmReason, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionView:
    """What became of a job that somebody had retried or started; `session` is its run, if seen."""

    action: JobAction
    session: Session | None = None
    verdict: Verdict = Verdict.UNFINISHED
    is_vanished: bool = False
