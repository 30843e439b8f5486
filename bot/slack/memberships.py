"""Whether the bot may post where somebody asks it to, as far as Slack tells."""

from bot.slack.clients import CallFailed, SlackCalls

ABSENT = frozenset({"channel_not_found", "not_in_channel"})
"""Slack's words for a private channel that the bot is not in."""


async def is_member(calls: SlackCalls, channel: str) -> bool | None:
    """Ask Slack whether the bot is in a channel; None where it does not say, such as by scope."""
    try:
        info = await calls.call("conversations.info", channel=channel)
    except CallFailed as failed:
        return False if failed.code in ABSENT else None
    said = (info.get("channel") or {}).get("is_member")
    return said if isinstance(said, bool) else None
