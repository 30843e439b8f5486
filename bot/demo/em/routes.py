"""Which path and method is which resource. Paths mind no case (reference §2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.demo.em import catalog, resources
from bot.demo.em.options import EmOptions
from bot.demo.em.queries import query
from bot.demo.em.resources import Handler

# The two paths that answer without a logon (reference §2, §3).
PUBLIC = ("", "sessionmngr")
MISSPELT = "repicatasksessions"
SPELT = "replicatasksessions"

_COLLECTIONS = (
    ("replicasessions", catalog.REPLICA_SESSIONS),
    (SPELT, catalog.REPLICA_TASKS),
    ("backupsessions", catalog.BACKUP_SESSIONS),
    ("backuptasksessions", catalog.BACKUP_TASKS),
    ("jobs", catalog.JOB),
    ("backupservers", catalog.SERVER),
    ("replicas", catalog.REPLICAS),
    ("repositories", catalog.REPOSITORY),
)
_EMPTY = (
    ("managedservers", "ManagedServers"),
    ("failoverplans", "FailoverPlans"),
    ("hierarchyroots", "HierarchyRoots"),
    ("backups", "Backups"),
    ("restorepoints", "RestorePoints"),
    ("vmrestorepoints", "VmRestorePoints"),
    ("vapprestorepoints", "VAppRestorePoints"),
    ("vmreplicapoints", "VmReplicaPoints"),
    ("catalog/vms", "CatalogVms"),
    ("restoresessions", "RestoreSessions"),
    ("wanaccelerators", "WanAccelerators"),
    ("backupfiles", "BackupFiles"),
    ("externalrepositories", "ExternalRepositories"),
    ("agents/jobs", "AgentBackupJobs"),
    ("agents/discoveredcomputers", "DiscoveredComputers"),
    ("agents/protectiongroups", "AgentProtectionGroups"),
    ("nas/jobs", "NASJobs"),
    ("nas/backupsessions", "BackupJobSessions"),
    ("cdpreplicasessions", "CdpReplicaSessions"),
    ("cdpreplicatasksessions", "CdpReplicaTaskSessions"),
    ("cdppolicies", "CdpPolicies"),
)


@dataclass(frozen=True, slots=True)
class Route:
    """A path with `*` for ids, and what it answers to each method."""

    pattern: tuple[str, ...]
    handlers: Mapping[str, Handler]

    def ids(self, parts: tuple[str, ...]) -> tuple[str, ...] | None:
        """The variable parts of a path, None if it is another's."""
        if len(parts) != len(self.pattern):
            return None
        pairs = list(zip(self.pattern, parts, strict=True))
        if any(word not in ("*", part.lower()) for word, part in pairs):
            return None
        return tuple(part for word, part in pairs if word == "*")


def find_route(path: str, options: EmOptions) -> tuple[Route, tuple[str, ...]] | None:
    """The route of a path below `/api/` and the ids in it."""
    parts = tuple(_spelt(part, options) for part in path.strip("/").split("/"))
    for route in ROUTES:
        ids = route.ids(parts)
        if ids is not None:
            return route, ids
    return None


def _spelt(part: str, options: EmOptions) -> str:
    """Both spellings are documented, and which one a server answers is unknown (reference §15)."""
    lowered = part.lower()
    if lowered == MISSPELT and options.tasks_word.lower() == MISSPELT:
        return SPELT
    if lowered == SPELT and options.only_misspelt_task_path:
        return MISSPELT
    return part


def _all() -> Iterator[Route]:
    yield _route("", GET=resources.root)
    yield _route("sessionmngr", POST=resources.log_on)
    yield _route("logonsessions", GET=resources.logons)
    yield _route("logonsessions/*", GET=resources.logon, DELETE=resources.log_off)
    yield from _things()
    yield from _lists_below()
    yield _route("tasks", GET=resources.tasks)
    yield _route("tasks/*", GET=resources.task, DELETE=resources.delete_task)
    yield _route("query", GET=query)
    yield _route("querysvc", GET=resources.query_service)
    for path, handler in resources.REPORTS.items():
        yield _route(f"reports/summary{path}", GET=handler)
    for path, plural in _EMPTY:
        yield _route(path, GET=partial(resources.nothing, plural))


def _things() -> Iterator[Route]:
    no = resources.unimplemented
    changes: dict[str, dict[str, Handler]] = {
        "jobs": {"POST": resources.act_on_job, "PUT": no, "DELETE": no},
        "backupservers": {"POST": resources.collect, "PUT": no, "DELETE": no},
        "backupsessions": {"POST": resources.stop_backup_session},
    }
    for path, listed in _COLLECTIONS:
        yield _route(path, GET=partial(resources.collection, listed))
        read: Handler = partial(resources.resource, listed)
        yield _route(f"{path}/*", GET=read, **changes.get(path, {}))


def _lists_below() -> Iterator[Route]:
    kinds = (
        (f"replicasessions/*/{SPELT}", catalog.REPLICA_SESSIONS, catalog.REPLICA_TASKS),
        ("backupsessions/*/tasksessions", catalog.BACKUP_SESSIONS, catalog.BACKUP_TASKS),
    )
    for path, sessions, listed in kinds:
        yield _route(path, GET=partial(resources.session_tasks, sessions, listed))
    yield _route("jobs/*/includes", GET=resources.includes, POST=resources.unimplemented)
    below = resources.below
    yield _route(
        "jobs/*/replicasessions",
        GET=partial(below, catalog.JOB, catalog.REPLICA_SESSIONS, _of_job),
    )
    yield _route(
        "jobs/*/backupsessions",
        GET=partial(below, catalog.JOB, catalog.BACKUP_SESSIONS, _of_job),
    )
    for path, listed in (("jobs", catalog.JOB), ("repositories", catalog.REPOSITORY)):
        yield _route(
            f"backupservers/*/{path}", GET=partial(below, catalog.SERVER, listed, _of_server)
        )


def _of_job(session: Any, job: Any) -> bool:
    return bool(session.job is job)


def _of_server(row: Any, server: Any) -> bool:
    return bool(row.server is server)


def _route(path: str, **handlers: Handler) -> Route:
    return Route(tuple(path.split("/")), handlers)


ROUTES = tuple(_all())
