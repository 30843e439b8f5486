"""Delivering: make Slack show what the notices promise, each message once.

The only place where a message to Slack is tried again. The rules are those of DESIGN §2, Notices.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.core.notices import HELD_UP_OVER, Kind, Notice, PostedMessage
from bot.core.ports import Clock, Messenger, NoticeView
from bot.core.sessions import EPOCH
from bot.core.stores import EVERYWHERE, Attempt, DeliveringStore, DueNotice
from bot.errors import (
    DatabaseUnavailable,
    DeliveryAmbiguous,
    DeliveryFailed,
    DeliveryPostponed,
    ReadBackRefused,
)
from bot.services.failing import DeliveryPolicy, Failing
from bot.services.reconciling import Reconciling

EDIT_EVERY = timedelta(seconds=2)
"""Updates of one message are coalesced to one in this time (DESIGN §2, Updates)."""

POST_EVERY = 1.0
"""Slack's limit: one message a second and channel (Slack reference §1.2)."""

ABSENCE_COUNTS_AFTER = timedelta(seconds=10)
"""So long after the request's own time-out a message that is not there will not come."""

TICK = 0.5
STOPPING_WITHIN = 3.0
"""A message on its way is let finish for so long when the bot stops."""

log = structlog.get_logger()


class Delivering:
    """Delivers notices until cancelled. `summarize` renders the one kind the store does not."""

    def __init__(
        self,
        store: DeliveringStore,
        messenger: Messenger,
        reconciling: Reconciling,
        clock: Clock,
        policy: DeliveryPolicy,
        summarize: Callable[[int], Awaitable[NoticeView]],
    ) -> None:
        self._store = store
        self._messenger = messenger
        self._reconciling = reconciling
        self._clock = clock
        self._policy = policy
        self._failing = Failing(store, clock, policy, self.wake)
        self._owner = policy.owner
        self._summarize = summarize
        self._started_at = clock()
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._trouble = ""
        self._channels: dict[str, asyncio.Task[None]] = {}
        self._blocked: dict[tuple[str, bool], datetime] = {}
        self._paused: Collection[str] = ()

    def wake(self) -> None:
        """Look for due notices now: something was recorded."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver what is due, for ever; each channel at its own pace."""
        try:
            while not await self._begin():
                await self._sleep()
            while True:
                await self._start_channels()
                await self._sleep()
        finally:
            await self._finish()

    async def _begin(self) -> bool:
        """Free what a bot that died has claimed, and look at the channels; False: not yet."""
        try:
            freed = await self._store.take_back_claims(self._owner)
            channels = await self._reconciling.load_channels()
        except DatabaseUnavailable:
            return False
        if freed:
            log.warning("claims_found_at_start", count=freed)
        self._start(dict.fromkeys(channels, ()))
        return True

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
        by_channel: dict[str, list[Notice]] = defaultdict(list)
        try:
            for notice in await self._store.load_due(self._clock()):
                by_channel[notice.channel].append(notice)
            if not by_channel:
                return
            self._paused = await self._store.load_pauses()
        except Exception as error:  # noqa: BLE001 - what the database cannot do now it may do later
            self._note_trouble("notices_cannot_be_read", error)
            return
        self._start(by_channel)

    def _start(self, by_channel: Mapping[str, Sequence[Notice]]) -> None:
        for channel, notices in by_channel.items():
            if channel not in self._channels:
                self._channels[channel] = asyncio.create_task(self._serve(channel, notices))

    async def _serve(self, channel: str, notices: Sequence[Notice]) -> None:
        """Deliver one channel's notices, as far as the database lets us."""
        try:
            if await self._reconciling.prepare(channel):
                await self._deliver_in_turn(channel, notices)
            self._trouble = ""
        except Exception as error:  # noqa: BLE001 - what the database cannot do now it may do later
            self._note_trouble("delivery_not_recorded", error)

    def _note_trouble(self, event: str, error: Exception) -> None:
        """Log trouble once, not twice a second; the database logs its own."""
        if str(error) != self._trouble and not isinstance(error, DatabaseUnavailable):
            log.error(event, error=str(error))
        self._trouble = str(error)

    async def _deliver_in_turn(self, channel: str, notices: Sequence[Notice]) -> None:
        """Deliver one channel's notices, oldest first, until the channel is refused."""
        may_edit = await self._reconciling.may_edit(channel)
        for notice in notices:
            if self._is_stopping:
                return
            is_blocked = self._clock() < self._blocked.get((channel, notice.is_posted), EPOCH)
            if is_blocked or (notice.is_posted and not may_edit):
                continue
            try:
                may_go_on = await self._deliver(notice)
            except DatabaseUnavailable:
                raise  # none of the others could be recorded either
            except Exception as error:  # noqa: BLE001 - one poisoned notice must not stop the others
                await self._failing.push_ahead(notice, error)
                continue
            if not may_go_on:
                return

    async def _deliver(self, notice: Notice) -> bool:
        """Make one attempt; tells whether the channel may go on with the next notice."""
        summary = None
        if (
            notice.kind is Kind.SUMMARY
        ):  # computed before the claim: nothing is in doubt if it fails
            summary = await self._summarize(int(notice.subject))
        attempt = self._attempt(notice)
        due = await self._store.claim(notice.id, attempt)
        if due is None:
            return True
        if due.notice.parent_id and not due.thread_ts:
            await self._store.close_deleted(due.notice, "its thread is gone", self._clock())
            return True
        view = summary or due.view
        if view is None:
            raise AssertionError(f"nothing to show for a notice of kind {notice.kind}")
        is_unknown = due.notice.is_ambiguous and due.notice.attempt_started_at != attempt.at
        try:
            if is_unknown:
                found_or_due = await self._look(due)
                if found_or_due is None:
                    return True
                is_unknown = found_or_due.notice.is_possible_duplicate
                due = found_or_due
            await self._send(due, view)
        except DeliveryFailed as error:
            return await self._failing.record(due.notice, error, is_unknown=is_unknown)
        await self._note_success(due.notice)
        return True

    def _attempt(self, notice: Notice, *, is_possible_duplicate: bool = False) -> Attempt:
        """Begin an attempt now; Slack is not to blame for the time in which the bot was down."""
        now = self._clock()
        since = notice.say_at or notice.created_at
        if not notice.error:
            since = max(since, self._started_at)
        held_up = int((now - since).total_seconds()) if now - since > HELD_UP_OVER else 0
        return Attempt(
            self._owner,
            now,
            self._messenger.slack_time(now),
            max(held_up, notice.held_up_s),
            is_possible_duplicate,
        )

    async def _send(self, due: DueNotice, view: NoticeView) -> None:
        notice = due.notice
        try:
            if notice.is_posted:
                await self._messenger.send_update(notice, view, due.key)
                due_at = self._clock() + EDIT_EVERY
                await self._store.record_shown(notice.id, notice.wanted_revision, due_at)
                return
            posted = await self._messenger.send_notice(notice, view, due.thread_ts, due.key)
        except DeliveryPostponed as error:
            until = self._clock() + timedelta(seconds=error.retry_after)
            self._blocked[notice.channel, notice.is_posted] = until
            raise
        await self._record_posted(notice, posted)
        if not self._is_stopping:
            await asyncio.sleep(POST_EVERY)

    async def _record_posted(self, notice: Notice, message: PostedMessage) -> None:
        await self._store.record_posted(notice.id, message, self._clock() + EDIT_EVERY)
        log.info("notice_posted", notice_id=notice.id, kind=notice.kind)

    async def _look(self, due: DueNotice) -> DueNotice | None:
        """Look for a message that may have got through; None when nothing is left to do.

        Otherwise gives what to post now. Raises `DeliveryAmbiguous` while it may still come.
        """
        notice = due.notice
        is_possible_duplicate = notice.is_possible_duplicate
        try:
            found = await self._messenger.find_notice(notice, due.thread_ts)
        except ReadBackRefused:
            if notice.kind is Kind.SUMMARY:
                await self._store.close(notice.id, "may be sent: history cannot be read")
                return None
            is_possible_duplicate = True
        else:
            if found:
                await self._record_posted(notice, found)
                return None
        started_at = notice.attempt_started_at or notice.created_at
        counts_at = started_at + self._messenger.request_timeout + ABSENCE_COUNTS_AFTER
        if self._clock() < counts_at:
            raise DeliveryAmbiguous("Looked for a message", "it may still come")
        again = self._attempt(notice, is_possible_duplicate=is_possible_duplicate)
        await self._store.record_attempt(notice.id, again)
        marked = replace(
            notice,
            held_up_s=again.held_up_s,
            is_possible_duplicate=is_possible_duplicate,
        )
        return replace(due, notice=marked)

    async def _note_success(self, notice: Notice) -> None:
        if notice.is_refused:
            await self._store.end_refusals(notice.channel, self._clock())
        if not {notice.channel, EVERYWHERE} & set(self._paused):
            return
        caught_up = await self._store.reopen(notice, self._policy.group_over, self._clock())
        log.info("channel_reopened", channel=notice.channel)
        for channel, count in caught_up.items():
            log.info("channel_catches_up", channel=channel, incidents=count)
        self.wake()
