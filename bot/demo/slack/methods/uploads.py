"""files.*: uploading in three steps (reference §1.9)."""

from typing import Any

from bot.demo.slack.contents import read_json
from bot.demo.slack.files import StoredFile
from bot.demo.slack.messages import Channel
from bot.demo.slack.methods.context import Context
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal
from bot.demo.slack.workspace import Content


def get_upload_url(context: Context) -> Json:
    """files.getUploadURLExternal: where to send the bytes."""
    name, length = context.request.required("filename"), context.request.integer("length", 0)
    if length <= 0:
        raise SlackRefusal("invalid_arguments", ["must be more than 0: length"])
    alt_text = context.request.text("alt_txt") or ""
    file = context.workspace.files.reserve(name, length, alt_text)
    address = f"{context.workspace.url}/upload/v1/{file.id}"
    return {"ok": True, "upload_url": address, "file_id": file.id}


def complete_upload(context: Context) -> Json:
    """files.completeUploadExternal: makes files usable and shares them, without metadata."""
    wanted = read_json(context.request.values.get("files"), "invalid_arguments")
    if not isinstance(wanted, list) or not wanted:
        raise SlackRefusal("invalid_arguments", ["missing required field: files"])
    files = [_uploaded(context, entry) for entry in wanted]
    channel = context.writable_channel("channel_id") if context.request.text("channel_id") else None
    thread_ts = _thread(context, channel)
    for file in files:
        file.is_complete = True
    answer = [file.as_json() for file in files]
    if channel is not None:
        comment = context.request.text("initial_comment") or ""
        content = Content(text=comment, files=[file.as_shared() for file in files])
        context.workspace.post_as_bot(channel.id, content, thread_ts=thread_ts)
    return {"ok": True, "files": answer}


def _thread(context: Context, channel: Channel | None) -> str | None:
    """The root to share below: "Never use a reply's `ts` value" ([D-ref]; the error is [K])."""
    thread_ts = context.request.text("thread_ts")
    if thread_ts is None:
        return None
    root = None if channel is None else context.workspace.root_of(channel.id, thread_ts)
    if root is None or root.ts != thread_ts:
        raise SlackRefusal("thread_not_found")
    return thread_ts


def _uploaded(context: Context, entry: Any) -> StoredFile:
    """A file whose bytes have arrived; any other is not found."""
    file = context.workspace.files.find(str(entry.get("id"))) if isinstance(entry, dict) else None
    if file is None or file.content is None:
        raise SlackRefusal("file_not_found")
    file.title = str(entry.get("title") or file.filename)
    return file
