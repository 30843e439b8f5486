"""Who wants to hear of what."""

import pytest

from bot.core.audiences import Subscription, channels_for, wanted_verdicts
from bot.core.sessions import Verdict

FAILED = frozenset({Verdict.FAILED})


@pytest.mark.parametrize(
    "subscription",
    [
        Subscription(1, "C2"),
        Subscription(1, "C2", patterns=("sql*",)),
        Subscription(1, "C2", patterns=("DC*", "SQL [1] Replica")),
        Subscription(1, "C2", servers=("VBR*",)),
        Subscription(1, "C2", FAILED, ("SQL*",), ("vbr01",)),
    ],
)
def test_what_matches_belongs_to_the_channel(subscription: Subscription) -> None:
    assert subscription.matches("SQL [1] Replica", "vbr01", Verdict.FAILED)


@pytest.mark.parametrize(
    "subscription",
    [
        Subscription(1, "C2", frozenset({Verdict.WARNING})),
        Subscription(1, "C2", patterns=("DC*",)),
        Subscription(1, "C2", servers=("vbr02",)),
        Subscription(1, "C2", patterns=("SQL*",), servers=("vbr02",)),
    ],
)
def test_what_does_not_match_does_not(subscription: Subscription) -> None:
    assert not subscription.matches("SQL Replica", "vbr01", Verdict.FAILED)


def test_each_channel_is_named_once_in_the_order_of_subscribing() -> None:
    told = [Subscription(0, "C1"), Subscription(1, "C2"), Subscription(2, "C1", patterns=("SQL*",))]
    assert channels_for(told, "SQL Replica", "vbr01", Verdict.WARNING) == ("C1", "C2")


def test_what_anybody_wants_to_hear_is_wanted() -> None:
    both = [Subscription(0, "C1", FAILED), Subscription(1, "C2", frozenset({Verdict.WARNING}))]
    assert wanted_verdicts(both) == {Verdict.WARNING, Verdict.FAILED}
    assert wanted_verdicts([]) == frozenset()
