"""What people hear of trouble on the way: held up, refused, told elsewhere, caught up with."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.notices import Kind, PostedMessage, promise
from bot.demo.slack import SlackWorkspace
from bot.errors import DatabaseUnavailable
from bot.services import delivering
from bot.services.delivering import Delivering
from bot.services.failing import describe_refused
from bot.slack.messenger import SlackMessenger
from bot.store.deliveries import SqlDeliveringStore
from bot.store.refusals import AGAIN_AFTER as REFUSED_AGAIN_AFTER
from tests.builders import HOUR, MINUTE, a_session
from tests.services.bench import Bench, deliver
from tests.services.speaking import SECOND, fail, posts, roots
from tests.services.speaking import _posts_need_not_wait as _posts_need_not_wait
from tests.services.speaking import bot as bot
from tests.services.speaking import messenger as messenger
from tests.services.speaking import slack as slack
from tests.services.speaking import workspace as workspace


def add_channel(slack: SlackWorkspace, name: str) -> str:
    return slack.workspace.add_channel(name, members=[slack.workspace.bot.id]).id


@pytest.fixture
def told(bench: Bench, messenger: SlackMessenger, slack: SlackWorkspace) -> Delivering:
    """A bot whose fallback channel is another one."""
    bench.channel = slack.channel
    bench.fallback_channel = add_channel(slack, "fallback")
    return bench.delivering(messenger)


# Held up


async def test_a_message_that_slack_held_up_says_so_even_after_edits(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.rate_limit("chat.postMessage", retry_after=180)
    await fail(bench)
    await deliver(bot)
    bench.clock.advance(3 * MINUTE)
    await deliver(bot)
    assert "held up 3 min by Slack" in str(posts(slack)[0].blocks)
    await fail(bench)
    bench.clock.advance(2 * SECOND)
    await deliver(bot)
    assert posts(slack)[0].edits
    assert "held up 3 min by Slack" in str(posts(slack)[0].blocks)


async def test_a_message_that_is_a_minute_late_is_not_worth_a_word(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.rate_limit("chat.postMessage", retry_after=58)
    await fail(bench)
    await deliver(bot)
    bench.clock.advance(58 * SECOND)
    await deliver(bot)
    assert "held up" not in str(posts(slack)[0].blocks)


async def test_what_waits_behind_others_is_held_up_too(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.rate_limit("chat.postMessage", retry_after=180)
    await fail(bench, "one")
    await fail(bench, "two")
    await deliver(bot)
    bench.clock.advance(3 * MINUTE)
    await deliver(bot)
    assert ["held up" in str(each.blocks) for each in posts(slack)] == [True, True]


async def test_slack_is_not_blamed_for_a_bot_that_was_down(
    bench: Bench, messenger: SlackMessenger, slack: SlackWorkspace
) -> None:
    bench.channel = slack.channel
    await fail(bench)
    bench.clock.advance(HOUR)
    await deliver(bench.delivering(messenger))
    assert "held up" not in str(posts(slack)[0].blocks)


async def test_what_waited_in_a_refused_channel_says_so_even_if_the_bot_was_down(
    bench: Bench, bot: Delivering, messenger: SlackMessenger, slack: SlackWorkspace
) -> None:
    slack.faults.archive(slack.channel)
    await fail(bench, "one")
    await deliver(bot)
    await fail(bench, "two")
    bench.clock.advance(HOUR)
    slack.faults.unarchive(slack.channel)
    await deliver(bench.delivering(messenger))
    assert ["held up" in str(each.blocks) for each in posts(slack)] == [True, True]


async def test_a_post_that_was_found_says_what_it_said(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.reset("chat.postMessage", after_acceptance=True)
    await fail(bench)
    await deliver(bot)
    bench.clock.advance(HOUR)
    await deliver(bot)
    await fail(bench)
    bench.clock.advance(2 * SECOND)
    await deliver(bot)
    assert posts(slack)[0].edits
    assert "held up" not in str(posts(slack)[0].blocks)


async def test_a_possible_duplicate_says_so_even_after_edits(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.options = replace(slack.options, history="forbidden")
    slack.faults.http_500("chat.postMessage")
    await fail(bench)
    await deliver(bot)
    bench.clock.advance(MINUTE)
    await deliver(bot)
    await fail(bench)
    bench.clock.advance(2 * SECOND)
    await deliver(bot)
    assert posts(slack)[0].edits
    assert "possible duplicate" in str(posts(slack)[0].blocks)


# Mentions


@pytest.mark.parametrize(
    ("mention", "spelt"),
    [("here", "<!here>"), ("U0ANA", "<@U0ANA>"), ("S0TEAM", "<!subteam^S0TEAM>")],
)
async def test_a_mention_comes_first_and_stays_in_edits(
    bench: Bench, bot: Delivering, slack: SlackWorkspace, mention: str, spelt: str
) -> None:
    session = await fail(bench)
    async with bench.polls.transaction() as ledger:
        [notice] = await bench.notices(Kind.INCIDENT)
        await ledger.save_notices([replace(notice, mention=mention)])
    await deliver(bot)
    [message] = posts(slack)
    assert message.text.startswith(f"{spelt} 🔴")
    assert mention in str(message.blocks[0])
    await bench.report(replace(session, failure_message="changed"))
    bench.clock.advance(2 * SECOND)
    await deliver(bot)
    assert mention in str(posts(slack)[0].blocks[0])


# A refused channel is told elsewhere


async def test_the_fallback_channel_hears_once_that_a_channel_is_refused_and_once_that_it_is_open(
    bench: Bench, told: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.archive(slack.channel)
    await fail(bench, "one")
    await fail(bench, "two")
    await deliver(told)
    [heard] = slack.messages(bench.fallback_channel)
    assert slack.channel in heard.text
    assert "2 messages wait" in heard.text
    assert "Unarchive" in str(heard.blocks)
    bench.clock.advance(5 * MINUTE)
    await deliver(told)
    assert len(slack.messages(bench.fallback_channel)) == 1
    slack.faults.unarchive(slack.channel)
    bench.clock.advance(5 * MINUTE)
    await deliver(told)
    [heard, again] = slack.messages(bench.fallback_channel)
    assert "2 messages told late" in heard.text
    assert again.broadcast
    assert len(posts(slack)) == 2


async def test_a_second_refusal_is_another_one(
    bench: Bench, told: Delivering, slack: SlackWorkspace
) -> None:
    for name in ("one", "two"):
        slack.faults.archive(slack.channel)
        await fail(bench, name)
        await deliver(told)
        slack.faults.unarchive(slack.channel)
        bench.clock.advance(5 * MINUTE)
        await deliver(told)
    heard = [each for each in slack.messages(bench.fallback_channel) if not each.is_reply]
    assert len(heard) == 2


async def test_a_blockage_that_is_over_before_it_was_told_is_told_as_over(
    bench: Bench, told: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.archive(slack.channel)
    slack.faults.rate_limit("chat.postMessage", retry_after=400, channel=bench.fallback_channel)
    await fail(bench)
    await deliver(told)
    slack.faults.unarchive(slack.channel)
    bench.clock.advance(5 * MINUTE)
    await deliver(told)
    bench.clock.advance(2 * MINUTE)
    await deliver(told)
    [heard] = slack.messages(bench.fallback_channel)
    assert "get through again" in heard.text


async def test_a_refused_fallback_channel_and_a_refused_person_are_told_nowhere(
    bench: Bench, told: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.archive(bench.fallback_channel)
    slack.faults.refuse("chat.postMessage", "channel_not_found", times=None, channel="U0GONE")
    async with bench.polls.transaction() as ledger:
        await ledger.save_state(await ledger.load_state())
        for channel in (bench.fallback_channel, "U0GONE"):
            await ledger.save_notices(
                [promise(channel, Kind.START, bench.em, channel, bench.clock())]
            )
    await deliver(told)
    assert set(await bench.deliveries.load_pauses()) == {bench.fallback_channel, "U0GONE"}
    assert await bench.notices(Kind.BLOCKED) == []


async def test_a_channel_that_lets_old_messages_be_changed_only_is_not_open(
    bench: Bench, told: Delivering, slack: SlackWorkspace
) -> None:
    await fail(bench, "one")
    await deliver(told)
    refusals = {"error": "restricted_action", "times": None, "channel": slack.channel}
    slack.faults.refuse("chat.postMessage", **refusals)  # type: ignore[arg-type]  # named arguments
    await fail(bench, "two")
    for _ in range(4):
        await fail(bench, "one")
        await deliver(told)
        bench.clock.advance(5 * MINUTE)
    assert len(slack.messages(bench.fallback_channel)) == 1


async def test_after_a_refused_token_every_channel_catches_up(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    other = add_channel(slack, "other")
    slack.faults.revoke_token()
    for number in range(8):
        for channel in (slack.channel, other):
            bench.channel = channel
            name = f"Job {number} of {channel}"
            await fail(bench, name, backup_server=f"vbr{number} of {channel}")
    await deliver(bot)
    slack.faults.restore_token()
    bench.clock.advance(MINUTE)
    await deliver(bot)
    assert (len(roots(slack)), len(slack.messages(other))) == (2, 1)


async def test_a_refused_person_leaves_the_channels_alone(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    person = slack.user
    slack.faults.refuse("chat.postMessage", "channel_not_found", channel=person)
    async with bench.polls.transaction() as ledger:
        await ledger.save_state(await ledger.load_state())
        await ledger.save_notices([promise("to-ana", Kind.START, bench.em, person, bench.clock())])
    await fail(bench)
    await deliver(bot)
    assert len(posts(slack)) == 1
    bench.clock.advance(5 * MINUTE)
    await deliver(bot)
    assert len(slack.messages(slack.direct_message(person))) == 1


# A refused message is kept, and told elsewhere


async def test_a_refused_message_is_a_problem_until_slack_takes_it(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.refuse("chat.postMessage", "something_new", times=3)
    await fail(bench, "one")
    await fail(bench, "two")
    await deliver(bot)
    [problem] = describe_refused(await bench.deliveries.load_refused())
    assert problem.startswith("Slack refuses 2 messages (something_new): what they tell is kept")
    bench.clock.advance(REFUSED_AGAIN_AFTER)
    await deliver(bot)
    [problem] = describe_refused(await bench.deliveries.load_refused())
    assert problem.startswith("Slack refuses 1 message (something_new): ")
    bench.clock.advance(REFUSED_AGAIN_AFTER)
    await deliver(bot)
    assert describe_refused(await bench.deliveries.load_refused()) == []
    assert len(posts(slack)) == 2


async def test_the_fallback_channel_hears_once_of_refused_messages_and_once_when_they_are_taken(
    bench: Bench, told: Delivering, slack: SlackWorkspace
) -> None:
    refusals = {"error": "something_new", "times": None, "channel": slack.channel}
    slack.faults.refuse("chat.postMessage", **refusals)  # type: ignore[arg-type]  # named arguments
    await fail(bench, "one")
    await fail(bench, "two")
    for _ in range(3):
        await deliver(told)
        bench.clock.advance(REFUSED_AGAIN_AFTER)
    [heard] = slack.messages(bench.fallback_channel)
    assert f"for <#{slack.channel}> (something_new)" in heard.text
    slack.faults.clear()
    for _ in range(2):
        await deliver(told)
        bench.clock.advance(2 * SECOND)
    [heard, again] = slack.messages(bench.fallback_channel)
    assert again.broadcast
    assert (
        heard.text == again.text == f"✅ Slack refuses no message any more for <#{slack.channel}>"
    )


async def test_what_waits_for_another_reason_is_not_counted_as_refused(
    bench: Bench, told: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.refuse("chat.postMessage", "something_new", channel=slack.channel)
    slack.faults.rate_limit("chat.postMessage", retry_after=180, channel=slack.channel)
    await fail(bench, "one")
    await fail(bench, "two")
    await deliver(told)
    [heard] = slack.messages(bench.fallback_channel)
    assert "refuses 1 message for" in heard.text
    assert posts(slack) == []


async def test_a_refused_message_that_may_be_there_already_stays_in_doubt(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.options = replace(slack.options, history="forbidden")
    slack.faults.reset("chat.postMessage")
    await fail(bench)
    await deliver(bot)
    slack.faults.refuse("chat.postMessage", "something_new")
    bench.clock.advance(MINUTE)
    await deliver(bot)
    [notice] = await bench.notices()
    assert (notice.is_refused, notice.is_ambiguous) == (True, True)


async def test_a_message_that_is_refused_after_all_were_withdrawn_is_told_anew(
    bench: Bench, told: Delivering, slack: SlackWorkspace
) -> None:
    for name in ("one", "two"):
        slack.faults.refuse("chat.postMessage", "something_new", channel=slack.channel)
        await fail(bench, name)
        await deliver(told)
        withdrawn = [each.id for each in await bench.notices(Kind.INCIDENT)]
        async with bench.polls.transaction() as ledger:
            await ledger.close_notices(withdrawn, "told by another")
        bench.clock.advance(2 * SECOND)
    heard = [each for each in slack.messages(bench.fallback_channel) if not each.is_reply]
    assert len(heard) == 2


async def test_a_rate_limit_does_not_make_a_refused_message_forgotten(
    bench: Bench, told: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.refuse("chat.postMessage", "something_new", channel=slack.channel)
    await fail(bench)
    await deliver(told)
    slack.faults.rate_limit("chat.postMessage", retry_after=1, channel=slack.channel)
    bench.clock.advance(REFUSED_AGAIN_AFTER)
    await deliver(told)
    assert await bench.deliveries.load_refused() == {"something_new": 1}
    bench.clock.advance(2 * SECOND)
    await deliver(told)
    assert "refuses no message any more" in slack.messages(bench.fallback_channel)[-1].text


async def test_a_refused_message_and_a_refused_channel_are_told_apart(
    bench: Bench, told: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.refuse("chat.postMessage", "something_new", channel=slack.channel)
    await fail(bench, "one")
    await deliver(told)
    slack.faults.archive(slack.channel)
    await fail(bench, "two")
    await deliver(told)
    heard = [each.text for each in slack.messages(bench.fallback_channel)]
    assert ["refuses 1 message" in heard[0], "do not get through" in heard[1]] == [True, True]
    slack.faults.unarchive(slack.channel)
    bench.clock.advance(5 * MINUTE)
    await deliver(told)
    assert await bench.deliveries.load_refused() == {"something_new": 1}
    [refused, blocked, *_] = slack.messages(bench.fallback_channel)
    assert "refuses 1 message" in refused.text
    assert "get through again" in blocked.text


# Nothing lost, nothing twice


async def test_a_summary_that_cannot_be_computed_is_in_no_doubt(
    bench: Bench, messenger: SlackMessenger, slack: SlackWorkspace
) -> None:
    async def fail_to_sum_up(_summary_id: int) -> None:
        raise ZeroDivisionError

    bench.channel = slack.channel
    async with bench.polls.transaction() as ledger:
        summary = promise("summary", Kind.SUMMARY, "1", slack.channel, bench.clock())
        await ledger.save_notices([summary])
    await deliver(bench.delivering(messenger, summarize=fail_to_sum_up))
    [notice] = await bench.notices()
    assert (notice.is_maybe_seen, notice.error) == (False, "ZeroDivisionError")


async def test_a_bot_that_was_taken_out_while_a_post_was_in_doubt_finds_it_when_it_is_back(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    slack.faults.reset("chat.postMessage", after_acceptance=True)
    await fail(bench)
    await deliver(bot)
    slack.faults.remove_bot(slack.channel)
    bench.clock.advance(MINUTE)
    await deliver(bot)
    slack.faults.invite_bot(slack.channel)
    bench.clock.advance(5 * MINUTE)
    await deliver(bot)
    assert len(posts(slack)) == 1
    assert "possible duplicate" not in str(posts(slack)[0].blocks)


async def test_a_deleted_continuation_of_a_group_does_not_tell_its_members_again(
    bench: Bench, bot: Delivering, slack: SlackWorkspace
) -> None:
    for number in range(6):
        await fail(bench, f"Job {number}")
    await deliver(bot)
    bench.clock.advance(MINUTE)
    slack.faults.refuse("chat.update", "edit_window_closed")
    await fail(bench, "Job 6")
    await deliver(bot)
    bench.clock.advance(MINUTE)
    [root] = roots(slack)
    [continued] = slack.replies(root.ts, slack.channel)
    slack.faults.delete_message(continued)
    await bench.report(a_session(bench.clock(), job_uid="job Job 0", job_name="Job 0"))
    bench.clock.advance(MINUTE)
    await deliver(bot)
    assert roots(slack) == [root]


async def test_a_reply_waits_for_the_message_about_many_that_its_root_went_into(
    bench: Bench,
) -> None:
    root = promise("root", Kind.START, bench.em, "C1", bench.clock())
    leader = replace(root, id="leader", due_at=bench.clock() + timedelta(seconds=2))
    reply = replace(root, id="reply", parent_id="root")
    async with bench.polls.transaction() as ledger:
        await ledger.save_notices([replace(root, told_by="leader"), leader, reply])
    assert await bench.deliveries.load_due(bench.clock()) == []
    await bench.deliveries.record_posted("leader", PostedMessage("C1", "1.0", 1), bench.clock())
    [due] = await bench.deliveries.load_due(bench.clock())
    assert due.id == "reply"


class Unavailable(SqlDeliveringStore):
    """A database that takes nothing until `is_free`."""

    is_free = False

    def _meet(self) -> None:
        if not self.is_free:
            raise DatabaseUnavailable("Cannot write the database: it is locked.")

    async def take_back_claims(self, owner: str) -> int:
        self._meet()
        return await super().take_back_claims(owner)

    async def record_posted(self, notice_id: str, message: PostedMessage, due_at: datetime) -> None:
        self._meet()
        await super().record_posted(notice_id, message, due_at)


async def test_a_post_that_could_not_be_recorded_is_found_and_not_posted_again(
    bench: Bench, messenger: SlackMessenger, slack: SlackWorkspace
) -> None:
    bench.channel = slack.channel
    store = bench.deliveries = Unavailable(bench.database, bench.em)
    bot = bench.delivering(messenger)
    await fail(bench)
    await bot._start_channels()
    await asyncio.gather(*bot._channels.values())
    assert [each.is_ambiguous for each in await bench.notices()] == [True]
    store.is_free = True
    bench.clock.advance(SECOND)
    await deliver(bot)
    assert [each.is_posted for each in await bench.notices()] == [True]
    assert len(posts(slack)) == 1


async def test_a_bot_that_cannot_free_old_claims_tries_until_it_can(
    bench: Bench, messenger: SlackMessenger, slack: SlackWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "TICK", 0.001)
    bench.channel = slack.channel
    store = bench.deliveries = Unavailable(bench.database, bench.em)
    await fail(bench)
    running = asyncio.create_task(bench.delivering(messenger).run())
    await asyncio.sleep(0)
    store.is_free = True
    await slack.wait_for(posts)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(posts(slack)) == 1
