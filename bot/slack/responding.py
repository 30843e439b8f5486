"""How an answer reaches the one who asked after the acknowledgement: `response_url`, or else posts.

A `response_url` takes 5 answers in 30 minutes and a refused one raises nothing, so its status is
checked (reference §1.1, §5).
"""

import re
from dataclasses import dataclass, replace

import aiohttp
import structlog

from bot.slack.action_ids import SHARE
from bot.slack.clients import CallFailed, Json, SlackCalls, proxy_for
from bot.slack.documents import Buttons, Document, Part
from bot.slack.layout import Message, render, render_plainly
from bot.slack.outcomes import TOO_RICH

log = structlog.get_logger(__name__)

_SAYS_NO = re.compile(r'"ok"\s*:\s*false')  # Slack's usual refusal, should one come with HTTP 200


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked, where, and the address for the answer; `thread_ts` is set in a thread.

    `home` is the `private_metadata` of the Home tab in which something was pressed, None elsewhere.
    """

    user_id: str
    channel_id: str
    response_url: str
    thread_ts: str = ""
    home: str | None = None

    @classmethod
    def of_command(cls, body: Json) -> "Asker":
        """Read the payload of a slash command."""
        return cls(
            body.get("user_id", ""), body.get("channel_id", ""), body.get("response_url", "")
        )

    @classmethod
    def of_press(cls, body: Json) -> "Asker":
        """Read the payload of a button."""
        channel = body.get("channel") or {}
        container = body.get("container") or {}
        view = body.get("view") or {}
        return cls(
            (body.get("user") or {}).get("id", ""),
            channel.get("id") or container.get("channel_id", ""),
            body.get("response_url", ""),
            home=view.get("private_metadata", "") if view.get("type") == "home" else None,
        )


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whether the whole channel sees it, and whether it replaces what was pressed."""

    document: Document
    is_visible: bool = False
    replaces: bool = False


def shown_to_all(response: Response) -> Response:
    """Let everybody see an answer; there is nothing to share any more."""
    parts = tuple(map(_without_share, response.document.parts))
    document = Document(response.document.summary, parts)
    return Response(document, is_visible=True, replaces=response.replaces)


def _without_share(part: Part) -> Part:
    if not isinstance(part, Buttons):
        return part
    return Buttons(tuple(each for each in part.buttons if each.action_id != SHARE))


@dataclass(frozen=True, slots=True)
class Responding:
    """Brings answers to people; it raises nothing, a lost answer is logged."""

    calls: SlackCalls
    session: aiohttp.ClientSession

    async def respond(self, asker: Asker, response: Response) -> None:
        """Bring an answer, by whichever way still works."""
        if await self._respond_by_url(asker, response):
            return
        if not asker.channel_id:  # it was asked for in a view: a direct message is what is left
            await self._post(replace(asker, channel_id=asker.user_id), response.document)
        elif response.is_visible:
            await self._post(asker, response.document)
        else:
            await self._post_ephemerally(asker, response.document)

    async def _respond_by_url(self, asker: Asker, response: Response) -> bool:
        if not asker.response_url:
            return False
        refusal = await self._send(asker.response_url, _body(response, render(response.document)))
        if any(code in refusal for code in TOO_RICH):
            plain = _body(response, render_plainly(response.document))
            refusal = await self._send(asker.response_url, plain)
            if not refusal:
                self.calls.richness.note_refused()
        if refusal:
            log.warning("response_url refused", refusal=refusal, channel=asker.channel_id)
        return not refusal

    async def _send(self, url: str, body: Json) -> str:
        """Post to a response_url; returns what was wrong, or nothing."""
        try:
            async with self.session.post(url, json=body, proxy=proxy_for(url)) as answer:
                text = await answer.text()
                is_taken = answer.status == 200 and not _SAYS_NO.search(text)
                return "" if is_taken else f"{answer.status} {text[:200]}"
        except (TimeoutError, aiohttp.ClientError) as lost:
            return f"no answer: {type(lost).__name__}"

    async def _post(self, asker: Asker, document: Document) -> None:
        """Post for all to see, or tell the one who shared that it did not work."""
        try:
            place = {"channel": asker.channel_id}
            if asker.thread_ts:
                place["thread_ts"] = asker.thread_ts
            await self._call("chat.postMessage", document, **place)
        except CallFailed as failed:
            log.warning("answer_not_shared", error=failed.code, channel=asker.channel_id)
            sentence = f"I could not share this here: Slack says {failed.code or 'nothing'}."
            apology = Response(Document((sentence,), ()))
            if not await self._respond_by_url(asker, apology):
                await self._post_ephemerally(asker, apology.document)

    async def _post_ephemerally(self, asker: Asker, document: Document) -> None:
        try:
            await self._call(
                "chat.postEphemeral", document, channel=asker.channel_id, user=asker.user_id
            )
        except CallFailed as failed:
            log.error("answer_lost", error=failed.code, channel=asker.channel_id)  # noqa: TRY400  # expected, a traceback tells no more

    async def _call(self, method: str, document: Document, **place: str) -> None:
        try:
            await self.calls.call(method, **place, **render(document).as_arguments())
        except CallFailed as failed:
            if failed.code not in TOO_RICH:
                raise
            await self.calls.call(method, **place, **render_plainly(document).as_arguments())
            self.calls.richness.note_refused()


def _body(response: Response, message: Message) -> Json:
    visibility = "in_channel" if response.is_visible else "ephemeral"
    body: Json = {
        **message.as_arguments(),
        "response_type": visibility,
        "replace_original": response.replaces,
        "unfurl_links": False,
        "unfurl_media": False,
    }
    return body
