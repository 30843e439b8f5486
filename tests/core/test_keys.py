"""Keys: what a message is about, in words that survive the database."""

from dataclasses import replace

import pytest

from bot.core.decisions import Reason
from bot.core.incidents import Incident
from bot.core.keys import (
    MOST_MARKS,
    Key,
    find_untold,
    is_in_group,
    key_of_group,
    key_of_incident,
    mark_bad,
    mark_news,
    mark_over,
    parse_key,
)
from bot.core.notices import Kind
from tests.builders import HOUR, NOW, Story, a_session


def an_incident(*uids: str, recovered_by: str = "") -> Incident:
    story = Story()
    story.report(a_session())
    return replace(story.latest, session_uids=uids, recovered_by=recovered_by)


def test_a_key_reads_as_it_was_written() -> None:
    key = key_of_incident(an_incident("one", "two", recovered_by="three"))
    assert parse_key(str(key)) == key
    assert key.marks == (mark_bad("one"), mark_bad("two"), mark_over("three"))


@pytest.mark.parametrize("text", ["", "future 12", "INCIDENT"])
def test_what_is_no_key_is_none(text: str) -> None:
    assert parse_key(text) is None


def test_a_key_stays_short_and_names_the_first_and_the_newest_sessions() -> None:
    key = key_of_incident(an_incident(*map(str, range(100))))
    assert len(key.marks) == MOST_MARKS
    assert {mark_bad("0"), mark_bad("99")} <= set(key.marks)


def test_the_same_session_is_told_whatever_the_words() -> None:
    assert mark_news(Reason.WORSE, "one") == mark_news(Reason.STILL_FAILING, "one")
    assert mark_news(Reason.RECOVERED, "one") == mark_news(Reason.HEALED, "one")
    assert (
        len({mark_news(r, "one") for r in (Reason.WORSE, Reason.RECOVERED, Reason.REOPENED)}) == 3
    )


@pytest.mark.parametrize(
    ("server", "hours", "is_told"),
    [("vbr01", 0, True), ("vbr01", 1, True), ("vbr01", 2, False), ("vbr02", 0, False)],
)
def test_a_message_about_many_tells_of_what_opened_there_then(
    server: str, hours: int, *, is_told: bool
) -> None:
    key = key_of_group("vbr01", [NOW, NOW + HOUR])
    assert is_in_group(key, server, NOW + hours * HOUR) is is_told


def test_a_message_that_caught_up_tells_of_any_server() -> None:
    assert is_in_group(key_of_group("", [NOW]), "vbr07", NOW)


@pytest.mark.parametrize("key", [Key(Kind.INCIDENT, ("a", "1", "2")), Key(Kind.GROUP, ("mute",))])
def test_other_keys_tell_of_no_incident(key: Key) -> None:
    assert not is_in_group(key, "vbr01", NOW)


def test_untold_is_what_neither_the_message_nor_its_thread_names() -> None:
    incident = an_incident("one", "two", "three", "four")
    key = key_of_incident(an_incident("one"))
    bad = ["one", "two", "three"]
    assert find_untold(incident, key, {mark_bad("two")}, bad) == ("three",)


def test_beside_a_full_key_only_what_came_later_is_untold() -> None:
    uids = tuple(map(str, range(100)))
    incident = an_incident(*uids, "new")
    assert find_untold(incident, key_of_incident(an_incident(*uids)), (), [*uids, "new"]) == (
        "new",
    )
