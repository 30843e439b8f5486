"""Turns what EM sent into the core's values: nothing else in the bot sees EM's models."""

from datetime import timedelta

from bot.core import sessions as core
from bot.core.actions import Action
from bot.core.jobs import JobOptions, RetryOptions
from bot.core.sessions import EPOCH, guid_of
from bot.veeam import wire

LINKS = {"start": Action.START, "retry": Action.RETRY}
"""How EM calls the links to actions, in lower case (reference §4)."""

MOST_RETRIES = 1_000
LONGEST_WAIT_MINUTES = 14 * 24 * 60
"""What is beyond these is no setting that somebody made, and nothing is derived from it."""


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


def job_options_from(sent: wire.Job) -> JobOptions:
    """Make the options of a `Job` (reference §7)."""
    server = _find_up(sent.links, "BackupServerReference")
    return JobOptions(
        job_uid=urn("Job", sent.uid),
        name=sent.name or "",
        backup_server=server.name if server else "",
        next_run_at=sent.next_run_at,
        is_schedule_configured=sent.schedule_configured,
        is_schedule_enabled=sent.schedule_enabled,
        retry=_retry_from(sent.schedule.retry_options) if sent.schedule else None,
        vms=sent.vms,
        offers=offers_in(sent),
    )


def offers_in(sent: wire.Job) -> frozenset[Action] | None:
    """Read which actions a job's links offer (reference §8); None where it has no links at all."""
    if not sent.links:
        return None
    return frozenset(LINKS[rel] for link in sent.links if (rel := link.rel.lower()) in LINKS)


def is_replica_job(sent: wire.Job) -> bool:
    """Whether it is a replication job; EM is asked for no other, but may not heed it."""
    return (sent.job_type or "Replica").lower() == "replica"


def _retry_from(sent: wire.RetryOptions | None) -> RetryOptions | None:
    """Read RetryOptions; with `RetrySpecified` false the job does not retry, whatever they say."""
    if sent is None:
        return None
    if sent.specified is False:
        return RetryOptions(0, timedelta(0))
    times, minutes = sent.times, sent.wait_minutes
    if times is None or minutes is None:
        return None
    if not 0 <= times <= MOST_RETRIES or not 0 <= minutes <= LONGEST_WAIT_MINUTES:
        return None
    return RetryOptions(times, timedelta(minutes=minutes))


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
