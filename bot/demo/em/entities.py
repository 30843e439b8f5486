"""The references and entities of sessions, task sessions, servers, replicas and repositories.

Element order, attributes and links are those of the samples (reference §4, §6, §7); jobs are in
`job_entities`. References carry the same links without actions (reference §4).
"""

from collections.abc import Mapping, Sequence

from bot.demo.em.sites import Site
from bot.demo.em.things import (
    BackupServer,
    Job,
    Kind,
    Replica,
    Repository,
    Session,
    TaskSession,
    Thing,
)
from bot.demo.em.trees import Element, Links, Value, link


def entity(
    site: Site,
    thing: Thing,
    links: Sequence[Element],
    fields: Mapping[str, Value],
    extra: Mapping[str, str] | None = None,
) -> Element:
    """The full data of a thing."""
    attributes = {
        "Href": f"{site.href(path_of(site, thing))}?format=Entity",
        "Type": thing.type,
        "Name": thing.name,
        "UID": thing.uid,
        **(extra or {}),
    }
    return Element(thing.type, attributes, {"Links": Links(links), **fields})


def reference(site: Site, thing: Thing, links: Sequence[Element], name: str = "Ref") -> Element:
    """The short form: `Ref` in a list, `EntityRef` alone (reference §4)."""
    attributes = {
        "Href": site.href(path_of(site, thing)),
        "Type": f"{thing.type}Reference",
        "Name": thing.name,
        "UID": thing.uid,
    }
    return Element(name, attributes, {"Links": Links(links)})


def path_of(site: Site, thing: Thing) -> str:
    """The path of a thing below `/api/`."""
    return f"{_collection_of(site, thing)}/{thing.id}"


def tasks_word(site: Site, kind: Kind) -> str:
    """The path of a kind's task sessions; that of replicas has two spellings (reference §15)."""
    if kind.job_type == "Replica":
        return site.options.tasks_word
    return kind.tasks_path


def up(site: Site, thing: Thing) -> Element:
    """The link to a parent."""
    return link("Up", site.href(path_of(site, thing)), f"{thing.type}Reference", thing.name)


def alternate(site: Site, thing: Thing, *, full: bool) -> Element:
    """The link from an entity to its reference and back."""
    href = site.href(path_of(site, thing))
    if full:
        return link("Alternate", href, f"{thing.type}Reference", thing.name)
    return link("Alternate", f"{href}?format=Entity", thing.type, thing.name)


def down(site: Site, thing: Thing, word: str, kind: str) -> Element:
    """The link to a list below a thing."""
    return link("Down", site.href(f"{path_of(site, thing)}/{word}"), kind)


def session_links(site: Site, session: Session, *, full: bool) -> list[Element]:
    """Up to server and job, self, down to the task sessions (reference §6)."""
    kind = session.job.kind
    word = site.options.tasks_word if kind.job_type == "Replica" else kind.tasks_of_session
    job = session.job
    links = [
        up(site, job.server),
        link("Up", site.href(path_of(site, job)), "JobReference", session.job_name),
        alternate(site, session, full=full),
        down(site, session, word, f"{kind.task_type}ReferenceList"),
    ]
    if full and kind.job_type == "Backup":
        # There is no such action for replica sessions (reference §7).
        links.append(link("Stop", f"{site.href(path_of(site, session))}?action=stop"))
    return links


def session_entity(site: Site, session: Session) -> Element:
    """A session, in the order of reference §6; FailureMessage is null wherever it was seen."""
    fields: dict[str, Value] = {
        "JobUid": session.job.uid,
        "JobName": session.job_name,
        "JobType": session.job.kind.job_type,
        "CreationTimeUTC": session.created_at,
        "EndTimeUTC": session.ended_at,
        "State": session.state,
        "Result": session.result,
        "Progress": session.progress,
        "FailureMessage": None,
        "IsRetry": session.is_retry,
    }
    return entity(site, session, session_links(site, session, full=True), fields)


def task_links(site: Site, task: TaskSession, *, full: bool) -> list[Element]:
    """Up to server and session, and self."""
    session = task.session
    return [up(site, session.job.server), up(site, session), alternate(site, task, full=full)]


def task_entity(site: Site, task: TaskSession) -> Element:
    """A task session, in the order of reference §6; those of backups have a VmUid (§7)."""
    fields: dict[str, Value] = {
        "JobSessionUid": task.session.uid,
        "CreationTimeUTC": task.created_at,
        "EndTimeUTC": task.ended_at,
        "State": task.state,
        "Result": task.result,
        "Reason": task.reason,
        "TotalSize": task.vm.size,
    }
    if task.type == "BackupTaskSession":
        fields["VmUid"] = f"urn:VMware:Vm:{task.session.job.server.id}.vm-{task.vm.id[:6]}"
    links = task_links(site, task, full=True)
    return entity(site, task, links, fields, {"VmDisplayName": task.vm.name})


def server_links(site: Site, server: BackupServer, *, full: bool) -> list[Element]:
    """Self, down to what it has, and `collect`, which refreshes EM's data (reference §7, §8)."""
    links = [
        alternate(site, server, full=full),
        down(site, server, "jobs", "JobReferenceList"),
        down(site, server, "managedServers", "ManagedServerReferenceList"),
        down(site, server, "repositories", "RepositoryReferenceList"),
    ]
    if full:
        href = site.href(path_of(site, server))
        links.append(link("Edit", href, "BackupServerReference"))
        links.append(link("Delete", href, "BackupServerReference"))
        links.append(link("Start", f"{href}?action=collect"))
    return links


def server_entity(site: Site, server: BackupServer) -> Element:
    """A backup server (reference §7)."""
    fields: dict[str, Value] = {
        "Description": server.description,
        "Port": server.port,
        "Version": server.version,
        "WcfPort": server.wcf_port,
        "VbrCertificateThumbprint": server.thumbprint,
    }
    return entity(site, server, server_links(site, server, full=True), fields)


def replica_links(site: Site, replica: Replica, *, full: bool) -> list[Element]:
    """Up to repository and server, self, down to the points."""
    return [
        up(site, replica.job.repository),
        up(site, replica.job.server),
        alternate(site, replica, full=full),
        down(site, replica, "vmReplicaPoints", "VmReplicaPointReferenceList"),
    ]


def replica_entity(site: Site, replica: Replica) -> Element:
    """A replica (reference §7)."""
    fields: dict[str, Value] = {"Platform": replica.job.platform}
    return entity(site, replica, replica_links(site, replica, full=True), fields)


def repository_links(site: Site, repository: Repository, *, full: bool) -> list[Element]:
    """Up to the server, self, down to what it holds."""
    return [
        up(site, repository.server),
        alternate(site, repository, full=full),
        down(site, repository, "backups", "BackupReferenceList"),
        down(site, repository, "replicas", "ReplicaReferenceList"),
    ]


def repository_entity(site: Site, repository: Repository) -> Element:
    """A repository; the reference is silent, so this is the vendor's page `repositories_id`."""
    fields: dict[str, Value] = {
        "Capacity": repository.capacity,
        "FreeSpace": repository.free_space,
        "Kind": repository.kind,
    }
    return entity(site, repository, repository_links(site, repository, full=True), fields)


def _collection_of(site: Site, thing: Thing) -> str:
    if isinstance(thing, Session):
        return thing.job.kind.sessions_path
    if isinstance(thing, TaskSession):
        return tasks_word(site, thing.session.job.kind)
    if isinstance(thing, Job):
        return "jobs"
    return {
        "BackupServer": "backupServers",
        "Replica": "replicas",
        "Repository": "repositories",
    }[thing.type]
