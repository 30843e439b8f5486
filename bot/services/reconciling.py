"""Reconciling with what the channels hold: the database may be an older copy of itself.

Before the first delivery to a channel its history is compared with the database. Messages of our
own that the database does not know, or knows in an older state, mean that a copy was restored:
then all of them are kept, and notices that are to tell the same adopt them (DESIGN §2).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.core.notices import DIRECT, FoundMessage, FoundPage
from bot.core.ports import Clock, MessageHistory
from bot.core.stores import Known, ReconcilingStore
from bot.errors import DeliveryFailed, DeliveryPostponed, ReadBackRefused, TokenRefused

LOOKING_FOR = timedelta(minutes=2)
"""So long a history that cannot be read holds up a channel of which nothing odd is known."""

COLLECTING_FOR = timedelta(minutes=15)
"""So long it does where messages are known to be missing in the database."""

AGAIN_AFTER = timedelta(seconds=5)

FRESH_FOR = timedelta(hours=1)
"""So long what has neither sessions nor a date to be told by is taken for the same."""

log = structlog.get_logger()


@dataclass
class _Search:
    """How far one channel has been read; `look` says where it is looked at next: since, cursor."""

    channel: str
    started_at: datetime
    resume_at: datetime
    look: tuple[str, str] = ("", "")
    known: Known | None = None
    pending: list[tuple[str, str]] = field(default_factory=list)
    found: dict[str, FoundMessage] = field(default_factory=dict)
    restored_at: datetime | None = None
    is_over: bool = False

    @property
    def patience(self) -> timedelta:
        """How long the channel waits for it."""
        return COLLECTING_FOR if self.pending else LOOKING_FOR


class Reconciling:
    """Reads channels as far as is needed, and lets waiting notices adopt what it finds."""

    def __init__(self, store: ReconcilingStore, history: MessageHistory, clock: Clock) -> None:
        self._store = store
        self._history = history
        self._clock = clock
        self._searches: dict[str, _Search] = {}

    async def load_channels(self) -> list[str]:
        """List the channels that are worth a look although nothing is due there."""
        return await self._store.load_channels()

    async def prepare(self, channel: str) -> bool:
        """Make sure that a channel may be delivered to; False while its history is to be read."""
        now = self._clock()
        search = self._searches.setdefault(channel, _Search(channel, now, now))
        if not search.is_over and search.resume_at <= now:
            try:
                await self._search(search, now)
            except TokenRefused:
                return True  # nothing can be said either: delivering finds that out, and tells
        if search.restored_at:
            is_fresh = now - search.restored_at < FRESH_FOR
            adopted = await self._store.settle(channel, now, is_fresh=is_fresh)
            if adopted:
                log.info("messages_adopted", channel=channel, count=adopted)
        return search.is_over or now - search.started_at > search.patience

    async def may_edit(self, channel: str) -> bool:
        """Whether messages may be changed: not to an older state than they show.

        After an older copy was restored, EM is to be read first.
        """
        search = self._searches.get(channel)
        if search is None or search.restored_at is None:
            return True
        return await self._store.has_polled_since(search.started_at)

    async def _search(self, search: _Search, now: datetime) -> None:
        """Read on, until a page cannot be read now; raises `TokenRefused`."""
        try:
            await self._read(search)
        except ReadBackRefused as error:
            search.is_over = True
            log.warning("channel_not_reconciled", channel=search.channel, error=str(error))
        except TokenRefused:
            raise
        except DeliveryFailed as error:
            wait = error.retry_after if isinstance(error, DeliveryPostponed) else 0
            search.resume_at = now + max(timedelta(seconds=wait), AGAIN_AFTER)
            log.warning("channel_history_waits", channel=search.channel, error=str(error))

    async def _read(self, search: _Search) -> None:
        if search.channel.startswith(DIRECT):
            search.is_over = True  # no scope that the bot asks for lets it read what it said there
            return
        if search.known is None:
            known = await self._store.load_known(search.channel)
            if not known.since or not await self._is_older(search, known):
                search.is_over = True
                return
            search.known = known
            search.pending = [("", ""), *((thread_ts, "") for thread_ts in known.threads)]
            log.warning("database_is_an_older_copy", channel=search.channel, since=known.since)
        while search.pending:
            await self._read_page(search, search.known.since)
        await self._store.save_found(search.channel, list(search.found.values()))
        log.warning("channel_history_read", channel=search.channel, messages=len(search.found))
        search.restored_at = self._clock()
        search.is_over = True

    async def _is_older(self, search: _Search, known: Known) -> bool:
        """Whether a channel holds what the database does not know.

        Its newest page tells, unless people wrote so much since the newest known message that the
        page does not reach back to it: then all that came since is looked at.
        """
        while True:
            since, cursor = search.look
            page = await self._history.list_own(search.channel, since=since, cursor=cursor)
            if await self._has_unknown(page, known):
                return True
            if not page.cursor or (not since and _reaches(page, known)):
                return False
            search.look = (since, page.cursor) if since else (known.since, "")

    async def _has_unknown(self, page: FoundPage, known: Known) -> bool:
        ours = [each for each in page.messages if each.revision]
        revisions = await self._store.load_revisions([each.notice_id for each in ours])
        return any(
            each.revision > revisions[each.notice_id]
            if each.notice_id in revisions
            else each.message_ts > known.since
            for each in ours
        )

    async def _read_page(self, search: _Search, since: str) -> None:
        thread_ts, cursor = search.pending[0]
        page = await self._history.list_own(
            search.channel, thread_ts=thread_ts, since=since, cursor=cursor
        )
        if not thread_ts:
            search.pending += _threads_of(page, search)
        search.found |= {each.message_ts: each for each in page.messages if each.revision}
        search.pending[0] = (thread_ts, page.cursor)
        if not page.cursor:
            search.pending.pop(0)


def _reaches(page: FoundPage, known: Known) -> bool:
    """Whether the newest page goes back to what is known, so that nothing came before it since."""
    return any(each.message_ts <= known.since for each in page.messages)


def _threads_of(page: FoundPage, search: _Search) -> list[tuple[str, str]]:
    """Name the threads below the roots of a page that are not to be read anyway."""
    named = {thread_ts for thread_ts, _ in search.pending}
    roots = (each for each in page.messages if each.has_replies and not each.thread_ts)
    return [(each.message_ts, "") for each in roots if each.message_ts not in named]
