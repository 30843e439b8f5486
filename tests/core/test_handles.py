"""Short handles: `#4f3a` is a session, `#12` an incident."""

from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.handles import LONGEST, SHORTEST, candidates, read_handle, read_incident


@given(st.text())
def test_a_handle_has_a_letter_and_can_be_read_back(subject: str) -> None:
    for handle in candidates(subject):
        assert read_handle(f"#{handle.upper()}") == handle
        assert read_incident(f"#{handle}") == 0


@given(st.text())
def test_each_candidate_continues_the_one_before(subject: str) -> None:
    tried = list(candidates(subject))
    assert len(tried[0]) >= SHORTEST
    assert len(tried[-1]) == LONGEST
    assert all(longer.startswith(shorter) for shorter, longer in pairwise(tried))


def test_the_handle_of_a_session_never_changes() -> None:
    uid = "urn:veeam:ReplicaJobSession:04f694ad-6b84-4f87-9b7c-21a2b3c4d5e6"
    assert list(islice(candidates(uid), 2)) == ["3f15", "3f15a"]


@pytest.mark.parametrize("text", ["4f3a", "#12", "#123", "#4f3", "#4f3g", "##4f3a", "", "#"])
def test_anything_else_is_no_handle(text: str) -> None:
    assert read_handle(text) == ""


@pytest.mark.parametrize(("text", "number"), [("#12", 12), (" #7 ", 7), ("12", 0), ("#4f3a", 0)])
def test_an_incident_is_named_by_its_number(text: str, number: int) -> None:
    assert read_incident(text) == number
