"""How alerts and their threads read (DESIGN §6, How it reads)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.core.decisions import Reason
from bot.core.incidents import CLOSED_BY, Status
from bot.core.mutes import Mute, Scope
from bot.core.ports import NoticeView
from bot.core.sessions import Verdict
from bot.core.views import GroupView, MuteEnd, ReplyView, VmReason
from bot.slack.blocks import render_notice, render_plain
from tests.slack.builders import (
    NOW,
    a_group,
    a_member,
    a_recovered_view,
    a_reply,
    a_session,
    a_start,
    an_incident,
    an_incident_view,
    an_outage,
)
from tests.slack.reading import read, read_text


def shown(view: NoticeView) -> str:
    return read(render_notice(view))


def test_an_alert_tells_all_that_design_lists(snapshot: SnapshotAssertion) -> None:
    message = render_notice(an_incident_view())
    assert read(message) == snapshot(name="blocks")
    assert read_text(message) == snapshot(name="text")


def test_the_plain_form_says_the_same(snapshot: SnapshotAssertion) -> None:
    assert read(render_plain(an_incident_view())) == snapshot


def test_the_first_failure_does_not_count() -> None:
    first = an_incident(run_count=1, streak=1, opened_at=NOW)
    assert "first time" in shown(an_incident_view(incident=first))
    assert "in a row" not in shown(an_incident_view(incident=first))


@pytest.mark.parametrize(
    ("session", "verdict", "words"),
    [
        (a_session(result="Warning"), Verdict.WARNING, "🟡 SQL Replica ended with a warning"),
        (a_session(result="Mystery"), Verdict.WARNING, "🟡 SQL Replica ended as “Mystery”"),
        (a_session(result="None"), Verdict.WARNING, "🟡 SQL Replica finished without a result"),
    ],
)
def test_results_are_told_as_em_spelled_them(session: object, verdict: Verdict, words: str) -> None:
    view = an_incident_view(latest=session, verdict=verdict)
    assert shown(view).startswith(words)
    assert "Failed before" in shown(view)


def test_reasons_that_are_not_known_yet_follow() -> None:
    assert "Reasons follow." in shown(an_incident_view(vms=None))


def test_reasons_that_em_does_not_give_are_not_awaited() -> None:
    assert "EM gives no reason." in shown(an_incident_view(vms=()))


def test_the_sessions_own_message_is_told_too() -> None:
    session = a_session(failure_message="Job was stopped")
    assert "EM says: Job was stopped" in shown(an_incident_view(latest=session, vms=()))
    assert "EM gives no reason" not in shown(an_incident_view(latest=session, vms=()))


def test_a_vm_that_only_warned_is_told_from_those_that_failed() -> None:
    vms = (VmReason("sql01", Verdict.WARNING, "slow"), VmReason("", Verdict.FAILED, ""))
    told = shown(an_incident_view(vms=vms))
    assert "• sql01 (Warning): slow" in told
    assert "• unnamed VM: EM gives no reason" in told


def test_many_vms_are_cut_and_counted() -> None:
    vms = tuple(VmReason(f"vm{n}", Verdict.FAILED, "full") for n in range(40))
    told = shown(an_incident_view(vms=vms))
    assert "40 VMs" in told
    assert "… and 28 more VMs: see Details" in told


def test_a_job_without_any_good_replica_is_told_so() -> None:
    assert "No good replica known" in shown(an_incident_view(last_good_at=None))


def test_a_late_report_says_how_late() -> None:
    view = an_incident_view(reported_at=NOW + timedelta(hours=5))
    assert "EM reported it 5 h late" in shown(view)
    assert "late" not in shown(an_incident_view(reported_at=NOW + timedelta(minutes=30)))


def test_a_recovered_alert_turns_green_and_keeps_its_history(snapshot: SnapshotAssertion) -> None:
    message = render_notice(a_recovered_view())
    assert read(message) == snapshot(name="blocks")
    assert read_text(message) == snapshot(name="text")


def test_a_closed_incident_is_neither_red_nor_green() -> None:
    view = an_incident_view(incident=an_incident(status=Status.CLOSED))
    assert shown(view).startswith("⚪ SQL Replica failed, and that is closed")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.STILL_FAILING, "🔴 SQL Replica failed again Thu 2025-11-20 02:14 UTC"),
        (Reason.RETRY_FAILED, "🔴 SQL Replica: its retry failed too Thu 2025-11-20 02:14 UTC"),
        (Reason.WORSE, "🔴 SQL Replica is worse: now Failed Thu 2025-11-20 02:14 UTC"),
        (Reason.LATE_FAILURE, "🔴 SQL Replica also failed Thu 2025-11-20 02:14 UTC"),
        (
            Reason.REOPENED,
            "🔴 SQL Replica failed again, it had not recovered Thu 2025-11-20 02:14 UTC",
        ),
        (Reason.FIRST_FAILURE, "🔴 SQL Replica failed Thu 2025-11-20 02:14 UTC"),
    ],
)
def test_a_reply_says_what_happened(reason: Reason, words: str) -> None:
    assert shown(a_reply(reason)) == words


def test_a_reply_about_a_late_session_says_how_late() -> None:
    reply = a_reply(Reason.LATE_FAILURE, reported_at=NOW + timedelta(hours=5))
    assert shown(reply).endswith(", EM reported it 5 h late")


def test_a_recovery_says_after_what() -> None:
    over = a_recovered_view().incident
    told = shown(a_reply(Reason.RECOVERED, incident=over, session=None))
    assert told == "✅ SQL Replica recovered Thu 2025-11-20 22:14 UTC after 3 failures, 3 d"


def test_a_reply_without_its_session_still_reads() -> None:
    assert shown(a_reply(Reason.STILL_FAILING, session=None)) == "🔴 SQL Replica failed again"


def test_several_entries_are_lines_of_one_reply() -> None:
    (entry,) = a_reply().entries
    reply = ReplyView((entry, entry), group_ended=37)
    assert shown(reply).endswith("\n✅ All 37 jobs recovered")
    assert read_text(render_notice(reply)).endswith(" … and 2 more")


def test_an_empty_reply_says_that_nothing_is_new() -> None:
    assert read_text(render_notice(ReplyView())) == "Nothing new"


def test_a_storm_is_told_by_cause(snapshot: SnapshotAssertion) -> None:
    message = render_notice(a_group(12, recovered=3, told_separately=2))
    assert read(message) == snapshot(name="blocks")
    assert read_text(message) == snapshot(name="text")


@pytest.mark.parametrize(
    ("group", "heading"),
    [
        (a_group(37), "🔴 37 jobs failed on vbr01"),
        (a_group(37, recovered=25), "🔴 12 of 37 jobs still failing on vbr01"),
        (a_group(37, recovered=37), "✅ All 37 jobs on vbr01 recovered"),
        (a_group(12, backup_server=""), "🔴 While Slack did not let me speak here, 12 jobs failed"),
        (
            a_group(12, recovered=2, backup_server=""),
            "🔴 While Slack did not let me speak here, 12 jobs failed; 10 still do",
        ),
        (a_group(12, recovered=12, backup_server=""), "✅ All 12 jobs recovered"),
        (
            a_group(2, recovered=1, backup_server=""),
            "🔴 While Slack did not let me speak here, 2 jobs failed; 1 still does",
        ),
    ],
)
def test_a_groups_heading_counts_what_still_fails(group: GroupView, heading: str) -> None:
    assert shown(group).split("\n")[0] == heading


def test_what_a_person_closed_has_not_recovered() -> None:
    closed = replace(
        an_incident_view().incident, status=Status.CLOSED, closed_because=f"{CLOSED_BY}U1"
    )
    closed_view = a_member(2, replace(an_incident_view(), incident=closed))
    over = a_member(1, a_recovered_view())
    told = shown(GroupView("vbr01", NOW, (over, closed_view)))
    assert told.startswith("✅ 1 of 2 jobs on vbr01 recovered, 1 closed by hand")
    assert "⚪ 1 closed by hand: Replica 02" in told
    assert shown(GroupView("vbr01", NOW, (closed_view,))).startswith("⚪ 1 job on vbr01 closed")
    assert shown(ReplyView(group_ended=6, group_closed=1)).endswith(
        "✅ 5 of 6 jobs recovered, 1 closed by hand"
    )


def test_the_end_of_a_mute_points_to_messages_that_change_and_claims_nothing_for_them() -> None:
    mute = Mute(1, Scope.JOB, "urn:1", "U1", NOW, NOW, ended_at=NOW)
    ended = MuteEnd(mute, "SQL Replica", (an_incident_view(),))
    told = shown(GroupView("", NOW, (), ended=ended))
    assert told.startswith("🔔 SQL Replica is no longer muted: it failed meanwhile\n")
    assert "SQL Replica: its message above says how it stands" in told


def test_without_a_reason_the_last_known_one_stands_as_such() -> None:
    before = (VmReason("sql01", Verdict.FAILED, "no space on ds7"),)
    told = shown(an_incident_view(vms=(), vms_before=before))
    assert "EM gives no reason for this run. The last one it gave:" in told
    assert "no space on ds7" in told


def test_a_job_that_failed_twice_is_one_job() -> None:
    again = a_recovered_view()
    told = shown(GroupView("vbr01", NOW, (again, a_member(1, again), again)))
    assert told.startswith("✅ All 2 jobs on vbr01 recovered")
    assert told.endswith("SQL Replica (2 times), Replica 01")
    told = shown(GroupView("vbr01", NOW, (again, an_incident_view())))
    assert told.startswith("🔴 1 job failed on vbr01")


def test_a_group_of_warnings_is_not_red() -> None:
    mild = an_incident_view(incident=an_incident(peak=Verdict.WARNING), verdict=Verdict.WARNING)
    assert shown(GroupView("vbr01", NOW, (mild, a_member(1, mild)))).startswith(
        "🟡 2 jobs ended with warnings"
    )


def test_the_most_frequent_cause_comes_first() -> None:
    full = VmReason("a", Verdict.FAILED, "datastore is full")
    gone = VmReason("b", Verdict.FAILED, "proxy is gone")
    members = tuple(
        an_incident_view(job_name=name, vms=vms)
        for name, vms in [("A", (gone,)), ("B", (full,)), ("C", (full, full)), ("D", None)]
    )
    told = shown(GroupView("vbr01", NOW, members)).split("\n")[2:]
    assert told == [
        "• 3 VMs in 2 jobs: datastore is full, since Mon 2025-11-17 22:14 UTC · B, C",
        "• 1 VM in 1 job: proxy is gone, since Mon 2025-11-17 22:14 UTC · A",
        "• 1 job: reasons follow, since Mon 2025-11-17 22:14 UTC · D",
        "[Acknowledge all] [Choose a job… ▾]",
    ]


def test_many_causes_are_cut_and_counted() -> None:
    members = tuple(
        an_incident_view(
            job_name=f"J{n}", vms=(VmReason("v", Verdict.FAILED, f"cause {chr(65 + n)}"),)
        )
        for n in range(20)
    )
    assert "… and 12 more causes" in shown(GroupView("vbr01", NOW, members))


def test_the_first_message_says_where_things_stand(snapshot: SnapshotAssertion) -> None:
    message = render_notice(a_start())
    assert read(message) == snapshot(name="blocks")
    assert read_text(message) == snapshot(name="text")


def test_a_first_message_without_failures_says_so() -> None:
    assert "None are failing now." in shown(a_start(failing=()))


def test_a_first_message_with_many_failures_counts_them() -> None:
    many = (an_incident_view(),) * 40
    assert "40 of 412 are failing now" in shown(a_start(failing=many))
    assert "… and 25 more: see /replica failed" in shown(a_start(failing=many))


def test_blindness_says_since_when_and_why() -> None:
    told = shown(an_outage())
    assert told.startswith("⚫ I cannot see em01:9398\nSince Thu 2025-11-20 02:14 UTC: connection")


def test_sight_regained_says_how_long_it_was_gone() -> None:
    over = an_outage(ended_at=NOW + timedelta(hours=2))
    assert shown(over).startswith("✅ I can see em01:9398 again")
    assert "after 2 h" in shown(ReplyView(outage=over))
