"""What EM may leave out, null, or spell otherwise costs nothing but itself (reference §4, §5)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from structlog.testing import capture_logs

from bot.core.sessions import EPOCH
from bot.veeam import wire
from bot.veeam.fields import Model, path_of, read_moment
from bot.veeam.filters import ReplicaSessionProperties
from bot.veeam.translate import session_from, task_session_from, urn

HOUR = timedelta(hours=1)
UID = "urn:veeam:ReplicaJobSession:04f694ad-664c-4603-a747-00edecae4f17"


def a_session(**fields: Any) -> wire.ReplicaSession:
    return wire.ReplicaSession.model_validate({"uid": UID, **fields})


def a_page(*rows: object) -> list[wire.ReplicaSession]:
    page = wire.QueryResult.model_validate(
        {"entities": {"replicajobsessions": {"replicajobsessions": list(rows)}}}
    )
    assert page.entities is not None
    return page.entities.replica_sessions


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)), st.integers(0, 9))  # noqa: DTZ001 - made UTC by the Z
def test_fractions_of_any_length_are_cut_to_microseconds(moment: datetime, digits: int) -> None:
    fraction = f"{moment.microsecond:06d}999"[:digits]
    text = f"{moment:%H:%M:%S}{'.' if digits else ''}{fraction}Z"
    expected = moment.replace(microsecond=int(fraction[:6].ljust(6, "0") or 0), tzinfo=UTC)
    assert read_moment(f"{moment.date().isoformat()}T{text}") == expected


@pytest.mark.parametrize("zone", ["Z", "", "+00:00"])
def test_a_time_without_z_is_utc(zone: str) -> None:
    moment = read_moment(f"2025-10-07T20:00:02.42{zone}")
    assert moment == datetime(2025, 10, 7, 20, 0, 2, 420000, tzinfo=UTC)
    assert moment is not None
    assert moment.tzinfo is UTC


def test_another_zone_is_converted() -> None:
    assert read_moment("2025-10-07T22:00:00+02:00") == datetime(2025, 10, 7, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "9999-12-31T23:59:59.9999999Z",
        "9999-12-31T23:59:59.9999999-05:00",
        "9998-12-31T23:59:59.9999999-05:00",
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "0002-01-01T00:00:00+14:00",
    ],
)
def test_what_stands_for_no_time_is_no_time(text: str | None) -> None:
    assert a_session(endtimeutc=text).ended_at is None


@given(
    st.datetimes(timezones=st.sampled_from([timezone(hours * HOUR) for hours in range(-23, 24)]))
)
def test_no_time_of_any_clock_is_too_odd_to_compare_and_to_ask_with(moment: datetime) -> None:
    session = session_from(a_session(creationtimeutc=moment.isoformat()))
    for span in (timedelta(0), timedelta(days=30), -timedelta(days=30)):
        assert str(ReplicaSessionProperties.ended_at >= session.created_at + span)


def test_only_the_uid_is_needed() -> None:
    session = session_from(a_session())
    assert (session.uid, session.created_at) == (UID, EPOCH)
    assert (session.state, session.result, session.backup_server) == ("", "", "")
    assert task_session_from(wire.ReplicaTaskSession(uid="x")).vm == ""


def test_everything_but_the_uid_may_be_null() -> None:
    nulls = {name.replace("_", ""): None for name in wire.ReplicaSession.model_fields}
    session = session_from(a_session(**{**nulls, "uid": UID, "links": None}))
    assert session.links == ()


def test_unknown_values_and_keys_are_kept_or_ignored() -> None:
    session = session_from(a_session(state="Hibernating", result="Splendid", newkey={"a": [1]}))
    assert (session.state, session.result) == ("Hibernating", "Splendid")


@pytest.mark.parametrize("value", [True, "true", "True"])
def test_booleans_may_be_text(value: object) -> None:
    assert session_from(a_session(isretry=value)).is_retry


@pytest.mark.parametrize(
    "fields",
    [
        {"progress": "much"},
        {"creationtimeutc": "yesterday"},
        {"endtimeutc": 5},
        {"links": "none"},
        {"links": [{"rel": 1}]},
        {"links": ["Up"]},
        {"isretry": "perhaps"},
        {"jobname": {"a": 1}},
    ],
)
def test_an_odd_field_costs_only_itself(fields: dict[str, object]) -> None:
    with capture_logs() as logs:
        session = a_session(**{"state": "Working", **fields})
    assert (session.uid, session.state) == (UID, "Working")
    assert logs[0]["problems"]


def test_an_odd_row_costs_only_itself() -> None:
    with capture_logs() as logs:
        rows = a_page({"uid": "1"}, {"uid": None, "name": "secret plan"}, "row", {"uid": "2"})
    assert [row.uid for row in rows] == ["1", "2"]
    assert "secret" not in str(logs)
    assert len(logs) == 2


def test_a_page_of_nothing_but_odd_rows_is_no_empty_page() -> None:
    with pytest.raises(ValidationError):
        a_page({"name": "a"}, {"name": "b"})


@pytest.mark.parametrize(
    "rows", [None, "", "\n ", [], {"replicajobsessions": None}, {"replicajobsessions": []}, {}]
)
def test_an_empty_list_has_many_forms(rows: object) -> None:
    page = wire.QueryResult.model_validate({"entities": {"replicajobsessions": rows}})
    assert page.entities is not None
    assert page.entities.replica_sessions == []


def test_a_list_may_be_nested_once_or_not_at_all() -> None:
    row = {"uid": "1"}
    for rows in ([row], {"replicajobsessions": [row]}):
        page = wire.QueryResult.model_validate({"entities": {"replicajobsessions": rows}})
        assert page.entities is not None
        assert [each.uid for each in page.entities.replica_sessions] == ["1"]


def test_null_entities_are_an_empty_page() -> None:
    assert wire.QueryResult.model_validate({"entities": None, "refs": None}).entities is None


@pytest.mark.parametrize("model", [wire.QueryResult, wire.Collection])
def test_some_other_object_does_not_pass_for_an_empty_list(model: type[Model]) -> None:
    with pytest.raises(ValidationError, match="nothing that is known"):
        model.model_validate({"error": "please log in"})


def test_a_bare_guid_becomes_a_urn() -> None:
    session = session_from(wire.ReplicaSession(uid="04F694AD-664c-4603-a747-00edecae4f17"))
    assert session.uid == UID
    assert urn("Job", "") == ""


def test_the_job_is_known_by_its_link_where_its_uid_is_missing() -> None:
    link = {"rel": "Up", "type": "JobReference", "href": "https://em/api/jobs/ab-1?format=Entity"}
    assert session_from(a_session(links=[link])).job_uid == "urn:veeam:Job:ab-1"


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("https://evil.example:1/api/jobs/1?a=https://b/c", "/api/jobs/1?a=https://b/c"),
        ("//evil.example/api", "/api"),
        ("https:////evil.example/api", "/evil.example/api"),
        ("https://evil.example", "/"),
        ("/api/x?u=http://evil.example/y", "/api/x?u=http://evil.example/y"),
        ("api/x", "/api/x"),
        ("/\\evil.example", "/evil.example"),
        ("", "/"),
    ],
)
def test_a_link_keeps_its_path_and_loses_its_host(href: str, path: str) -> None:
    assert path_of(href) == path


def test_a_job_may_come_without_schedule_or_vms() -> None:
    job = wire.Job.model_validate({"uid": "1", "jobscheduleoptions": "", "jobinfo": None})
    assert (job.schedule, job.vms) == (None, None)


@pytest.mark.parametrize(
    "includes",
    [{"objectinjobs": [{"name": "a"}]}, [{"displayname": "a"}], {"x": {"y": [{"name": "a"}]}}],
)
def test_the_vms_of_a_job_are_found_however_wrapped(includes: object) -> None:
    job = wire.Job.model_validate(
        {"uid": "1", "jobinfo": {"replicajobinfo": {"includes": includes}}}
    )
    assert job.vms == ("a",)


def test_an_api_root_without_versions_has_no_newest() -> None:
    assert wire.ApiRoot.model_validate({"supportedversions": None}).newest_version == ""
