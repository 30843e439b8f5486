"""How the end of a mute tells what was noticed meanwhile."""

from bot.core.findings import Check, Details
from bot.core.mutes import Mute, Scope
from bot.core.views import FindingLine, GroupView, IncidentView, MuteEnd
from bot.slack.blocks import render_notice, render_plain
from bot.slack.layout import Message
from tests.builders import HOUR, MINUTE, NOW
from tests.slack.builders import a_member, an_incident_view
from tests.slack.limits import problems_of
from tests.slack.reading import read, read_text
from tests.slack.test_findings import FULL, a_line

BEFORE = NOW - 5 * HOUR
MUTE = Mute(1, Scope.ALL, "", "U1", NOW - 4 * HOUR, NOW, ended_at=NOW)
BROKEN = Details(since_at=NOW - 28 * HOUR, due_at=NOW - 2 * HOUR, span=26 * HOUR, is_broken=True)


def announce(*lines: FindingLine, failing: tuple[IncidentView, ...] = ()) -> Message:
    view = GroupView("", NOW, failing, ended=MuteEnd(MUTE, "", (), lines))
    for message in (render_plain(view), render_notice(view)):
        assert problems_of(message.text, list(message.blocks)) == []
    return render_notice(view)


def test_what_broke_is_said_in_full_and_in_the_notification() -> None:
    message = announce(a_line(Check.RPO, BROKEN, opened_at=BEFORE, told_with=7))
    assert "Also noticed meanwhile:\n• 🟠 The RPO of SQL Replica (1 d 2 h) is broken" in read(
        message
    )
    assert read_text(message).startswith(
        "🔔 Everything is no longer muted: nothing failed meanwhile. "
        "Also noticed: 🟠 The RPO of SQL Replica"
    )


def test_of_many_the_notification_names_the_jobs() -> None:
    lines = [a_line(Check.RPO, BROKEN, f"Job {n}", opened_at=BEFORE, told_with=7) for n in (1, 2)]
    said = read_text(announce(*lines, failing=(an_incident_view(),)))
    assert said.endswith("SQL Replica. Also noticed something about Job 1, Job 2")


def test_what_began_meanwhile_is_only_named_where_it_has_a_message_of_its_own() -> None:
    began = NOW - HOUR
    own = [
        a_line(Check.MISSED, name="Waits for its message", opened_at=began),
        a_line(Check.MISSED, name="Is over since", opened_at=began, told_with=8, ended_at=NOW),
    ]
    over = a_line(Check.MISSED, opened_at=began, ended_at=NOW - MINUTE)
    said = read(announce(*own, over))
    assert "Also noticed meanwhile:\n• ✅ SQL Replica has run again" in said
    assert "with a message of its own: Waits for its message, Is over since" in said


def test_a_mute_that_hid_hundreds_of_findings_fits_a_message() -> None:
    name = "<!channel>" * 40
    told = [a_line(Check.SHRUNK, FULL, name, opened_at=BEFORE, told_with=7) for _ in range(200)]
    began = [a_line(Check.MISSED, FULL, name) for _ in range(200)]
    failing = tuple(a_member(n, an_incident_view()) for n in range(100))
    said = read(announce(*told, *began, failing=failing))
    assert "… and 190 more: " in said
