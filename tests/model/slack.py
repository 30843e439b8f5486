"""A Slack in memory that counts: what stands in which channel, and what stood there before."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.decisions import OVER
from bot.core.incidents import Incident
from bot.core.notices import FoundMessage, FoundPage, Notice, PostedMessage
from bot.core.ports import NoticeView
from bot.core.views import GroupView, IncidentView, ReplyEntry, ReplyView
from bot.errors import (
    ChannelRefused,
    DeliveryAmbiguous,
    DeliveryPostponed,
    MessageGone,
    UpdateRefused,
)
from tests.builders import FakeClock


class Fault(StrEnum):
    """What goes wrong with one call."""

    LOST = "nothing was taken, and nobody knows"
    TAKEN = "it was taken, and nobody knows"
    LATE = "it is taken a little later, and nobody knows"
    POSTPONED = "not now"
    KILLED_BEFORE = "the bot dies before the call"
    KILLED_AFTER = "the bot dies after it was taken"


KILLING = (Fault.KILLED_BEFORE, Fault.KILLED_AFTER)
IN_DOUBT = (Fault.LOST, Fault.TAKEN, Fault.LATE)


@dataclass
class Message:
    """One message: all that it has shown, each with the revision of its notice."""

    notice_id: str
    channel: str
    ts: str
    thread_ts: str
    key: str
    stands_at: datetime
    versions: list[tuple[int, NoticeView]] = field(default_factory=list)
    is_deleted: bool = False
    is_frozen: bool = False

    def tells_of(self) -> list[dict[int, Incident]]:
        """Map, for each version, the incidents that it tells of itself."""
        return [{each.id: each for each in _incidents(view)} for _, view in self.versions]


def _incidents(view: NoticeView) -> list[Incident]:
    match view:
        case IncidentView():
            return [view.incident]
        case GroupView():
            return [each.incident for each in view.members]
    return []


class CountingSlack:
    """`bot.core.ports.Messenger` and `MessageHistory`; takes its faults one by one."""

    request_timeout = timedelta(seconds=10)

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.messages: list[Message] = []
        self.faults: list[Fault] = []
        self.refused: set[str] = set()
        self.is_killed = False
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    def slack_time(self, now: datetime) -> datetime:
        return now

    async def send_notice(
        self, notice: Notice, view: NoticeView, thread_ts: str, key: str = ""
    ) -> PostedMessage:
        fault = await self._begin(notice.channel, thread_ts)
        stands_at = self.clock() + self.request_timeout * (fault is Fault.LATE)
        ts = f"{len(self.messages) + 1:06}.0"
        message = Message(notice.id, notice.channel, ts, thread_ts, key, stands_at)
        message.versions.append((notice.wanted_revision, view))
        self.messages.append(message)
        self._end(fault)
        return PostedMessage(notice.channel, ts, notice.wanted_revision)

    async def send_update(self, notice: Notice, view: NoticeView, key: str = "") -> None:
        fault = await self._begin(notice.channel, notice.message_ts)
        message = self.at(notice.message_ts)
        if message.is_frozen:
            raise UpdateRefused("Updating", "cant_update_message")
        message.key = key
        message.versions.append((notice.wanted_revision, view))
        self._end(fault)

    async def find_notice(self, notice: Notice, thread_ts: str) -> PostedMessage | None:
        for each in self._standing(notice.channel):
            if each.notice_id == notice.id and each.thread_ts == thread_ts:
                return PostedMessage(each.channel, each.ts, each.versions[-1][0])
        return None

    async def list_own(
        self, channel: str, *, thread_ts: str = "", since: str = "", cursor: str = ""
    ) -> FoundPage:
        found = [
            FoundMessage(channel, each.ts, each.thread_ts, each.notice_id, each.versions[-1][0])
            for each in self._standing(channel)
            if each.thread_ts == thread_ts and each.ts > since
        ]
        return FoundPage(tuple(found))

    async def _begin(self, channel: str, message_ts: str) -> Fault | None:
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        if channel in self.refused:
            raise ChannelRefused("Posting", "is_archived")
        if message_ts and self.at(message_ts).is_deleted:
            raise MessageGone("Posting", "message_not_found")
        fault = self.faults.pop(0) if self.faults else None
        if fault is Fault.POSTPONED:
            raise DeliveryPostponed("Posting", "rate_limited", retry_after=30)
        if fault in (Fault.LOST, Fault.KILLED_BEFORE):
            self._end(fault)
        return fault

    def _end(self, fault: Fault | None) -> None:
        if fault in KILLING:
            self.is_killed = True
            raise asyncio.CancelledError
        if fault in IN_DOUBT:
            raise DeliveryAmbiguous("Posting", "time_out")

    def at(self, ts: str) -> Message:
        """Get a message by its timestamp."""
        return next(each for each in self.messages if each.ts == ts)

    def _standing(self, channel: str) -> Iterator[Message]:
        for each in self.messages:
            if each.channel == channel and not each.is_deleted and each.stands_at <= self.clock():
                yield each

    def entries(self, channel: str) -> Iterator[ReplyEntry]:
        """List what was said in the threads of a channel."""
        for message in self.messages:
            for _, view in message.versions:
                if message.channel == channel and isinstance(view, ReplyView):
                    yield from view.entries

    def told(self, channel: str) -> set[str]:
        """Name the bad sessions that a channel was told of.

        A message tells of those it counts when it shows their incident for the first time; later
        ones need a reply in the thread, because nobody sees an edit.
        """
        told = {
            each.session.uid
            for each in self.entries(channel)
            if each.session and each.reason not in OVER
        }
        for message in self.messages:
            if message.channel == channel:
                told |= _first_shown(message) | _named_by_the_end_of_a_mute(message)
        return told


def _first_shown(message: Message) -> set[str]:
    first: dict[int, Incident] = {}
    for incidents in message.tells_of():
        first = incidents | first
    return {uid for each in first.values() for uid in each.session_uids}


def _named_by_the_end_of_a_mute(message: Message) -> set[str]:
    return {
        uid
        for _, view in message.versions
        if isinstance(view, GroupView) and view.ended
        for each in view.ended.elsewhere
        for uid in each.incident.session_uids
    }
