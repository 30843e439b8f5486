"""The bodies that actions of the control API take."""

from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bot.demo.slack.faults import FaultKind
from bot.demo.slack.misbehaviour import TokenError
from bot.demo.slack.sockets import DisconnectReason


class Body(BaseModel):
    """The body of an action: nothing that it does not know."""

    model_config = ConfigDict(extra="forbid")


class Where(Body):
    """A channel, by default the one that the bot is in."""

    channel: str | None = None


class Line(Where):
    """A slash command as typed."""

    line: str
    user: str | None = None


class Widget(Where):
    """Something to press or choose in, in a message (`ts`) or in a view."""

    ts: str | None = None
    view: str | None = None
    block_id: str | None = None
    user: str | None = None


class Press(Widget):
    """A button."""

    action_id: str | None = None
    text: str | None = None


class Selection(Widget):
    """What is chosen in a menu: an option, several, or a word."""

    action_id: str
    value: str | list[str] | None = None
    text: str | None = None


class Typing(Widget):
    """What is typed in a menu that asks the app for its options."""

    action_id: str
    text: str


class Tab(Body):
    """A tab of the app's Home that somebody opens."""

    user: str | None = None
    tab: Literal["home", "messages"] = "home"


class NewPerson(Body):
    """One more person."""

    name: str
    real_name: str | None = None
    guest: bool = False


class NewGroup(Body):
    """A user group."""

    members: list[str]
    handle: str = "backup-admins"


class Submission(Body):
    """An open modal and what is filled in, by action id or block id."""

    view: str
    values: dict[str, Any] = {}


class OpenView(Body):
    """An open modal."""

    view: str


class NewChannel(Body):
    """A channel that is to be opened."""

    name: str
    member: bool = True
    private: bool = False


class Pair(Body):
    """Who talks to whom in a direct message; without another person it is the bot."""

    user: str | None = None
    other: str | None = None


class Said(Where):
    """A plain message."""

    text: str
    thread_ts: str | None = None
    user: str | None = None


class Which(Where):
    """A message."""

    ts: str


class NewName(Where):
    """Another name for a channel."""

    name: str


class RequestUrl(Body):
    """Where an app takes payloads over HTTP."""

    url: str


class Event(Body):
    """An event of the Events API."""

    event: dict[str, Any]


class PlannedFault(Where):
    """What is to happen to the next calls of a method."""

    method: str
    kind: FaultKind
    times: int | None = 1
    after_acceptance: bool = False
    error: str = "fatal_error"
    retry_after: int = 1


class Refusal(Body):
    """The error with which the token is refused."""

    error: TokenError = "token_revoked"


class Drop(Body):
    """How sockets end."""

    by_reset: bool = False


class Reason(Body):
    """Why sockets are told to go."""

    reason: DisconnectReason = "refresh_requested"


class Refuse(Body):
    """Whether sockets are refused."""

    refuse: bool = True


class Switches(Body):
    """Options to change; the others stay."""

    scopes: frozenset[str] | None = None
    rate_limit_per_channel: bool | None = None
    refused_block_types: frozenset[str] | None = None
    history: Literal["full", "limited", "forbidden"] | None = None
    clock_skew: timedelta | None = None
    socket_ping_seconds: float | None = None
    edit_window: timedelta | None = None
    commands: frozenset[str] | None = None
    events: frozenset[str] | None = None
    http_url: str | None = None
    app_home: bool | None = None
    messages_tab: bool | None = None
    deleted_root: Literal["gone", "tombstone"] | None = None
    expired_url_status: Literal[404, 410] | None = None
