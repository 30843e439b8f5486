"""Summing up: promise the daily summary once per channel and day, and compute any summary."""

import asyncio
import uuid
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.core.notices import Kind, Notice, promise
from bot.core.ports import Clock
from bot.core.rpo import RpoPolicy
from bot.core.stores import Period, SummaryStore
from bot.core.summaries import AUTOMATIC, latest_due_date, moment_of, summarize
from bot.core.views import SummaryView

LOOK_BACK = timedelta(days=30)
"""How far back a summary looks to learn each job's habits."""

FIRST_DAY_GRACE = timedelta(minutes=10)
"""A bot started for the first time so shortly after SUMMARY_TIME still sends that day's."""

log = structlog.get_logger()


class Summarizing:
    """Sums up for one channel, at a wall-clock time of a zone."""

    def __init__(
        self,
        store: SummaryStore,
        channel: str,
        at: time,
        zone: ZoneInfo,
        clock: Clock,
        policy: RpoPolicy = AUTOMATIC,
    ) -> None:
        self._store = store
        self._channel = channel
        self._at = at
        self._zone = zone
        self._clock = clock
        self._policy = policy

    async def promise_due(self) -> bool:
        """Promise the summary that is due, if nobody has; tells whether it did.

        Called often: a bot that was down at the time sends it when it is back the same day. It
        covers the time since the last one. A bot that is new sends its first at the next time.
        """
        now = self._clock()
        on = latest_due_date(now, self._at, self._zone)
        end = moment_of(on, self._at, self._zone)
        is_today = now.astimezone(self._zone).date() == on
        baseline_at = (await self._store.load_state()).baseline_at
        if not is_today or baseline_at is None:
            return False
        last_end = await self._store.load_last_summary_end(self._channel)
        if last_end is not None and last_end >= end:
            return False
        start = last_end or moment_of(on - timedelta(days=1), self._at, self._zone)
        is_new = last_end is None and baseline_at > end
        is_missed_before_first = is_new and now - end > FIRST_DAY_GRACE
        period = Period(self._channel, on, start, end)
        promised = await self._store.save_summary(
            period, None if is_missed_before_first else self._notice(now)
        )
        if promised:
            log.info("summary_decided", on=on.isoformat(), is_sent=not is_missed_before_first)
        return promised and not is_missed_before_first

    def _notice(self, now: datetime) -> Notice:
        return promise(str(uuid.uuid4()), Kind.SUMMARY, "", self._channel, now)

    async def render_promised(self, summary_id: int) -> SummaryView:
        """Compute a promised summary from what is stored now."""
        period = await self._store.load_summary_period(summary_id)
        return await self._compute(period.on, period.start_at, period.end_at)

    async def summarize_now(self) -> SummaryView:
        """Compute a summary of the last 24 hours."""
        now = self._clock()
        today = now.astimezone(self._zone).date()
        return await self._compute(today, now - timedelta(days=1), now)

    async def _compute(self, on: date, start: datetime, end: datetime) -> SummaryView:
        facts = await self._store.load_summary_facts(start, end, end - LOOK_BACK)
        return await asyncio.to_thread(summarize, facts, on, (start, end), self._zone, self._policy)
