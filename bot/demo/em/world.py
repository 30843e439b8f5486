"""The world behind the emulated EM: what there is, what time it is, and the moves it can make.

How any of it looks on the wire is left to `entities`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from bot.demo.em.snapshots import Snapshot, take
from bot.demo.em.things import (
    REPLICA,
    BackupJob,
    BackupServer,
    Job,
    Kind,
    Replica,
    ReplicaJob,
    Repository,
    Session,
    TaskSession,
    Vm,
)

# `/replicaSessions` and its like list what was created in the last 30 days (reference §6, §14).
COLLECTION_SPAN = timedelta(days=30)
USUAL_DURATION = timedelta(minutes=10)
PREPARATION = timedelta(seconds=16)

STOCK_REASONS = {
    "Failed": "Error: Unable to allocate processing resources. Error: Host is not available.",
    "Warning": "Changed block tracking cannot be enabled: one or more snapshots present.",
}


class World:
    """Servers, jobs and sessions; every dictionary is keyed by `uid`, EM's URN."""

    def __init__(self) -> None:
        self.skew = timedelta()
        self.servers: dict[str, BackupServer] = {}
        self.repositories: dict[str, Repository] = {}
        self.jobs: dict[str, ReplicaJob] = {}
        self.backup_jobs: dict[str, BackupJob] = {}
        self.sessions: dict[str, Session] = {}
        self.backup_sessions: dict[str, Session] = {}

    def now(self) -> datetime:
        """The time on EM's own clock, which is off by `skew`."""
        return datetime.now(UTC) + self.skew

    def server_now(self, server: BackupServer) -> datetime:
        """The time on a backup server's clock, which stamps its sessions."""
        return self.now() + server.drift

    def add_server(
        self, name: str, *, uid: str | None = None, drift: timedelta = timedelta()
    ) -> BackupServer:
        """Register a backup server together with its default repository."""
        server = BackupServer(name=name, id=_guid(uid), drift=drift)
        self.servers[server.uid] = server
        repository = Repository(name="Default Backup Repository", server=server)
        self.repositories[repository.uid] = repository
        return server

    def add_job(
        self,
        name: str,
        server: BackupServer,
        *,
        vms: Iterable[str] = ("vm01",),
        every: timedelta = timedelta(days=1),
        uid: str | None = None,
    ) -> ReplicaJob:
        """Add a replication job that runs `every` so often."""
        job = ReplicaJob(
            name=name,
            id=_guid(uid),
            server=server,
            repository=self._repository_of(server),
            vms=[Vm(name=vm) for vm in vms],
            every=every,
        )
        self.jobs[job.uid] = job
        return job

    def add_backup_job(
        self, name: str, server: BackupServer, *, vms: Iterable[str] = ("vm01",)
    ) -> BackupJob:
        """Add a daily backup job, for clients that look for one."""
        job = BackupJob(
            name=name,
            server=server,
            repository=self._repository_of(server),
            vms=[Vm(name=vm) for vm in vms],
            every=timedelta(days=1),
        )
        self.backup_jobs[job.uid] = job
        return job

    def rename_job(self, job: Job, name: str) -> None:
        """Rename a job; its past sessions keep the name they ran under."""
        job.name = name

    def add_session(  # noqa: PLR0913 — one argument per field that a test may want to set
        self,
        job: Job,
        *,
        result: str = "Success",
        state: str = "Stopped",
        created_at: datetime | None = None,
        ended_at: datetime | None = None,
        is_retry: bool = False,
        reasons: Mapping[str, str] | None = None,
        progress: int | None = None,
        uid: str | None = None,
        visible_at: datetime | None = None,
    ) -> Session:
        """Add a session and a task session for each VM.

        `reasons` names the VMs that share the session's Warning or Failed, with their words.
        Without it the first VM gets a stock reason; an empty one means that the job ended before
        it came to any VM, so that there are no task sessions. Stopped without times: it ended just
        now. In any other state it has no end, and no result (reference §6).
        """
        stopped = state == "Stopped"
        now = self.server_now(job.server)
        if stopped and ended_at is None:
            ended_at = now if created_at is None else min(now, created_at + USUAL_DURATION)
        if created_at is None:
            created_at = ended_at - USUAL_DURATION if ended_at else now
        session = Session(
            name=f"{job.name}@{created_at:%Y-%m-%d %H:%M:%S}",
            id=_guid(uid),
            job=job,
            job_name=job.name,
            created_at=created_at,
            ended_at=ended_at if stopped else None,
            state=state,
            result=result if stopped else "None",
            progress=(100 if stopped else 1) if progress is None else progress,
            is_retry=is_retry,
            visible_at=visible_at,
        )
        session.tasks = _tasks_of(session, reasons)
        job.next_run_at = max(job.next_run_at or created_at, _after(created_at, job.every))
        self._sessions_beside(job)[session.uid] = session
        return session

    def start_session(self, job: Job, *, is_retry: bool = False) -> Session:
        """Start a run: State Working, Result None, no end (reference §6)."""
        return self.add_session(job, state="Working", is_retry=is_retry)

    def finish_session(
        self, session: Session, result: str = "Success", reasons: Mapping[str, str] | None = None
    ) -> None:
        """End a running session now, on its backup server's clock."""
        session.ended_at = self.server_now(session.job.server)
        session.state, session.result, session.progress = "Stopped", result, 100
        session.tasks = _tasks_of(session, reasons)

    def update_session(self, session: Session, **changes: object) -> None:
        """Change fields of a session under the same UID, as a later collection may do.

        Its task sessions stay as they are; they are in `session.tasks`.
        """
        for name, value in changes.items():
            if not hasattr(session, name):
                raise AttributeError(f"a session has no {name}")
            setattr(session, name, value)

    def remove_session(self, session: Session) -> None:
        """Let a session vanish, as retention may do."""
        del self._sessions_beside(session.job)[session.uid]

    def collect(self) -> None:
        """Collect from all backup servers now: nothing is late any more (reference §14)."""
        for session in (*self.sessions.values(), *self.backup_sessions.values()):
            session.visible_at = None

    def snapshot(self) -> Snapshot:
        """What EM's own database holds of sessions now, for `restore`."""
        return take([self.sessions, self.backup_sessions])

    def restore(self, snapshot: Snapshot) -> Snapshot:
        """Put EM back to an older backup of its database: what came since is gone from it.

        Returns what it held before; EM has it again once it has collected: `recollect`.
        """
        before = self.snapshot()
        self.sessions.clear()
        self.backup_sessions.clear()
        self.recollect(snapshot)
        return before

    def recollect(self, snapshot: Snapshot) -> None:
        """Have all that a snapshot held, with the same UIDs; what else there is stays."""
        snapshot.give_back([self.sessions, self.backup_sessions])

    def sessions_of(self, kind: Kind) -> list[Session]:
        """The sessions of one kind that EM has collected so far."""
        now = self.now()
        rows = self.sessions if kind is REPLICA else self.backup_sessions
        return [row for row in rows.values() if row.visible_at is None or row.visible_at <= now]

    def tasks_of(self, kind: Kind) -> list[TaskSession]:
        """The task sessions of those sessions."""
        return [task for session in self.sessions_of(kind) for task in session.tasks]

    def all_jobs(self) -> list[Job]:
        """Jobs of every kind."""
        return [*self.jobs.values(), *self.backup_jobs.values()]

    def replicas(self) -> list[Replica]:
        """One replica per replication job, named like it."""
        return [Replica(name=job.name, id=job.replica_id, job=job) for job in self.jobs.values()]

    def running(self) -> list[Session]:
        """The replica sessions that have not ended."""
        return [session for session in self.sessions.values() if session.ended_at is None]

    def running_session(self, job: Job) -> Session | None:
        """The session of a job that has not ended."""
        rows = (row for row in self.sessions_of(job.kind) if row.job is job)
        return next((row for row in rows if row.ended_at is None), None)

    def last_session(self, job: Job) -> Session | None:
        """The newest session of a job that has ended."""
        rows = (row for row in self.sessions_of(job.kind) if row.job is job and row.ended_at)
        return max(rows, key=lambda row: row.created_at, default=None)

    def _sessions_beside(self, job: Job) -> dict[str, Session]:
        return self.sessions if job.kind is REPLICA else self.backup_sessions

    def _repository_of(self, server: BackupServer) -> Repository:
        return next(row for row in self.repositories.values() if row.server is server)


def _after(moment: datetime, span: timedelta) -> datetime:
    """The moment so much later, or the end of time, where broken clocks have been seen to stand."""
    last = datetime.max.replace(tzinfo=UTC)
    return moment + span if moment < last - span else last


def _guid(uid: str | None) -> str:
    return uid.rpartition(":")[2].lower() if uid else str(uuid4())


def _tasks_of(session: Session, reasons: Mapping[str, str] | None) -> list[TaskSession]:
    kept = {task.vm.name: task.id for task in session.tasks}
    vms = session.job.vms
    if session.result in STOCK_REASONS:
        if reasons is None:
            reasons = {vms[0].name: STOCK_REASONS[session.result]} if vms else {}
        if not reasons:
            return []
    reasons = reasons or {}
    known = {vm.name for vm in vms}
    every = [*vms, *(Vm(name=name) for name in reasons if name not in known)]
    return [_task_of(session, vm, reasons.get(vm.name), kept.get(vm.name)) for vm in every]


def _task_of(session: Session, vm: Vm, reason: str | None, guid: str | None) -> TaskSession:
    begun = _after(session.created_at, PREPARATION)
    if session.ended_at:
        begun = min(begun, session.ended_at)
    good = "Success" if session.ended_at else "None"
    return TaskSession(
        name=f"{vm.name}@{begun:%Y-%m-%d %H:%M:%S}",
        id=_guid(guid),
        session=session,
        vm=vm,
        created_at=begun,
        ended_at=session.ended_at,
        state="Completed" if session.ended_at else "InProgress",
        result=good if reason is None else session.result,
        reason=reason or "",
    )
