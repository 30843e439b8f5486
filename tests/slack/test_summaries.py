"""How the morning summary reads (DESIGN §6, How it reads)."""

from datetime import date, timedelta

from syrupy.assertion import SnapshotAssertion

from bot.core.views import DayCount, MissedRun, OddDuration, RpoBreach, SummaryView
from bot.slack.blocks import render_notice
from tests.slack.builders import NOW, a_recovered_view, a_summary, an_incident_view
from tests.slack.reading import read, read_text


def shown(view: SummaryView) -> str:
    return read(render_notice(view))


def test_a_quiet_night_is_three_lines(snapshot: SnapshotAssertion) -> None:
    assert shown(a_summary()) == snapshot
    assert len(shown(a_summary()).split("\n")) == 3


def test_a_bad_night_begins_with_what_needs_attention(snapshot: SnapshotAssertion) -> None:
    bad = a_summary(
        attention=(an_incident_view(),),
        recovered=(a_recovered_view(job_name="DC Replica"), a_recovered_view(job_name="File 07")),
        missed=(MissedRun("Web Replica", NOW),),
        breaches=(RpoBreach("SQL Replica", timedelta(hours=52), timedelta(hours=26)),),
        odd=(
            OddDuration("ERP Replica", timedelta(hours=4), timedelta(hours=1)),
            OddDuration("Fax Replica", timedelta(minutes=1), timedelta(hours=1)),
        ),
        run_count=411,
        succeeded=408,
        late_count=2,
        days=(DayCount(date(2025, 11, 18), 9, 2, 0), DayCount(date(2025, 11, 19), 8, 1, 2)),
    )
    assert shown(bad) == snapshot(name="blocks")
    assert read_text(render_notice(bad)) == snapshot(name="text")


def test_a_job_in_trouble_twice_counts_once() -> None:
    breach = RpoBreach("SQL Replica", None, timedelta(hours=26))
    view = a_summary(attention=(an_incident_view(),), breaches=(breach,))
    assert "1 of 412 jobs needs attention" in shown(view)


def test_blindness_is_said_before_anything_else() -> None:
    title, second, *_ = shown(a_summary(is_blind=True)).split("\n")
    assert "I cannot see Enterprise Manager now" in second
    assert "are well" not in title


def test_without_runs_there_is_no_share_of_successes() -> None:
    assert "no runs" in shown(a_summary(run_count=0, succeeded=0))


def test_without_a_known_rpo_none_is_said_to_be_kept() -> None:
    assert "RPO" not in shown(a_summary(rpo_known=0))


def test_a_day_without_runs_has_its_own_sign() -> None:
    days = (DayCount(date(2025, 11, 19), 0, 0, 0), DayCount(date(2025, 11, 20), 1, 0, 0))
    assert "⬜🟩 2 days without failure or warning" in shown(a_summary(days=days))


def test_without_history_there_is_no_picture() -> None:
    assert len(shown(a_summary(days=())).split("\n")) == 2


def test_long_lists_are_cut_and_counted() -> None:
    missed = tuple(MissedRun(f"Job {n}", NOW) for n in range(30))
    assert "… and 22 more missed runs" in shown(a_summary(missed=missed))
