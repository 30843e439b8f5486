"""What became of a message, over real sockets against the emulated Slack (reference §1.8)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bot.core.notices import Notice
from bot.demo.slack import SlackWorkspace
from bot.demo.slack.limits import Limits
from bot.errors import (
    ChannelRefused,
    DeliveryAmbiguous,
    DeliveryFailed,
    DeliveryPostponed,
    MessageGone,
    MessageRefused,
    ReadBackRefused,
    TokenRefused,
    UpdateRefused,
)
from bot.slack.clients import SlackCalls, build_client
from bot.slack.messenger import SlackMessenger
from tests.slack.builders import a_notice, a_recovered_view, a_reply, an_incident_view

POST, UPDATE, HISTORY = "chat.postMessage", "chat.update", "conversations.history"


@pytest.fixture(scope="module")
def messenger(calls: SlackCalls) -> SlackMessenger:
    return SlackMessenger(calls)


@pytest.fixture
def notice(slack: SlackWorkspace) -> Notice:
    started_at = datetime.fromtimestamp(slack.workspace.now(), UTC)
    return a_notice(
        slack.channel, id=f"notice-{started_at.timestamp()}", attempt_slack_at=started_at
    )


async def test_a_posted_notice_carries_its_id_and_revision(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    posted = await messenger.send_notice(notice, an_incident_view(), "", "incident 4f")
    message = slack.messages()[-1]
    assert (posted.channel_id, posted.message_ts) == (slack.channel, message.ts)
    assert posted.revision == notice.wanted_revision
    assert message.metadata == {
        "event_type": "replica_bot",
        "event_payload": {"notice": notice.id, "revision": 3, "key": "incident 4f"},
    }


async def test_links_in_a_posted_notice_do_not_unfurl(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    await messenger.send_notice(notice, an_incident_view(), "")
    assert slack.calls[-1].args["unfurl_links"] is False
    assert slack.calls[-1].args["unfurl_media"] is False


async def test_an_update_shows_the_new_state_and_revision(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    posted = await messenger.send_notice(notice, an_incident_view(), "")
    known = replace(
        notice, wanted_revision=4, channel_id=posted.channel_id, message_ts=posted.message_ts
    )
    await messenger.send_update(known, a_recovered_view())
    message = slack.messages()[-1]
    assert "recovered" in message.text
    assert message.metadata is not None
    assert message.metadata["event_payload"]["revision"] == 4


@pytest.mark.parametrize("is_broadcast", [True, False])
async def test_a_reply_stands_in_the_thread_and_in_the_channel_only_if_it_shall(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice, is_broadcast: bool
) -> None:
    root = await messenger.send_notice(notice, an_incident_view(), "")
    reply = replace(notice, id=notice.id + "r", is_broadcast=is_broadcast)
    await messenger.send_notice(reply, a_reply(), root.message_ts)
    (said,) = slack.replies(root.message_ts)
    assert said.broadcast is is_broadcast


REFUSALS: list[tuple[str, type[DeliveryFailed]]] = [
    ("ratelimited", DeliveryPostponed),
    ("rate_limited", DeliveryPostponed),
    ("fatal_error", DeliveryAmbiguous),
    ("internal_error", DeliveryAmbiguous),
    ("channel_not_found", ChannelRefused),
    ("is_archived", ChannelRefused),
    ("not_in_channel", ChannelRefused),
    ("restricted_action", ChannelRefused),
    ("restricted_action_read_only_channel", ChannelRefused),
    ("restricted_action_thread_locked", MessageRefused),
    ("invalid_auth", TokenRefused),
    ("not_authed", TokenRefused),
    ("account_inactive", TokenRefused),
    ("token_revoked", TokenRefused),
    ("token_expired", TokenRefused),
    ("missing_scope", TokenRefused),
    ("thread_not_found", MessageGone),
    ("metadata_too_large", MessageRefused),
    ("something_new", MessageRefused),
]


@pytest.mark.parametrize(("code", "meaning"), REFUSALS)
async def test_slacks_refusal_of_a_post_says_what_to_do_next(
    slack: SlackWorkspace,
    messenger: SlackMessenger,
    notice: Notice,
    code: str,
    meaning: type[DeliveryFailed],
) -> None:
    slack.faults.refuse(POST, code)
    with pytest.raises(meaning) as refusal:
        await messenger.send_notice(notice, an_incident_view(), "")
    assert type(refusal.value) is meaning
    assert refusal.value.code == code


@pytest.mark.parametrize("code", ["cant_update_message", "edit_window_closed"])
async def test_a_message_that_cannot_be_changed_is_told_from_one_that_is_gone(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice, code: str
) -> None:
    slack.faults.refuse(UPDATE, code)
    with pytest.raises(UpdateRefused) as refusal:
        await messenger.send_update(replace(notice, message_ts="1.000001"), an_incident_view())
    assert type(refusal.value) is UpdateRefused
    with pytest.raises(MessageGone):
        await messenger.send_update(replace(notice, message_ts="1.000001"), an_incident_view())


async def test_a_rate_limit_says_how_long_to_wait(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    slack.faults.rate_limit(POST, retry_after=7)
    with pytest.raises(DeliveryPostponed) as limit:
        await messenger.send_notice(notice, an_incident_view(), "")
    assert limit.value.retry_after == 7


LOSSES: list[Callable[[SlackWorkspace], None]] = [
    lambda slack: slack.faults.close(POST, after_acceptance=True),
    lambda slack: slack.faults.reset(POST, after_acceptance=True),
    lambda slack: slack.faults.http_500(POST, after_acceptance=True),
    lambda slack: slack.faults.refuse(POST, "fatal_error", after_acceptance=True),
]


@pytest.mark.parametrize("lose", LOSSES, ids=["close", "reset", "http 500", "fatal_error"])
async def test_a_lost_answer_is_ambiguous_and_the_message_is_posted_once_and_found(
    slack: SlackWorkspace,
    messenger: SlackMessenger,
    notice: Notice,
    lose: Callable[[SlackWorkspace], None],
) -> None:
    slack.calls.clear()
    lose(slack)
    with pytest.raises(DeliveryAmbiguous):
        await messenger.send_notice(notice, an_incident_view(), "")
    assert [call.method for call in slack.calls] == [POST]
    found = await messenger.find_notice(notice, "")
    assert found is not None
    assert (found.message_ts, found.revision) == (slack.messages()[-1].ts, 3)


async def test_a_request_that_is_never_answered_is_ambiguous(
    slack: SlackWorkspace, notice: Notice
) -> None:
    hasty = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.2))
    async with hasty as session:
        impatient = SlackMessenger(
            SlackCalls(build_client(slack.bot_token, session, slack.api_url))
        )
        slack.faults.time_out(POST)
        with pytest.raises(DeliveryAmbiguous):
            await impatient.send_notice(notice, an_incident_view(), "")
    slack.faults.clear()


async def test_where_nobody_listens_nothing_was_sent(
    session: aiohttp.ClientSession, notice: Notice, unused_tcp_port: int
) -> None:
    nowhere = f"http://127.0.0.1:{unused_tcp_port}/api/"
    lost = SlackMessenger(SlackCalls(build_client("xoxb-1", session, nowhere)))
    with pytest.raises(DeliveryPostponed):
        await lost.send_notice(notice, an_incident_view(), "")


async def test_refused_block_types_are_sent_again_plainly(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    before = slack.options
    slack.options = replace(before, refused_block_types=frozenset({"rich_text"}))
    await messenger.send_notice(notice, an_incident_view(), "")
    slack.options = before
    assert {block["type"] for block in slack.messages()[-1].blocks} == {"section", "actions"}


async def test_a_message_refused_in_its_plain_form_too_is_refused_for_good(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    slack.faults.refuse(POST, "invalid_blocks", times=2)
    with pytest.raises(MessageRefused):
        await messenger.send_notice(notice, an_incident_view(), "")


async def test_a_reply_whose_root_was_deleted_finds_its_thread_gone(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    assert await messenger.find_notice(notice, "1.000001") is None
    with pytest.raises(MessageGone):
        await messenger.send_notice(notice, a_reply(), "1.000001")


async def test_a_reply_is_found_in_its_thread(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    root = await messenger.send_notice(notice, an_incident_view(), "")
    reply = replace(notice, id=notice.id + "r")
    assert await messenger.find_notice(reply, root.message_ts) is None
    sent = await messenger.send_notice(reply, a_reply(), root.message_ts)
    found = await messenger.find_notice(reply, root.message_ts)
    assert found is not None
    assert found.message_ts == sent.message_ts


async def test_a_search_follows_the_cursor_to_its_end(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    sent = await messenger.send_notice(notice, an_incident_view(), "")
    for number in range(201):
        slack.say(f"line {number}")
    found = await messenger.find_notice(notice, "")
    assert found is not None
    assert found.message_ts == sent.message_ts


async def test_a_search_that_is_limited_reads_on_and_then_what_came_meanwhile(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    full = slack.options
    for number in range(16):
        slack.say(f"line {number}")
    slack.options = replace(full, history="limited")
    slack.api.limits = Limits()
    with pytest.raises(DeliveryPostponed, match="ratelimited"):
        await messenger.find_notice(notice, "")
    slack.options = full
    sent = await messenger.send_notice(notice, an_incident_view(), "")
    with pytest.raises(DeliveryPostponed, match="more may have come"):
        await messenger.find_notice(notice, "")
    found = await messenger.find_notice(notice, "")
    assert found is not None
    assert found.message_ts == sent.message_ts
    assert await messenger.find_notice(replace(notice, id="another"), "") is None


async def test_a_search_begins_a_minute_before_the_attempt(
    messenger: SlackMessenger, notice: Notice
) -> None:
    await messenger.send_notice(notice, an_incident_view(), "")
    assert notice.attempt_slack_at is not None
    later = replace(notice, attempt_slack_at=notice.attempt_slack_at + timedelta(minutes=2))
    assert await messenger.find_notice(notice, "") is not None
    assert await messenger.find_notice(later, "") is None


async def test_the_metadata_of_another_app_is_not_believed(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    await messenger.send_notice(notice, an_incident_view(), "")
    message = slack.messages()[-1]
    slack.workspace.store(replace(message, bot_id="B0OTHER"))
    assert await messenger.find_notice(notice, "") is None


@pytest.mark.parametrize("code", ["missing_scope", "not_in_channel", "channel_not_found"])
async def test_a_history_that_may_not_be_read_leaves_the_question_open(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice, code: str
) -> None:
    slack.faults.refuse(HISTORY, code)
    with pytest.raises(ReadBackRefused):
        await messenger.find_notice(notice, "")


@pytest.mark.parametrize("code", ["fatal_error", "ratelimited", "something_new"])
async def test_a_history_that_cannot_be_read_now_is_read_later(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice, code: str
) -> None:
    slack.faults.refuse(HISTORY, code)
    with pytest.raises(DeliveryPostponed):
        await messenger.find_notice(notice, "")


async def test_slacks_clock_is_read_from_its_answers(
    slack: SlackWorkspace, session: aiohttp.ClientSession, notice: Notice
) -> None:
    fresh = SlackMessenger(SlackCalls(build_client(slack.bot_token, session, slack.api_url)))
    now = datetime.now(UTC)
    assert fresh.slack_time(now) == now
    before = slack.options
    slack.options = replace(before, clock_skew=timedelta(hours=3))
    await fresh.send_notice(notice, an_incident_view(), "")
    slack.options = before
    assert timedelta(hours=2) < fresh.slack_time(now) - now < timedelta(hours=4)


async def test_where_slack_names_no_bot_id_our_user_id_marks_our_messages(
    slack: SlackWorkspace, session: aiohttp.ClientSession, notice: Notice
) -> None:
    calls = SlackCalls(build_client(slack.bot_token, session, slack.api_url))
    calls._identity = replace(await calls.identify(), bot_id="")
    messenger = SlackMessenger(calls)
    await messenger.send_notice(notice, an_incident_view(), "")
    assert await messenger.find_notice(notice, "") is not None
    calls._identity = replace(await calls.identify(), user_id="U0OTHER")
    assert await messenger.find_notice(notice, "") is None


def test_absence_counts_after_the_request_timeout(messenger: SlackMessenger) -> None:
    assert messenger.request_timeout == timedelta(seconds=10)


async def test_our_own_messages_are_listed_with_what_they_are_about(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    slack.say("before")
    root = await messenger.send_notice(notice, an_incident_view(), "", "incident 4f")
    reply = replace(notice, id=notice.id + "r", is_broadcast=True, wanted_revision=1)
    said = await messenger.send_notice(reply, a_reply(), root.message_ts, "reply 5e")
    page = await messenger.list_own(slack.channel)
    ours = {each.notice_id: each for each in page.messages}
    own, told = ours[notice.id], ours[reply.id]
    assert (told.message_ts, told.thread_ts) == (said.message_ts, root.message_ts)
    assert (own.message_ts, own.thread_ts) == (root.message_ts, "")
    assert (own.revision, own.key, own.has_replies) == (3, "incident 4f", True)


async def test_a_thread_is_listed_with_its_root_and_what_came_since(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    root = await messenger.send_notice(notice, an_incident_view(), "")
    first, second = (replace(notice, id=f"{notice.id}{number}") for number in range(2))
    known = await messenger.send_notice(first, a_reply(), root.message_ts)
    await messenger.send_notice(second, a_reply(), root.message_ts)
    page = await messenger.list_own(
        slack.channel, thread_ts=root.message_ts, since=known.message_ts
    )
    assert [each.notice_id for each in page.messages] == [notice.id, second.id]
    assert (await messenger.list_own(slack.channel, thread_ts="1.000001")).messages == ()


async def test_a_listing_goes_on_at_its_cursor(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    await messenger.send_notice(notice, an_incident_view(), "")
    for number in range(201):
        slack.say(f"line {number}")
    first = await messenger.list_own(slack.channel)
    assert notice.id not in [each.notice_id for each in first.messages]
    second = await messenger.list_own(slack.channel, cursor=first.cursor)
    assert notice.id in [each.notice_id for each in second.messages]


async def test_a_history_that_may_not_be_listed_says_so(
    slack: SlackWorkspace, messenger: SlackMessenger
) -> None:
    slack.faults.refuse(HISTORY, "missing_scope")
    with pytest.raises(ReadBackRefused):
        await messenger.list_own(slack.channel)


async def test_a_reply_goes_where_its_root_stands(
    slack: SlackWorkspace, messenger: SlackMessenger, notice: Notice
) -> None:
    direct = replace(notice, channel=slack.user)
    root = await messenger.send_notice(direct, an_incident_view(), "")
    assert root.channel_id == slack.direct_message()
    reply = replace(direct, id=notice.id + "r", channel_id=root.channel_id)
    await messenger.send_notice(reply, a_reply(), root.message_ts)
    assert slack.calls[-1].args["channel"] == root.channel_id
