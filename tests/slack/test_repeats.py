"""What comes a second time is known for a while, and then forgotten."""

from bot.slack.repeats import REMEMBERED_FOR, Repeats


def test_a_key_is_new_once() -> None:
    repeats = Repeats(lambda: 0.0)
    assert [repeats.is_first("Ev1"), repeats.is_first("Ev1"), repeats.is_first("Ev2")] == [
        True,
        False,
        True,
    ]


def test_what_has_no_key_is_always_new() -> None:
    repeats = Repeats(lambda: 0.0)
    assert [repeats.is_first(""), repeats.is_first("")] == [True, True]


def test_keys_are_forgotten_in_time() -> None:
    now = 0.0
    repeats = Repeats(lambda: now)
    repeats.is_first("Ev1")
    now = 60.0
    repeats.is_first("Ev2")
    now = REMEMBERED_FOR.total_seconds() + 1
    assert repeats.is_first("Ev1")
    assert not repeats.is_first("Ev2")
