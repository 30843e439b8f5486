"""The answers that are mostly links: API root, logon, ready-made queries, reports, tasks."""

from collections.abc import Iterable

from bot.demo.em.actions import Task
from bot.demo.em.logons import VERSIONS, Logon
from bot.demo.em.sites import Site
from bot.demo.em.trees import Element, Links, Value, link, wrapped

# Collections that a logon links to (sample logonSession.xml): path, element in a list of entities.
LINKED = (
    ("backupServers", "BackupServer"),
    ("managedServers", "ManagedServer"),
    ("jobs", "Job"),
    ("failoverPlans", "FailoverPlan"),
    ("hierarchyRoots", "HierarchyRoot"),
    ("repositories", "Repository"),
    ("backups", "Backup"),
    ("restorePoints", "RestorePoint"),
    ("vmRestorePoints", "VmRestorePoint"),
    ("vAppRestorePoints", "VAppRestorePoint"),
    ("replicas", "Replica"),
    ("vmReplicaPoints", "VmReplicaPoint"),
    ("catalog/vms", "CatalogVm"),
    ("backupSessions", "BackupJobSession"),
    ("restoreSessions", "RestoreSession"),
    ("replicaSessions", "ReplicaJobSession"),
    ("backupTaskSessions", "BackupTaskSession"),
    ("replicaTaskSessions", "ReplicaTaskSession"),
    ("wanAccelerators", "WanAccelerator"),
    ("backupFiles", "BackupFile"),
    ("externalRepositories", "ExternalRepository"),
)
SERVICES = (
    ("tasks", "TaskList", None),
    ("querySvc", "QueryService", None),
    ("reports/summary", "Report", "Summary"),
)
FRAMES = (
    ("overview", "Overview"),
    ("vms_overview", "VmsOverview"),
    ("job_statistics", "JobStatistics"),
    ("processed_vms", "ProcessedVms"),
    ("repository", "Repositories"),
)


def api_root(site: Site) -> Element:
    """Who is there and which versions it speaks; asked without logon (reference §2)."""
    versions = [
        Element("SupportedVersion", {"Name": name}, {"Links": Links([_logon_link(site, name)])})
        for name in VERSIONS
    ]
    links = [
        link("Down", site.href("logonSessions"), "LogonSessionList"),
        _logon_link(site, "latest"),
    ]
    fields: dict[str, Value] = {
        "Links": Links(links),
        "SupportedVersions": wrapped("SupportedVersions", versions, "SupportedVersions"),
    }
    return Element("EnterpriseManager", {"Href": None, "Type": None}, fields)


def logon_entity(site: Site, logon: Logon) -> Element:
    """A logon; its `SessionId`, not the token, is what logging off names (reference §3)."""
    href = site.href(f"logonSessions/{logon.id}")
    links = [link("Up", site.href(""), "EnterpriseManager")]
    links += [link("Down", site.href(path), f"{name}ReferenceList") for path, name in _spelt(site)]
    links += [link("Down", site.href(path), kind, name) for path, kind, name in SERVICES]
    links += [
        link("Down", f"{site.href(path)}?format=Entity", f"{name}List")
        for path, name in _spelt(site)
    ]
    links.append(link("Delete", href))
    fields: dict[str, Value] = {
        "Links": Links(links),
        "UserName": logon.account.username,
        "SessionId": logon.id,
    }
    return Element("LogonSession", {"Href": href, "Type": "LogonSession"}, fields)


def query_service(site: Site, logon: Logon, names: Iterable[str]) -> Element:
    """Ready-made queries, one for each type (reference §9)."""
    links = [link("Up", site.href(f"logonSessions/{logon.id}"), "LogonSession")]
    links += [
        link(
            "Down",
            site.href(f"query?type={name}&format=Entities&sortAsc={_key(name)}&pageSize=15&page=1"),
            f"{name}List",
        )
        for name in names
    ]
    attributes = {"Href": site.href("querySvc"), "Type": "QueryService"}
    return Element("QuerySvc", attributes, {"Links": Links(links)})


def report_index(site: Site) -> Element:
    """The list of summary reports (reference §7)."""
    links = [
        link("Down", site.href(f"reports/summary/{path}"), "ReportFrame", name)
        for path, name in FRAMES
    ]
    attributes = {"Href": None, "Type": None}
    return Element("SummaryReport", attributes, {"Links": Links(links)})


def task_entity(site: Site, task: Task) -> Element:
    """A REST task; no Result before the trigger was answered (reference §8)."""
    href = site.href(f"tasks/{task.id}")
    done = Element("Result", {"Success": task.success}, {"Message": task.message})
    fields: dict[str, Value] = {
        "Links": Links([link("Delete", href, "Task")]),
        "TaskId": task.id,
        "State": task.state,
        "Operation": task.operation,
        "Result": None if task.state == "Running" else done,
    }
    return Element("Task", {"Href": href, "Type": "Task"}, fields)


def _logon_link(site: Site, version: str) -> Element:
    return link("Create", site.href(f"sessionMngr/?v={version}"), "LogonSession")


def _key(name: str) -> str:
    return "TaskId" if name == "Task" else "name"


def _spelt(site: Site) -> list[tuple[str, str]]:
    word = site.options.tasks_word
    return [(word if path == "replicaTaskSessions" else path, name) for path, name in LINKED]
