"""Builds queries for EM's query service (reference §9); every value is data, whatever it holds.

Strings are quoted with their quotes doubled, times are UTC with Z, mixed AND and OR are in
parentheses, and the whole is percent-encoded. Nothing here can be changed once made.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar
from urllib.parse import quote

PAGE_SIZE = 100
"""Rows per page: what EM uses by itself, and the most that is known to work (reference §9)."""

Value = TypeVar("Value", str, bool, datetime)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One property compared with one value."""

    left: str
    operator: str
    right: str

    def __str__(self) -> str:
        return f"{self.left}{self.operator}{self.right}"

    def __and__(self, other: "Condition") -> "Condition":
        return all_of(self, other)

    def __or__(self, other: "Condition") -> "Condition":
        return any_of(self, other)


@dataclass(frozen=True, slots=True)
class Combination:
    """Several conditions joined by `;` (AND) or `,` (OR), each in parentheses if one is mixed."""

    joint: str
    parts: tuple["Condition", ...]

    def __str__(self) -> str:
        if any(isinstance(part, Combination) for part in self.parts):
            return self.joint.join(f"({part})" for part in self.parts)
        return self.joint.join(str(part) for part in self.parts)

    def __and__(self, other: "Condition") -> "Condition":
        return all_of(self, other)

    def __or__(self, other: "Condition") -> "Condition":
        return any_of(self, other)


Condition = Comparison | Combination


def all_of(*conditions: Condition) -> Condition:
    """Join with AND."""
    return _join(";", conditions)


def any_of(*conditions: Condition) -> Condition:
    """Join with OR."""
    return _join(",", conditions)


def _join(joint: str, conditions: tuple[Condition, ...]) -> Condition:
    if not conditions:
        raise ValueError("a filter needs at least one condition")
    return conditions[0] if len(conditions) == 1 else Combination(joint, conditions)


@dataclass(frozen=True)  # without slots: Python 3.11 cannot make such a class from `Property[str]`
class Property(Generic[Value]):
    """A property that EM filters and sorts by; what it is compared with has its type."""

    name: str

    def equals(self, value: Value) -> Comparison:
        """`==`."""
        return Comparison(self.name, "==", _render(value))

    def differs(self, value: Value) -> Comparison:
        """`!=`."""
        return Comparison(self.name, "!=", _render(value))

    def __lt__(self, value: Value) -> Comparison:
        return Comparison(self.name, "<", _render(value))

    def __le__(self, value: Value) -> Comparison:
        return Comparison(self.name, "<=", _render(value))

    def __gt__(self, value: Value) -> Comparison:
        return Comparison(self.name, ">", _render(value))

    def __ge__(self, value: Value) -> Comparison:
        return Comparison(self.name, ">=", _render(value))


def _render(value: str | bool | datetime) -> str:
    if isinstance(value, bool):
        return str(value)
    text = _render_time(value) if isinstance(value, datetime) else value
    return '"' + text.replace('"', '""') + '"'


def _render_time(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone means nothing to Enterprise Manager")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


class ReplicaSessionProperties:
    """What `ReplicaJobSession` can be filtered and sorted by (reference §9)."""

    entity: Final = "ReplicaJobSession"
    uid: Final = Property[str]("UID")
    name: Final = Property[str]("Name")
    job_type: Final = Property[str]("JobType")
    job_uid: Final = Property[str]("JobUid")
    job_name: Final = Property[str]("JobName")
    created_at: Final = Property[datetime]("CreationTime")
    ended_at: Final = Property[datetime]("EndTime")
    state: Final = Property[str]("State")
    result: Final = Property[str]("Result")
    is_retry: Final = Property[bool]("IsRetry")
    backup_server_uid: Final = Property[str]("BackupServerUid")
    backup_server_name: Final = Property[str]("BackupServerName")


class ReplicaTaskSessionProperties:
    """What `ReplicaTaskSession` can be filtered and sorted by (reference §9)."""

    entity: Final = "ReplicaTaskSession"
    uid: Final = Property[str]("UID")
    name: Final = Property[str]("Name")
    created_at: Final = Property[datetime]("CreationTime")
    ended_at: Final = Property[datetime]("EndTime")
    state: Final = Property[str]("State")
    result: Final = Property[str]("Result")
    reason: Final = Property[str]("Reason")
    job_session_uid: Final = Property[str]("JobSessionUid")
    job_uid: Final = Property[str]("JobUid")
    job_name: Final = Property[str]("JobName")
    backup_server_uid: Final = Property[str]("BackupServerUid")
    backup_server_name: Final = Property[str]("BackupServerName")
    vm: Final = Property[str]("VmDisplayName")


class JobProperties:
    """What `Job` can be filtered and sorted by, for Portal Administrators only (reference §9)."""

    entity: Final = "Job"
    uid: Final = Property[str]("UID")
    name: Final = Property[str]("Name")
    next_run_at: Final = Property[datetime]("NextRun")
    job_type: Final = Property[str]("JobType")
    platform: Final = Property[str]("Platform")
    schedule_configured: Final = Property[bool]("ScheduleConfigured")
    schedule_enabled: Final = Property[bool]("ScheduleEnabled")
    backup_server_uid: Final = Property[str]("BackupServerUid")
    backup_server_name: Final = Property[str]("BackupServerName")


@dataclass(frozen=True, slots=True)
class Sort:
    """The one property that a list is sorted by; EM documents no second one (reference §9)."""

    by: Property[str] | Property[bool] | Property[datetime]
    is_descending: bool = False

    def __str__(self) -> str:
        return f"{'sortDesc' if self.is_descending else 'sortAsc'}={self.by.name}"


@dataclass(frozen=True, slots=True)
class Query:
    """A question to `/query`, always sorted and paged; rows come as entities."""

    entity: str
    sort: Sort
    where: Condition | None = None
    page_size: int = PAGE_SIZE

    def path(self, page: int = 1) -> str:
        """Write path and query string for one page, counted from 1."""
        parts = [f"/api/query?type={self.entity}", "format=Entities"]
        if self.where is not None:
            parts.append(f"filter={quote(str(self.where), safe='', errors='replace')}")
        return "&".join([*parts, str(self.sort), f"pageSize={self.page_size}", f"page={page}"])
