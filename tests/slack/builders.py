"""Believable sessions, views and notices; each test changes what it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.core.answers import SessionAnswer, StatusAnswer
from bot.core.decisions import Reason
from bot.core.exports import Export
from bot.core.habits import Run
from bot.core.incidents import Incident, Status
from bot.core.lists import Listed, ListKind, ListQuestion, ListRow
from bot.core.notices import Kind, Notice
from bot.core.sessions import Link, Session, TaskSession, Verdict
from bot.core.stores import Figures
from bot.core.surveys import Counts, JobAnswer, Overview
from bot.core.targets import KnownJob
from bot.core.views import (
    DayCount,
    GroupView,
    IncidentView,
    OutageView,
    ReplyEntry,
    ReplyView,
    StartView,
    SummaryView,
    VmReason,
)

NOW = datetime(2025, 11, 20, 2, 14, tzinfo=UTC)
GUID = "04f694ad-6b84-4f87-9b7c-21a2b3c4d5e6"


def a_session(**changes: Any) -> Session:
    session = Session(
        uid=f"urn:veeam:ReplicaJobSession:{GUID}",
        name="SQL Replica@2025-11-20 02:00:00",
        job_uid="urn:veeam:Job:0c6f3c11-6a1b-4b1a-9c52-0a9bb4f5a0d1",
        job_name="SQL Replica",
        created_at=NOW - timedelta(minutes=14),
        state="Stopped",
        result="Failed",
        ended_at=NOW,
        backup_server_uid="urn:veeam:BackupServer:51c4e7b8-9f3e-4d41-8a3f-2a7c9d2f1b11",
        backup_server="vbr01",
        links=(Link("Up", "BackupServerReference", "vbr01", "/api/backupServers/51c4e7b8"),),
    )
    return replace(session, **changes)


def a_running_session(**changes: Any) -> Session:
    running = a_session(state="Working", result="None", ended_at=None, progress=45)
    return replace(running, **changes)


def a_task(**changes: Any) -> TaskSession:
    task = TaskSession(
        uid="urn:veeam:ReplicaTaskSession:1",
        session_uid=f"urn:veeam:ReplicaJobSession:{GUID}",
        vm="sql01",
        state="Completed",
        result="Failed",
        reason="no space on datastore ds7",
        created_at=NOW - timedelta(minutes=10),
        ended_at=NOW,
        total_size=3 * 2**30,
    )
    return replace(task, **changes)


def an_answer(**changes: Any) -> SessionAnswer:
    tasks = (a_task(), a_task(vm="sql02", result="Success", reason=""))
    return replace(SessionAnswer(a_session(), tasks), **changes)


def an_incident(**changes: Any) -> Incident:
    incident = Incident(
        id=17,
        job_uid="urn:veeam:Job:0c6f3c11-6a1b-4b1a-9c52-0a9bb4f5a0d1",
        status=Status.OPEN,
        peak=Verdict.FAILED,
        opened_at=NOW - timedelta(days=2, hours=4),
        last_bad_at=NOW,
        session_uids=(a_session().uid,),
        run_count=3,
        streak=3,
        is_said=True,
    )
    return replace(incident, **changes)


def an_incident_view(**changes: Any) -> IncidentView:
    view = IncidentView(
        incident=an_incident(),
        job_name="SQL Replica",
        backup_server="vbr01",
        latest=a_session(),
        verdict=Verdict.FAILED,
        reported_at=NOW + timedelta(minutes=5),
        vms=(
            VmReason("sql01", Verdict.FAILED, "no space on datastore ds7"),
            VmReason("sql02", Verdict.FAILED, "proxy VPRX02 is unreachable"),
        ),
        last_good_at=NOW - timedelta(days=2, hours=4, minutes=2),
        next_run_at=NOW + timedelta(hours=20),
    )
    return replace(view, **changes)


def a_recovered_view(**changes: Any) -> IncidentView:
    over = an_incident(status=Status.RECOVERED, recovered_at=NOW + timedelta(hours=20), streak=0)
    return an_incident_view(incident=over, **changes)


def a_group(count: int = 37, recovered: int = 0, **changes: Any) -> GroupView:
    members = tuple(
        a_member(index, a_recovered_view() if index < recovered else an_incident_view())
        for index in range(count)
    )
    return replace(GroupView("vbr01", NOW, members), **changes)


def a_member(index: int, view: IncidentView) -> IncidentView:
    """Make it the incident of another job."""
    incident = replace(view.incident, job_uid=f"urn:veeam:Job:{index}")
    return replace(view, incident=incident, job_name=f"Replica {index:02}")


def a_reply(reason: Reason = Reason.STILL_FAILING, **changes: Any) -> ReplyView:
    entry = ReplyEntry(reason, an_incident(), "SQL Replica", a_session(), Verdict.FAILED)
    return ReplyView((replace(entry, **changes),))


def a_start(**changes: Any) -> StartView:
    return replace(StartView("em01:9398", NOW, 412, 9_300, (an_incident_view(),)), **changes)


def an_outage(**changes: Any) -> OutageView:
    return replace(OutageView("em01:9398", NOW, "connection refused"), **changes)


def a_summary(**changes: Any) -> SummaryView:
    quiet = SummaryView(
        on=date(2025, 11, 20),
        period_start=NOW - timedelta(days=1),
        period_end=NOW,
        timezone="UTC",
        job_count=412,
        server_count=3,
        run_count=412,
        succeeded=412,
        warned=0,
        failed=0,
        attention=(),
        recovered=(),
        missed=(),
        breaches=(),
        rpo_kept=412,
        rpo_known=412,
        odd=(),
        days=tuple(DayCount(date(2025, 11, day), 412, 0, 0) for day in range(7, 21)),
        late_count=0,
        longest_blind=timedelta(minutes=2),
        unsent=0,
    )
    return replace(quiet, **changes)


def a_notice(channel: str, **changes: Any) -> Notice:
    notice = Notice("4b0c7d0e-notice", Kind.INCIDENT, "17", channel, 3, NOW, NOW)
    return replace(notice, **changes)


def a_list(*rows: ListRow, kind: ListKind = ListKind.FAILED, **changes: Any) -> Listed:
    shown = rows or (a_session(),)
    return replace(Listed(ListQuestion(kind, at=NOW), shown, len(shown), 10), **changes)


def a_job(name: str = "SQL Replica", server: str = "vbr01", uid: str = "") -> KnownJob:
    return KnownJob(uid or a_session().job_uid, name, server, name)


def a_run(verdict: Verdict = Verdict.SUCCESS, ago: timedelta = timedelta(0)) -> Run:
    at = NOW - ago
    return Run(a_session().job_uid, at - timedelta(minutes=14), at, verdict, False, at)


def a_job_answer(**changes: Any) -> JobAnswer:
    runs = [a_run(Verdict.SUCCESS, timedelta(days=day)) for day in (4, 3)]
    runs += [a_run(Verdict.WARNING, timedelta(days=2)), a_run(Verdict.FAILED, timedelta(days=1))]
    answer = JobAnswer(
        a_job(),
        NOW,
        runs=(*runs, a_run(Verdict.FAILED)),
        counts=Counts(27, 1, 2),
        latest=a_session(),
        usual_duration=timedelta(minutes=12),
        last_good_at=NOW - timedelta(days=2, hours=4),
        rpo=timedelta(hours=26),
        expected_at=NOW + timedelta(hours=20),
        incident=an_incident_view(),
        handle="4f3a",
    )
    return replace(answer, **changes)


def an_overview(**changes: Any) -> Overview:
    overview = Overview(
        "em01:9398",
        Figures(
            jobs=412, sessions=9_300, open_incidents=7, running=6, unsent=0, mutes=1, findings=2
        ),
        (an_incident_view(),),
        (a_running_session(),),
        NOW,
        polled_at=NOW,
        handles={a_session().uid: "4f3a"},
    )
    return replace(overview, **changes)


def an_export(**changes: Any) -> Export:
    export = Export("replica-failed.csv", ("Job", "Reason"), (("SQL Replica", "=1+1"),))
    return replace(export, **changes)


def a_status(**changes: Any) -> StatusAnswer:
    status = StatusAnswer(
        em_name="em01:9398",
        em_problem="",
        last_poll_at=NOW,
        watermark_at=NOW,
        baseline_at=NOW - timedelta(days=30),
        poll_interval=timedelta(seconds=60),
        job_count=412,
        session_count=9_300,
        open_incidents=3,
        running=2,
        unsent=0,
        slack_problems=(),
        started_at=NOW - timedelta(days=1),
        version="0.1.0",
    )
    return replace(status, **changes)
