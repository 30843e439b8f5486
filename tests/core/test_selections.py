"""What people subscribe to, as they type it."""

import pytest

from bot.core.audiences import ANY_BAD, Subscription
from bot.core.selections import (
    ONLY_FAILED,
    Selection,
    count_matching,
    find_unknown,
    idle_patterns,
    parse_selection,
)
from bot.core.targets import NoTarget, name_jobs

JOBS = name_jobs(
    [
        ("urn:1", "SQL Replica", "vbr01"),
        ("urn:2", "DC Replica", "vbr01"),
        ("urn:3", "DC Replica", "vbr02"),
        ("urn:4", "Web", "vbr02"),
    ]
)


@pytest.mark.parametrize(
    ("text", "selection"),
    [
        ("", Selection()),
        ("all", Selection()),
        ("failed", Selection(verdicts=ONLY_FAILED)),
        ("warning", Selection(verdicts=ANY_BAD)),
        ("SQL Replica", Selection(("SQL Replica",))),
        ("sql replica failed", Selection(("sql replica",), verdicts=ONLY_FAILED)),
        ("SQL*", Selection(("SQL*",))),
        ("SQL* Web", Selection(("SQL*", "Web"))),
        ("SQL Rep*", Selection(("SQL Rep*",))),
        ('"SQL Replica" "DC Replica"', Selection(("SQL Replica", "DC Replica"))),
        ("`SQL Replica` 'failed'", Selection(("SQL Replica", "failed"))),
        ("SQL Replica, Web", Selection(("SQL Replica", "Web"))),
        ("server:vbr01", Selection(servers=("vbr01",))),
        ("SERVER:'vbr 01' failed", Selection(servers=("vbr 01",), verdicts=ONLY_FAILED)),
        ("SQL Replica server:vbr0* warnings", Selection(("SQL Replica",), ("vbr0*",), ANY_BAD)),
        ("DC Replica @ vbr02", Selection(("DC Replica",), ("vbr02",))),
        ("SQL Replika", Selection(("SQL Replika",))),
        ('"" Web', Selection(("Web",))),
    ],
)
def test_words_become_a_selection(text: str, selection: Selection) -> None:
    assert parse_selection(text, JOBS) == selection


@pytest.mark.parametrize("text", ["", "SQL Replica", "Nothing*", "server:VBR01", "server:x*"])
def test_what_is_known_or_a_glob_may_be_stored(text: str) -> None:
    assert find_unknown(parse_selection(text, JOBS), JOBS) is None


def test_an_unknown_name_comes_with_the_nearest() -> None:
    unknown = find_unknown(parse_selection("SQL Replika", JOBS), JOBS)
    assert isinstance(unknown, NoTarget)
    assert unknown.candidates[0] == "SQL Replica"


def test_an_unknown_server_comes_with_those_there_are() -> None:
    unknown = find_unknown(parse_selection("server:zzz", JOBS), JOBS)
    assert unknown == NoTarget("server:zzz", ("server:vbr01", "server:vbr02"))


def test_a_glob_that_matches_nothing_yet_is_named() -> None:
    assert idle_patterns(Selection(("SQL*", "ERP*", "web")), JOBS) == ("ERP*",)


def test_the_jobs_that_are_covered_are_counted() -> None:
    assert count_matching(Subscription(0, "C1", patterns=("dc*",)), JOBS) == 2
    assert count_matching(Subscription(0, "C1", servers=("vbr02",)), JOBS) == 2


def test_a_selection_is_that_of_a_subscription_in_any_order_and_case() -> None:
    subscription = Subscription(1, "C1", patterns=("SQL*", "Web"), servers=("vbr01",))
    assert Selection(("web", "sql*"), ("VBR01",), ONLY_FAILED).is_of(subscription)
    assert not Selection(("web",), ("vbr01",)).is_of(subscription)
    assert not Selection(("web", "sql*")).is_of(subscription)
