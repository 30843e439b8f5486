"""Which mute hides a job."""

import pytest

from bot.core.mutes import Mute, Scope, find_mute
from tests.builders import HOUR, NOW


def a_mute(scope: Scope, subject: str = "", mute_id: int = 1, hours: int = 1) -> Mute:
    return Mute(mute_id, scope, subject, "UANA", NOW, NOW + hours * HOUR)


@pytest.mark.parametrize(
    ("mute", "is_hidden"),
    [
        (a_mute(Scope.ALL), True),
        (a_mute(Scope.SERVER, "VBR01"), True),
        (a_mute(Scope.SERVER, "vbr02"), False),
        (a_mute(Scope.JOB, "urn:1"), True),
        (a_mute(Scope.JOB, "urn:2"), False),
    ],
)
def test_a_mute_hides_what_it_names(mute: Mute, is_hidden: bool) -> None:
    assert mute.hides("urn:1", "vbr01") is is_hidden


def test_no_server_is_hidden_by_the_name_of_none() -> None:
    assert not a_mute(Scope.SERVER, "").hides("urn:1", "")


def test_of_several_mutes_the_longest_counts() -> None:
    short, long = a_mute(Scope.JOB, "urn:1"), a_mute(Scope.ALL, "", 2, hours=2)
    assert find_mute([long, short], "urn:1", "vbr01") == long
    assert find_mute([short], "urn:2", "vbr01") is None
