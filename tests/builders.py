"""Sessions and their kin as tests want them; each test names only what it is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bot.core.decisions import Decision, Policy, diff
from bot.core.incidents import Incident, Observed, fold
from bot.core.sessions import EPOCH, Session, TaskSession, Verdict, decide_verdict

NOW = datetime(2031, 5, 6, 2, 0, tzinfo=UTC)
"""The tests' own time: far from the real one, which EM and Slack show."""

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

_numbers = count(1)


def a_uid(kind: str = "ReplicaJobSession") -> str:
    return f"urn:veeam:{kind}:{next(_numbers):08x}-0000-4000-8000-000000000000"


def a_session(at: datetime = NOW, **changes: Any) -> Session:
    """A session of one job that failed at `at` after ten minutes."""
    session = Session(
        uid=changes.pop("uid", None) or a_uid(),
        name="SQL Replica@2031-05-06 01:50:00",
        job_uid="urn:veeam:Job:sql",
        job_name="SQL Replica",
        created_at=at - 10 * MINUTE,
        state="Stopped",
        result="Failed",
        ended_at=at,
        backup_server="vbr01",
    )
    return replace(session, **changes)


def a_running_session(at: datetime = NOW, **changes: Any) -> Session:
    """A session that was begun ten minutes before `at`."""
    return a_session(at, **{"state": "Working", "result": "None", "ended_at": None} | changes)


def a_retry(at: datetime = NOW, **changes: Any) -> Session:
    return a_session(at, is_retry=True, **changes)


def a_task(session: Session, **changes: Any) -> TaskSession:
    uid = a_uid("ReplicaTaskSession")
    task = TaskSession(uid, session.uid, "sql01", "Completed", "Failed", "no space on ds7")
    return replace(task, **changes)


def observe(session: Session, incident_id: int | None = None) -> Observed:
    return Observed(session, decide_verdict(session), incident_id)


class FakeClock:
    """The bot's clock: it stands still until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, span: timedelta) -> None:
        self.now += span


@dataclass
class Story:
    """One job as the store would keep it: sessions, incidents, and what was decided so far."""

    baseline_at: datetime = EPOCH
    wanted: frozenset[Verdict] = frozenset({Verdict.WARNING, Verdict.FAILED})

    def __post_init__(self) -> None:
        self.sessions: dict[str, Observed] = {}
        self.incidents: dict[int, Incident] = {}

    def report(self, *sessions: Session) -> list[Decision]:
        """Let EM report sessions at once; tells what that decides."""
        for session in sessions:
            known = self.sessions.get(session.uid)
            self.sessions[session.uid] = observe(session, known.incident_id if known else None)
        return self._fold()

    def reasons(self, *sessions: Session) -> list[str]:
        return [each.reason.name for each in self.report(*sessions)]

    @property
    def latest(self) -> Incident:
        return max(self.incidents.values(), key=lambda each: each.opened_at)

    def _fold(self) -> list[Decision]:
        decisions: list[Decision] = []
        policy = Policy(self.baseline_at, self.wanted)
        for now in fold(self.sessions.values(), self.incidents):
            decided = diff(self.incidents.get(now.id), now, self.sessions, policy)
            decisions += decided
            self._keep(now, decided)
        return decisions

    def _keep(self, now: Incident, decided: Sequence[Decision]) -> None:
        opening = {"FIRST_FAILURE", "FAILING_SINCE_BEFORE", "LATE_AND_OVER", "LATE_AND_HEALED"}
        is_said = now.is_said or any(each.reason.name in opening for each in decided)
        incident = replace(now, id=now.id or len(self.incidents) + 1, is_said=is_said)
        self.incidents[incident.id] = incident
        for uid in incident.session_uids:
            self.sessions[uid] = replace(self.sessions[uid], incident_id=incident.id)


def names(decisions: Iterable[Decision]) -> list[str]:
    return [each.reason.name for each in decisions]
