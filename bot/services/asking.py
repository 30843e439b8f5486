"""Answering questions: live from EM, from the store where EM cannot be asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import version

from bot.core.answers import Answer, Candidates, SessionAnswer, StatusAnswer, Unknown
from bot.core.handles import read_handle
from bot.core.ports import SessionSource
from bot.core.references import SHORTEST_PREFIX, Form, Reference, nearest_names, parse_reference
from bot.core.sessions import Session, TaskSession, guid_of
from bot.core.stores import AskingStore, DeliveringStore, StoredSession
from bot.core.targets import KnownJob, find_jobs
from bot.core.views import SummaryView
from bot.errors import EnterpriseManagerError, NotFound
from bot.services.failing import describe_refused
from bot.services.naming import Naming
from bot.services.summarizing import Summarizing

MOST_CANDIDATES = 50
SESSION_URN = "urn:veeam:ReplicaJobSession:"


@dataclass(frozen=True, slots=True)
class About:
    """What the bot says of itself, and where people find EM's own pages ("" if nowhere).

    `listening_problem` tells why the bot does not hear Slack now, "" if it does, and
    `database_problem` why it cannot write. `offers_collect` where operators may have EM collect.
    """

    poll_interval: timedelta
    ui_url: str
    started_at: datetime
    listening_problem: Callable[[], str]
    database_problem: Callable[[], str] = str
    offers_collect: bool = False


class Asking:
    """Answers `/replica …`; every method raises `EnterpriseManagerError` when nothing is known."""

    def __init__(
        self,
        source: SessionSource,
        store: AskingStore,
        notices: DeliveringStore,
        summarizing: Summarizing,
        about: About,
        naming: Naming,
    ) -> None:
        self._source = source
        self._store = store
        self._notices = notices
        self._summarizing = summarizing
        self._about = about
        self._naming = naming

    async def look_up(self, text: str) -> Answer:
        """Find what a person means: as `find` does, but by `#12` the incident itself."""
        reference = parse_reference(text)
        if reference.form is Form.INCIDENT:
            view = await self._store.load_view(int(reference.text))
            return view or _no_incident(text, reference)
        return await self.find(text)

    async def find(self, text: str) -> SessionAnswer | Candidates | Unknown:
        """Find the session that a person means, in any form of DESIGN §6; an incident's newest."""
        found = await self._find(text)
        match found:
            case SessionAnswer():
                handles = await self._naming.name([found.session.uid])
                return replace(found, handle=handles.get(found.session.uid, ""))
            case Candidates():
                uids = [each.uid for each in found.sessions]
                return replace(found, handles=await self._naming.name(uids))
            case _:
                return found

    async def _find(  # noqa: PLR0911 - one line for each form
        self, text: str
    ) -> SessionAnswer | Candidates | Unknown:
        reference = parse_reference(text)
        match reference.form:
            case Form.INCIDENT:
                view = await self._store.load_view(int(reference.text))
                if view is None:
                    return _no_incident(text, reference)
                return await self._answer_by_id(guid_of(view.latest.uid))
            case Form.HANDLE:
                return await self._answer_by_handle(text, reference.text)
            case Form.ID:
                return await self._answer_by_id(reference.text)
            case Form.PREFIX:
                return await self._answer_by_prefix(reference)
            case Form.NAME:
                return await self._answer_by_name(reference.text)
            case Form.FOREIGN:
                return Unknown(
                    text,
                    "That is the id of something else in EM. I look up replication sessions: "
                    "their id, URN or URL, a session name, or a job name.",
                )
            case _:
                return Unknown(
                    text,
                    "That looks like a session id, but it is not a whole one. An id reads "
                    "04f694ad-664c-4603-a747-00edecae4f17; its first 8 characters are enough "
                    "for sessions I have seen.",
                )

    async def _answer_by_handle(self, text: str, handle: str) -> SessionAnswer | Unknown:
        uid = await self._naming.find(handle)
        if uid is None:
            return Unknown(
                text,
                "I have given no session this handle. A handle reads #4f3a and stands in answers "
                "and lists; #12 is the number of an incident.",
            )
        return await self._answer_by_id(guid_of(uid))

    async def _answer_by_id(self, guid: str) -> SessionAnswer | Unknown:
        uid = SESSION_URN + guid
        try:
            session = await self._source.fetch_session(guid)
        except NotFound as error:
            stored = await self._store.load_session(uid)
            if stored:
                return self._from_store(*stored, str(error))
            return Unknown(
                guid,
                "EM has no replication session with this id. EM keeps the last 30 days here, "
                "and ids of backup jobs, VMs or task sessions are other ids.",
            )
        except EnterpriseManagerError as error:
            stored = await self._store.load_session(uid)
            if stored is None:
                raise
            return self._from_store(*stored, str(error))
        return await self._complete(session)

    async def _complete(self, session: Session) -> SessionAnswer:
        """Add the task sessions; without them the answer still stands."""
        tasks: tuple[TaskSession, ...] | None = None
        problem = ""
        try:
            tasks = await self._source.fetch_task_sessions(session.uid)
        except EnterpriseManagerError as error:
            problem = str(error)
        return SessionAnswer(
            session,
            tasks,
            ui_url=self._about.ui_url,
            tasks_problem=problem,
            offers_collect=self._about.offers_collect,
        )

    def _from_store(
        self, stored: StoredSession, tasks: tuple[TaskSession, ...], problem: str
    ) -> SessionAnswer:
        return SessionAnswer(
            stored.session,
            tasks or None,
            ui_url=self._about.ui_url,
            confirmed_at=stored.confirmed_at,
            em_problem=problem,
        )

    async def _answer_by_prefix(self, reference: Reference) -> SessionAnswer | Candidates | Unknown:
        found = await self._store.find_by_prefix(reference.text, MOST_CANDIDATES)
        if found:
            return await self._pick(reference.text, [each.session for each in found])
        named = await self._answer_by_name(reference.text)
        if not isinstance(named, Unknown):
            return named
        return Unknown(
            reference.text,
            f"I have seen no session whose id starts so. {SHORTEST_PREFIX} characters or more are "
            "enough for a session I have seen; older ones need the whole id.",
        )

    async def _answer_by_name(self, name: str) -> SessionAnswer | Candidates | Unknown:
        stored = await self._store.find_by_name(name, MOST_CANDIDATES)
        if stored:
            exact = [each.session for each in stored]
            return await self._pick(name, await self._renew(exact, name))
        found = await self._source.fetch_sessions_by_name(name)
        if found:
            newest: dict[str, Session] = {}
            by_name = [each for each in found if each.name == name]
            for each in by_name or found:
                newest.setdefault(each.uid if by_name else each.job_uid, each)
            return await self._pick(name, list(newest.values()))
        return await self._answer_by_job(name)

    async def _answer_by_job(self, name: str) -> SessionAnswer | Candidates | Unknown:
        """Understand `name @ backup server`, a handle without its `#`, or name what is nearest."""
        jobs = await self._store.load_jobs()
        known = find_jobs(name, jobs)
        for job in known:
            newest = await self._find_newest(job)
            if newest:
                return await self._pick(name, [newest])
        if known:
            return Unknown(name, f"The job {known[0].full_name} has not run yet.")
        handle = read_handle(f"#{name}")
        if handle and await self._naming.find(handle):
            return await self._answer_by_handle(name, handle)
        nearest = nearest_names(name, (job.full_name for job in jobs))
        return Unknown(name, "No session and no job has this name.", nearest)

    async def _find_newest(self, job: KnownJob) -> Session | None:
        """Find a job's newest session, in EM where that can be asked."""
        stored = await self._store.load_newest_of([job.uid])
        session = stored[job.uid].session if job.uid in stored else None
        return (await self._renew([session], "") if session else [None])[0]

    async def _renew(self, sessions: Sequence[Session], name: str) -> list[Session]:
        """Replace the newest known session of a job by its newest in EM, where EM can be asked."""
        if any(each.name == name for each in sessions) or len(sessions) > 1:
            return list(sessions)
        try:
            newest = await self._source.fetch_newest_session(sessions[0].job_uid)
        except EnterpriseManagerError:
            return list(sessions)
        return [newest or sessions[0]]

    async def _pick(
        self, asked: str, sessions: Sequence[Session]
    ) -> SessionAnswer | Candidates | Unknown:
        if len(sessions) == 1:
            return await self._answer_by_id(guid_of(sessions[0].uid))
        return Candidates(asked, tuple(sessions))

    async def describe_status(self) -> StatusAnswer:
        """Say how the bot itself is."""
        state = await self._store.load_state()
        figures = await self._store.load_figures()
        pauses = await self._notices.load_pauses()
        problems = [pause.problem for pause in pauses.values()]
        problems += describe_refused(await self._notices.load_refused())
        return StatusAnswer(
            em_name=self._source.name,
            em_problem=state.problem,
            last_poll_at=state.polled_at,
            watermark_at=state.watermark_at,
            baseline_at=state.baseline_at,
            poll_interval=self._about.poll_interval,
            job_count=figures.jobs,
            session_count=figures.sessions,
            open_incidents=figures.open_incidents,
            running=figures.running,
            unsent=figures.unsent,
            slack_problems=tuple(filter(None, [*problems, self._about.listening_problem()])),
            started_at=self._about.started_at,
            version=_own_version(),
            database_problem=self._about.database_problem(),
            mutes=figures.mutes,
            findings=figures.findings,
        )

    async def summarize(self) -> SummaryView:
        """Sum up the last 24 hours."""
        return await self._summarizing.summarize_now()


def _no_incident(text: str, reference: Reference) -> Unknown:
    return Unknown(
        text,
        f"There is no incident #{reference.text}. /replica failed lists those that are open, each "
        "with its number.",
    )


@cache
def _own_version() -> str:
    """Read it once: the packaging data is a file that is parsed anew each time."""
    return version("replica-bot")
