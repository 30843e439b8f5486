"""The summary reports, counted from the world so that they agree with the sessions (reference §7).

The time window of the counts is unknown; here it is the last 24 hours, and seven days for
`processed_vms`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.demo.em.sites import Site
from bot.demo.em.things import BACKUP, REPLICA, Job, Session
from bot.demo.em.trees import Element, Repeated, Value
from bot.demo.em.world import World

WINDOW = timedelta(days=1)
DAYS_SHOWN = 7
STATUS_REPORT = "Workspace/ViewReport.aspx?definition=7962844d-db6c-4d29-8b6e-4e0f7db0785f"
PROTECTED_REPORT = "Workspace/ViewReport.aspx?definition=8a56d84f-1790-4f54-ab20-2e0bfdefa16b"
CAPACITY_REPORT = "Workspace/ViewReport.aspx?definition=62221565-102c-4ec8-851b-d61c03d972d1"


def overview(site: Site) -> Element:
    """Infrastructure and the last state of each VM; "Lastest" is EM's spelling (reference §12)."""
    world = site.world
    states = list(_last_results(world).values())
    return _frame(
        "OverviewReportFrame",
        {
            "BackupServers": len(world.servers),
            "ProxyServers": 2 * len(world.servers),
            "RepositoryServers": len(world.repositories),
            "RunningJobs": _running(world),
            "ScheduledJobs": len(_scheduled(world.all_jobs())),
            "SuccessfulVmLastestStates": states.count("Success"),
            "WarningVmLastestStates": states.count("Warning"),
            "FailedVmLastestStates": states.count("Failed"),
        },
    )


def job_statistics(site: Site) -> Element:
    """Runs by result and the longest of them, in seconds; `WarningsJobRuns` is EM's spelling."""
    world = site.world
    backups, replicas = (
        _recent(world.sessions_of(BACKUP), world),
        _recent(world.sessions_of(REPLICA), world),
    )
    results = [session.result for session in (*backups, *replicas)]
    backup_seconds, backup_name = _longest(backups)
    replica_seconds, replica_name = _longest(replicas)
    return _frame(
        "JobStatisticsReportFrame",
        {
            "RunningJobs": _running(world),
            "ScheduledJobs": len(_scheduled(world.all_jobs())),
            "ScheduledBackupJobs": len(_scheduled(world.backup_jobs.values())),
            "ScheduledReplicaJobs": len(_scheduled(world.jobs.values())),
            "TotalJobRuns": len(results),
            "SuccessfulJobRuns": results.count("Success"),
            "WarningsJobRuns": results.count("Warning"),
            "FailedJobRuns": results.count("Failed"),
            "MaxJobDuration": max(backup_seconds, replica_seconds),
            "MaxBackupJobDuration": backup_seconds,
            "MaxReplicaJobDuration": replica_seconds,
            "MaxDurationBackupJobName": backup_name,
            "MaxDurationReplicaJobName": replica_name,
            "BackupJobStatusReportLink": f"{STATUS_REPORT}&ShowParams=1",
        },
    )


def vms_overview(site: Site) -> Element:
    """What is protected, and how much room it takes."""
    world = site.world
    backed_up = {vm.name: vm.size for job in world.backup_jobs.values() for vm in job.vms}
    replicated = {vm.name: vm.size for job in world.jobs.values() for vm in job.vms}
    protected = {**backed_up, **replicated}
    results = [session.result for session in world.sessions_of(BACKUP) if session.ended_at]
    points = len(results) + len(world.sessions_of(REPLICA))
    return _frame(
        "VmsOverviewReportFrame",
        {
            "ProtectedVms": len(protected),
            "BackedUpVms": len(backed_up),
            "ReplicatedVms": len(replicated),
            "RestorePoints": points,
            "FullBackupPointsSize": sum(backed_up.values()),
            "IncrementalBackupPointsSize": sum(backed_up.values()) // 4,
            "ReplicaRestorePointsSize": sum(replicated.values()),
            "SourceVmsSize": sum(protected.values()),
            "SuccessBackupPercents": 100 * results.count("Success") // max(1, len(results)),
            "ProtectedVmsReportLink": f"{PROTECTED_REPORT}&ShowParams=1",
        },
    )


def processed_vms(site: Site) -> Element:
    """VMs per day, newest first; attributes in XML as the vendor's page has them."""
    world = site.world
    today = world.now().replace(hour=0, minute=0, second=0, microsecond=0)
    days = [
        Element(
            "Day",
            {
                "BackupedVms": _processed(world.sessions_of(BACKUP), day),
                "ReplicatedVms": _processed(world.sessions_of(REPLICA), day),
                "Timestamp": day,
            },
        )
        for day in (today - timedelta(days=back) for back in range(DAYS_SHOWN))
    ]
    return _frame("ProcessedVmsReportFrame", {"Days": Repeated(days)})


def repository(site: Site) -> Element:
    """Room on each repository, as the vendor's page `reports_summary_repository` has it."""
    periods = [
        Element(
            "Period",
            fields={
                "Name": row.name,
                "Capacity": row.capacity,
                "FreeSpace": row.free_space,
                "BackupSize": row.capacity - row.free_space,
            },
        )
        for row in site.world.repositories.values()
    ]
    attributes = {
        "CapacityPlanningReportLink": f"{CAPACITY_REPORT}&ShowParams=1",
        "Href": None,
        "Type": None,
    }
    return Element(
        "RepositoryReportFrame", attributes, {"Links": None, "Periods": Repeated(periods)}
    )


def _frame(name: str, fields: dict[str, Value]) -> Element:
    return Element(name, {"Href": None, "Type": None}, {"Links": None, **fields})


def _running(world: World) -> int:
    rows = (*world.sessions_of(REPLICA), *world.sessions_of(BACKUP))
    return len({session.job.uid for session in rows if session.ended_at is None})


def _scheduled(jobs: Iterable[Job]) -> list[Job]:
    return [job for job in jobs if job.schedule_enabled]


def _recent(sessions: list[Session], world: World) -> list[Session]:
    since = world.now() - WINDOW
    return [session for session in sessions if session.ended_at and session.ended_at >= since]


def _longest(sessions: list[Session]) -> tuple[int, str]:
    spans = (
        (int((session.ended_at - session.created_at).total_seconds()), session.job_name)
        for session in sessions
        if session.ended_at
    )
    return max(spans, default=(0, ""))


def _processed(sessions: list[Session], day: datetime) -> int:
    return sum(
        len(session.tasks)
        for session in sessions
        if day <= session.created_at < day + timedelta(days=1)
    )


def _last_results(world: World) -> dict[str, str]:
    tasks = (*world.tasks_of(REPLICA), *world.tasks_of(BACKUP))
    ended = sorted((task for task in tasks if task.ended_at), key=lambda task: task.created_at)
    return {task.vm.name: task.result for task in ended}
