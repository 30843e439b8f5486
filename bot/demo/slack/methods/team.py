"""auth.test, users.info, usergroups.users.list, apps.connections.open: who is here, who hears."""

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


def group_users(context: Context) -> Json:
    """usergroups.users.list: who is in a user group ([D-ref], `no_such_subteam`)."""
    group = context.workspace.usergroups.get(context.request.required("usergroup"))
    if group is None:
        raise SlackRefusal("no_such_subteam")
    return {"ok": True, "users": list(group.members)}


def open_connection(context: Context) -> Json:
    """apps.connections.open: a one-time address for Socket Mode (reference §1.3)."""
    return {"ok": True, "url": context.open_socket()}
