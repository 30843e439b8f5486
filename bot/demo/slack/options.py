"""What an emulated workspace can be told to be: scopes, limits, clock, refused block types."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

Json = dict[str, Any]
"""A JSON object as it travels: the one place where `Any` enters."""

DEFAULT_SCOPES = frozenset(
    {
        "commands",
        "chat:write",
        "files:write",
        "channels:history",
        "groups:history",
        "channels:read",
        "groups:read",
        "app_mentions:read",
        "im:history",
        "users:read",
        "usergroups:read",
    }
)
"""What a bot with the least privilege of reference §1.11 asks for, and what §6 of the design needs:
to hear mentions and direct messages, to tell guests and operators apart."""

DEFAULT_EVENTS = frozenset(
    {"app_home_opened", "app_mention", "member_joined_channel", "message.im"}
)
"""The events that the app's manifest subscribes to."""


@dataclass(frozen=True, slots=True)
class SlackOptions:
    """Switches of one workspace; replace them live with `dataclasses.replace`.

    `history` "limited" is the commercial limit of reference §1.2 (one request a minute, fifteen
    objects), "forbidden" a token without the history scopes. `edit_window` closes editing of
    older messages, `commands` and `events` are those of the app's manifest. With `http_url` the app
    has a request URL instead of Socket Mode. `messages_tab` False is
    an app whose Messages tab is disabled. Two things that the reference leaves open: what stands in
    place of a deleted root whose thread lives on (`deleted_root`), and which status an expired
    `response_url` answers (reference §5: "404/410").
    """

    scopes: frozenset[str] = DEFAULT_SCOPES
    rate_limit_per_channel: bool = False
    refused_block_types: frozenset[str] = frozenset()
    history: Literal["full", "limited", "forbidden"] = "full"
    clock_skew: timedelta = timedelta(0)
    socket_ping_seconds: float = 10.0
    edit_window: timedelta | None = None
    commands: frozenset[str] = frozenset({"/replica"})
    events: frozenset[str] = DEFAULT_EVENTS
    http_url: str | None = None
    app_home: bool = True
    messages_tab: bool = True
    deleted_root: Literal["gone", "tombstone"] = "gone"
    expired_url_status: Literal[404, 410] = 404

    @property
    def granted_scopes(self) -> frozenset[str]:
        """The token's scopes, without those that the `history` switch takes away."""
        if self.history != "forbidden":
            return self.scopes
        return frozenset(scope for scope in self.scopes if not scope.endswith(":history"))
