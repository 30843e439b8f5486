"""Which methods of Slack's Web API the code calls, and which scopes they and the commands need.

`manifest.yml` asks for exactly these; a test compares the two (reference §1.11, least privilege).
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

COMMANDS = "commands"
CHAT_WRITE = "chat:write"
FILES_WRITE = "files:write"
APP_MENTIONS_READ = "app_mentions:read"
IM_HISTORY = "im:history"
CHANNELS_HISTORY = "channels:history"
GROUPS_HISTORY = "groups:history"
CHANNELS_READ = "channels:read"
GROUPS_READ = "groups:read"
USERS_READ = "users:read"
USERGROUPS_READ = "usergroups:read"

SCOPES = MappingProxyType(
    {
        COMMANDS: "to answer /replica",
        CHAT_WRITE: "to post alerts and summaries, to edit them, and to answer the one who asked",
        FILES_WRITE: "to send a list as a CSV file, by direct message, to the one who asked for it",
        APP_MENTIONS_READ: "to answer questions in which the bot is mentioned",
        IM_HISTORY: "to answer questions that people ask in a direct message to the bot",
        CHANNELS_HISTORY: "to look, after a lost answer, whether an alert already stands",
        GROUPS_HISTORY: "the same in private channels",
        CHANNELS_READ: "to find a channel that the settings give by name, and to check it",
        GROUPS_READ: "the same for private channels",
        USERS_READ: "to tell guests, who may ask but not act, from members",
        USERGROUPS_READ: "to know who is in a user group that OPERATORS names",
    }
)
"""Every bot scope with the reason a workspace's admin reads.

Direct messages are answered, and never read back: where an answer of Slack's is lost there, the
message comes again, marked as a possible duplicate.
"""

REQUIRED = frozenset({COMMANDS, CHAT_WRITE})
"""Without these the bot does not do its job; without the others it does, with less certainty."""

SLASH_COMMAND = "/replica"


@dataclass(frozen=True, slots=True)
class Event:
    """Why the bot hears of it, as a workspace's admin reads it, and the scope that it needs."""

    reason: str
    scope: str = ""


EVENTS = MappingProxyType(
    {
        "app_mention": Event("to answer whoever mentions the bot", APP_MENTIONS_READ),
        "message.im": Event("to answer what somebody writes to it", IM_HISTORY),
        "app_home_opened": Event("to show somebody their Home tab when they open it"),
        "member_joined_channel": Event("to say what it does where it is invited", CHANNELS_READ),
    }
)
"""Every event that the manifest subscribes to."""


@dataclass(frozen=True, slots=True)
class Method:
    """How a method is called, and the scopes of which one is needed, by kind of channel."""

    verb: Literal["GET", "POST"]
    scopes: tuple[str, ...] = ()


METHODS = MappingProxyType(
    {
        "auth.test": Method("POST"),
        "apps.connections.open": Method("POST"),
        "chat.postMessage": Method("POST", (CHAT_WRITE,)),
        "chat.update": Method("POST", (CHAT_WRITE,)),
        "chat.postEphemeral": Method("POST", (CHAT_WRITE,)),
        "views.open": Method("POST"),
        "views.update": Method("POST"),
        "views.publish": Method("POST"),
        "files.getUploadURLExternal": Method("GET", (FILES_WRITE,)),
        "files.completeUploadExternal": Method("POST", (FILES_WRITE,)),
        "conversations.history": Method("GET", (CHANNELS_HISTORY, GROUPS_HISTORY)),
        "conversations.replies": Method("GET", (CHANNELS_HISTORY, GROUPS_HISTORY)),
        "conversations.info": Method("GET", (CHANNELS_READ, GROUPS_READ)),
        "conversations.list": Method("GET", (CHANNELS_READ, GROUPS_READ)),
        "users.info": Method("GET", (USERS_READ,)),
        "usergroups.users.list": Method("GET", (USERGROUPS_READ,)),
    }
)
"""Every method that the code calls; `SlackCalls` knows no other."""
