"""Turns what EM sent into the core's values: nothing else in the bot sees EM's models."""

from bot.core import sessions as core
from bot.core.sessions import EPOCH, guid_of
from bot.veeam import wire


def session_from(sent: wire.ReplicaSession) -> core.Session:
    """Make a session of a `ReplicaJobSession` (reference §6)."""
    server = _find_up(sent.links, "BackupServerReference")
    return core.Session(
        uid=urn("ReplicaJobSession", sent.uid),
        name=sent.name or "",
        job_uid=urn("Job", sent.job_uid or _guid_in(_find_up(sent.links, "JobReference"))),
        job_name=sent.job_name or "",
        created_at=sent.created_at or sent.ended_at or EPOCH,
        state=sent.state or "",
        result=sent.result or "",
        ended_at=sent.ended_at,
        job_type=sent.job_type or "Replica",
        progress=sent.progress,
        is_retry=bool(sent.is_retry),
        failure_message=sent.failure_message or "",
        backup_server_uid=urn("BackupServer", _guid_in(server)),
        backup_server=server.name if server else "",
        links=sent.links,
    )


def task_session_from(sent: wire.ReplicaTaskSession) -> core.TaskSession:
    """Make a task session of a `ReplicaTaskSession` (reference §6)."""
    server = _find_up(sent.links, "BackupServerReference")
    return core.TaskSession(
        uid=urn("ReplicaTaskSession", sent.uid),
        session_uid=urn("ReplicaJobSession", sent.job_session_uid or ""),
        vm=sent.vm or sent.name or "",
        state=sent.state or "",
        result=sent.result or "",
        reason=sent.reason or "",
        name=sent.name or "",
        created_at=sent.created_at,
        ended_at=sent.ended_at,
        total_size=sent.total_size,
        backup_server=server.name if server else "",
    )


def urn(kind: str, uid: str) -> str:
    """Make EM's long form of an id; some servers send the bare GUID (reference §5)."""
    if not uid or uid.startswith("urn:"):
        return uid
    return f"urn:veeam:{kind}:{guid_of(uid)}"


def _find_up(links: tuple[core.Link, ...], kind: str) -> core.Link | None:
    for link in links:
        if link.type == kind and link.rel == "Up":
            return link
    return None


def _guid_in(link: core.Link | None) -> str:
    return link.path.partition("?")[0].rpartition("/")[2] if link else ""
