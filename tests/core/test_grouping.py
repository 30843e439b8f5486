"""Which incidents are told together."""

from datetime import timedelta

from bot.core.grouping import GROUP_WINDOW, Grouping, OpenGroup, OpeningNotice, decide_groups
from tests.builders import MINUTE, NOW

OVER = 5
JUST_OUT = GROUP_WINDOW + timedelta(seconds=1)


def openings(count: int, server: str = "vbr01", *, is_sent: bool = False) -> list[OpeningNotice]:
    kind = "sent" if is_sent else "new"
    return [OpeningNotice(f"{server}-{kind}-{n}", server, NOW, is_sent) for n in range(count)]


def test_five_are_told_one_by_one_and_six_as_a_group() -> None:
    assert decide_groups(openings(5), [], OVER, NOW) == ()
    [grouping] = decide_groups(openings(6), [], OVER, NOW)
    assert (grouping.backup_server, grouping.group_notice_id) == ("vbr01", "")
    assert len(grouping.members) == 6


def test_each_backup_server_has_groups_of_its_own() -> None:
    both = openings(4, "vbr01") + openings(4, "vbr02")
    assert decide_groups(both, [], OVER, NOW) == ()
    grouped = decide_groups(both + openings(9, "vbr03"), [], OVER, NOW)
    assert [each.backup_server for each in grouped] == ["vbr03"]


def test_what_slack_has_counts_but_keeps_its_own_message() -> None:
    recent = openings(3, is_sent=True) + openings(3)
    [grouping] = decide_groups(recent, [], OVER, NOW)
    assert grouping.members == tuple(each.notice_id for each in openings(3))


def test_what_opened_over_15_minutes_ago_does_not_count() -> None:
    assert decide_groups(openings(6), [], OVER, NOW + JUST_OUT) == ()
    assert decide_groups(openings(6), [], OVER, NOW + GROUP_WINDOW)


def test_even_one_joins_a_group_that_opened_within_15_minutes() -> None:
    group = OpenGroup("group", "vbr01", NOW)
    assert decide_groups(openings(1), [group], OVER, NOW + 15 * MINUTE) == (
        Grouping("vbr01", "group", ("vbr01-new-0",)),
    )


def test_an_older_group_or_another_servers_is_not_joined() -> None:
    old = OpenGroup("old", "vbr01", NOW - JUST_OUT)
    other = OpenGroup("other", "vbr02", NOW)
    assert decide_groups(openings(1), [old, other], OVER, NOW) == ()


def test_messages_that_slack_has_join_nothing() -> None:
    sent = openings(9, is_sent=True)
    assert decide_groups(sent, [OpenGroup("group", "vbr01", NOW)], OVER, NOW) == ()


def test_no_openings_make_no_group() -> None:
    assert decide_groups([], [], OVER, NOW) == ()
