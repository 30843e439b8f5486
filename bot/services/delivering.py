"""Delivering: make Slack show what the notices promise, each message once.

The only place where a message to Slack is tried again. The rules are those of DESIGN §2, Notices.
"""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.core.notices import Kind, Notice, PostedMessage, promise
from bot.core.ports import Clock, Messenger, NoticeView
from bot.core.sessions import EPOCH
from bot.core.stores import DeliveringStore, DueNotice
from bot.core.views import GroupView, IncidentView, ReplyView
from bot.errors import (
    ChannelRefused,
    DeliveryAmbiguous,
    DeliveryFailed,
    DeliveryPostponed,
    MessageGone,
    MessageRefused,
    ReadBackRefused,
    TokenRefused,
    UpdateRefused,
)

EDIT_EVERY = timedelta(seconds=2)
"""Updates of one message are coalesced to one in this time (DESIGN §2, Updates)."""

POST_EVERY = 1.0
"""Slack's limit: one message a second and channel (Slack reference §1.2)."""

ABSENCE_COUNTS_AFTER = timedelta(seconds=10)
"""So long after the request's own time-out a message that is not there will not come."""

LOOK_AGAIN_AFTER = timedelta(seconds=3)
REFUSED_AGAIN_AFTER = timedelta(minutes=10)
"""What Slack calls wrong is not given up: its subject changes, and it stays counted as unsent."""

POISONED_AGAIN_AFTER = timedelta(minutes=1)
TICK = 0.5
STOPPING_WITHIN = 3.0
"""A message on its way is let finish for so long when the bot stops."""

EVERYWHERE = ""

log = structlog.get_logger()


class Delivering:
    """Delivers notices until cancelled. `summarize` renders the one kind the store does not."""

    def __init__(
        self,
        store: DeliveringStore,
        messenger: Messenger,
        clock: Clock,
        owner: str,
        group_over: int,
        summarize: Callable[[int], Awaitable[NoticeView]],
    ) -> None:
        self._store = store
        self._messenger = messenger
        self._clock = clock
        self._owner = owner
        self._group_over = group_over
        self._summarize = summarize
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._channels: dict[str, asyncio.Task[None]] = {}
        self._blocked: dict[tuple[str, bool], datetime] = {}
        self._paused: Collection[str] = ()

    def wake(self) -> None:
        """Look for due notices now: something was recorded."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver what is due, for ever; each channel at its own pace."""
        freed = await self._store.take_back_claims(self._owner)
        if freed:
            log.warning("claims_found_at_start", count=freed)
        try:
            while True:
                await self._start_channels()
                await self._sleep()
        finally:
            await self._finish()

    async def _finish(self) -> None:
        self._is_stopping = True
        if self._channels:
            await asyncio.wait(self._channels.values(), timeout=STOPPING_WITHIN)
        for task in self._channels.values():
            task.cancel()
        await asyncio.gather(*self._channels.values(), return_exceptions=True)

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(TICK):
                await self._wake.wait()
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    async def _start_channels(self) -> None:
        """Give each channel with due notices a task of its own, unless it has one."""
        self._channels = {c: task for c, task in self._channels.items() if not task.done()}
        try:
            due = await self._store.load_due(self._clock())
            if not due:
                return
            self._paused = await self._store.load_pauses()
        except Exception as error:  # noqa: BLE001 - a database that is locked or full heals; we go on
            log.error("notices_cannot_be_read", error=str(error))  # noqa: TRY400 - its words suffice
            return
        by_channel: dict[str, list[Notice]] = defaultdict(list)
        for notice in due:
            by_channel[notice.channel].append(notice)
        for channel, notices in by_channel.items():
            if channel not in self._channels:
                self._channels[channel] = asyncio.create_task(self._deliver_in_turn(notices))

    async def _deliver_in_turn(self, notices: list[Notice]) -> None:
        """Deliver one channel's notices, oldest first, until the channel is refused."""
        for notice in notices:
            if self._is_stopping:
                return
            if self._clock() < self._blocked.get((notice.channel, notice.is_posted), EPOCH):
                continue
            try:
                may_go_on = await self._deliver(notice)
            except Exception as error:  # noqa: BLE001 - one poisoned notice must not stop the others
                await self._push_ahead(notice, error)
                continue
            if not may_go_on:
                return

    async def _push_ahead(self, notice: Notice, error: Exception) -> None:
        due_at = self._clock() + POISONED_AGAIN_AFTER
        try:
            await self._store.record_ambiguous(notice.id, due_at, type(error).__name__)
        finally:
            log.error("notice_poisoned", notice_id=notice.id, kind=notice.kind, exc_info=error)

    async def _deliver(self, notice: Notice) -> bool:
        """Make one attempt; tells whether the channel may go on with the next notice."""
        now = self._clock()
        due = await self._store.claim(notice.id, self._owner, now, self._messenger.slack_time(now))
        if due is None:
            return True
        if due.notice.parent_id and not due.thread_ts:
            await self._store.close(notice.id, "its thread is gone")
            return True
        is_unknown = due.notice.is_ambiguous and due.notice.attempt_started_at != now
        try:
            view = due.view or await self._summarize(int(due.notice.subject))
            if is_unknown:
                found_or_view = await self._look(due, view)
                if found_or_view is None:
                    return True
                view = found_or_view
                is_unknown = False
            await self._send(due, view)
        except DeliveryFailed as error:
            return await self._note_failure(due.notice, error, is_unknown=is_unknown)
        await self._note_success(due.notice)
        return True

    async def _send(self, due: DueNotice, view: NoticeView) -> None:
        notice = due.notice
        if notice.is_posted:
            await self._messenger.send_update(notice, view)
            due_at = self._clock() + EDIT_EVERY
            await self._store.record_shown(notice.id, notice.wanted_revision, due_at)
            return
        posted = await self._messenger.send_notice(notice, view, due.thread_ts)
        await self._record_posted(notice, posted)
        if not self._is_stopping:
            await asyncio.sleep(POST_EVERY)

    async def _record_posted(self, notice: Notice, message: PostedMessage) -> None:
        await self._store.record_posted(notice.id, message, self._clock() + EDIT_EVERY)
        log.info("notice_posted", notice_id=notice.id, kind=notice.kind)

    async def _look(self, due: DueNotice, view: NoticeView) -> NoticeView | None:
        """Look for a message that may have got through; None when nothing is left to do.

        Otherwise gives what to post now. Raises `DeliveryAmbiguous` while it may still come.
        """
        notice = due.notice
        try:
            found = await self._messenger.find_notice(notice, due.thread_ts)
        except ReadBackRefused:
            if notice.kind is Kind.SUMMARY:
                await self._store.close(notice.id, "may be sent: history cannot be read")
                return None
            if isinstance(view, IncidentView | GroupView | ReplyView):
                view = replace(view, is_possible_duplicate=True)
        else:
            if found:
                await self._record_posted(notice, found)
                return None
        started_at = notice.attempt_started_at or notice.created_at
        counts_at = started_at + self._messenger.request_timeout + ABSENCE_COUNTS_AFTER
        if self._clock() < counts_at:
            raise DeliveryAmbiguous("Looked for a message", "it may still come")
        await self._store.record_attempt(notice.id, self._clock())
        return view

    async def _note_success(self, notice: Notice) -> None:
        if not {notice.channel, EVERYWHERE} & set(self._paused):
            return
        await self._store.reopen_channel(notice.channel)
        log.info("channel_reopened", channel=notice.channel)
        caught_up = await self._store.catch_up(notice.channel, self._group_over, self._clock())
        if caught_up:
            log.info("channel_catches_up", channel=notice.channel, incidents=caught_up)
        self.wake()

    async def _note_failure(
        self, notice: Notice, error: DeliveryFailed, *, is_unknown: bool
    ) -> bool:
        """Record what a failure means, for the notice and its channel.

        `is_unknown` says that an earlier attempt may still have got through.
        """
        now = self._clock()
        log.warning(
            "notice_not_delivered",
            notice_id=notice.id,
            kind=notice.kind,
            channel=notice.channel,
            error=str(error),
        )
        put_off = self._store.record_ambiguous if is_unknown else self._store.record_unsent
        match error:
            case DeliveryAmbiguous():
                await self._store.record_ambiguous(notice.id, now + LOOK_AGAIN_AFTER, str(error))
            case DeliveryPostponed():
                until = now + timedelta(seconds=error.retry_after)
                await put_off(notice.id, until, str(error))
                if not is_unknown:
                    self._blocked[notice.channel, notice.is_posted] = until
            case ChannelRefused() | TokenRefused():
                where = EVERYWHERE if isinstance(error, TokenRefused) else notice.channel
                await put_off(notice.id, now, str(error))
                await self._store.pause_channel(where, str(error), now)
                return False
            case MessageGone():
                await self._store.close_deleted(notice, str(error), now)
            case MessageRefused():
                await put_off(notice.id, now + REFUSED_AGAIN_AFTER, str(error))
            case UpdateRefused():
                await self._continue_in_thread(notice, now)
            case _:
                await put_off(notice.id, now + POISONED_AGAIN_AFTER, str(error))
        return True

    async def _continue_in_thread(self, notice: Notice, now: datetime) -> None:
        """A message that Slack lets nobody change any more goes on as a reply in its thread."""
        successor = promise(str(uuid.uuid4()), notice.kind, notice.subject, notice.channel, now)
        await self._store.continue_in_thread(notice, replace(successor, parent_id=notice.id))
