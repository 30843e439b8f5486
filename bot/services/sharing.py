"""Sharing: a shared answer about a running session moves until the end, and then stays final.

EM is asked for all of them together, and only while there is one. What it shows is edited only
when that has changed. Messages survive restarts as rows; one that Slack will not have edited ends.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.core.answers import SessionAnswer
from bot.core.live_answers import (
    Following,
    LiveAnswer,
    LiveSource,
    LiveStore,
    SharedBoard,
    digest_of,
)
from bot.core.ports import Clock
from bot.core.sessions import Session, TaskSession, Verdict, decide_verdict, guid_of
from bot.errors import (
    ChannelRefused,
    DeliveryFailed,
    DeliveryPostponed,
    EnterpriseManagerError,
    MessageRefused,
    NotFound,
    UpdateRefused,
)
from bot.services.watching import Finding

TASKS_OF_AT_ONCE = 20
"""The VMs of so many sessions come with one query."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Seen:
    """A session as it is now; `is_gone` where EM no longer knows it."""

    answer: SessionAnswer
    is_gone: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing of it will change any more."""
        return self.is_gone or decide_verdict(self.answer.session) is not Verdict.UNFINISHED


class Sharing:
    """Keeps shared answers moving."""

    def __init__(
        self,
        source: LiveSource,
        finding: Finding,
        store: LiveStore,
        board: SharedBoard,
        clock: Clock,
        ui_url: str = "",
    ) -> None:
        self._source = source
        self._finding = finding
        self._store = store
        self._board = board
        self._clock = clock
        self._ui_url = ui_url

    async def share(self, answer: SessionAnswer, channel: str, user_id: str) -> None:
        """Post an answer and follow its session; raises `DeliveryFailed` where Slack refuses."""
        now = self._clock()
        posted = await self._board.post(channel, answer, user_id)
        live = LiveAnswer(
            0,
            posted.channel_id,
            posted.message_ts,
            answer.session.uid,
            digest_of(answer),
            user_id,
            now,
            now,
        )
        await self._store.add(live)
        log.info("answer_shared", session_uid=answer.session.uid, channel=posted.channel_id)

    async def follow(self) -> None:
        """Show what has changed; while EM cannot be asked, nothing has."""
        now = self._clock()
        live = await self._store.load_due(now)
        if not live:
            return
        try:
            seen = await self._look({each.session_uid for each in live})
        except EnterpriseManagerError:
            return  # polling tells of it
        for each in live:
            if each.session_uid in seen:
                await self._show(each, seen[each.session_uid], now)
            else:
                await self._store.end(each, now)

    async def _look(self, uids: Collection[str]) -> dict[str, _Seen]:
        """Ask EM for all that run with two queries, and for each that ended; unknown ones lack."""
        running: dict[str, Session] = {}
        async for page in self._source.iter_running():
            running |= {each.uid: each for each in page.sessions if each.uid in uids}
        tasks = await self._load_tasks(list(running))
        seen = {
            uid: _Seen(SessionAnswer(session, tasks[uid], ui_url=self._ui_url))
            for uid, session in running.items()
        }
        for uid in set(uids) - set(running):
            ended = await self._look_at_ended(uid)
            seen |= {uid: ended} if ended else {}
        return seen

    async def _load_tasks(self, uids: Sequence[str]) -> dict[str, tuple[TaskSession, ...]]:
        found: dict[str, list[TaskSession]] = {uid: [] for uid in uids}
        for start in range(0, len(uids), TASKS_OF_AT_ONCE):
            some = uids[start : start + TASKS_OF_AT_ONCE]
            async for page in self._source.iter_task_sessions(some):
                for task in page:
                    if task.session_uid in found:
                        found[task.session_uid].append(task)
        return {uid: tuple(of_session) for uid, of_session in found.items()}

    async def _look_at_ended(self, uid: str) -> _Seen | None:
        """Ask for one that is not running; what EM has forgotten is shown as our copy has it."""
        try:
            session = await self._source.fetch_session(guid_of(uid))
        except NotFound:
            copy = await self._finding.find(uid)
            return _Seen(copy, is_gone=True) if isinstance(copy, SessionAnswer) else None
        tasks = await self._load_tasks([uid])
        return _Seen(SessionAnswer(session, tasks[uid], ui_url=self._ui_url))

    async def _show(self, live: LiveAnswer, seen: _Seen, now: datetime) -> None:
        """Edit a message where it must be; a refusal that will stay ends it."""
        following = _following(live, seen, now)
        digest = digest_of(seen.answer)
        if following is Following.ON and digest == live.shown:
            return
        try:
            await self._board.edit(live, seen.answer, following)
        except (UpdateRefused, ChannelRefused, MessageRefused) as refused:
            log.info("shared_answer_ends", live=live.id, error=str(refused))
            following = Following.OVER
        except DeliveryPostponed as postponed:
            pause = timedelta(seconds=postponed.retry_after)
            await self._store.save(replace(live, due_at=now + pause))
            return
        except DeliveryFailed as failed:
            log.info("shared_answer_not_edited", live=live.id, error=str(failed))
            return  # the next turn shows what is true then
        if following is Following.ON:
            await self._store.save(replace(live, shown=digest))
        else:
            await self._store.end(live, now)


def _following(live: LiveAnswer, seen: _Seen, now: datetime) -> Following:
    if seen.is_over:
        return Following.OVER
    return Following.GIVEN_UP if live.is_given_up(now) else Following.ON
