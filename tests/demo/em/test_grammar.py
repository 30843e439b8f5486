"""The filter language, read as reference §9 has it; the escaper here is written by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.em.grammar import (
    Comparison,
    Every,
    Expression,
    FilterRefused,
    Some,
    parse_filter,
)


def written(expression: Expression) -> str:
    """An expression as text: every value quoted, every quote in it doubled, all parenthesised."""
    if isinstance(expression, Comparison):
        doubled = expression.value.replace('"', '""')
        return f'{expression.name}{expression.operator}"{doubled}"'
    mark = ";" if isinstance(expression, Every) else ","
    return mark.join(f"({written(part)})" for part in expression.parts)


def is_(value: str) -> Comparison:
    return Comparison("Name", "==", value)


comparisons = st.builds(
    Comparison,
    st.sampled_from(["Name", "jobname", "EndTime"]),
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    st.text(),
)
expressions = st.recursive(
    comparisons,
    lambda parts: st.builds(
        lambda kind, some: kind(tuple(some)),
        st.sampled_from([Every, Some]),
        st.lists(parts, min_size=2, max_size=4),
    ),
    max_leaves=12,
)


@given(expressions)
def test_whatever_is_quoted_and_doubled_comes_back_as_it_was(expression: Expression) -> None:
    assert parse_filter(written(expression)) == expression


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Name==SQL_01", "SQL_01"),
        ('Name=="SQL Replica"', "SQL Replica"),
        ('Name==""', ""),
        ('Name=="say ""hi"""', 'say "hi"'),
        ('Name=="""Backup"""', '"Backup"'),
        (r'Name=="a\b\"', "a\\b\\"),
        ('Name=="a;b,c(d)==e"', "a;b,c(d)==e"),
        ("Name == SQL Replica ", "SQLReplica"),
        ("Name==2019-06-30", "2019-06-30"),
        ("Name==2025-08-15T06:00:00", "2025-08-15T06:00:00"),
    ],
)
def test_a_value_is_bare_or_quoted_and_loses_its_spaces_when_bare(text: str, value: str) -> None:
    assert parse_filter(text) == is_(value)


def test_and_binds_closer_than_or() -> None:
    parsed = parse_filter("Name==a,Name==b;Name==c")
    assert parsed == Some((is_("a"), Every((is_("b"), is_("c")))))


def test_parentheses_come_first() -> None:
    parsed = parse_filter("(Name==a,Name==b);Name==c")
    assert parsed == Every((Some((is_("a"), is_("b"))), is_("c")))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Name",
        "Name==",
        "==a",
        "Name=a",
        "Name==a;",
        ";Name==a",
        "Name==a Name==b",
        "(Name==a",
        "Name==a)",
        "()",
        "Name<",
        "Name;Name==a",
        "Name==(a)",
        '"Name"==a',
        'Name=="a',
        'Name==""Backup""',
        "Name==a-b",
        "Name==a\\b",
        "Name==a&b",
        "Name like a",
        "Name==“a”",
        "(" * 60 + "Name==a" + ")" * 60,
    ],
)
def test_what_the_grammar_of_section_9_lacks_is_refused(text: str) -> None:
    with pytest.raises(FilterRefused):
        parse_filter(text)
