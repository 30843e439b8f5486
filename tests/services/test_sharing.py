"""Shared answers move with their sessions, and stop where nothing more can be shown."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.core.answers import SessionAnswer, Unknown
from bot.core.live_answers import FOLLOWED_FOR, Following, LiveAnswer
from bot.core.notices import PostedMessage
from bot.demo.em.things import Session
from bot.errors import (
    ChannelRefused,
    DeliveryAmbiguous,
    DeliveryFailed,
    DeliveryPostponed,
    MessageGone,
    MessageRefused,
    TokenRefused,
    UpdateRefused,
)
from bot.services.sharing import Sharing
from bot.store.live_answers import SqlLiveStore
from tests.services.bench import Watch
from tests.services.wishing import ANA, FakeFinding


@dataclass
class FakeBoard:
    """Slack as a test wants it to answer."""

    refusal: DeliveryFailed | None = None
    edits: list[tuple[int | None, Following]] = field(default_factory=list)
    shown: SessionAnswer | None = None

    async def post(self, channel: str, answer: SessionAnswer, shared_by: str) -> PostedMessage:
        if self.refusal:
            raise self.refusal
        return PostedMessage(channel, f"{len(self.edits)}.1", 0)

    async def edit(self, live: LiveAnswer, answer: SessionAnswer, following: Following) -> None:
        self.edits.append((answer.session.progress, following))
        self.shown = answer
        if self.refusal:
            raise self.refusal


@dataclass
class Shared:
    """A running session of EM whose answer was shared."""

    watch: Watch
    board: FakeBoard
    finding: FakeFinding
    session: Session

    @property
    def sharing(self) -> Sharing:
        """A new one each time: nothing of it lives in memory."""
        bench = self.watch.bench
        store = SqlLiveStore(bench.database, bench.em)
        return Sharing(
            self.watch.client, self.finding, store, self.board, bench.clock, "https://em"
        )

    async def share(self) -> None:
        session = await self.watch.client.fetch_session(self.session.uid)
        tasks = await self.watch.client.fetch_task_sessions(self.session.uid)
        await self.sharing.share(SessionAnswer(session, tasks), "C1", ANA)

    def world(self, **changes: object) -> None:
        self.watch.world_of.world.update_session(self.session, **changes)


@pytest.fixture
async def shared(watch: Watch) -> AsyncIterator[Shared]:
    world = watch.world_of.world
    job = world.add_job("SQL Replica", world.add_server("vbr01"), vms=("sql01", "sql02"))
    made = Shared(watch, FakeBoard(), FakeFinding(), world.start_session(job))
    await made.share()
    yield made
    watch.world_of.faults.clear()


async def test_progress_is_shown_once(shared: Shared) -> None:
    shared.world(progress=40)
    await shared.sharing.follow()
    await shared.sharing.follow()
    assert shared.board.edits == [(40, Following.ON)]


async def test_a_vm_that_is_done_is_shown(shared: Shared) -> None:
    await shared.sharing.follow()
    shared.session.tasks[0].result = "Success"
    await shared.sharing.follow()
    assert len(shared.board.edits) == 1
    assert shared.board.shown is not None
    assert [task.result for task in shared.board.shown.tasks or ()].count("Success") == 1
    assert shared.board.shown.ui_url == "https://em"


async def test_while_nothing_is_shared_em_is_not_asked(watch: Watch) -> None:
    await watch.world_of.faults.go_down()
    await Sharing(
        watch.client,
        FakeFinding(),
        SqlLiveStore(watch.bench.database, watch.bench.em),
        FakeBoard(),
        watch.bench.clock,
    ).follow()
    await watch.world_of.faults.come_back()


async def test_the_end_is_shown_and_then_nothing_more(shared: Shared) -> None:
    shared.watch.world_of.world.finish_session(shared.session, "Failed", {"sql01": "no space"})
    await shared.sharing.follow()
    shared.world(result="Success")
    await shared.sharing.follow()
    assert shared.board.edits == [(100, Following.OVER)]
    assert shared.board.shown is not None
    assert "no space" in [task.reason for task in shared.board.shown.tasks or ()]


async def test_a_session_that_em_forgets_ends_with_what_is_known(shared: Shared) -> None:
    session = await shared.watch.client.fetch_session(shared.session.uid)
    shared.finding.runs(session)
    shared.watch.world_of.world.remove_session(shared.session)
    await shared.sharing.follow()
    await shared.sharing.follow()
    assert shared.board.edits == [(session.progress, Following.OVER)]


async def test_a_session_that_nobody_knows_ends_without_a_word(shared: Shared) -> None:
    shared.finding.found = Unknown("", "gone")
    shared.watch.world_of.world.remove_session(shared.session)
    await shared.sharing.follow()
    shared.finding.found = SessionAnswer(
        await shared.watch.client.fetch_session(
            shared.watch.world_of.world.start_session(shared.session.job).uid
        ),
        (),
    )
    await shared.sharing.follow()
    assert shared.board.edits == []


async def test_after_two_days_it_is_given_up(shared: Shared) -> None:
    shared.watch.bench.clock.advance(FOLLOWED_FOR)
    await shared.sharing.follow()
    await shared.sharing.follow()
    assert [following for _, following in shared.board.edits] == [Following.GIVEN_UP]


async def test_while_em_cannot_be_asked_nothing_is_shown(shared: Shared) -> None:
    shared.world(progress=40)
    await shared.watch.world_of.faults.go_down()
    await shared.sharing.follow()
    assert shared.board.edits == []
    await shared.watch.world_of.faults.come_back()
    await shared.sharing.follow()
    assert shared.board.edits == [(40, Following.ON)]


@pytest.mark.parametrize("refusal", [MessageGone, UpdateRefused, ChannelRefused, MessageRefused])
async def test_a_message_that_may_not_be_edited_ends_it(
    shared: Shared, refusal: type[DeliveryFailed]
) -> None:
    shared.board.refusal = refusal("Editing", "refused")
    shared.world(progress=40)
    await shared.sharing.follow()
    shared.board.refusal = None
    shared.world(progress=50)
    await shared.sharing.follow()
    assert shared.board.edits == [(40, Following.ON)]


@pytest.mark.parametrize("refusal", [DeliveryAmbiguous, TokenRefused])
async def test_what_slack_does_not_confirm_is_shown_again(
    shared: Shared, refusal: type[DeliveryFailed]
) -> None:
    shared.board.refusal = refusal("Editing", "perhaps")
    shared.world(progress=40)
    await shared.sharing.follow()
    shared.board.refusal = None
    await shared.sharing.follow()
    await shared.sharing.follow()
    assert shared.board.edits == [(40, Following.ON)] * 2


async def test_slack_is_left_alone_for_as_long_as_it_wants(shared: Shared) -> None:
    shared.board.refusal = DeliveryPostponed("Editing", "ratelimited", 30.0)
    shared.world(progress=40)
    await shared.sharing.follow()
    shared.board.refusal = None
    await shared.sharing.follow()
    assert len(shared.board.edits) == 1
    shared.watch.bench.clock.advance(timedelta(seconds=30))
    await shared.sharing.follow()
    assert shared.board.edits == [(40, Following.ON)] * 2


async def test_what_slack_refuses_to_post_is_not_followed(shared: Shared) -> None:
    shared.watch.world_of.world.finish_session(shared.session)
    await shared.sharing.follow()
    shared.board.refusal = ChannelRefused("Posting", "not_in_channel")
    with pytest.raises(ChannelRefused):
        await shared.share()
    shared.board.refusal = None
    shared.board.edits.clear()
    await shared.sharing.follow()
    assert shared.board.edits == []
