"""chat.*: posting, changing and deleting messages (reference §1.2, §1.5, §1.7, §1.8)."""

from bot.demo.slack.contents import TEXT, UPDATED_TEXT, Draft, new_content, read_draft
from bot.demo.slack.messages import Channel, Message
from bot.demo.slack.methods.context import Context
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal


def post_message(context: Context) -> Json:
    """chat.postMessage: as root, in a thread, or in a thread and shown in the channel."""
    channel = _target(context)
    if context.workspace.options.rate_limit_per_channel:
        context.limits.message(channel.id)
    draft = read_draft(context.workspace, context.request.values)
    content = new_content(draft)
    root = _thread(context, channel)
    broadcast = root is not None and context.request.flag("reply_broadcast")
    thread_ts = None if root is None else root.ts
    message = context.workspace.post_as_bot(
        channel.id, content, thread_ts=thread_ts, broadcast=broadcast
    )
    answer = {
        "ok": True,
        "channel": channel.id,
        "ts": message.ts,
        "message": context.as_json(message),
    }
    return answer | _truncation(draft)


def update(context: Context) -> Json:
    """chat.update: what is not given stays, metadata `{}` removes it (reference §1.7)."""
    channel = context.channel()
    if channel.is_archived:
        raise SlackRefusal("is_archived")
    message = context.own_message(channel, "cant_update_message")
    if len(context.request.text("text") or "") > UPDATED_TEXT:
        raise SlackRefusal("msg_too_long")  # reference §1.5, chat.update
    _check_window(context, message)
    draft = read_draft(context.workspace, context.request.values)
    message = context.workspace.edit(message, **_changes(message, draft))
    answer = {"ok": True, "channel": channel.id, "ts": message.ts, "text": message.text}
    return answer | {"message": context.as_json(message)}


def delete(context: Context) -> Json:
    """chat.delete: the bot's own messages only."""
    channel = context.channel()
    message = context.own_message(channel, "cant_delete_message")
    context.workspace.delete(message)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def post_ephemeral(context: Context) -> Json:
    """chat.postEphemeral: seen by one member, without metadata (reference §1.7)."""
    channel = context.writable_channel()
    user = context.request.required("user")
    if user not in channel.members:
        raise SlackRefusal("user_not_in_channel")
    content = new_content(read_draft(context.workspace, context.request.values))
    message = context.workspace.post_as_bot(channel.id, content, ephemeral_to=user, metadata=None)
    return {"ok": True, "message_ts": message.ts}


def permalink(context: Context) -> Json:
    """chat.getPermalink: the address of a message."""
    channel = context.channel()
    message = context.workspace.find(channel.id, context.request.required("message_ts"))
    if message is None:
        raise SlackRefusal("message_not_found")
    address = f"{context.workspace.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"ok": True, "channel": channel.id, "permalink": address}


def _target(context: Context) -> Channel:
    """The channel to post in; a person's id means the direct message with them."""
    user = context.workspace.members.get(context.request.required("channel"))
    if user is None or user.is_bot:
        return context.writable_channel()
    if not context.workspace.options.messages_tab:
        raise SlackRefusal("messages_tab_disabled")  # errors of chat.postMessage, [D-ref]
    return context.workspace.direct_message(user.id)


def _thread(context: Context, channel: Channel) -> Message | None:
    thread_ts = context.request.text("thread_ts")
    if thread_ts is None:
        return None
    root = context.workspace.root_of(channel.id, thread_ts)
    if root is None:
        raise SlackRefusal("thread_not_found")
    return root


def _check_window(context: Context, message: Message) -> None:
    """A workspace may forbid changing older messages (`edit_window_closed`)."""
    window = context.workspace.options.edit_window
    if window and context.workspace.now() - float(message.ts) > window.total_seconds():
        raise SlackRefusal("edit_window_closed")


def _changes(message: Message, draft: Draft) -> Json:
    if draft.text is None and draft.blocks is None and draft.attachments is None:
        raise SlackRefusal("no_text")
    given = {"text": draft.text, "blocks": draft.blocks, "attachments": draft.attachments}
    changes: Json = {name: value for name, value in given.items() if value is not None}
    metadata = message.metadata if draft.metadata is None else draft.metadata or None
    return changes | {"metadata": metadata}


def _truncation(draft: Draft) -> Json:
    """Longer text is cut off with a warning (reference §1.5, `message_truncated`)."""
    if len(draft.text or "") <= TEXT:
        return {}
    warning = "message_truncated"
    return {"warning": warning, "response_metadata": {"warnings": [warning]}}
