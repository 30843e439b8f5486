"""The workspace as its page and its control API show it: one JSON object."""

from dataclasses import asdict
from typing import Any

from bot.demo.slack.handles import WorkspaceHandle
from bot.demo.slack.messages import Channel, Message
from bot.demo.slack.options import Json

NEWEST = 400
"""How many messages a snapshot holds at most: a storm must not make the page heavy."""


def snapshot(slack: WorkspaceHandle) -> Json:
    """Everything that people can see, and what is switched on."""
    workspace = slack.workspace
    return {
        "url": slack.url,
        "me": slack.user,
        "channel": slack.channel,
        "people": {one.id: asdict(one) for one in workspace.members.values()},
        "channels": [_channel(one, workspace.bot.id) for one in workspace.channels.values()],
        "messages": [
            _shown(one)
            for channel in workspace.channels
            for stored in workspace.messages(channel)[-NEWEST:]
            if (one := workspace.standing(channel, stored.ts))
        ],
        "modals": [asdict(one) for one in workspace.modals],
        "connections": len(slack.sockets.connections),
        "deaf": sum(one.is_deaf for one in slack.sockets.connections),
        "refuses_sockets": slack.faults.refuse_sockets,
        "token_error": workspace.token_error,
        "faults": slack.faults.describe(),
        "holds_envelope": slack.sockets.is_holding_back,
        "calls": len(slack.calls),
        "homes": workspace.homes,
        "groups": {one.id: one.handle for one in workspace.usergroups.values()},
        "options": _options(slack),
    }


def _channel(channel: Channel, bot: str) -> Json:
    return {
        **channel.as_json(bot),
        "name": channel.name,
        "is_archived": channel.is_archived,
        "members": sorted(channel.members),
    }


def _shown(message: Message) -> Json:
    return {
        "ts": message.ts,
        "channel": message.channel,
        "user": message.user,
        "is_bot": message.bot_id is not None,
        "text": message.text,
        "blocks": message.blocks,
        "attachments": message.attachments,
        "files": message.files,
        "metadata": message.metadata,
        "thread_ts": message.thread_ts,
        "is_reply": message.is_reply,
        "broadcast": message.broadcast,
        "ephemeral_to": message.ephemeral_to,
        "edits": message.edits,
        "mentions": sorted(message.mentions),
    }


def _options(slack: WorkspaceHandle) -> Json:
    options: dict[str, Any] = asdict(slack.options)
    for name, value in options.items():
        if isinstance(value, frozenset):
            options[name] = sorted(value)
        elif hasattr(value, "total_seconds"):
            options[name] = value.total_seconds()
    return options
