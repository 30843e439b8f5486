"""Figures and words as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.slack.markup import moment, neutral
from bot.slack.words import cut, duration, listed, one_line, ordinal, percent, plural, size


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0.4, "0 s"),
        (45, "45 s"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (840, "14 min"),
        (845, "14 min"),
        (3_600, "1 h"),
        (3_900, "1 h 5 min"),
        (187_200, "2 d 4 h"),
        (187_800, "2 d 4 h"),
        (86_400, "1 d"),
    ],
)
def test_a_duration_is_said_with_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(12, "12 B"), (2_048, "2.0 KB"), (3 * 2**30, "3.0 GB"), (2**70, "1048576.0 PB")],
)
def test_a_size_is_said_in_the_unit_that_fits(count: int, words: str) -> None:
    assert size(count) == words


def test_one_thing_is_not_plural() -> None:
    assert [plural(1, "job"), plural(1_200, "job")] == ["1 job", "1,200 jobs"]
    assert plural(2, "retry", "retries") == "2 retries"


def test_places_in_a_row_have_their_endings() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th",
    ]  # fmt: skip


def test_almost_all_is_not_all() -> None:
    assert [percent(1, 1), percent(0, 0), percent(99_999, 100_000), percent(991, 1_000)] == [
        "100 %", "100 %", "99.9 %", "99.1 %",
    ]  # fmt: skip


def test_text_from_outside_stays_on_one_line_in_its_own_direction() -> None:
    assert one_line("a\r\n b\t\u202ec\x00d") == "a b c d"


def test_a_cut_shows() -> None:
    assert [cut("abcdef", 6), cut("abcdefg", 6), cut("abcd efg", 6)] == [
        "abcdef",
        "abcde…",
        "abcd…",
    ]


def test_a_list_says_how_many_it_leaves_out() -> None:
    assert listed(["a", "b", "c"], 2) == "a, b … and 1 more"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("a & b", "a &amp; b"),
        ("&lt;", "&amp;lt;"),
        ("DC_Replica_01", "DC_Replica_01"),
        ("_quiet_", "＿quiet＿"),
        ("*loud* ~gone~ `code`", "∗loud∗ ∼gone∼ ˋcodeˋ"),
    ],
)
def test_a_name_has_no_effect_in_mrkdwn(name: str, shown: str) -> None:
    assert neutral(name) == shown


def test_a_moment_has_a_fallback_in_utc() -> None:
    at = datetime(2025, 11, 20, 2, 14, tzinfo=UTC)
    token = "<!date^1763604840^{date_short_pretty} {time}|Thu 2025-11-20 02:14 UTC>"
    assert moment(at) == token
