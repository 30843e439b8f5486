"""Which Web API methods there are and what each of them needs; any other is `unknown_method`."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.demo.slack.methods import chat, conversations, team, uploads, views
from bot.demo.slack.methods.context import Context
from bot.demo.slack.options import Json


@dataclass(frozen=True, slots=True)
class Method:
    """One method: what answers it, the scope it needs, the kind of token it takes.

    Methods whose scope depends on the kind of channel ask for it themselves.
    """

    answer: Callable[[Context], Json]
    scope: str | None = None
    takes_app_token: bool = False


METHODS: dict[str, Method] = {
    "auth.test": Method(team.auth_test),
    "apps.connections.open": Method(team.open_connection, takes_app_token=True),
    "chat.postMessage": Method(chat.post_message, "chat:write"),
    "chat.update": Method(chat.update, "chat:write"),
    "chat.delete": Method(chat.delete, "chat:write"),
    "chat.postEphemeral": Method(chat.post_ephemeral, "chat:write"),
    "chat.getPermalink": Method(chat.permalink),
    "conversations.history": Method(conversations.history),
    "conversations.replies": Method(conversations.replies),
    "conversations.info": Method(conversations.info),
    "conversations.list": Method(conversations.list_all),
    "conversations.join": Method(conversations.join, "channels:join"),
    "conversations.open": Method(conversations.open_direct, "im:write"),
    "users.info": Method(team.user_info, "users:read"),
    "usergroups.users.list": Method(team.group_users, "usergroups:read"),
    "views.publish": Method(views.publish),
    "views.open": Method(views.open_modal),
    "views.update": Method(views.update_modal),
    "files.getUploadURLExternal": Method(uploads.get_upload_url, "files:write"),
    "files.completeUploadExternal": Method(uploads.complete_upload, "files:write"),
}
