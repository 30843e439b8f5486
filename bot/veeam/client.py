"""The bot's view of Enterprise Manager: `SessionSource` and `JobSource` of `bot.core.ports`.

Each method is one question in EM's terms; how it is asked, paged and read is told elsewhere in this
folder. What changes something in Veeam is said by `bot.veeam.orders` alone.
"""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Literal, Self

import httpx

from bot.core.actions import Action, TaskEnd
from bot.core.jobs import JobOptions
from bot.core.ports import JobPage, SessionPage
from bot.core.sessions import Session, TaskSession, guid_of
from bot.errors import NotFound
from bot.veeam import wire
from bot.veeam.addresses import parse_address
from bot.veeam.certificates import build_ssl_context
from bot.veeam.conversations import Conversation
from bot.veeam.exchanges import TIMEOUTS, Exchanges
from bot.veeam.fields import path_of
from bot.veeam.filters import (
    PAGE_SIZE,
    Condition,
    JobProperties,
    Query,
    ReplicaSessionProperties,
    ReplicaTaskSessionProperties,
    Sort,
    any_of,
)
from bot.veeam.logons import Logons
from bot.veeam.orders import Orders
from bot.veeam.pages import fetch_page, has_more, iter_pages
from bot.veeam.translate import (
    is_replica_job,
    job_options_from,
    session_from,
    task_session_from,
    urn,
)

MAX_UIDS = 20
"""Ids in one filter: 2 KB of URL."""

MAX_PATH = 8000
"""Characters of a URL's path and query; many servers refuse a request line over 8 KB."""

JOBS_PER_PAGE = 50
"""A job carries its schedule and the guest options of each VM: 2 to 3 KB per VM (samples)."""

MAX_WHOLE = 5
"""Of so many sessions at most all task sessions are read, of more only those that went wrong."""

TASKS_BEFORE_SESSION = timedelta(hours=1)
"""How much earlier than its session a task session may seem to begin, clocks being clocks."""

TASK_PATHS = ("replicaTaskSessions", "repicaTaskSessions")
"""The right spelling, and the one that some servers may know only (reference §15)."""

Sessions = ReplicaSessionProperties
TaskSessions = ReplicaTaskSessionProperties


class EnterpriseManagerClient:
    """One EM and one account on it.

    `url` is like `https://em.example.com:9398`. The server's certificate is checked against
    `fingerprint`, or else `ca_file`, or else the system's trust store. Wrong arguments raise
    `SettingsWrong`; everything else raises an `EnterpriseManagerError`.
    """

    def __init__(  # noqa: PLR0913 - the settings of one EM, and the time-outs for tests
        self,
        url: str,
        username: str,
        password: str,
        *,
        ca_file: str | None = None,
        fingerprint: str | None = None,
        wire_format: Literal["json", "xml"] = "json",
        timeouts: httpx.Timeout = TIMEOUTS,
    ) -> None:
        self._address = parse_address(url)
        trust = build_ssl_context(ca_file, fingerprint)
        self._exchanges = Exchanges(self._address, trust, wire_format, timeouts)
        self._logons = Logons(self._exchanges, username, password)
        self._conversation = Conversation(self._exchanges, self._logons)
        self._orders = Orders(self._conversation)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def name(self) -> str:
        """What identifies this EM for ever: `host:port` in lower case."""
        return self._address.name

    @property
    def last_server_time(self) -> datetime | None:
        """What EM's clock said in its latest reply (its Date header)."""
        return self._conversation.last_server_time

    async def log_on(self) -> None:
        """Log on now; otherwise the first question does it (reference §3)."""
        await self._logons.current()

    async def close(self) -> None:
        """Log off and close all connections."""
        await self._logons.log_off()
        await self._exchanges.close()

    def iter_running(self) -> AsyncIterator[SessionPage]:
        """List the sessions that are not Stopped, newest first (reference §9)."""
        query = _newest_first(Sessions.state.differs("Stopped"))
        return self._iter_sessions(query, "list the running sessions")

    def iter_ended(self, watermark: datetime, bad_since: datetime) -> AsyncIterator[SessionPage]:
        """List what ended since `watermark`, and not as Success since `bad_since` (DESIGN §2)."""
        bad = (Sessions.ended_at >= bad_since) & Sessions.result.differs("Success")
        query = _by_end((Sessions.ended_at >= watermark) | bad)
        return self._iter_sessions(query, f"list the sessions that ended since {_at(watermark)}")

    def iter_window(self, since: datetime, *, only_bad: bool) -> AsyncIterator[SessionPage]:
        """List what ended since then, oldest end first; on demand without Success."""
        where: Condition = Sessions.ended_at >= since
        if only_bad:
            where &= Sessions.result.differs("Success")
        asked = f"list {'what went wrong' if only_bad else 'all that ended'} since {_at(since)}"
        return self._iter_sessions(_by_end(where), asked)

    async def fetch_session(self, session_uid: str) -> Session:
        """Get one session by its URN or GUID; raises `NotFound` (reference §6)."""
        asked = f"read session {_short(session_uid)}"
        path = f"/api/replicaSessions/{_guid(session_uid, asked)}?format=Entity"
        found = (await self._conversation.ask(path, asked, wire.ReplicaSession)).content
        if (found.type or "").endswith("Reference"):
            path = _entity_path(found)
            found = (await self._conversation.ask(path, asked, wire.ReplicaSession)).content
        return session_from(found)

    async def fetch_newest_session(self, job_uid: str) -> Session | None:
        """Get the newest session of a job (reference §9)."""
        query = _newest_first(Sessions.job_uid.equals(urn("Job", job_uid)), page_size=1)
        found = await self._fetch_sessions(query, f"find the last run of job {_short(job_uid)}")
        return found[0] if found else None

    async def fetch_sessions_by_name(self, name: str) -> tuple[Session, ...]:
        """List the sessions whose session name or job name is `name`, newest first (one page)."""
        query = _newest_first(Sessions.name.equals(name) | Sessions.job_name.equals(name))
        if len(query.path()) > MAX_PATH:
            return ()  # no name in Veeam is so long
        return await self._fetch_sessions(query, f'find sessions called "{name[:80]}"')

    async def fetch_task_sessions(self, session_uid: str) -> tuple[TaskSession, ...]:
        """List all task sessions of one session (reference §6, §15)."""
        asked = f"read the VMs of session {_short(session_uid)}"
        guid = _guid(session_uid, asked)
        where = TaskSessions.job_session_uid.equals(urn("ReplicaJobSession", guid))
        try:
            listed = await self._fetch_task_list(guid, asked)
        except NotFound:
            queried = await self._query_tasks(where, asked)
            if not queried:
                raise
            return queried
        if listed.refs or has_more(listed.paging, 1):
            return await self._query_tasks(where, asked)
        return tuple(map(task_session_from, listed.replica_task_sessions))

    async def fetch_bad_task_sessions(self, sessions: Sequence[Session]) -> tuple[TaskSession, ...]:
        """List the failed and warned task sessions of these sessions with one paged query.

        Of a few sessions the good ones come too: people like to hear of how many VMs it is.
        """
        if not sessions:
            return ()
        wanted = {session.uid for session in sessions}
        where = _belongs_to(sessions)
        if len(sessions) > MAX_WHOLE:
            where &= TaskSessions.result.equals("Warning") | TaskSessions.result.equals("Failed")
        asked = "read why sessions did not succeed"
        found = await self._query_tasks(where, asked)
        return tuple(task for task in found if task.session_uid in wanted)

    async def fetch_job_options(self, job_uids: Sequence[str]) -> tuple[JobOptions, ...]:
        """Get the options of at most 20 replication jobs; raises `NotAllowed` (reference §13)."""
        by_guid = {guid_of(job_uid): job_uid for job_uid in job_uids[:MAX_UIDS]}
        if not by_guid:
            return ()
        where = any_of(*(JobProperties.uid.equals(urn("Job", guid)) for guid in by_guid))
        query = Query(JobProperties.entity, Sort(JobProperties.name), where)
        asked = "read the options of jobs"
        page = await fetch_page(self._conversation, query, lambda rows: rows.jobs, asked)
        found = {guid_of(each.job_uid): each for each in _options_in(page.rows)}
        return tuple(
            replace(found[guid], job_uid=job_uid)
            for guid, job_uid in by_guid.items()
            if guid in found
        )

    async def iter_job_options(self) -> AsyncIterator[JobPage]:
        """List the options of all replication jobs; raises `NotAllowed` (reference §9, §13)."""
        where = JobProperties.job_type.equals("Replica")
        query = Query(JobProperties.entity, Sort(JobProperties.name), where, JOBS_PER_PAGE)
        asked = "list the options of all replication jobs"
        pages = iter_pages(self._conversation, query, lambda rows: rows.jobs, asked)
        async with aclosing(pages):
            async for page in pages:
                yield JobPage(tuple(_options_in(page.rows)), page.number, page.is_last)

    async def iter_task_sessions(
        self, session_uids: Sequence[str]
    ) -> AsyncIterator[tuple[TaskSession, ...]]:
        """List the task sessions of at most 20 sessions, page by page (reference §9)."""
        wanted = {urn("ReplicaJobSession", guid_of(uid)): uid for uid in session_uids[:MAX_UIDS]}
        if not wanted:
            return
        where = any_of(*(TaskSessions.job_session_uid.equals(uid) for uid in wanted))
        query = Query(TaskSessions.entity, Sort(TaskSessions.created_at), where)
        asked = "list the VMs of sessions"
        pages = iter_pages(
            self._conversation, query, lambda rows: rows.replica_task_sessions, asked
        )
        async with aclosing(pages):
            async for page in pages:
                yield tuple(map(task_session_from, page.rows))

    async def fetch_job(self, job_uid: str) -> wire.Job:
        """Get a job with its schedule; raises `NotAllowed` (reference §7, §13)."""
        asked = f"read job {_short(job_uid)}"
        path = f"/api/jobs/{_guid(job_uid, asked)}?format=Entity"
        return (await self._conversation.ask(path, asked, wire.Job)).content

    async def fetch_offers(self, job_uid: str) -> frozenset[Action]:
        """Ask which actions EM offers on a job; raises `NotAllowed` (reference §8, §13)."""
        return await self._orders.fetch_offers(_guid(job_uid, "read a job's links"))

    async def act(self, action: Action, job_uid: str) -> TaskEnd:
        """Start or retry a job; but for `OrderUnclear`, what it raises means that nothing began."""
        return await self._orders.act(action, _guid(job_uid, f"{action.value} a job"))

    async def collect(self, server_uid: str) -> TaskEnd:
        """Have EM collect from a backup server now; raises as `act` does."""
        return await self._orders.collect(_guid(server_uid, "collect from a backup server"))

    async def fetch_backup_servers(self) -> tuple[wire.BackupServer, ...]:
        """List the backup servers that EM collects from (reference §7)."""
        answer = await self._conversation.ask(
            "/api/backupServers?format=Entity", "list the backup servers", wire.Collection
        )
        return tuple(answer.content.backup_servers)

    async def fetch_api_root(self) -> wire.ApiRoot:
        """Ask what everybody may know: which API versions there are (reference §2)."""
        answer = await self._conversation.ask_anonymously(
            "/api/", "read Enterprise Manager's API versions", wire.ApiRoot
        )
        return answer.content

    async def _iter_sessions(self, query: Query, asked: str) -> AsyncIterator[SessionPage]:
        pages = iter_pages(self._conversation, query, lambda rows: rows.replica_sessions, asked)
        async with aclosing(pages):
            async for page in pages:
                sessions = tuple(map(session_from, page.rows))
                yield SessionPage(sessions, page.number, page.is_last, page.server_time)

    async def _fetch_sessions(self, query: Query, asked: str) -> tuple[Session, ...]:
        page = await fetch_page(
            self._conversation, query, lambda rows: rows.replica_sessions, asked
        )
        return tuple(map(session_from, page.rows))

    async def _fetch_task_list(self, guid: str, asked: str) -> wire.Collection:
        path = f"/api/replicaSessions/{guid}/{{}}?format=Entity"
        right, misspelt = (path.format(name) for name in TASK_PATHS)
        try:
            return (await self._conversation.ask(right, asked, wire.Collection)).content
        except NotFound:
            return (await self._conversation.ask(misspelt, asked, wire.Collection)).content

    async def _query_tasks(self, where: Condition, asked: str) -> tuple[TaskSession, ...]:
        query = Query(TaskSessions.entity, Sort(TaskSessions.created_at), where)
        pages = iter_pages(
            self._conversation, query, lambda rows: rows.replica_task_sessions, asked
        )
        found = [task_session_from(row) async for page in pages for row in page.rows]
        return tuple({task.uid: task for task in found}.values())


def _options_in(rows: Sequence[wire.Job]) -> Iterator[JobOptions]:
    return (job_options_from(row) for row in rows if is_replica_job(row))


def _newest_first(where: Condition, page_size: int = PAGE_SIZE) -> Query:
    sort = Sort(Sessions.created_at, is_descending=True)
    return Query(Sessions.entity, sort, where, page_size)


def _by_end(where: Condition) -> Query:
    return Query(Sessions.entity, Sort(Sessions.ended_at), where)


def _belongs_to(sessions: Sequence[Session]) -> Condition:
    if len(sessions) <= MAX_UIDS:
        return any_of(*(TaskSessions.job_session_uid.equals(each.uid) for each in sessions))
    earliest = min(each.created_at for each in sessions) - TASKS_BEFORE_SESSION
    return TaskSessions.created_at >= earliest


def _guid(uid: str, asked: str) -> str:
    """Take the GUID for a URL; anything else would be another URL."""
    guid = guid_of(uid)
    if not re.fullmatch(r"[0-9a-z-]+", guid):
        raise NotFound(
            asked, "that is not an id", "Ids look like 04f694ad-664c-4603-a747-00edecae4f17."
        )
    return guid


def _entity_path(found: wire.ReplicaSession) -> str:
    """Find where the whole entity is: on this server, whatever host the link names."""
    whole = [link.path for link in found.links if link.rel == "Alternate"]
    return whole[0] if whole else f"{path_of(found.href or '')}?format=Entity"


def _short(uid: str) -> str:
    return f"{guid_of(uid)[:8]}…"


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
