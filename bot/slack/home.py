"""The Home tab as a listener: published when opened, and when something was done in it (§1.10).

One publication at a time for each person, and a pause after it: Slack tells of every opening, and
takes about 100 views a minute from all of them together.
"""

import asyncio
import re
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.core.answers import Candidates, SessionAnswer, Unknown
from bot.core.homes import Pages
from bot.core.ports import Clock
from bot.errors import ReplicaBotError
from bot.services.homes import Home
from bot.slack.action_ids import HOME_DETAILS, HOME_PAGE, HOME_REFRESH
from bot.slack.answering import apology_for, guarded
from bot.slack.answers import answer_document
from bot.slack.clients import CallFailed, Json, SlackCalls
from bot.slack.documents import Buttons, Document, Part, paragraph
from bot.slack.homes import read_pages, render_home, render_trouble
from bot.slack.layout import render_view
from bot.slack.outcomes import TOO_RICH
from bot.slack.responding import Asker, Response
from bot.slack.values import value_of

PAUSE = timedelta(seconds=1)
"""What is asked for within it becomes one publication."""

PATIENCE = timedelta(seconds=1)
"""How long details may take to be in the modal from the start; its trigger lives for 3 s (§1.1)."""

TOO_RICH_HERE = TOO_RICH | {"invalid_arguments"}
"""Slack's words for a view with a block that it does not take."""

ASKING = "⏳ Asking Enterprise Manager…"

log = structlog.get_logger(__name__)


class HomeSource(Protocol):
    """Puts together what a person's Home tab shows: `bot.services.homes.Homes`."""

    async def load(self, user_id: str, pages: Pages) -> Home:
        """Load everything for one person."""


class Finding(Protocol):
    """Finds a session, live."""

    async def find(self, text: str) -> SessionAnswer | Candidates | Unknown:
        """Find a session by its uid."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    pages: Pages
    banner: Document | None = None


@dataclass(slots=True)
class HomeTab:
    """Shows Home tabs to those who open them."""

    homes: HomeSource
    finding: Finding
    calls: SlackCalls
    clock: Clock
    offers_actions: bool = False
    pause: timedelta = PAUSE
    _wanted: dict[str, _Wanted] = field(default_factory=dict, init=False)
    _busy: set[str] = field(default_factory=set, init=False)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set, init=False)

    async def home_opened(self, event: Json) -> None:
        """Publish the Home tab of whoever has opened it; the other tab needs nothing."""
        if event.get("tab") == "home":
            self._want(str(event.get("user") or ""), _Wanted(Pages()))

    async def page_turned(self, ack: AsyncAck, body: Json) -> None:
        """Show another page, or the same anew."""
        await ack()
        self._want(Asker.of_press(body).user_id, _Wanted(read_pages(value_of(body))))

    async def details_clicked(self, ack: AsyncAck, body: Json) -> None:
        """Show a session in a modal, within the 3 seconds that Slack's trigger lives."""
        await ack()
        self._start(self._show_details(str(body.get("trigger_id")), value_of(body)))

    def show(self, asker: Asker, done: Document) -> None:
        """Publish a person's Home tab again, with what they have just done there."""
        self._want(asker.user_id, _Wanted(read_pages(asker.home or ""), done))

    async def close(self) -> None:
        """Give up what is under way."""
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _want(self, user_id: str, wanted: _Wanted) -> None:
        self._wanted[user_id] = wanted
        if user_id not in self._busy:
            self._busy.add(user_id)
            self._start(self._publish_wanted(user_id))

    async def _publish_wanted(self, user_id: str) -> None:
        try:
            while wanted := self._wanted.pop(user_id, None):
                await self._publish(user_id, wanted)
                await asyncio.sleep(self.pause.total_seconds())
        finally:
            self._busy.discard(user_id)

    async def _publish(self, user_id: str, wanted: _Wanted) -> None:
        """Publish it, plainly where Slack refuses the blocks, or say why it cannot be shown."""
        try:
            home = await self.homes.load(user_id, wanted.pages)
            is_plain = self.calls.richness.is_refused
            view = self._view(home, wanted, is_plain=is_plain)
        except ReplicaBotError as error:
            await self._send(user_id, render_trouble(f"⚠️ I cannot show this now: {error}"))
            return
        except Exception as error:  # noqa: BLE001  # around a listener: a person waits for words
            await self._send(user_id, render_trouble(apology_for(error)))
            return
        if await self._send(user_id, view) in TOO_RICH_HERE and not is_plain:
            await self._send(user_id, self._view(home, wanted, is_plain=True))

    def _view(self, home: Home, wanted: _Wanted, *, is_plain: bool) -> Json:
        return render_home(
            home,
            wanted.pages,
            self.clock(),
            wanted.banner,
            offers_actions=self.offers_actions,
            is_plain=is_plain,
        )

    async def _send(self, user_id: str, view: Json) -> str:
        """Publish a view; returns Slack's word for its refusal, which only the log hears of."""
        try:
            await self.calls.call("views.publish", user_id=user_id, view=view)
        except CallFailed as failed:
            log.warning("home_not_published", error=str(failed), user=user_id)
            return failed.code
        return ""

    async def _show_details(self, trigger_id: str, session_uid: str) -> None:
        lookup = self._start(guarded(self._find(session_uid)))
        done, _ = await asyncio.wait({lookup}, timeout=PATIENCE.total_seconds())
        first = _modal(lookup.result().document.parts if done else [paragraph((ASKING,))])
        try:
            opened = await self.calls.call("views.open", trigger_id=trigger_id, view=first)
            if not done:
                view = _modal((await lookup).document.parts)
                view_id = (opened.get("view") or {}).get("id")
                await self.calls.call("views.update", view_id=view_id, view=view)
        except CallFailed as failed:
            log.warning("details_not_shown", error=str(failed))

    async def _find(self, session_uid: str) -> Response:
        return Response(answer_document(await self.finding.find(session_uid), self.clock()))

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _modal(parts: Sequence[Part]) -> Json:
    """Write a modal; buttons that would answer in a channel have no place in it."""
    readable: list[Part] = [part for part in parts if not isinstance(part, Buttons)]
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Session"},
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": render_view(readable),
    }


def register_home(app: AsyncApp, tab: HomeTab) -> None:
    """Bind the tab; before `listeners.register`, whose last listeners take anything."""
    app.event("app_home_opened")(tab.home_opened)
    app.action(HOME_REFRESH)(tab.page_turned)
    app.action(HOME_DETAILS)(tab.details_clicked)
    app.action(re.compile(rf"^{HOME_PAGE}(:\d+)?$"))(tab.page_turned)
