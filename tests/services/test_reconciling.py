"""An older copy of the database: what the channel already holds is told once, and all of it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.notices import OUTAGE_ENDED, Kind
from bot.core.sessions import Session
from bot.core.stores import Outage
from bot.demo.slack import Message, SlackWorkspace
from bot.services.delivering import Delivering
from bot.services.reconciling import COLLECTING_FOR
from bot.services.telling import Telling
from bot.slack.messenger import SlackMessenger
from bot.store.databases import Database
from tests.builders import HOUR, MINUTE, a_session
from tests.services.bench import Bench, deliver
from tests.services.speaking import SECOND, count, posts, roots
from tests.services.speaking import _posts_need_not_wait as _posts_need_not_wait
from tests.services.speaking import messenger as messenger
from tests.services.speaking import slack as slack
from tests.services.speaking import workspace as workspace


@dataclass
class Past:
    """A bot with a database, of which a copy can be made and restored."""

    bench: Bench
    messenger: SlackMessenger
    slack: SlackWorkspace
    path: Path
    told: list[Session]

    @property
    def copy(self) -> Path:
        return self.path.with_suffix(".copy")

    def start(self) -> None:
        self.bot: Delivering = self.bench.delivering(self.messenger)

    def back_up(self) -> None:
        with closing(sqlite3.connect(self.path)) as one, closing(sqlite3.connect(self.copy)) as two:
            one.backup(two)

    @asynccontextmanager
    async def restored(self) -> AsyncIterator[Bench]:
        """The copy in place of the database, and EM's sessions read again in one poll."""
        database = await Database.open(f"sqlite+aiosqlite:///{self.copy}")
        bench = Bench(database, channel=self.slack.channel, clock=self.bench.clock)
        async with bench.polls.transaction() as ledger:
            await ledger.save_state(await ledger.load_state())
        self.bot = bench.delivering(self.messenger)
        try:
            yield bench
        finally:
            await database.close()

    async def ran(self, name: str = "SQL Replica", result: str = "Failed") -> Session:
        """Let a job run and the channel hear of it."""
        self.bench.clock.advance(MINUTE)
        session = a_session(self.bench.clock(), job_uid=f"job {name}", job_name=name, result=result)
        self.told.append(session)
        await self.bench.report(session)
        await self.catch_up(self.bench)
        return session

    async def catch_up(self, bench: Bench) -> None:
        """Deliver until nothing is due."""
        for _ in range(3):
            bench.clock.advance(2 * SECOND)
            await deliver(self.bot)

    async def read_again(self, bench: Bench, *more: Session) -> None:
        """Let EM tell everything once more, and the channel hear what is new in it."""
        async with bench.polls.transaction() as ledger:
            state = await ledger.load_state()
            await ledger.save_state(replace(state, polled_at=bench.clock() + HOUR))
        await bench.report(*self.told, *more)
        await self.catch_up(bench)


@pytest.fixture
def past(bench: Bench, messenger: SlackMessenger, slack: SlackWorkspace, tmp_path: Path) -> Past:
    bench.channel = slack.channel
    made = Past(bench, messenger, slack, tmp_path / "bot.db", [])
    made.start()
    return made


def threads(slack: SlackWorkspace) -> list[list[str]]:
    """Every thread of the channel: its root's words and its replies' words."""
    return [
        [_words(root), *map(_words, slack.replies(root.ts, slack.channel))] for root in roots(slack)
    ]


def _words(message: Message) -> str:
    return message.text.split("<!date")[0]


async def test_a_database_that_is_up_to_date_asks_once_and_changes_nothing(past: Past) -> None:
    await past.ran()
    past.slack.calls.clear()
    past.start()
    await past.ran()
    assert count(past.slack, "conversations.history") == 1
    assert count(past.slack, "conversations.replies") == 0
    assert len(roots(past.slack)) == 1


async def test_what_people_wrote_before_the_newest_known_message_is_not_read(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.messenger.PAGE", 3)
    talk(past, 8)
    await past.ran()
    past.slack.calls.clear()
    past.start()
    await past.ran()
    assert count(past.slack, "conversations.history") == 1


def talk(past: Past, lines: int) -> None:
    """Let people write."""
    for _ in range(lines):
        past.slack.workspace.post_as_person(past.slack.channel, past.slack.user, "hm")


async def test_a_copy_is_noticed_although_people_wrote_more_than_a_page_since(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.messenger.PAGE", 3)
    await past.ran("Before")
    past.back_up()
    talk(past, 2)
    await past.ran()
    talk(past, 8)
    before = threads(past.slack)
    async with past.restored() as bench:
        await past.read_again(bench)
        assert threads(past.slack) == before


async def test_a_long_talk_is_read_on_where_a_rate_limit_stopped_it(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.messenger.PAGE", 3)
    await past.ran()
    talk(past, 8)
    past.start()
    past.slack.calls.clear()
    past.slack.faults.http_500("conversations.history")
    for _ in range(3):
        await past.bot._reconciling.prepare(past.slack.channel)
        past.bench.clock.advance(MINUTE)
    asked = [each for each in past.slack.calls if each.method == "conversations.history"]
    assert [bool(each.args.get("oldest")) for each in asked] == [
        False,
        False,
        True,
        True,
        True,
    ]


async def test_what_opened_and_ended_since_the_copy_is_told_once(past: Past) -> None:
    await past.ran("Before")
    past.back_up()
    await past.ran()
    await past.ran()
    await past.ran(result="Success")
    before = threads(past.slack)
    async with past.restored() as bench:
        await past.read_again(bench)
        assert threads(past.slack) == before
        assert [each.is_posted for each in await bench.notices(Kind.INCIDENT)] == [True, True]


async def test_what_was_open_at_the_copy_is_followed_once(past: Past) -> None:
    await past.ran()
    past.back_up()
    await past.ran()
    await past.ran(result="Success")
    before = threads(past.slack)
    async with past.restored() as bench:
        await past.read_again(bench)
        assert threads(past.slack) == before


async def test_what_happened_while_the_bot_was_off_is_told_in_the_adopted_thread(
    past: Past,
) -> None:
    await past.ran("Before")
    past.back_up()
    await past.ran()
    past.bench.clock.advance(MINUTE)
    again = a_session(past.bench.clock(), job_uid="job SQL Replica", job_name="SQL Replica")
    async with past.restored() as bench:
        await past.read_again(bench, again)
        [_, (root, reply)] = threads(past.slack)
        assert root.startswith("🔴 SQL Replica failed")
        assert "failed again" in reply
        assert "2nd time in a row" in str(roots(past.slack)[1].blocks)


async def test_a_recovery_while_the_bot_was_off_is_told_aloud(past: Past) -> None:
    await past.ran("Before")
    past.back_up()
    await past.ran()
    past.bench.clock.advance(MINUTE)
    good = a_session(
        past.bench.clock(), job_uid="job SQL Replica", job_name="SQL Replica", result="Success"
    )
    async with past.restored() as bench:
        await past.read_again(bench, good)
        root = roots(past.slack)[1]
        [reply] = past.slack.replies(root.ts, past.slack.channel)
        assert (reply.broadcast, "recovered" in reply.text) == (True, True)
        assert root.text.startswith("✅")


async def test_what_only_the_thread_tells_is_told(past: Past) -> None:
    await past.ran("Before")
    past.back_up()
    await past.ran()
    past.slack.faults.refuse("chat.update", "edit_window_closed")
    await past.ran()
    before = threads(past.slack)
    async with past.restored() as bench:
        await past.read_again(bench)
        assert threads(past.slack) == before


async def storm(past: Past, count: int = 7) -> None:
    """Let many jobs of one backup server fail at once."""
    past.bench.clock.advance(MINUTE)
    failed = [
        a_session(past.bench.clock() + n * SECOND, job_uid=f"job {n}", job_name=f"Job {n}")
        for n in range(count)
    ]
    past.told += failed
    await past.bench.report(*failed)
    await past.catch_up(past.bench)


async def test_a_message_about_many_is_told_once(past: Past) -> None:
    await past.ran("Before")
    past.back_up()
    await storm(past)
    good = [
        a_session(
            past.bench.clock() + MINUTE, job_uid=f"job {n}", job_name=f"Job {n}", result="Success"
        )
        for n in range(7)
    ]
    past.told += good
    await past.bench.report(*good)
    await past.catch_up(past.bench)
    before = threads(past.slack)
    async with past.restored() as bench:
        await past.read_again(bench)
        assert threads(past.slack) == before


async def test_jobs_that_were_told_one_by_one_are_not_told_as_many(past: Past) -> None:
    await past.ran("Before")
    past.back_up()
    for number in range(7):
        await past.ran(f"Job {number}")
        past.bench.clock.advance(HOUR)
    before = threads(past.slack)
    async with past.restored() as bench:
        await past.read_again(bench)
        assert threads(past.slack) == before
        [leader] = await bench.notices(Kind.GROUP)
        assert leader.is_closed


async def test_of_many_only_those_that_were_not_told_are(past: Past) -> None:
    await past.ran("Before")
    past.back_up()
    for number in range(3):
        await past.ran(f"Job {number}")
        past.bench.clock.advance(HOUR)
    more = [
        a_session(past.bench.clock(), job_uid=f"new {n}", job_name=f"New {n}") for n in range(4)
    ]
    async with past.restored() as bench:
        await past.read_again(bench, *more)
        assert len(roots(past.slack)) == 5
        assert "4 jobs" in roots(past.slack)[-1].text


async def test_who_joined_a_message_about_many_after_the_copy_is_still_told_by_it(
    past: Past,
) -> None:
    await storm(past)
    past.back_up()
    past.bench.clock.advance(MINUTE)
    late = a_session(past.bench.clock(), job_uid="job late", job_name="Late")
    past.told.append(late)
    await past.bench.report(late)
    await past.catch_up(past.bench)
    assert len(roots(past.slack)) == 1
    past.bench.clock.advance(HOUR)
    async with past.restored() as bench:
        await past.read_again(bench)
        [root] = roots(past.slack)
        assert "8 jobs failed" in root.text


async def test_nothing_is_shown_older_than_it_was_until_em_was_read(past: Past) -> None:
    await past.ran()
    past.back_up()
    await past.ran(result="Success")
    async with past.restored() as bench:
        await past.bot._reconciling.prepare(past.slack.channel)
        await past.catch_up(bench)
        assert roots(past.slack)[0].text.startswith("✅")
        await past.read_again(bench)
        assert roots(past.slack)[0].text.startswith("✅")


async def test_what_was_promised_at_the_copy_and_posted_later_is_found_by_its_id(
    past: Past,
) -> None:
    await past.ran("Before")
    past.told.append(a_session(past.bench.clock()))
    await past.bench.report(past.told[-1])
    past.back_up()
    await past.catch_up(past.bench)
    before = threads(past.slack)
    async with past.restored() as bench:
        await past.read_again(bench)
        assert threads(past.slack) == before


async def test_where_history_may_not_be_read_it_goes_on(past: Past) -> None:
    await past.ran("Before")
    past.back_up()
    await past.ran()
    past.slack.options = replace(past.slack.options, history="forbidden")
    async with past.restored() as bench:
        await past.read_again(bench)
        assert len(roots(past.slack)) == 3


async def test_history_that_is_limited_is_read_slowly_and_nothing_told_twice(past: Past) -> None:
    await past.ran("Before")
    past.back_up()
    await past.ran()
    await past.ran()
    before = threads(past.slack)
    past.slack.faults.rate_limit("conversations.history", retry_after=60)
    past.slack.faults.rate_limit("conversations.replies", retry_after=60)
    async with past.restored() as bench:
        await past.read_again(bench)
        assert threads(past.slack) == before
        for _ in range(3):
            bench.clock.advance(MINUTE)
            await past.catch_up(bench)
        assert threads(past.slack) == before
        assert all(each.is_posted for each in await bench.notices(Kind.INCIDENT))


async def test_a_history_that_cannot_be_read_does_not_hold_alerts_up_for_ever(past: Past) -> None:
    await past.ran("Before")
    past.slack.faults.http_500("conversations.history", times=None)
    past.start()
    await past.ran()
    assert len(roots(past.slack)) == 1
    past.bench.clock.advance(COLLECTING_FOR)
    await past.catch_up(past.bench)
    assert len(roots(past.slack)) == 2


async def test_a_refused_token_is_met_by_delivering(past: Past) -> None:
    await past.ran("Before")
    past.slack.faults.revoke_token()
    past.start()
    await past.ran()
    assert list(await past.bench.deliveries.load_pauses()) == [""]
    past.slack.faults.restore_token()
    past.bench.clock.advance(timedelta(minutes=1))
    await past.catch_up(past.bench)
    assert len(posts(past.slack)) == 2


async def test_a_reply_about_several_leaves_out_what_was_told(past: Past) -> None:
    await storm(past)
    past.back_up()
    for number in range(2):
        past.bench.clock.advance(MINUTE)
        name = f"Job {number}"
        again = a_session(past.bench.clock(), job_uid=f"job {number}", job_name=name)
        past.told.append(again)
        await past.bench.report(again)
        await past.catch_up(past.bench)
    past.bench.clock.advance(MINUTE)
    third = a_session(past.bench.clock(), job_uid="job 2", job_name="Job 2")
    async with past.restored() as bench:
        await past.read_again(bench, third)
        [(_, *replies)] = threads(past.slack)
        assert [reply.split(" failed")[0] for reply in replies] == [
            "🔴 Job 0",
            "🔴 Job 1",
            "🔴 Job 2",
        ]


async def remind(past: Past, bench: Bench) -> None:
    async with bench.polls.transaction() as ledger:
        telling = Telling(ledger, bench.audience, bench.clock())
        await telling.remind(list((await ledger.load_incidents([1])).values()))
    await past.catch_up(bench)


@pytest.mark.parametrize(("later", "reminders"), [(MINUTE, 1), (2 * HOUR, 2)])
async def test_a_reminder_is_the_same_only_right_after_the_copy_was_restored(
    past: Past, later: timedelta, reminders: int
) -> None:
    await past.ran()
    past.back_up()
    await remind(past, past.bench)
    async with past.restored() as bench:
        await past.bot._reconciling.prepare(past.slack.channel)
        bench.clock.advance(later)
        await remind(past, bench)
        [root] = roots(past.slack)
        assert len(past.slack.replies(root.ts, past.slack.channel)) == reminders


async def lose_sight(past: Past, bench: Bench) -> None:
    async with bench.polls.transaction() as ledger:
        outage = await ledger.save_outage(Outage(0, bench.clock(), "connection refused"))
    await bench.announce(Kind.OUTAGE, str(outage.id))
    await past.catch_up(bench)


async def test_an_outage_that_goes_on_is_told_once(past: Past) -> None:
    await past.ran()
    past.back_up()
    await lose_sight(past, past.bench)
    async with past.restored() as bench:
        await lose_sight(past, bench)
        assert len(roots(past.slack)) == 2


async def test_an_outage_after_another_that_is_over_is_told(past: Past) -> None:
    await past.ran()
    past.back_up()
    await lose_sight(past, past.bench)
    async with past.bench.polls.transaction() as ledger:
        over = await ledger.load_open_outage()
        assert over is not None
        await ledger.save_outage(replace(over, ended_at=past.bench.clock()))
        telling = Telling(ledger, past.bench.audience, past.bench.clock())
        await telling.conclude(Kind.OUTAGE, str(over.id), f"{OUTAGE_ENDED}{over.id}")
    await past.catch_up(past.bench)
    async with past.restored() as bench:
        await lose_sight(past, bench)
        assert len(roots(past.slack)) == 3


async def test_many_that_recovered_while_the_bot_was_off_are_told_to_be_over(past: Past) -> None:
    await past.ran("Before")
    past.back_up()
    await storm(past)
    past.bench.clock.advance(MINUTE)
    good = [
        a_session(past.bench.clock(), job_uid=f"job {n}", job_name=f"Job {n}", result="Success")
        for n in range(7)
    ]
    async with past.restored() as bench:
        await past.read_again(bench, *good)
        [_, (root, over)] = threads(past.slack)
        assert root.startswith("✅ All 7 jobs on vbr01 recovered")
        assert over == "✅ All 7 jobs recovered"


async def test_direct_messages_are_not_read(past: Past) -> None:
    await past.ran()
    past.slack.calls.clear()
    past.bench.channel = past.slack.user
    past.start()
    await past.ran("For Ana")
    assert count(past.slack, "conversations.history") == 0
    assert len(past.slack.messages(past.slack.direct_message())) == 1
