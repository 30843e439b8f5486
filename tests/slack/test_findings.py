"""How findings read: alone, many together, in threads, and when they are over."""

from dataclasses import replace

import pytest

from bot.core.findings import Check, Details, Finding
from bot.core.views import FindingLine, FindingNews, FindingView
from bot.slack.blocks import render_notice, render_plain
from bot.slack.layout import Message
from tests.builders import HOUR, MINUTE, NOW
from tests.slack.limits import problems_of
from tests.slack.reading import read

FULL = Details(
    since_at=NOW - 27 * HOUR,
    due_at=NOW,
    span=26 * HOUR,
    expected_at=NOW - MINUTE,
    left=38 * MINUTE,
    vms=("sql01", "<!channel>"),
)


def a_line(
    check: Check, details: Details = FULL, name: str = "SQL Replica", **of: object
) -> FindingLine:
    job_uid = "" if check is Check.STALE else "urn:veeam:Job:sql"
    finding = Finding(7, check, job_uid or "vbr01", job_uid, "vbr01", NOW, details)
    return FindingLine(replace(finding, **of), "" if check is Check.STALE else name)  # type: ignore[arg-type]


def render(*lines: FindingLine, news: FindingNews | None = None) -> Message:
    view = FindingView(lines[0].finding.check, "vbr01", lines, news)
    for message in (render_plain(view), render_notice(view)):
        assert problems_of(message.text, list(message.blocks)) == []
    return render_notice(view)


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (Check.MISSED, "🟠 SQL Replica did not run: expected "),
        (Check.RPO, "🟠 The RPO of SQL Replica (1 d 2 h) breaks in 38 min ("),
        (Check.STUCK, "🟠 SQL Replica seems stuck: it runs since "),
        (Check.STALE, "⚫ EM has told nothing of vbr01 since "),
        (Check.GONE, "⚪ SQL Replica no longer runs: last run "),
        (Check.SHRUNK, "🟠 SQL Replica was green, but without 2 VMs of the runs before: sql01"),
        (Check.EMPTY, "🟠 SQL Replica was green, but without any VM"),
        (Check.UNSCHEDULED, "🟠 The schedule of SQL Replica is switched off"),
    ],
)
def test_each_kind_says_what_it_is_and_when_it_is_over(check: Check, words: str) -> None:
    assert render(a_line(check)).text.startswith(words)
    assert render(a_line(check, ended_at=NOW)).text.startswith("✅ ")
    many = (a_line(check), a_line(check, name="Web Replica"))
    assert "2 jobs on vbr01" in render(*many).text
    over = (a_line(check, ended_at=NOW), a_line(check, ended_at=NOW))
    assert render(*over).text.startswith("✅ All 2 jobs on vbr01")


def test_a_countdown_names_the_run_that_may_save_it() -> None:
    assert "unless the run of " in render(a_line(Check.RPO)).text
    late = render(a_line(Check.RPO, replace(FULL, is_late=True))).text
    assert "has not come" in late
    assert "unless" not in late
    without = replace(FULL, expected_at=None)
    assert "no run is expected before that" in render(a_line(Check.RPO, without)).text


def test_a_broken_rpo_says_since_when() -> None:
    broken = replace(FULL, left=None, is_broken=True)
    assert "is broken since " in render(a_line(Check.RPO, broken)).text
    news = render(a_line(Check.RPO, broken), news=FindingNews.BROKEN)
    assert news.text.startswith("🟠 The RPO of SQL Replica (1 d 2 h) is broken")
    two = render(*[a_line(Check.RPO, broken)] * 2, news=FindingNews.BROKEN)
    assert two.text.startswith("🟠 The RPO of 2 jobs is broken")


def test_the_news_of_an_end_is_one_line() -> None:
    assert render(a_line(Check.MISSED, ended_at=NOW), news=FindingNews.OVER).text == (
        "✅ SQL Replica has run again"
    )
    two = [a_line(Check.MISSED, ended_at=NOW)] * 2
    assert render(*two, news=FindingNews.OVER).text == "✅ All 2 jobs on vbr01 have run again"


def test_what_is_partly_over_says_both() -> None:
    lines = [a_line(Check.MISSED), a_line(Check.MISSED, name="Web Replica", ended_at=NOW)]
    message = render(*lines)
    assert message.text.startswith("🟠 1 of 2 jobs on vbr01 did not run when expected: SQL Replica")
    assert "✅ 1 over: " in read(message)


@pytest.mark.parametrize("outcome", [Check.GONE, Check.UNSCHEDULED])
def test_a_run_that_did_not_come_after_all_is_no_success(outcome: Check) -> None:
    ended = a_line(Check.MISSED, replace(FULL, outcome=outcome), ended_at=NOW)
    assert render(ended).text.startswith("⚪ ")


def test_a_job_that_is_gone_can_be_closed_and_then_says_by_whom() -> None:
    assert "finding_close" in str(render(a_line(Check.GONE)).blocks)
    closed = render(a_line(Check.GONE, closed_by="U7"))
    assert "<@U7>" in closed.text
    assert "finding_close" not in str(closed.blocks)


def test_a_job_without_some_vms_can_be_closed_as_it_is_for_good() -> None:
    assert "This is on purpose: stop telling" in str(render(a_line(Check.SHRUNK)).blocks)
    for ended_at in (None, NOW):
        closed = render(a_line(Check.SHRUNK, closed_by="U7", ended_at=ended_at))
        assert closed.text == "⚪ SQL Replica runs without 2 VMs on purpose; closed by <@U7>"


def test_three_hundred_at_once_fit_one_message_and_none_is_hidden_without_a_word() -> None:
    for check in (Check.MISSED, Check.GONE):
        lines = [a_line(check, name=f"Job {number} {'x' * 200}") for number in range(300)]
        message = render(*lines)
        assert "300 jobs" in message.text
        assert "more" in read(message)


def test_names_are_data() -> None:
    message = render(a_line(Check.SHRUNK, name="<!channel> {} *b*"))
    assert "<!channel>" not in message.text
