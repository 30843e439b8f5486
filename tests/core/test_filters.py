"""The words that narrow a list."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.filters import (
    LONGEST_SINCE,
    Filter,
    NoFilter,
    parse_filter,
    split_last,
    split_verdicts,
)
from bot.core.sessions import Verdict

WEEK = timedelta(days=7)
FAILED, WARNING = frozenset({Verdict.FAILED}), frozenset({Verdict.WARNING})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Filter()),
        ('""', Filter()),
        ("since 7d", Filter(since=WEEK)),
        ("SINCE 7 days", Filter(since=WEEK)),
        ("last 1w", Filter(since=WEEK)),
        ("since:90m", Filter(since=timedelta(minutes=90))),
        ("since 9999w", Filter(since=LONGEST_SINCE)),
        ("server:vbr01", Filter(servers=("vbr01",))),
        ("server: vbr01 server:vbr02", Filter(servers=("vbr01", "vbr02"))),
        ("job:SQL*", Filter(jobs=("SQL*",))),
        ("SQL*", Filter(jobs=("SQL*",))),
        ("job:SQL Replica", Filter(jobs=("SQL Replica",))),
        ('server:vbr01 "SQL Replica"', Filter(jobs=("SQL Replica",), servers=("vbr01",))),
        ("job:SQL Replica failed", Filter(jobs=("SQL Replica",), verdicts=FAILED)),
        ('job:"failed over"', Filter(jobs=("failed over",))),
        ('"SQL Replica"', Filter(jobs=("SQL Replica",))),
        ("warnings", Filter(verdicts=WARNING)),
        ("failed warning", Filter(verdicts=FAILED | WARNING)),
        ("ok", Filter(verdicts=frozenset({Verdict.SUCCESS}))),
        (
            "since 7d server:vbr01 job:SQL* warning",
            Filter(WEEK, ("SQL*",), ("vbr01",), WARNING),
        ),
    ],
)
def test_words_are_understood(text: str, wanted: Filter) -> None:
    assert parse_filter(text) == wanted


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("of vbr01", NoFilter("of")),
        ("warnin", NoFilter("warnin", "warning")),
        ("sicne 7d", NoFilter("sicne", "since 7d")),
        ("since", NoFilter("since", "since 7d")),
        ("since yesterday", NoFilter("since yesterday", "since 7d")),
        ("since 0d", NoFilter("since 0d", "since 7d")),
    ],
)
def test_what_narrows_nothing_is_named_with_what_may_be_meant(text: str, wrong: NoFilter) -> None:
    assert parse_filter(text) == wrong


names = st.text(st.characters(categories=("L", "N"), include_characters=" *-@"), min_size=1)
some_names = st.lists(names.map(lambda name: " ".join(name.split())).filter(bool), max_size=3).map(
    tuple
)
filters = st.builds(
    Filter,
    st.none() | st.integers(1, 500_000).map(lambda minutes: timedelta(minutes=minutes)),
    some_names,
    some_names,
    st.frozensets(st.sampled_from(list(Verdict))),
)


@given(filters)
def test_a_filter_that_is_spelled_is_understood_again(wanted: Filter) -> None:
    assert parse_filter(wanted.spell()) == wanted


@given(st.text())
def test_nothing_that_can_be_typed_breaks_it(text: str) -> None:
    assert isinstance(parse_filter(text), Filter | NoFilter)


def test_several_jobs_are_any_of_them_and_case_does_not_count() -> None:
    wanted = Filter(jobs=("sql*", "Web Replica"), servers=("VBR0?",))
    assert wanted.takes("SQL Replica", "vbr01")
    assert wanted.takes("web replica", "vbr02")
    assert not wanted.takes("DC Replica", "vbr01")
    assert not wanted.takes("SQL Replica", "other")


def test_a_result_is_taken_where_none_is_named() -> None:
    assert Filter().takes_verdict(Verdict.SUCCESS)
    assert not Filter(verdicts=FAILED).takes_verdict(Verdict.WARNING)
    assert Filter().is_any
    assert not Filter(since=WEEK).is_any


@pytest.mark.parametrize(
    ("text", "parted"),
    [
        ("failed export", ("failed", True)),
        ("export", ("", True)),
        ("EXPORT", ("", True)),
        ("exports", ("exports", False)),
        ("", ("", False)),
    ],
)
def test_export_is_the_last_word(text: str, parted: tuple[str, bool]) -> None:
    assert split_last(text, "export") == parted


@pytest.mark.parametrize(
    ("text", "parted"),
    [
        ("SQL Replica failed warnings", ("SQL Replica", FAILED | WARNING)),
        ("SQL Replica", ("SQL Replica", frozenset())),
        ("failed", ("failed", frozenset())),
    ],
)
def test_results_at_the_end_are_no_part_of_a_name(
    text: str, parted: tuple[str, frozenset[Verdict]]
) -> None:
    assert split_verdicts(text) == parted
