"""Who may do what with the bot: the one table that every command and button is checked against."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType


class Role(IntEnum):
    """What somebody is in this workspace; each may do what those before may."""

    GUEST = 0
    MEMBER = 1
    OPERATOR = 2


class Deed(StrEnum):
    """What a command or a button asks for."""

    ASK = "ask"
    WATCH = "watch"
    EXPORT = "export"
    SHARE = "share"
    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"
    MUTE = "mute"
    SUBSCRIBE = "subscribe"
    RETRY = "retry"
    START = "start"
    COLLECT = "collect"
    AUDIT = "audit"
    PLACE_ALERTS = "place alerts"


LEAST: Mapping[Deed, Role] = MappingProxyType(
    {
        Deed.ASK: Role.GUEST,
        Deed.WATCH: Role.GUEST,
        Deed.EXPORT: Role.GUEST,
        Deed.SHARE: Role.MEMBER,
        Deed.ACKNOWLEDGE: Role.MEMBER,
        Deed.CLOSE: Role.MEMBER,
        Deed.MUTE: Role.MEMBER,
        Deed.SUBSCRIBE: Role.MEMBER,
        Deed.RETRY: Role.OPERATOR,
        Deed.START: Role.OPERATOR,
        Deed.COLLECT: Role.OPERATOR,
        Deed.AUDIT: Role.OPERATOR,
        Deed.PLACE_ALERTS: Role.OPERATOR,
    }
)
"""What one must be at least. Guests may ask for themselves: what all see or hear is not theirs."""

IN_VEEAM = frozenset({Deed.RETRY, Deed.START, Deed.COLLECT})
"""What reaches into Veeam: nobody may where `ACTIONS=off`."""


def may(role: Role, deed: Deed, *, acts: bool = True) -> bool:
    """Whether somebody may do it; `acts` is false where nothing in Veeam is to be touched."""
    return role >= LEAST[deed] and (acts or deed not in IN_VEEAM)
