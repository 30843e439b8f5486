"""The query builder: what it writes is data, parenthesised and encoded (reference §9)."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.veeam.filters import (
    JobProperties,
    Property,
    Query,
    ReplicaSessionProperties,
    Sort,
    all_of,
    any_of,
)

Sessions = ReplicaSessionProperties
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def a_query(name: str) -> Query:
    return Query(Sessions.entity, Sort(Sessions.created_at), Sessions.name.equals(name))


def test_a_string_is_quoted() -> None:
    assert str(Sessions.job_name.equals("SQL Replica")) == 'JobName=="SQL Replica"'


def test_quotes_inside_a_string_are_doubled() -> None:
    assert str(Sessions.name.equals('the "big" one')) == 'Name=="the ""big"" one"'


def test_a_filter_inside_a_name_stays_inside_its_quotes() -> None:
    condition = Sessions.name.equals('x",(Result==Failed);Name=="y')
    assert str(condition) == 'Name=="x"",(Result==Failed);Name==""y"'


def test_a_time_is_utc_with_z() -> None:
    vienna = timezone(timedelta(hours=1))
    condition = Sessions.ended_at >= datetime(2026, 11, 23, 13, 0, tzinfo=vienna)
    assert str(condition) == 'EndTime>="2026-11-23T12:00:00Z"'


def test_a_time_keeps_its_microseconds() -> None:
    condition = Sessions.ended_at > NOON + timedelta(microseconds=3406)
    assert str(condition) == 'EndTime>"2026-11-23T12:00:00.003406Z"'


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Sessions.ended_at >= datetime(2026, 11, 23)  # noqa: B015, DTZ001 - that is the point


def test_a_flag_is_written_bare() -> None:
    assert str(Sessions.is_retry.equals(True)) == "IsRetry==True"


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Sessions.created_at < NOON, 'CreationTime<"2026-11-23T12:00:00Z"'),
        (Sessions.created_at <= NOON, 'CreationTime<="2026-11-23T12:00:00Z"'),
        (JobProperties.platform.differs("VMware"), 'Platform!="VMware"'),
    ],
)
def test_every_comparison_has_its_operator(condition: object, text: str) -> None:
    assert str(condition) == text


def test_equal_joints_need_no_parentheses() -> None:
    condition = Sessions.name.equals("a") | Sessions.name.equals("b")
    assert str(condition) == 'Name=="a",Name=="b"'


def test_mixed_joints_are_parenthesised_on_both_sides() -> None:
    bad = (Sessions.ended_at >= NOON) & Sessions.result.differs("Success")
    assert str(Sessions.state.equals("Stopped") | bad) == (
        '(State=="Stopped"),(EndTime>="2026-11-23T12:00:00Z";Result!="Success")'
    )


def test_combinations_combine_again() -> None:
    a, b, c, d = (Sessions.name.equals(name) for name in "abcd")
    assert str((a | b) & (c | d)) == '(Name=="a",Name=="b");(Name=="c",Name=="d")'
    assert str((a & b) | c) == '(Name=="a";Name=="b"),(Name=="c")'


def test_one_condition_alone_is_itself() -> None:
    only = Sessions.name.equals("a")
    assert any_of(only) is only
    assert all_of(only) is only


def test_no_condition_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        any_of()


def test_a_query_is_sorted_paged_and_asks_for_entities() -> None:
    query = Query(Sessions.entity, Sort(Sessions.created_at, is_descending=True))
    assert query.path(3) == (
        "/api/query?type=ReplicaJobSession&format=Entities&sortDesc=CreationTime&pageSize=100&page=3"
    )


def test_reserved_characters_are_percent_encoded() -> None:
    assert "filter=Name%3D%3D%22a%20%2B%26%23%25%3B%22&" in a_query("a +&#%;").path()


def test_a_query_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        a_query("a").page_size = 5  # type: ignore[misc] # that is the point


def test_a_property_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Property[str]("Name").name = "State"  # type: ignore[misc] # that is the point


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_comes_out_of_the_url_as_it_went_in(name: str) -> None:
    fields = parse_qs(urlsplit(a_query(name).path()).query, strict_parsing=True)
    assert fields["filter"] == ['Name=="' + name.replace('"', '""') + '"']
    assert list(fields) == ["type", "format", "filter", "sortAsc", "pageSize", "page"]
