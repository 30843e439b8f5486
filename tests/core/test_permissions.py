"""Who may do what, as one table."""

import pytest

from bot.core.permissions import IN_VEEAM, Deed, Role, may

GUESTS = {Deed.ASK, Deed.WATCH, Deed.EXPORT}
MEMBERS = GUESTS | {Deed.SHARE, Deed.ACKNOWLEDGE, Deed.CLOSE, Deed.MUTE, Deed.SUBSCRIBE}
OPERATORS = MEMBERS | {Deed.RETRY, Deed.START, Deed.COLLECT, Deed.AUDIT, Deed.PLACE_ALERTS}
TABLE = {Role.GUEST: GUESTS, Role.MEMBER: MEMBERS, Role.OPERATOR: OPERATORS}


@pytest.mark.parametrize("deed", Deed)
@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_what_the_table_says(role: Role, deed: Deed) -> None:
    assert may(role, deed) is (deed in TABLE[role])


@pytest.mark.parametrize("deed", Deed)
@pytest.mark.parametrize("role", Role)
def test_with_actions_off_nobody_reaches_into_veeam(role: Role, deed: Deed) -> None:
    assert may(role, deed, acts=False) is (deed in TABLE[role] - IN_VEEAM)


def test_an_operator_may_do_everything() -> None:
    assert set(Deed) == OPERATORS
