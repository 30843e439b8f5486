"""Delivering: each message once, in order, whatever Slack does with it."""

import asyncio
from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from sqlalchemy import text

from bot.core.keys import mark_bad
from bot.core.notices import Kind, Notice, PostedMessage
from bot.core.ports import NoticeView
from bot.core.stores import Attempt, Period
from bot.demo.slack import SlackOptions, SlackWorkspace
from bot.errors import DeliveryFailed
from bot.services import delivering
from bot.services.delivering import Delivering
from bot.services.summarizing import Summarizing
from bot.slack.clients import SlackCalls, build_client
from bot.slack.messenger import SlackMessenger
from tests.builders import DAY, HOUR, MINUTE, NOW, a_session
from tests.services.bench import Bench, deliver
from tests.services.speaking import (
    ABSENT,
    LOOK_AGAIN,
    SECOND,
    count,
    fail,
    posts,
    roots,
)
from tests.services.speaking import _posts_need_not_wait as _posts_need_not_wait
from tests.services.speaking import bot as bot
from tests.services.speaking import messenger as messenger
from tests.services.speaking import slack as slack
from tests.services.speaking import workspace as workspace

AMBIGUOUS = ("time_out", "close", "reset", "http_500", "refuse")


async def the_notice(bench: Bench) -> Notice:
    [notice] = await bench.notices(Kind.INCIDENT)
    return notice


async def test_an_alert_is_posted_once(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    session = await fail(bench)
    for _ in range(3):
        await deliver(bot)
        bench.clock.advance(HOUR)
    [message] = posts(slack)
    notice = await the_notice(bench)
    key = f"incident {mark_bad(session.uid)}"
    assert message.metadata == {
        "event_type": "replica_bot",
        "event_payload": {"notice": notice.id, "revision": 1, "key": key},
    }
    assert (notice.message_ts, notice.shown_revision) == (message.ts, 1)


async def test_nothing_is_posted_before_it_is_due(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await bench.report(a_session())
    await deliver(bot)
    assert posts(slack) == []


async def test_alerts_are_posted_in_the_order_of_their_promises(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    for name in ("one", "two", "three"):
        await fail(bench, name)
    await deliver(bot)
    assert [message.text.split()[1] for message in posts(slack)] == ["one", "two", "three"]


async def test_a_reply_comes_after_its_root_and_in_its_thread(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await fail(bench)
    await deliver(bot)
    bench.clock.advance(MINUTE)
    await fail(bench)
    await deliver(bot)
    [root] = roots(slack)
    assert len(slack.replies(root.ts, slack.channel)) == 1
    assert root.edits == 1


async def test_a_reply_waits_while_its_root_is_in_doubt(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.http_500("chat.postMessage")
    await fail(bench)
    await deliver(bot)
    await fail(bench)
    assert [each.kind for each in await bench.deliveries.load_due(bench.clock() + DAY)] == [
        Kind.INCIDENT
    ]
    bench.clock.advance(ABSENT)
    await deliver(bot)
    [root] = roots(slack)
    assert len(slack.replies(root.ts, slack.channel)) == 1


async def test_a_hundred_changes_are_one_edit(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await fail(bench, result="Warning")
    await deliver(bot)
    session = await fail(bench, result="Warning")
    for progress in range(10):
        await bench.report(replace(session, failure_message=str(progress)))
    bench.clock.advance(2 * SECOND)
    await deliver(bot)
    assert count(slack, "chat.update") == 1


async def test_edits_of_one_message_are_two_seconds_apart(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await fail(bench)
    await deliver(bot)
    await bench.report(a_session(bench.clock(), job_uid="job SQL Replica"))
    await deliver(bot)
    assert count(slack, "chat.update") == 0
    bench.clock.advance(2 * SECOND)
    await deliver(bot)
    assert count(slack, "chat.update") == 1


def arm(slack: SlackWorkspace, how: str, method: str, *, after: bool) -> None:
    if how == "refuse":
        slack.faults.refuse(method, "fatal_error", after_acceptance=after)
    else:
        getattr(slack.faults, how)(method, after_acceptance=after)


@pytest.mark.parametrize("how", AMBIGUOUS)
async def test_a_post_that_slack_took_without_our_knowing_is_found(
    bench: Bench, bot: Delivering, slack: SlackWorkspace, how: str
) -> None:
    arm(slack, how, "chat.postMessage", after=True)
    await fail(bench)
    await deliver(bot)
    assert (await the_notice(bench)).is_ambiguous
    bench.clock.advance(LOOK_AGAIN)
    await deliver(bot)
    [message] = posts(slack)
    notice = await the_notice(bench)
    assert (notice.message_ts, notice.shown_revision) == (message.ts, 1)
    assert count(slack, "chat.postMessage") == 1


@pytest.mark.parametrize("how", AMBIGUOUS)
async def test_a_post_that_was_lost_is_made_again_only_when_it_cannot_come_any_more(
    bench: Bench, bot: Delivering, slack: SlackWorkspace, how: str
) -> None:
    arm(slack, how, "chat.postMessage", after=False)
    await fail(bench)
    await deliver(bot)
    bench.clock.advance(ABSENT - SECOND)
    await deliver(bot)
    assert count(slack, "chat.postMessage") == 1
    bench.clock.advance(LOOK_AGAIN)
    await deliver(bot)
    assert count(slack, "chat.postMessage") == 2
    assert len(posts(slack)) == 1


async def test_a_second_lost_post_is_looked_for_as_long_as_the_first(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.http_500("chat.postMessage", times=2)
    await fail(bench)
    await deliver(bot)
    bench.clock.advance(ABSENT)
    await deliver(bot)
    bench.clock.advance(LOOK_AGAIN)
    await deliver(bot)
    assert count(slack, "chat.postMessage") == 2
    bench.clock.advance(ABSENT)
    await deliver(bot)
    assert len(posts(slack)) == 1


async def test_a_reply_that_slack_took_is_found_in_its_thread(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await fail(bench)
    await deliver(bot)
    await fail(bench)
    slack.faults.reset("chat.postMessage", after_acceptance=True)
    await deliver(bot)
    bench.clock.advance(LOOK_AGAIN)
    await deliver(bot)
    [root] = roots(slack)
    assert len(slack.replies(root.ts, slack.channel)) == 1
    assert count(slack, "conversations.replies") == 1


async def test_a_message_found_after_a_change_is_edited_to_show_it(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.reset("chat.postMessage", after_acceptance=True)
    await fail(bench)
    await deliver(bot)
    bench.clock.advance(HOUR)
    await bench.report(
        a_session(bench.clock(), job_uid="job SQL Replica", result="Success"),
    )
    await deliver(bot)
    bench.clock.advance(LOOK_AGAIN)
    await deliver(bot)
    [root] = roots(slack)
    assert root.edits == 1
    assert "recovered" in root.text


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("how", AMBIGUOUS)
async def test_an_edit_in_doubt_is_made_again_with_what_is_true_then(
    bench: Bench, bot: Delivering, slack: SlackWorkspace, how: str, after: bool
) -> None:
    await fail(bench)
    await deliver(bot)
    await fail(bench)
    arm(slack, how, "chat.update", after=after)
    await deliver(bot)
    bench.clock.advance(LOOK_AGAIN)
    await deliver(bot)
    notice = await the_notice(bench)
    assert notice.shown_revision == notice.wanted_revision == 2
    assert len(roots(slack)) == 1


async def test_the_claims_of_a_bot_that_died_are_looked_for(
    bench: Bench, bot: Delivering, messenger: SlackMessenger, slack: SlackWorkspace
) -> None:
    await fail(bench)
    held = slack.faults.hold("chat.postMessage")
    dying = asyncio.create_task(deliver(bot))
    await held.wait()
    dying.cancel()
    for task in bot._channels.values():
        task.cancel()
    await asyncio.gather(dying, *bot._channels.values(), return_exceptions=True)
    slack.faults.clear()
    heir = bench.delivering(messenger, owner="bot-2")
    assert await bench.deliveries.take_back_claims("bot-2") == 1
    bench.clock.advance(MINUTE)
    await deliver(heir)
    assert len(posts(slack)) == 1
    assert count(slack, "chat.postMessage") == 1


async def test_while_a_bot_lives_nobody_takes_its_claim(
    bench: Bench, bot: Delivering, messenger: SlackMessenger, slack: SlackWorkspace
) -> None:
    await fail(bench)
    notice = await the_notice(bench)
    await bench.deliveries.claim(notice.id, Attempt("bot-1", bench.clock(), NOW))
    await deliver(bench.delivering(messenger, owner="bot-2"))
    assert posts(slack) == []


async def test_without_history_an_alert_is_posted_again_and_says_so(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.options = SlackOptions(history="forbidden")
    slack.faults.reset("chat.postMessage", after_acceptance=True)
    await fail(bench)
    await deliver(bot)
    bench.clock.advance(ABSENT)
    await deliver(bot)
    first, second = posts(slack)
    assert "duplicate" not in str(first.blocks)
    assert "duplicate" in str(second.blocks)


async def test_history_that_cannot_be_read_now_is_read_later(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.reset("chat.postMessage", after_acceptance=True)
    slack.faults.rate_limit("conversations.history", retry_after=30)
    await fail(bench)
    await deliver(bot)
    bench.clock.advance(ABSENT)
    await deliver(bot)
    assert (await the_notice(bench)).is_ambiguous
    bench.clock.advance(29 * SECOND)
    await deliver(bot)
    assert count(slack, "conversations.history") == 1
    bench.clock.advance(SECOND)
    await deliver(bot)
    assert len(posts(slack)) == 1


async def test_a_rate_limit_is_kept_for_the_whole_channel(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.rate_limit("chat.postMessage", retry_after=30)
    await fail(bench, "one")
    await fail(bench, "two")
    await deliver(bot)
    bench.clock.advance(29 * SECOND)
    await deliver(bot)
    assert count(slack, "chat.postMessage") == 1
    bench.clock.advance(SECOND)
    await deliver(bot)
    assert [message.text.split()[1] for message in posts(slack)] == ["one", "two"]


async def test_a_rate_limit_on_posts_leaves_edits_alone(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await fail(bench, "one")
    await deliver(bot)
    slack.faults.rate_limit("chat.postMessage", retry_after=30)
    await fail(bench, "two")
    await deliver(bot)
    await bench.report(a_session(bench.clock(), job_uid="job one", job_name="one"))
    bench.clock.advance(2 * SECOND)
    await deliver(bot)
    assert count(slack, "chat.update") == 1
    assert count(slack, "chat.postMessage") == 2


async def test_a_rate_limit_in_one_channel_leaves_the_other_alone(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.rate_limit("chat.postMessage", retry_after=30)
    await fail(bench, "one")
    await deliver(bot)
    other = slack.workspace.add_channel("other", members=[slack.workspace.bot.id]).id
    bench.channel = other
    await fail(bench, "two")
    await deliver(bot)
    assert len(slack.messages(other)) == 1
    assert posts(slack) == []


async def test_a_channel_that_hangs_does_not_stop_the_other(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await fail(bench, "one")
    bench.channel = slack.workspace.add_channel("other", members=[slack.workspace.bot.id]).id
    await fail(bench, "two")
    held = slack.faults.hold("chat.postMessage", after_acceptance=False)
    both = asyncio.create_task(deliver(bot))
    await held.wait()
    await slack.wait_for(lambda _: slack.messages(bench.channel))
    slack.faults.clear()
    await both


@pytest.mark.parametrize("error", ["is_archived", "not_in_channel", "channel_not_found"])
async def test_a_refused_channel_is_probed_every_five_minutes(
    bench: Bench, bot: Delivering, slack: SlackWorkspace, error: str
) -> None:
    slack.faults.refuse("chat.postMessage", error, times=2)
    await fail(bench, "one")
    await fail(bench, "two")
    for wait in (timedelta(0), 4 * MINUTE, MINUTE, 4 * MINUTE):
        bench.clock.advance(wait)
        await deliver(bot)
    assert count(slack, "chat.postMessage") == 2
    assert error in (await bench.deliveries.load_pauses())[slack.channel].problem
    bench.clock.advance(MINUTE)
    await deliver(bot)
    assert [message.text.split()[1] for message in posts(slack)] == ["one", "two"]
    assert await bench.deliveries.load_pauses() == {}


async def test_a_channel_that_reopens_with_over_five_due_catches_up_in_one_message(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.archive(slack.channel)
    for number in range(8):
        await fail(bench, f"Job {number}", backup_server=f"vbr{number}")
    await deliver(bot)
    slack.faults.unarchive(slack.channel)
    bench.clock.advance(5 * MINUTE)
    await deliver(bot)
    probe, caught_up = posts(slack)
    assert "Job 0" in probe.text
    assert "7 jobs" in caught_up.text


async def test_a_channel_that_reopens_with_few_due_gets_them_one_by_one(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.archive(slack.channel)
    for number in range(6):
        await fail(bench, f"Job {number}", backup_server=f"vbr{number}")
    await deliver(bot)
    slack.faults.unarchive(slack.channel)
    bench.clock.advance(5 * MINUTE)
    await deliver(bot)
    assert len(posts(slack)) == 6


async def test_members_of_a_catch_up_are_followed_there(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.archive(slack.channel)
    for number in range(8):
        await fail(bench, f"Job {number}", backup_server=f"vbr{number}")
    await deliver(bot)
    slack.faults.unarchive(slack.channel)
    bench.clock.advance(5 * MINUTE)
    await deliver(bot)
    await fail(bench, "Job 7", backup_server="vbr7")
    await deliver(bot)
    _, caught_up = roots(slack)
    assert len(slack.replies(caught_up.ts, slack.channel)) == 1


@pytest.mark.parametrize("error", ["invalid_auth", "token_revoked"])
async def test_a_refused_token_pauses_everything_and_is_probed_every_minute(
    bench: Bench, bot: Delivering, slack: SlackWorkspace, error: str
) -> None:
    slack.faults.revoke_token(error)  # type: ignore[arg-type]  # one of its literals
    await fail(bench, "one")
    await deliver(bot)
    bench.channel = slack.workspace.add_channel("other", members=[slack.workspace.bot.id]).id
    await fail(bench, "two")
    for wait in (timedelta(0), 55 * SECOND, 5 * SECOND, 59 * SECOND):
        bench.clock.advance(wait)
        await deliver(bot)
    assert count(slack, "chat.postMessage") == 2
    assert list(await bench.deliveries.load_pauses()) == [""]
    slack.faults.restore_token()
    bench.clock.advance(SECOND)
    await deliver(bot)
    assert len(posts(slack)) == len(slack.messages(bench.channel)) == 1
    assert await bench.deliveries.load_pauses() == {}


async def test_a_message_that_a_person_deleted_is_not_restored(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await fail(bench, result="Warning")
    await deliver(bot)
    slack.faults.delete_message(posts(slack)[0])
    await fail(bench, result="Warning")
    await deliver(bot)
    bench.clock.advance(HOUR)
    await deliver(bot)
    assert posts(slack) == []
    await fail(bench)
    await deliver(bot)
    assert len(roots(slack)) == 1


async def test_a_worsening_that_finds_its_message_deleted_posts_a_fresh_one(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await fail(bench, result="Warning")
    await deliver(bot)
    slack.faults.delete_message(posts(slack)[0])
    await fail(bench)
    await deliver(bot)
    bench.clock.advance(HOUR)
    await deliver(bot)
    assert len(roots(slack)) == 1


async def test_what_joined_a_deleted_group_is_told_alone(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    for number in range(6):
        await fail(bench, f"Job {number}")
    await deliver(bot)
    await fail(bench, "Told by the group")
    bench.clock.advance(MINUTE)
    await deliver(bot)
    for root in roots(slack):
        slack.faults.delete_message(root)
    await fail(bench, "Newcomer")
    await deliver(bot)
    bench.clock.advance(MINUTE)
    await deliver(bot)
    assert ["Newcomer" in root.text for root in roots(slack)] == [True]


@pytest.mark.parametrize("error", ["cant_update_message", "edit_window_closed"])
async def test_a_message_that_cannot_be_edited_goes_on_in_its_thread(
    bench: Bench, bot: Delivering, slack: SlackWorkspace, error: str
) -> None:
    await fail(bench)
    await deliver(bot)
    slack.faults.refuse("chat.update", error, times=1)
    await fail(bench)
    await deliver(bot)
    [root] = roots(slack)
    assert len(slack.replies(root.ts, slack.channel)) == 2
    bench.clock.advance(HOUR)
    await bench.report(a_session(bench.clock(), job_uid="job SQL Replica", result="Success"))
    await deliver(bot)
    continued = next(one for one in slack.replies(root.ts, slack.channel) if one.edits)
    assert "recovered" in continued.text
    assert len(roots(slack)) == 1


async def test_a_reply_to_a_deleted_message_is_dropped(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await fail(bench)
    await deliver(bot)
    await fail(bench)
    [own, _] = await bench.notices()
    await bench.deliveries.close(own.id, "message_not_found")
    await deliver(bot)
    reply = (await bench.notices(Kind.REPLY))[0]
    assert (reply.is_closed, reply.error) == (True, "its thread is gone")


async def test_a_poisoned_notice_does_not_stop_the_others(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await bench.announce(Kind.OUTAGE, "999")
    await fail(bench)
    await deliver(bot)
    assert len(posts(slack)) == 1
    [poisoned] = await bench.notices(Kind.OUTAGE)
    assert (poisoned.error, poisoned.due_at) == ("NoResultFound", bench.clock() + MINUTE)


async def test_a_message_that_slack_calls_wrong_waits_and_stops_no_other(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.refuse("chat.postMessage", "msg_too_long")
    await fail(bench, "one")
    await fail(bench, "two")
    await deliver(bot)
    assert len(posts(slack)) == 1
    assert [each.is_posted for each in await bench.notices()] == [False, True]
    assert (await bench.questions.load_figures()).unsent == 1
    bench.clock.advance(HOUR)
    await deliver(bot)
    assert len(posts(slack)) == 2


async def test_an_unreachable_slack_delays_and_loses_nothing(
    bench: Bench, messenger: SlackMessenger, slack: SlackWorkspace
) -> None:
    bench.channel = slack.channel
    async with aiohttp.ClientSession() as session:
        nowhere = build_client("xoxb-1", session, "http://127.0.0.1:9/api/")
        await fail(bench)
        await deliver(bench.delivering(SlackMessenger(SlackCalls(nowhere))))
    assert not (await the_notice(bench)).is_maybe_seen
    bench.clock.advance(MINUTE)
    await deliver(bench.delivering(messenger))
    assert len(posts(slack)) == 1


async def test_one_message_a_second_and_channel(
    bench: Bench, bot: Delivering, slack: SlackWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "POST_EVERY", 60)
    await fail(bench, "one")
    await fail(bench, "two")
    running = asyncio.create_task(bot.run())
    await slack.wait_for(posts)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(posts(slack)) == 1
    assert delivering.POST_EVERY == 60


async def test_running_delivers_what_is_recorded_and_stops_cleanly(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    running = asyncio.create_task(bot.run())
    await fail(bench)
    bot.wake()
    await slack.wait_for(posts)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (await the_notice(bench)).is_posted


async def test_a_start_frees_the_claims_of_the_dead(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await fail(bench)
    notice = await the_notice(bench)
    await bench.deliveries.claim(notice.id, Attempt("the dead", bench.clock(), NOW))
    bench.clock.advance(MINUTE)
    running = asyncio.create_task(bot.run())
    await slack.wait_for(posts)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert count(slack, "conversations.history") == 1


async def test_a_message_on_its_way_is_finished_when_the_bot_stops(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await fail(bench, "one")
    await fail(bench, "two")
    held = slack.faults.hold("chat.postMessage")
    running = asyncio.create_task(bot.run())
    await held.wait()
    running.cancel()
    slack.faults.clear()
    await asyncio.gather(running, return_exceptions=True)
    first, second = await bench.notices()
    assert first.is_posted
    assert not second.is_maybe_seen


async def promise_summary(bench: Bench, slack: SlackWorkspace) -> None:
    day = Period(slack.channel, NOW.date(), NOW - DAY, NOW)
    notice = Notice("summary-notice", Kind.SUMMARY, "", slack.channel, 1, NOW, NOW)
    assert await bench.questions.save_summary(day, notice)


def summing_up(bench: Bench, messenger: SlackMessenger, channel: str) -> Delivering:
    zone = ZoneInfo("UTC")
    summaries = Summarizing(bench.questions, channel, time(8), zone, bench.clock)
    return bench.delivering(messenger, summarize=summaries.render_promised)


async def test_a_summary_is_posted_once(
    bench: Bench, messenger: SlackMessenger, slack: SlackWorkspace
) -> None:
    await promise_summary(bench, slack)
    await deliver(summing_up(bench, messenger, slack.channel))
    bench.clock.advance(DAY)
    await deliver(summing_up(bench, messenger, slack.channel))
    assert len(posts(slack)) == 1


async def test_without_history_a_summary_in_doubt_is_not_posted_again(
    bench: Bench, messenger: SlackMessenger, slack: SlackWorkspace
) -> None:
    slack.options = SlackOptions(history="forbidden")
    slack.faults.reset("chat.postMessage", after_acceptance=True)
    await promise_summary(bench, slack)
    await deliver(summing_up(bench, messenger, slack.channel))
    bench.clock.advance(ABSENT)
    await deliver(summing_up(bench, messenger, slack.channel))
    assert count(slack, "chat.postMessage") == 1
    [notice] = await bench.notices(Kind.SUMMARY)
    assert notice.is_closed


async def test_without_history_a_start_message_in_doubt_is_posted_again(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    async with bench.polls.transaction() as ledger:
        await ledger.save_state(await ledger.load_state())
    slack.options = SlackOptions(history="forbidden")
    slack.faults.http_500("chat.postMessage")
    await bench.announce(Kind.START, bench.em)
    await deliver(bot)
    bench.clock.advance(ABSENT)
    await deliver(bot)
    assert len(posts(slack)) == 1


async def test_a_database_that_cannot_be_read_now_is_read_later(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    await fail(bench)
    async with bench.database.write() as connection:
        await connection.execute(text("ALTER TABLE notices RENAME TO away"))
    await bot._start_channels()
    assert bot._channels == {}
    async with bench.database.write() as connection:
        await connection.execute(text("ALTER TABLE away RENAME TO notices"))
    await deliver(bot)
    assert len(posts(slack)) == 1


async def test_looking_again_goes_on_by_itself(
    bench: Bench, bot: Delivering, slack: SlackWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "TICK", 0.001)
    running = asyncio.create_task(bot.run())
    await fail(bench)
    await slack.wait_for(posts)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await bot._finish()
    assert len(posts(slack)) == 1


class Refusing(SlackMessenger):
    """A Slack that refuses in a way that nobody has thought of."""

    async def send_notice(
        self, notice: Notice, view: NoticeView, thread_ts: str, key: str = ""
    ) -> PostedMessage:
        raise DeliveryFailed("Posting to Slack", "something_new")


async def test_an_unknown_refusal_is_tried_again_in_a_minute(
    bench: Bench, messenger: SlackMessenger, slack: SlackWorkspace
) -> None:
    bench.channel = slack.channel
    await fail(bench)
    await deliver(bench.delivering(Refusing(messenger.calls)))
    notice = await the_notice(bench)
    assert (notice.is_maybe_seen, notice.due_at) == (False, bench.clock() + MINUTE)


async def test_a_bot_with_nothing_to_do_stops_at_once(bot: Delivering) -> None:
    running = asyncio.create_task(bot.run())
    await asyncio.sleep(0)
    running.cancel()
    assert (await asyncio.gather(running, return_exceptions=True))[0] is not None
    await bot._finish()
