"""Findings: what the bot notices by watching, where EM itself reports nothing (DESIGN §2).

`bot.core.checks` says what holds now; here is what a finding is, and what has changed since.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

COUNTDOWN_STEP = timedelta(minutes=5)
"""A countdown is told anew when so much of it has passed."""


class Check(StrEnum):
    """What was looked for."""

    MISSED = "missed run"
    RPO = "rpo"
    STUCK = "stuck session"
    STALE = "stale server"
    GONE = "no longer runs"
    SHRUNK = "vm missing"
    EMPTY = "no vms"
    UNSCHEDULED = "schedule off"


CLOSABLE = (Check.GONE, Check.SHRUNK)
"""A person may say of these that they are on purpose."""


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of a finding; all moments are EM's.

    `since_at` is what it counts from: the last run, the last good replica, the start of a session,
    the last news of a server. `due_at` is when a run was expected or when the RPO breaks, `span`
    the RPO or the usual duration, `expected_at` the run that may still save the RPO, `is_late` if
    that has not come, and `left` the time to its breach. `outcome` is the finding that has taken
    the place of one that ended.
    """

    since_at: datetime | None = None
    due_at: datetime | None = None
    span: timedelta | None = None
    expected_at: datetime | None = None
    left: timedelta | None = None
    is_broken: bool = False
    is_failing: bool = False
    is_late: bool = False
    vms: tuple[str, ...] = ()
    session_uid: str = ""
    outcome: Check | None = None

    @property
    def shown(self) -> "Details":
        """What of it is worth another edit: a countdown goes by steps."""
        if self.left is None:
            return self
        return replace(self, left=-(-self.left // COUNTDOWN_STEP) * COUNTDOWN_STEP)


@dataclass(frozen=True, slots=True)
class Found:
    """Something that holds now. `subject` is a job's uid or, with `job_uid` "", a server's name."""

    check: Check
    subject: str
    job_uid: str
    backup_server: str
    details: Details

    @property
    def key(self) -> tuple[Check, str]:
        """What makes it the same as something found before."""
        return (self.check, self.subject)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found, from `opened_at` to `ended_at` (the bot's clock).

    `id` is 0 until stored. `told_with` is the id of the first finding of its message, None while
    nobody was told, and `channels` are those that were. `closed_by` is the user who wants to hear
    no more of it; it ends when it no longer holds. `held_back_by` is the mute that last held back
    news of it, 0 if none did.
    """

    id: int
    check: Check
    subject: str
    job_uid: str
    backup_server: str
    opened_at: datetime
    details: Details
    told_with: int | None = None
    channels: tuple[str, ...] = ()
    ended_at: datetime | None = None
    closed_by: str = ""
    held_back_by: int = 0

    @property
    def key(self) -> tuple[Check, str]:
        """What makes it the same as something found now."""
        return (self.check, self.subject)

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be done about it any more."""
        return self.ended_at is not None or bool(self.closed_by)

    def as_found(self) -> Found:
        """Take it as still holding: what cannot be seen is neither new nor over."""
        return Found(self.check, self.subject, self.job_uid, self.backup_server, self.details)


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between what was known and what holds; `opened` have no id yet."""

    opened: tuple[Finding, ...] = ()
    changed: tuple[Finding, ...] = ()
    ended: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.opened or self.changed or self.ended)


def diff(known: Iterable[Finding], found: Sequence[Found], now: datetime) -> Changes:
    """Compare the findings that have not ended with what holds at `now` (the bot's clock)."""
    holding = {each.key: each for each in found}
    open_by_key = {each.key: each for each in known}
    opened = [
        Finding(0, each.check, each.subject, each.job_uid, each.backup_server, now, each.details)
        for key, each in holding.items()
        if key not in open_by_key
    ]
    changed, ended = [], []
    for key, finding in open_by_key.items():
        if key not in holding:
            ended.append(_end(finding, holding, now))
        elif holding[key].details.shown != finding.details.shown:
            changed.append(replace(finding, details=holding[key].details))
    return Changes(tuple(opened), tuple(changed), tuple(ended))


def _end(finding: Finding, holding: Mapping[tuple[Check, str], Found], now: datetime) -> Finding:
    """End it; a missed run of a job that no longer runs did not come after all."""
    successors = (Check.GONE, Check.UNSCHEDULED)
    outcome = next((each for each in successors if (each, finding.subject) in holding), None)
    details = replace(finding.details, left=None, outcome=outcome)
    return replace(finding, ended_at=now, details=details)
