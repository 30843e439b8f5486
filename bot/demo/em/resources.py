"""The resources below `/api/`: what each answers to each method, and who may ask (reference §6-§8).

`routes` finds the resource of a path; queries and reports have modules of their own.
"""

from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, TypeAlias

from bot.demo.em import actions, catalog, indexes, job_entities, reports
from bot.demo.em.calls import Answer, Call
from bot.demo.em.catalog import Type
from bot.demo.em.logons import ADMINISTRATORS, TOKEN, USERS, Logon
from bot.demo.em.refusals import Refusal, bad_request, not_found
from bot.demo.em.sites import Site
from bot.demo.em.things import Job, Session
from bot.demo.em.trees import Element, wrapped
from bot.demo.em.world import COLLECTION_SPAN

Handler: TypeAlias = Callable[[Call], Answer]

JOB_ACTIONS = {
    "start": ("StartJob", actions.start_job),
    "stop": ("StopJob", actions.stop_job),
    "retry": ("RetryJob", actions.retry_job),
}
# Documented, but nothing that a session watcher asks for (reference §8 and job samples).
OTHER_JOB_ACTIONS = ("sync", "clone", "togglescheduleenabled")


def root(call: Call) -> Answer:
    """`GET /api/`, without logon (reference §2)."""
    return Answer(indexes.api_root(call.site))


def log_on(call: Call) -> Answer:
    """`POST /sessionMngr/?v=…`: 201, token in a header and a cookie (reference §3)."""
    logon = call.site.logons.open(call.authorization, call.parameter("v"))
    headers = {TOKEN: logon.token, "Set-Cookie": f"{TOKEN}={logon.token}; Path=/api;"}
    return Answer(indexes.logon_entity(call.site, logon), HTTPStatus.CREATED, headers)


def logons(call: Call) -> Answer:
    """`GET /logonSessions`; the root element is one of two that are documented (reference §15)."""
    rows = call.site.logons.listed_for(call.logon)
    items = [indexes.logon_entity(call.site, row) for row in rows]
    return Answer(wrapped("LogonSessions", items))


def logon(call: Call) -> Answer:
    """`GET /logonSessions/{ID}`."""
    return Answer(indexes.logon_entity(call.site, _logon(call)))


def log_off(call: Call) -> Answer:
    """`DELETE /logonSessions/{ID}`: 204; the id is the SessionId, not the token (reference §3)."""
    call.site.logons.close(_logon(call))
    return Answer(None, HTTPStatus.NO_CONTENT)


def collection(listed: Type, call: Call) -> Answer:
    """A list without paging or filter: references, or entities if asked (reference §6)."""
    call.require(listed.roles)
    return _listing(call, listed, _recent(call.site, listed.rows(call.site, call.logon)))


def resource(listed: Type, call: Call) -> Answer:
    """One of them, by its id; 404 if there is none (reference §10)."""
    call.require(listed.roles)
    row = _row(call, listed)
    if call.wants_entity():
        return Answer(listed.entity(call.site, row))
    return Answer(listed.reference(call.site, row, "EntityRef"))


def below(parent: Type, listed: Type, belongs: Callable[[Any, Any], bool], call: Call) -> Answer:
    """The rows that belong to one parent, like `/jobs/{ID}/replicaSessions`."""
    call.require(parent.roles & listed.roles)
    owner = _row(call, parent)
    rows = [row for row in listed.rows(call.site, call.logon) if belongs(row, owner)]
    return _listing(call, listed, _recent(call.site, rows))


def session_tasks(sessions: Type, listed: Type, call: Call) -> Answer:
    """The task sessions of one session (reference §6)."""
    call.require(listed.roles)
    return _listing(call, listed, _row(call, sessions).tasks)


def includes(call: Call) -> Answer:
    """`/jobs/{ID}/includes`, which has one form only (reference §7)."""
    call.require(ADMINISTRATORS)
    items = job_entities.included(call.site, _row(call, catalog.JOB))
    return Answer(wrapped("ObjectsInJob", items, "ObjectInJobs"))


def act_on_job(call: Call) -> Answer:
    """`POST /jobs/{ID}?action=…`: 202 with a Task; administrators only (reference §8, §13)."""
    call.require(ADMINISTRATORS)
    job: Job = _row(call, catalog.JOB)
    word = _action(call)
    if word in OTHER_JOB_ACTIONS:
        raise Refusal(HTTPStatus.NOT_IMPLEMENTED, f"The action '{word}' is not implemented.")
    if word not in JOB_ACTIONS:
        raise bad_request(f"The action '{word}' is not supported.")  # reference §8
    operation, act = JOB_ACTIONS[word]
    return _accepted(call, operation, *act(call.site.world, job))


def stop_backup_session(call: Call) -> Answer:
    """`POST /backupSessions/{ID}?action=stop`; replica sessions have none (reference §7)."""
    call.require(ADMINISTRATORS)
    session: Session = _row(call, catalog.BACKUP_SESSIONS)
    if _action(call) != "stop":
        raise bad_request(f"The action '{_action(call)}' is not supported.")
    return _accepted(call, "StopJobSession", *actions.stop_job(call.site.world, session.job))


def collect(call: Call) -> Answer:
    """`POST /backupServers/{ID}?action=collect`; a Portal User may, too (reference §8, §13)."""
    call.require(USERS)
    server = _row(call, catalog.SERVER)
    if _action(call) != "collect":
        raise bad_request(f"The action '{_action(call)}' is not supported.")
    call.site.world.collect()
    return _accepted(call, "CollectingBackupServer", True, f"Collecting {server.name} finished.")


def tasks(call: Call) -> Answer:
    """`GET /tasks`: those of this logon only (reference §8)."""
    rows = [indexes.task_entity(call.site, task) for task in call.logon.tasks.values()]
    return Answer(wrapped("Tasks", rows))


def task(call: Call) -> Answer:
    """`GET /tasks/{ID}`; each look finds the task one step further (reference §8)."""
    found = _task(call)
    answer = Answer(indexes.task_entity(call.site, found))
    found.polls += 1
    return answer


def delete_task(call: Call) -> Answer:
    """`DELETE /tasks/{ID}`: 204 (reference §8)."""
    del call.logon.tasks[_task(call).id]
    return Answer(None, HTTPStatus.NO_CONTENT)


def query_service(call: Call) -> Answer:
    """`GET /querySvc` (reference §9)."""
    names = [row.name for row in catalog.TYPES.values()]
    return Answer(indexes.query_service(call.site, call.logon, names))


def report(make: Callable[[Site], Element], call: Call) -> Answer:
    """A summary report (reference §7, §13)."""
    call.require(USERS)
    return Answer(make(call.site))


def nothing(plural: str, call: Call) -> Answer:
    """A documented collection that this EM holds nothing of."""
    call.require(USERS)
    if call.wants_entity():
        return Answer(wrapped(plural, []))
    return Answer(wrapped("EntityReferences", [], "Refs"))


def unimplemented(call: Call) -> Answer:
    """501: a documented change that is not emulated (reference §10)."""
    raise Refusal(HTTPStatus.NOT_IMPLEMENTED, f"{call.path} cannot be changed here.")


REPORTS: dict[str, Handler] = {
    "": partial(report, indexes.report_index),
    "/overview": partial(report, reports.overview),
    "/vms_overview": partial(report, reports.vms_overview),
    "/job_statistics": partial(report, reports.job_statistics),
    "/processed_vms": partial(report, reports.processed_vms),
    "/repository": partial(report, reports.repository),
}


def _listing(call: Call, listed: Type, rows: Sequence[Any]) -> Answer:
    if call.wants_entity():
        return Answer(wrapped(listed.plural, [listed.entity(call.site, row) for row in rows]))
    refs = [listed.reference(call.site, row) for row in rows]
    return Answer(wrapped("EntityReferences", refs, "Refs"))


def _recent(site: Site, rows: Sequence[Any]) -> list[Any]:
    # Collections of sessions hold what was created in the last 30 days (reference §6, §14).
    since = site.world.now() - COLLECTION_SPAN
    return [row for row in rows if getattr(row, "created_at", since) >= since]


def _row(call: Call, listed: Type) -> Any:
    wanted = call.ids[0].rpartition(":")[2].lower()
    for row in listed.rows(call.site, call.logon):
        if row.id == wanted:
            return row
    raise not_found(f"{listed.name} '{call.ids[0]}'")


def _logon(call: Call) -> Logon:
    rows = call.site.logons.listed_for(call.logon)
    found = next((row for row in rows if row.id == call.ids[0].lower()), None)
    if found is None:
        raise not_found(f"LogonSession '{call.ids[0]}'")
    return found


def _task(call: Call) -> actions.Task:
    found = call.logon.tasks.get(call.ids[0].lower())
    if found is None:
        raise not_found(f"Task '{call.ids[0]}'")
    return found


def _action(call: Call) -> str:
    # One page writes `?action=start/` (reference §15).
    return (call.parameter("action") or "").lower().rstrip("/")


def _accepted(call: Call, operation: str, success: bool, message: str) -> Answer:
    own = call.logon.tasks
    made = actions.Task(f"task-{call.site.next_task()}", operation, message, success)
    own[made.id] = made
    return Answer(indexes.task_entity(call.site, made), HTTPStatus.ACCEPTED)
