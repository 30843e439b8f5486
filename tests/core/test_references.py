"""What a person means by a session."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.references import Form, nearest_names, parse_reference

GUID = "04f694ad-664c-4603-a747-00edecae4f17"


@pytest.mark.parametrize(
    "text",
    [
        GUID,
        GUID.upper(),
        f"{{{GUID}}}",
        f"  `{GUID}` ",
        f"urn:veeam:ReplicaJobSession:{GUID}",
        f"URN:VEEAM:REPLICAJOBSESSION:{GUID.upper()}",
        f"https://em.example.com:9398/api/replicaSessions/{GUID}?format=Entity",
        f"<https://em.example.com:9398/api/replicaSessions/{GUID}>",
    ],
)
def test_an_id_is_understood_in_every_form(text: str) -> None:
    found = parse_reference(text)
    assert (found.form, found.text) == (Form.ID, GUID)


@pytest.mark.parametrize("text", ["04f694ad", "04F694AD-66", GUID[:-1]])
def test_the_start_of_an_id_is_enough(text: str) -> None:
    found = parse_reference(text)
    assert (found.form, found.text) == (Form.PREFIX, text.lower())


@pytest.mark.parametrize(
    "text", [f"urn:veeam:Job:{GUID}", f"https://em.example.com:9398/api/jobs/{GUID}"]
)
def test_the_id_of_another_kind_is_foreign(text: str) -> None:
    assert parse_reference(text).form is Form.FOREIGN


@pytest.mark.parametrize(
    "text", ["urn:veeam:ReplicaJobSession:1", "https://example.com/", GUID[:-2] + "zz", GUID + "0"]
)
def test_what_looks_like_an_id_but_is_none_is_malformed(text: str) -> None:
    assert parse_reference(text).form is Form.MALFORMED


@pytest.mark.parametrize(
    "text",
    ["SQL Replica", "exch@2013-08-26 22:28:51", "04f694a", "deadbeef replica", "a-b-c-d-e"],
)
def test_anything_else_is_a_name(text: str) -> None:
    found = parse_reference(f' "{text}" ')
    assert (found.form, found.text) == (Form.NAME, text)


def test_a_name_keeps_its_brackets() -> None:
    assert parse_reference("Replica [old] (1)").text == "Replica [old] (1)"


@given(st.text())
def test_any_text_is_understood_as_something(text: str) -> None:
    assert parse_reference(text).form in Form


def test_nearest_names_are_those_that_contain_it_and_those_that_look_alike() -> None:
    names = ["SQL Replica", "SQL Replica 2", "Web Replica", "Exchange"]
    assert nearest_names("sql replica", names) == ("SQL Replica", "SQL Replica 2", "Web Replica")
    assert nearest_names("exchnage", names) == ("Exchange",)
    assert nearest_names("", names) == ()
    assert len(nearest_names("r", [f"r{n}" for n in range(9)])) == 5
