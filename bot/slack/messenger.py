"""`SlackMessenger`: posts notices, edits them, and finds them again by their metadata.

It sends once and says what came of it; when to try again is the business of `services.delivering`
(DESIGN §2, Notices).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.core.notices import FoundMessage, FoundPage, Notice, PostedMessage
from bot.core.ports import NoticeView
from bot.errors import DeliveryAmbiguous, DeliveryFailed, DeliveryPostponed, MessageRefused
from bot.slack.blocks import render_notice, render_plain
from bot.slack.clients import REQUEST_TIMEOUT, CallFailed, Identity, Json, SlackCalls
from bot.slack.layout import Message
from bot.slack.outcomes import GONE, TOO_RICH, delivery_failure, read_back_failure

EVENT_TYPE = "replica_bot"
"""Marks our metadata (DESIGN §2, Notices)."""

LOOK_BACK = timedelta(seconds=60)
"""How long before the attempt a search begins (DESIGN §2, Ambiguous)."""

PAGE = 200  # messages of one page of history; Slack takes up to 999 (reference §1.8)


LIMITED = 429

CLOCK_MARGIN = timedelta(seconds=10)
"""By so much Slack's clock may be another than its Date header lets us think."""


@dataclass(frozen=True, slots=True)
class _Unread:
    """Where a look at the history goes on that a limit interrupted, and when it began."""

    oldest: str
    cursor: str = ""
    begun_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SlackMessenger:
    """Implements `bot.core.ports.Messenger` for Slack.

    With `offers_actions` alerts have buttons that reach into Veeam.
    """

    calls: SlackCalls
    offers_actions: bool = False
    _unread: dict[str, _Unread] = field(default_factory=dict, init=False, compare=False)

    @property
    def request_timeout(self) -> timedelta:
        """After so long a request that was not answered cannot be accepted any more."""
        return REQUEST_TIMEOUT

    def slack_time(self, now: datetime) -> datetime:
        """Tell Slack's own clock at `now`, from the Date header of its last answer."""
        return self.calls.slack_time(now)

    async def send_notice(
        self, notice: Notice, view: NoticeView, thread_ts: str, key: str = ""
    ) -> PostedMessage:
        """Post a new message that carries the notice's id, wanted revision and key.

        Raises what `Messenger` lists, and `MessageGone` where the thread's root was deleted.
        """
        answer = await self._send(
            "chat.postMessage",
            notice,
            view,
            channel=notice.channel_id or notice.channel,
            metadata=_metadata(notice, key),
            thread_ts=thread_ts or None,
            reply_broadcast=True if thread_ts and notice.is_broadcast else None,
            unfurl_links=False,
            unfurl_media=False,
        )
        channel_id = str(answer.get("channel") or notice.channel)
        message_ts = str(answer.get("ts") or "")
        if not message_ts:
            doing = f"Posting to Slack channel {notice.channel}"
            raise DeliveryAmbiguous(doing, "ok, without the message's timestamp")
        return PostedMessage(channel_id, message_ts, notice.wanted_revision)

    async def send_update(self, notice: Notice, view: NoticeView, key: str = "") -> None:
        """Show `view` in the message the notice already has; `UpdateRefused`, `MessageGone` too."""
        await self._send(
            "chat.update",
            notice,
            view,
            channel=notice.channel_id or notice.channel,
            ts=notice.message_ts,
            metadata=_metadata(notice, key),
        )

    async def find_notice(self, notice: Notice, thread_ts: str) -> PostedMessage | None:
        """Look for the notice's message since its attempt − 60 s, to the end of the cursor.

        A thread that is gone holds nothing. Raises `ReadBackRefused` where the history may not be
        read, `DeliveryPostponed` where it cannot be read now, `TokenRefused`.
        """
        since = notice.attempt_slack_at or notice.attempt_started_at or notice.created_at
        arguments: Json = {
            "channel": notice.channel_id or notice.channel,
            "oldest": f"{(since - LOOK_BACK).timestamp():.6f}",
            "inclusive": True,
            "include_all_metadata": True,
            "limit": PAGE,
        }
        method = "conversations.history"
        if thread_ts:
            method, arguments["ts"] = "conversations.replies", thread_ts
        try:
            return await self._search(method, arguments, notice)
        except CallFailed as failed:
            if thread_ts and failed.code in GONE:
                return None
            doing = f"Looking for notice {notice.id}"
            raise read_back_failure(
                doing, failed.code, failed.status, failed.retry_after
            ) from failed

    async def _search(self, method: str, arguments: Json, notice: Notice) -> PostedMessage | None:
        """Read all pages; where a limit interrupts it, the next call for the notice reads on.

        What came during an interruption stands above the pages read before: that is read at last.
        """
        unread = self._unread.pop(notice.id, _Unread(arguments["oldest"]))
        is_resumed, cursor, arguments["oldest"] = bool(unread.cursor), unread.cursor, unread.oldest
        begun_at = unread.begun_at or self.calls.slack_time(datetime.now(UTC))
        while True:
            try:
                page = await self._read(method, arguments, cursor)
            except CallFailed as failed:
                if failed.status == LIMITED:
                    self._unread[notice.id] = _Unread(unread.oldest, cursor, begun_at)
                raise
            for found in page.messages:
                if found.notice_id == notice.id:
                    return PostedMessage(found.channel_id, found.message_ts, found.revision)
            cursor = page.cursor
            if not cursor:
                break
        if is_resumed:
            self._unread[notice.id] = _Unread(f"{(begun_at - CLOCK_MARGIN).timestamp():.6f}")
            raise DeliveryPostponed(f"Looking for notice {notice.id}", "more may have come", 1)
        return None

    async def list_own(
        self, channel: str, *, thread_ts: str = "", since: str = "", cursor: str = ""
    ) -> FoundPage:
        """List a page of our own messages since a timestamp: roots, or a thread with its root.

        A thread that is gone holds nothing. Raises what `find_notice` does.
        """
        arguments: Json = {
            "channel": channel,
            "include_all_metadata": True,
            "limit": PAGE,
        }
        if since:
            arguments |= {"oldest": since, "inclusive": False}
        method = "conversations.history"
        if thread_ts:
            method, arguments["ts"] = "conversations.replies", thread_ts
        try:
            return await self._read(method, arguments, cursor)
        except CallFailed as failed:
            if thread_ts and failed.code in GONE:
                return FoundPage(())
            doing = f"Reading the history of Slack channel {channel}"
            raise read_back_failure(
                doing, failed.code, failed.status, failed.retry_after
            ) from failed

    async def _read(self, method: str, arguments: Json, cursor: str) -> FoundPage:
        identity = await self.calls.identify()
        page = await self.calls.call(method, **arguments, cursor=cursor or None)
        found = (
            _found(arguments["channel"], message, _payload_of(message, identity))
            for message in page.get("messages") or ()
        )
        following = (page.get("response_metadata") or {}).get("next_cursor")
        return FoundPage(tuple(each for each in found if each), str(following or ""))

    async def _send(
        self, method: str, notice: Notice, view: NoticeView, **arguments: object
    ) -> Json:
        """Send a view, and once more plainly where Slack refuses its blocks (DESIGN §6)."""
        try:
            rich = render_notice(view, notice, offers_actions=self.offers_actions)
            return await self._send_message(method, rich, arguments)
        except MessageRefused as refused:
            if refused.code not in TOO_RICH:
                raise
        plain = render_plain(view, notice, offers_actions=self.offers_actions)
        answer = await self._send_message(method, plain, arguments)
        self.calls.richness.note_refused()
        return answer

    async def _send_message(self, method: str, message: Message, arguments: Json) -> Json:
        try:
            return await self.calls.call(method, **arguments, **message.as_arguments())
        except CallFailed as failed:
            raise _failure(method, arguments["channel"], failed) from failed


def _failure(method: str, channel: str, failed: CallFailed) -> DeliveryFailed:
    did = "Posting to" if method == "chat.postMessage" else "Updating a message in"
    doing = f"{did} Slack channel {channel}"
    return delivery_failure(doing, failed.code, failed.status, failed.retry_after)


def _metadata(notice: Notice, key: str) -> Json:
    payload: Json = {"notice": notice.id, "revision": notice.wanted_revision}
    if key:
        payload["key"] = key
    return {"event_type": EVENT_TYPE, "event_payload": payload}


def _found(channel: str, message: Json, payload: Json) -> FoundMessage | None:
    """Read a message of our own; anything else is None."""
    if not payload.get("notice"):
        return None
    ts, thread_ts = str(message.get("ts") or ""), str(message.get("thread_ts") or "")
    return FoundMessage(
        channel_id=channel,
        message_ts=ts,
        thread_ts="" if thread_ts == ts else thread_ts,
        notice_id=str(payload["notice"]),
        revision=int(payload.get("revision") or 0),
        key=str(payload.get("key") or ""),
        has_replies=bool(message.get("reply_count")),
    )


def _payload_of(message: Json, identity: Identity) -> Json:
    """Take our metadata off a message of our own; another's is not believed (DESIGN §2)."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return {}
    if identity.bot_id:
        is_ours = message.get("bot_id") == identity.bot_id
    else:
        is_ours = bool(identity.user_id) and message.get("user") == identity.user_id
    payload = metadata.get("event_payload")
    return payload if is_ours and isinstance(payload, dict) else {}
