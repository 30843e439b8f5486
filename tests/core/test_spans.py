"""How long: what people type, understood in their own time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.mutes import LONGEST
from bot.core.spans import End, Unclear, examples, is_understood, parse_end

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)  # Monday 23:00 in Berlin
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(text: str, now: datetime = NOW, zone: ZoneInfo = BERLIN) -> datetime:
    end = parse_end(text, now, zone)
    assert isinstance(end, End), end
    assert not end.with_success
    return end.at


def words(text: str, now: datetime = NOW) -> str:
    end = parse_end(text, now, BERLIN)
    assert isinstance(end, Unclear), end
    return end.words


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("1h", HOUR),
        ("for 4h", 4 * HOUR),
        ("4 hours", 4 * HOUR),
        ("90m", 1.5 * HOUR),
        ("90 min", 1.5 * HOUR),
        ("1h30m", 1.5 * HOUR),
        ("1 h 30 min", 1.5 * HOUR),
        ("2d", 2 * DAY),
        ("1 week", 7 * DAY),
        ("FOR 2 D", 2 * DAY),
        ("30d", 30 * DAY),
    ],
)
def test_a_span_counts_from_now(text: str, span: timedelta) -> None:
    assert at(text) == NOW + span


@pytest.mark.parametrize(
    "text", ["until success", "success", "until its next success", "until it succeeds"]
)
def test_a_success_ends_it_within_the_longest_mute(text: str) -> None:
    assert parse_end(text, NOW, BERLIN) == End(NOW + LONGEST, with_success=True)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("until Monday 08:00", "2026-11-30T07:00"),
        ("monday", "2026-11-30T07:00"),
        ("next tue at 6pm", "2026-11-24T17:00"),
        ("until 23:30", "2026-11-23T22:30"),
        ("22:30", "2026-11-24T21:30"),
        ("tomorrow", "2026-11-24T07:00"),
        ("today 23:45", "2026-11-23T22:45"),
        ("12am", "2026-11-23T23:00"),
        ("12pm", "2026-11-24T11:00"),
        ("until 2026-12-01", "2026-12-01T07:00"),
        ("2026-12-01 8:30", "2026-12-01T07:30"),
        ("2026-12-01T08:30", "2026-12-01T07:30"),
    ],
)
def test_a_day_or_time_is_the_next_one_on_the_local_clock(text: str, utc: str) -> None:
    assert at(text) == datetime.fromisoformat(f"{utc}:00+00:00")


def test_a_weekday_is_today_while_its_time_is_still_to_come() -> None:
    early = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)  # Monday 06:00 in Berlin
    assert at("until Monday 08:00", early) == early + 2 * HOUR


def test_a_span_over_the_change_of_clocks_is_as_long_as_said() -> None:
    before = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
    assert at("4h", before) == before + 4 * HOUR


@pytest.mark.parametrize(
    ("now", "text", "utc"),
    [
        # In the night to 2027-03-28 Berlin's clocks go from 02:00 to 03:00.
        ("2027-03-27T12:00", "tomorrow 08:00", "2027-03-28T06:00"),
        ("2027-03-27T12:00", "tomorrow 02:30", "2027-03-28T01:30"),
        # In the night to 2027-10-31 they go from 03:00 back to 02:00.
        ("2027-10-30T12:00", "tomorrow 08:00", "2027-10-31T07:00"),
        ("2027-10-30T12:00", "tomorrow 02:30", "2027-10-31T00:30"),
        ("2027-10-31T00:45", "02:30", "2027-10-31T01:30"),
    ],
)
def test_a_local_time_is_right_where_the_clocks_change(now: str, text: str, utc: str) -> None:
    expected = datetime.fromisoformat(f"{utc}:00+00:00")
    assert at(text, datetime.fromisoformat(f"{now}:00+00:00")) == expected


@pytest.mark.parametrize("text", ["until 2025-01-01", "today 01:00", "0h", "0001-01-01"])
def test_what_is_past_is_said_to_be_over(text: str) -> None:
    assert "over already" in words(text)
    assert "Europe/Berlin" in words(text)
    assert is_understood(text, NOW, BERLIN)


@pytest.mark.parametrize("text", ["31d", "999999h", "2027-06-01", "9999-12-31"])
def test_nothing_is_muted_for_more_than_thirty_days(text: str) -> None:
    assert "30 days" in words(text)
    assert is_understood(text, NOW, BERLIN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "for",
        "banana",
        "4",
        "4 bananas",
        "t",
        "2026-02-30",
        "25:00",
        "10:75",
        "13pm",
        "foo 08:00",
    ],
)
def test_nonsense_is_answered_with_examples(text: str) -> None:
    assert examples(NOW, BERLIN) in words(text)
    assert not is_understood(text, NOW, BERLIN)


def test_the_examples_are_understood() -> None:
    listed = examples(NOW, BERLIN).removeprefix("Say for example: ").partition(" (times")[0]
    for each in listed.split(", "):
        assert isinstance(parse_end(each, NOW, BERLIN), End), each


@given(text=st.text(max_size=30))
def test_any_text_has_an_answer_in_bounds(text: str) -> None:
    end = parse_end(text, NOW, BERLIN)
    assert isinstance(end, Unclear) or NOW < end.at <= NOW + LONGEST
