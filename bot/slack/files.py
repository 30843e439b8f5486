"""Sending a file to one person: announce it, upload it, share it in the direct message (§1.9)."""

from dataclasses import dataclass

import aiohttp
import structlog

from bot.core.exports import Export, write_csv
from bot.slack.answers import plain_document
from bot.slack.clients import CallFailed, SlackCalls, proxy_for
from bot.slack.documents import Document, Line, paragraph
from bot.slack.layout import render
from bot.slack.outcomes import UNANSWERED
from bot.slack.words import plural

log = structlog.get_logger(__name__)

FIXES = {
    "missing_scope": "The app lacks the scope files:write: install it again with the manifest.",
    "not_in_channel": "Open a direct message with me first, then ask again.",
    "file_uploads_disabled": "This workspace does not allow files.",
}
ASK_AGAIN = "Ask again in a moment."


@dataclass(frozen=True, slots=True)
class FileSender:
    """Sends lists as CSV files by direct message: a file is for the one who asked alone."""

    calls: SlackCalls
    session: aiohttp.ClientSession

    async def send(self, export: Export, user_id: str) -> Document:
        """Send it, and say what came of it."""
        try:
            await self._send(export, user_id)
        except CallFailed as failed:
            log.warning("file_not_sent", error=failed.code, method=failed.method)
            why = FIXES.get(failed.code, ASK_AGAIN)
            said = failed.code or "nothing"
            return plain_document(f"I could not send you the file: Slack says {said}. {why}")
        told = (
            f"📄 I sent you {plural(len(export.rows), 'row')} as {export.name}, by direct message."
        )
        return Document((told,), (paragraph((told,), _left_out(export)),))

    async def _send(self, export: Export, user_id: str) -> None:
        content = write_csv(export)
        announced = await self.calls.call(
            "files.getUploadURLExternal", filename=export.name, length=len(content)
        )
        await self._upload(str(announced.get("upload_url", "")), content)
        posted = await self.calls.call(
            "chat.postMessage", channel=user_id, **render(_covering(export)).as_arguments()
        )
        await self.calls.call(
            "files.completeUploadExternal",
            files=[{"id": announced.get("file_id"), "title": export.name}],
            channel_id=posted.get("channel"),
            thread_ts=posted.get("ts"),
        )

    async def _upload(self, url: str, content: bytes) -> None:
        """Post the bytes to the address that Slack gave: not a Web API method, no token."""
        try:
            async with self.session.post(url, data=content, proxy=proxy_for(url)) as answer:
                if answer.status != 200:
                    raise CallFailed("upload", f"status {answer.status}", answer.status)
        except (TimeoutError, aiohttp.ClientError) as lost:
            raise CallFailed("upload", type(lost).__name__, UNANSWERED) from lost


def _covering(export: Export) -> Document:
    line: Line = (f"📄 {export.name}: {plural(len(export.rows), 'row')}, in this thread",)
    return Document(line, (paragraph(line, _left_out(export)),))


def _left_out(export: Export) -> Line:
    if not export.left_out:
        return ()
    rest = plural(export.left_out, "further row")
    return (f"{rest} did not fit: narrow the list, for example with since 7d or server:vbr01.",)
