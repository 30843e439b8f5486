"""The types that can be listed and queried: who may, which rows, and which properties filter them.

The property lists are those of reference §9, the roles those of §13.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.demo.em import entities, indexes, job_entities
from bot.demo.em.filtering import Property, enumeration, flag, moment, number, text, urn
from bot.demo.em.logons import ADMINISTRATORS, EVERYBODY, USERS, Logon, Role
from bot.demo.em.sites import Site
from bot.demo.em.things import BACKUP, REPLICA, Kind
from bot.demo.em.trees import Element

# Where None stands among results is unknown (reference §9); here it is the lowest.
RESULTS = ("None", "Success", "Warning", "Failed")
STATES = ("Starting", "Stopping", "Working", "Pausing", "Resuming", "Stopped", "Idle")
TASK_STATES = ("InProgress", "Pending", "Completed")
JOB_TYPES = ("Backup", "BackupCopy", "ImmediateBackupCopy", "Replica")
BACKUP_TYPES = (
    *JOB_TYPES,
    "ImmediateBackupCopyWorker",
    "AgentBackup",
    "AgentManagement",
    "NasBackup",
)
PLATFORMS = ("VMware", "HyperV", "vCloud", "CustomPlatform")


@dataclass(frozen=True, slots=True)
class Type:
    """One type of resource, as the query service and its collection see it."""

    name: str
    plural: str
    roles: frozenset[Role]
    rows: Callable[[Site, Logon], Sequence[Any]]
    entity: Callable[[Site, Any], Element]
    links: Callable[..., list[Element]] | None
    properties: Mapping[str, Property]

    def reference(self, site: Site, row: Any, name: str = "Ref") -> Element:
        """The row in short; a REST task has no reference form and shows itself."""
        if self.links is None:
            return self.entity(site, row)
        return entities.reference(site, row, self.links(site, row, full=False), name)


_UID = {"UID": Property(lambda row: row.uid, urn), "Name": Property(lambda row: row.name, text)}
_SERVER = {
    "BackupServerUid": Property(lambda row: row.server.uid, urn),
    "BackupServerName": Property(lambda row: row.server.name, text),
}
_SPAN = {
    "CreationTime": Property(lambda row: row.created_at, moment),
    "EndTime": Property(lambda row: row.ended_at, moment),
    "Result": enumeration(lambda row: row.result, RESULTS),
}


def _sessions(kind: Kind, job_types: tuple[str, ...]) -> Type:
    return Type(
        name=kind.session_type,
        plural=f"{kind.session_type}s",
        roles=USERS,
        rows=lambda site, _: site.world.sessions_of(kind),
        entity=entities.session_entity,
        links=entities.session_links,
        properties={
            **_UID,
            **_SPAN,
            "JobType": enumeration(lambda row: row.job.kind.job_type, job_types),
            "JobUid": Property(lambda row: row.job.uid, urn),
            "JobName": Property(lambda row: row.job_name, text),
            "State": enumeration(lambda row: row.state, STATES),
            "IsRetry": Property(lambda row: row.is_retry, flag),
            "BackupServerUid": Property(lambda row: row.job.server.uid, urn),
            "BackupServerName": Property(lambda row: row.job.server.name, text),
        },
    )


def _tasks(kind: Kind) -> Type:
    return Type(
        name=kind.task_type,
        plural=f"{kind.task_type}s",
        roles=USERS,
        rows=lambda site, _: site.world.tasks_of(kind),
        entity=entities.task_entity,
        links=entities.task_links,
        properties={
            **_UID,
            **_SPAN,
            "State": enumeration(lambda row: row.state, TASK_STATES),
            "Reason": Property(lambda row: row.reason, text),
            "TotalSize": Property(lambda row: row.vm.size, number),
            "JobSessionUid": Property(lambda row: row.session.uid, urn),
            "JobUid": Property(lambda row: row.session.job.uid, urn),
            "JobName": Property(lambda row: row.session.job_name, text),
            "BackupServerUid": Property(lambda row: row.session.job.server.uid, urn),
            "BackupServerName": Property(lambda row: row.session.job.server.name, text),
            "VmDisplayName": Property(lambda row: row.vm.name, text),
        },
    )


JOB = Type(
    name="Job",
    plural="Jobs",
    roles=ADMINISTRATORS,
    rows=lambda site, _: site.world.all_jobs(),
    entity=job_entities.job_entity,
    links=job_entities.job_links,
    properties={
        **_UID,
        **_SERVER,
        "Description": Property(lambda row: row.description, text),
        "NextRun": Property(lambda row: row.scheduled_at, moment),
        "JobType": enumeration(lambda row: row.kind.job_type, JOB_TYPES),
        "Platform": enumeration(lambda row: row.platform, PLATFORMS),
        "ScheduleConfigured": Property(lambda row: row.schedule_configured, flag),
        "ScheduleEnabled": Property(lambda row: row.schedule_enabled, flag),
    },
)
SERVER = Type(
    name="BackupServer",
    plural="BackupServers",
    roles=USERS,
    rows=lambda site, _: list(site.world.servers.values()),
    entity=entities.server_entity,
    links=entities.server_links,
    properties={
        **_UID,
        "Description": Property(lambda row: row.description, text),
        "IpOrDnsName": Property(lambda row: row.name, text),
        "Port": Property(lambda row: row.port, number),
        "Version": Property(lambda row: row.version, text),
    },
)
REPLICAS = Type(
    name="Replica",
    plural="Replicas",
    roles=EVERYBODY,
    rows=lambda site, _: site.world.replicas(),
    entity=entities.replica_entity,
    links=entities.replica_links,
    properties={
        **_UID,
        "JobUid": Property(lambda row: row.job.uid, urn),
        "JobName": Property(lambda row: row.job.name, text),
        "RepositoryUid": Property(lambda row: row.job.repository.uid, urn),
        "RepositoryName": Property(lambda row: row.job.repository.name, text),
    },
)
REPOSITORY = Type(
    name="Repository",
    plural="Repositories",
    roles=USERS,
    rows=lambda site, _: list(site.world.repositories.values()),
    entity=entities.repository_entity,
    links=entities.repository_links,
    properties={
        **_UID,
        **_SERVER,
        "Capacity": Property(lambda row: row.capacity, number),
        "FreeSpace": Property(lambda row: row.free_space, number),
    },
)
TASK = Type(
    name="Task",
    plural="Tasks",
    roles=EVERYBODY,
    rows=lambda _, logon: list(logon.tasks.values()),
    entity=indexes.task_entity,
    links=None,
    properties={
        "TaskId": Property(lambda row: row.id, text),
        "State": enumeration(lambda row: row.state, ("Running", "OperationFinished", "Finished")),
        "Operation": Property(lambda row: row.operation, text),
    },
)
REPLICA_SESSIONS = _sessions(REPLICA, JOB_TYPES)
REPLICA_TASKS = _tasks(REPLICA)
BACKUP_SESSIONS = _sessions(BACKUP, BACKUP_TYPES)
BACKUP_TASKS = _tasks(BACKUP)

TYPES = {
    row.name.lower(): row
    for row in (
        REPLICA_SESSIONS,
        REPLICA_TASKS,
        BACKUP_SESSIONS,
        BACKUP_TASKS,
        JOB,
        SERVER,
        REPLICAS,
        REPOSITORY,
        TASK,
    )
}

# The members of Entities, in the order and with the spelling of the recordings (reference §4).
MEMBERS = [
    "Jobs",
    "FailoverPlans",
    "Backups",
    "Replicas",
    "Repositories",
    "RestorePoints",
    "VmRestorePoints",
    "VAppRestorePoints",
    "VmReplicaPoints",
    "BackupJobSessions",
    "ReplicaJobSessions",
    "ReplicaTaskSessions",
    "RestoreSessions",
    "HierarchyRoots",
    "BackupTaskSessions",
    "BackupServers",
    "ManagedServers",
    "EnterpiseRoles",
    "EnterpiseAccounts",
    "WanAccelerators",
    "CloudGateways",
    "CloudTenants",
    "CloudReplicas",
    "VCloudOrganizationConfigs",
    "BackupFiles",
    "VSphereSelfServiceConfigs",
    "CloudPublicIps",
    "CloudHardwarePlans",
    "CloudVmReplicaPoints",
    "AgentRestorePoints",
    "AgentBackupJob",
    "CloudGatewayPools",
    "CloudFailoverPlans",
    "ExternalRepositories",
    "VlanConfigurations",
    "CloudFailoverSessions",
    "AgentProtectionGroups",
    "DiscoveredComputers",
    "FileServers",
    "NASJobs",
    "CdpReplicas",
    "CdpReplicaVms",
    "CdpPolicies",
    "CdpReplicaSessions",
    "CdpReplicaTaskSessions",
    "VAppReplicaPoints",
    "VmCdpReplicas",
    "VAppCdpReplicas",
    "VAppCdpReplicaVms",
    "SystemSessions",
]

# Documented types that this EM holds nothing of; what filters them is not looked into.
EMPTY_TYPES = {
    name.lower(): plural
    for name, plural in (
        ("AgentBackupJob", "AgentBackupJobs"),
        ("AgentProtectionGroup", "AgentProtectionGroups"),
        ("AgentRestorePoint", "AgentRestorePoints"),
        ("Backup", "Backups"),
        ("BackupFile", "BackupFiles"),
        ("CdpReplicaSession", "CdpReplicaSessions"),
        ("CdpReplicaTaskSession", "CdpReplicaTaskSessions"),
        ("DiscoveredComputer", "DiscoveredComputers"),
        ("FailoverPlan", "FailoverPlans"),
        ("HierarchyRoot", "HierarchyRoots"),
        ("ManagedServer", "ManagedServers"),
        ("NasJob", "NASJobs"),
        ("RestorePoint", "RestorePoints"),
        ("RestoreSession", "RestoreSessions"),
        ("VmReplicaPoint", "VmReplicaPoints"),
        ("VmRestorePoint", "VmRestorePoints"),
        ("WanAccelerator", "WanAccelerators"),
    )
}
