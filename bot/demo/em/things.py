"""The things that the emulated EM knows of, as plain data with EM's names for them.

How they change is left to `world`, how they look on the wire to `entities`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import uuid4

GIBIBYTE = 1024**3


def _guid() -> str:
    return str(uuid4())


@dataclass(frozen=True, slots=True)
class Kind:
    """How EM names the things of one kind of job: type names and paths differ (reference §12)."""

    job_type: str
    session_type: str
    task_type: str
    sessions_path: str
    tasks_path: str
    tasks_of_session: str


REPLICA = Kind(
    job_type="Replica",
    session_type="ReplicaJobSession",
    task_type="ReplicaTaskSession",
    sessions_path="replicaSessions",
    tasks_path="replicaTaskSessions",
    tasks_of_session="replicaTaskSessions",
)
BACKUP = Kind(
    job_type="Backup",
    session_type="BackupJobSession",
    task_type="BackupTaskSession",
    sessions_path="backupSessions",
    tasks_path="backupTaskSessions",
    tasks_of_session="taskSessions",
)


@dataclass(eq=False, kw_only=True)
class Thing:
    """Anything with an identity: `id` is the GUID of URLs, `uid` EM's URN (reference §5)."""

    type_name: ClassVar[str]
    name: str
    id: str = field(default_factory=_guid)

    @property
    def type(self) -> str:
        """EM's name for what this is."""
        return self.type_name

    @property
    def uid(self) -> str:
        """The URN, `urn:veeam:<Type>:<guid>`."""
        return f"urn:veeam:{self.type}:{self.id}"


@dataclass(eq=False, kw_only=True)
class BackupServer(Thing):
    """A backup server that EM collects from; its clock may be off by `drift`."""

    type_name: ClassVar[str] = "BackupServer"
    description: str = ""
    port: int = 9392
    version: str = "12.3.2.3617"
    wcf_port: int = 9401
    thumbprint: str = "0" * 40
    drift: timedelta = timedelta()


@dataclass(eq=False, kw_only=True)
class Repository(Thing):
    """Where a server keeps backups and the metadata of replicas."""

    type_name: ClassVar[str] = "Repository"
    server: BackupServer
    capacity: int = 4096 * GIBIBYTE
    free_space: int = 1536 * GIBIBYTE
    kind: str = "WindowsLocal"


@dataclass(eq=False, kw_only=True)
class Vm:
    """One object in a job."""

    name: str
    id: str = field(default_factory=_guid)
    size: int = 64 * GIBIBYTE


@dataclass(eq=False, kw_only=True)
class Job(Thing):
    """A job of either kind, with the VMs it processes and the time between two runs."""

    type_name: ClassVar[str] = "Job"
    kind: ClassVar[Kind]
    server: BackupServer
    repository: Repository
    vms: list[Vm]
    every: timedelta
    description: str = ""
    platform: str = "VMware"
    schedule_configured: bool = True
    schedule_enabled: bool = True
    next_run_at: datetime | None = None
    retry_times: int = 3
    retry_minutes: int = 10
    retry_specified: bool = True
    offered: tuple[str, ...] = ("Start", "Stop", "Retry")

    @property
    def scheduled_at(self) -> datetime | None:
        """When it runs next by itself; None when nothing is scheduled (reference §7)."""
        runs_by_itself = self.schedule_configured and self.schedule_enabled
        return self.next_run_at if runs_by_itself else None


@dataclass(eq=False, kw_only=True)
class ReplicaJob(Job):
    """A replication job."""

    kind: ClassVar[Kind] = REPLICA
    replica_id: str = field(default_factory=_guid)


@dataclass(eq=False, kw_only=True)
class BackupJob(Job):
    """A backup job: there for other clients; replica queries never show it."""

    kind: ClassVar[Kind] = BACKUP


@dataclass(eq=False, kw_only=True)
class Replica(Thing):
    """What a replication job has made; it carries the name of its job."""

    type_name: ClassVar[str] = "Replica"
    job: ReplicaJob


@dataclass(eq=False, kw_only=True)
class Session(Thing):
    """One run of a job. `visible_at` in the future: EM has not collected it yet."""

    job: Job
    job_name: str
    created_at: datetime
    ended_at: datetime | None
    state: str
    result: str
    progress: int
    is_retry: bool = False
    visible_at: datetime | None = None
    tasks: "list[TaskSession]" = field(default_factory=list)

    @property
    def type(self) -> str:
        """ReplicaJobSession or BackupJobSession."""
        return self.job.kind.session_type


@dataclass(eq=False, kw_only=True)
class TaskSession(Thing):
    """One VM's part of a session."""

    session: Session
    vm: Vm
    created_at: datetime
    ended_at: datetime | None
    state: str
    result: str
    reason: str = ""

    @property
    def type(self) -> str:
        """ReplicaTaskSession or BackupTaskSession."""
        return self.session.job.kind.task_type
