"""auth.test, users.info and apps.connections.open: who is asking, who is there, where to listen."""

from bot.demo.slack.methods.context import Context
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal


def auth_test(context: Context) -> Json:
    """auth.test: the bot as Slack knows it."""
    workspace = context.workspace
    return {
        "ok": True,
        "url": workspace.url + "/",
        "team": "Replica Demo",
        "team_id": workspace.team_id,
        "user": workspace.bot.name,
        "user_id": workspace.bot.id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def user_info(context: Context) -> Json:
    """users.info: one member."""
    member = context.workspace.members.get(context.request.required("user"))
    if member is None:
        raise SlackRefusal("user_not_found")
    return {"ok": True, "user": member.as_json(context.workspace.team_id)}


def open_connection(context: Context) -> Json:
    """apps.connections.open: a one-time address for Socket Mode (reference §1.3)."""
    return {"ok": True, "url": context.open_socket()}
