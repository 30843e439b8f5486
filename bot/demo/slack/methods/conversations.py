"""conversations.*: reading channels and their history (reference §1.2, §1.7, §1.8)."""

import math
import re
from collections import defaultdict
from dataclasses import dataclass

from bot.demo.slack.limits import HISTORY_OBJECTS
from bot.demo.slack.messages import Channel, Message
from bot.demo.slack.methods.context import Context
from bot.demo.slack.methods.pages import MOST, cut, page_size
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal

_TS = re.compile(r"\d{1,12}(\.\d{1,6})?")
_KINDS = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}


def history(context: Context) -> Json:
    """conversations.history: roots and thread broadcasts, newest first; never replies."""
    channel = _readable(context, "conversations.history")
    span = _span(context)
    shown = [one for one in _stored(context, channel) if not one.is_reply or one.broadcast]
    rows = [one for one in reversed(shown) if span.holds(one)]
    keys = [-float(one.ts) for one in rows]
    return _messages(context, channel, rows, keys)


def replies(context: Context) -> Json:
    """conversations.replies: the root, whatever the span, and its replies, oldest first."""
    channel = _readable(context, "conversations.replies")
    root = context.workspace.standing(channel.id, context.request.required("ts"))
    if root is None or root.ephemeral_to:
        raise SlackRefusal("thread_not_found")
    span = _span(context)
    below = [one for one in _stored(context, channel) if one.thread_ts == root.ts]
    rows = [root, *(one for one in below if one.ts != root.ts and span.holds(one))]
    keys = [float(one.ts) for one in rows]
    return _messages(context, channel, rows, keys)


def info(context: Context) -> Json:
    """conversations.info: one channel."""
    channel = context.channel()
    context.require_scope(f"{channel.kind}:read")
    return {"ok": True, "channel": channel.as_json(context.workspace.bot.id)}


def list_all(context: Context) -> Json:
    """conversations.list: the channels of the kinds asked for, in pages."""
    asked = (context.request.text("types") or "public_channel").split(",")
    kinds = {_KINDS.get(kind.strip(), "") for kind in asked}
    for kind in sorted(kinds):
        if not kind:
            raise SlackRefusal("invalid_types")
        context.require_scope(f"{kind}:read")
    rows = [
        channel
        for channel in context.workspace.channels.values()
        if _is_listed(context, channel, kinds)
    ]
    page, more = cut(context, rows, range(len(rows)), "list", page_size(context))
    bot = context.workspace.bot.id
    return {"ok": True, "channels": [channel.as_json(bot) for channel in page], **more}


def join(context: Context) -> Json:
    """conversations.join: a public channel; an archived one is refused."""
    channel = context.channel()
    if channel.is_archived:
        raise SlackRefusal("is_archived")
    if channel.kind != "channels":
        raise SlackRefusal("method_not_supported_for_channel_type")
    context.workspace.join(channel, context.workspace.bot.id)
    return {"ok": True, "channel": channel.as_json(context.workspace.bot.id)}


def open_direct(context: Context) -> Json:
    """conversations.open: the direct message with one person."""
    user = context.request.required("users")
    if user not in context.workspace.members:
        raise SlackRefusal("user_not_found")
    return {"ok": True, "channel": {"id": context.workspace.direct_message(user).id}}


def _readable(context: Context, method: str) -> Channel:
    """A channel whose history the bot may read: scope and membership (reference §1.7)."""
    channel = context.channel()
    context.require_scope(f"{channel.kind}:history")
    if not context.is_member(channel):
        raise SlackRefusal("not_in_channel")
    if context.workspace.options.history == "limited":
        context.limits.history(method)
    return channel


def _stored(context: Context, channel: Channel) -> list[Message]:
    """What a channel holds for everyone: nothing ephemeral, nothing deleted but its tombstones."""
    workspace = context.workspace
    everyone = (one for one in workspace.messages(channel.id) if not one.ephemeral_to)
    standing = (workspace.standing(channel.id, one.ts) for one in everyone)
    return [one for one in standing if one is not None]


@dataclass(frozen=True, slots=True)
class _Span:
    """The time between `oldest` and `latest`, which count only when `inclusive`."""

    oldest: float
    latest: float
    is_inclusive: bool

    def holds(self, message: Message) -> bool:
        """Whether a message lies in it."""
        at = float(message.ts)
        if self.is_inclusive:
            return self.oldest <= at <= self.latest
        return self.oldest < at < self.latest


def _span(context: Context) -> _Span:
    oldest, latest = _moment(context, "oldest", -math.inf), _moment(context, "latest", math.inf)
    return _Span(oldest, latest, context.request.flag("inclusive"))


def _moment(context: Context, name: str, default: float) -> float:
    value = context.request.text(name)
    if value is not None and not _TS.fullmatch(value):
        raise SlackRefusal(f"invalid_ts_{name}")
    return default if value is None else float(value)


def _messages(context: Context, channel: Channel, rows: list[Message], keys: list[float]) -> Json:
    is_limited = context.workspace.options.history == "limited"
    size = page_size(context, HISTORY_OBJECTS if is_limited else MOST)
    page, more = cut(context, rows, keys, f"next_ts:{channel.id}", size)
    wanted = context.request.flag("include_all_metadata")
    threads = _threads(_stored(context, channel))
    messages = [
        context.as_json(one, include_metadata=wanted) | threads.get(one.ts, {}) for one in page
    ]
    has_more = bool(more["response_metadata"]["next_cursor"])
    return {"ok": True, "messages": messages, "has_more": has_more, **(more if has_more else {})}


def _threads(stored: list[Message]) -> dict[str, Json]:
    """What each root says of its thread."""
    below: defaultdict[str, list[Message]] = defaultdict(list)
    for message in stored:
        if message.is_reply and message.thread_ts:
            below[message.thread_ts].append(message)
    return {ts: _counts(ts, replies) for ts, replies in below.items()}


def _counts(root_ts: str, replies: list[Message]) -> Json:
    users = sorted({one.user for one in replies})
    return {
        "thread_ts": root_ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
    }


def _is_listed(context: Context, channel: Channel, kinds: set[str]) -> bool:
    if context.request.flag("exclude_archived") and channel.is_archived:
        return False
    is_open = channel.kind == "channels"
    return channel.kind in kinds and (is_open or context.is_member(channel))
