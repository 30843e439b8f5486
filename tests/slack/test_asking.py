"""Commands and buttons from the keyboard to the answer, through a real socket."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from bot.core.answers import Candidates, SessionAnswer, Unknown
from bot.core.lists import ListKind
from bot.demo.slack import Message, SlackWorkspace
from bot.errors import DatabaseUnusable, EnterpriseManagerUnreachable, NotAllowed, NotFound
from bot.slack.answers import plain_document
from bot.slack.clients import SlackCalls
from bot.slack.messenger import SlackMessenger
from bot.slack.responding import Asker, Responding, Response
from bot.slack.sockets import SocketConnection
from bot.store.live_answers import SqlLiveStore
from tests.slack.builders import (
    GUID,
    NOW,
    a_list,
    a_notice,
    a_running_session,
    a_session,
    a_task,
    an_answer,
    an_incident_view,
)
from tests.slack.fakes import FakeAsking, FakeListing

ENDS = ["close", "is_archived", "close", "is_archived"]

pytestmark = pytest.mark.usefixtures("connected")


async def ask(slack: SlackWorkspace, line: str) -> Message:
    """Type a command and take the answer, wherever it comes from."""
    before = len(slack.ephemerals())
    result = await slack.command(line)
    assert result.acked, slack.describe()
    assert result.error is None, result.error
    return (await slack.wait_for(lambda now: now.ephemerals()[before:]))[-1]


def after(slack: SlackWorkspace, message: Message) -> str:
    """What the person was shown after this message."""
    last = slack.ephemerals()[-1]
    return "" if last.ts == message.ts else last.text


def edited(slack: SlackWorkspace, message: Message) -> str:
    """The text of the message as it is now, once it was replaced."""
    current = slack.workspace.find(message.channel, message.ts)
    return current.text if current is not None and current.edits else ""


def is_longer(slack: SlackWorkspace, than: int) -> bool:
    """Whether the person was shown more than so many answers."""
    return len(slack.ephemerals()) > than


async def share(slack: SlackWorkspace, message: Message) -> Message:
    before = len(slack.messages())
    await slack.press(message, text="Share")
    return (await slack.wait_for(lambda now: now.messages()[before:]))[-1]


async def test_a_session_is_answered_in_the_acknowledgement_itself(slack: SlackWorkspace) -> None:
    slack.calls.clear()
    result = await slack.command(f"/replica {GUID}")
    assert result.ack_payload is not None
    assert "SQL Replica failed" in result.ack_payload["text"]
    assert slack.calls == []


async def test_a_slow_answer_follows_an_interim_line_that_names_what_is_asked(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    asking.free = asyncio.Event()
    interim = await ask(slack, f"/replica {GUID}")
    assert GUID in interim.text
    assert "the answer follows here" in interim.text
    asking.free.set()
    answer = await slack.wait_for(lambda now: after(now, interim))
    assert "SQL Replica failed" in answer


async def test_those_who_ask_the_same_meanwhile_share_one_look_up(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    asking.free = asyncio.Event()
    asking.asked.clear()
    before = len(slack.ephemerals())
    await asyncio.gather(*(slack.command(f"/replica {GUID}") for _ in range(3)))
    asking.free.set()
    told = await slack.wait_for(lambda now: now.ephemerals()[before + 5 :] and now.ephemerals())
    assert sum("SQL Replica failed" in each.text for each in told[before:]) == 3
    assert len(asking.asked) == 1


async def test_an_answer_whose_response_url_is_refused_comes_as_an_ephemeral_post(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    asking.free = asyncio.Event()
    await ask(slack, "/replica SQL Replica")
    slack.calls.clear()
    slack.faults.refuse("response_url", "expired_url")
    asking.free.set()
    await slack.wait_for(lambda now: [c for c in now.calls if c.method == "chat.postEphemeral"])
    assert "SQL Replica failed" in slack.ephemerals()[-1].text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/replica", "7 of 412 jobs failing now"),
        ("/replica help", "Replica Bot"),
        ("/replica FAILED", "Failing now"),
        ("/replica running", "Running now"),
        ("/replica jobs", "1 job, the most urgent first"),
        ("/replica job SQL Replica", "SQL Replica failed"),
        ("/replica job", "Which job?"),
        ("/replica #17", "SQL Replica failed"),
        ("/replica help mute", "/replica mute &lt;what&gt; [for]"),
        ("/replica mute help", "/replica mute &lt;what&gt; [for]"),
        ("/replica help mite", "There is no command “mite”"),
        ("/replica help nonsense", "Replica Bot"),
        ("/replica summary", "Replication, Thu 20 Nov"),
        ("/replica status", "The bot is well"),
        ("/replica tasks SQL Replica", "1 VM of"),
        ("/replica tasks", "Which session"),
    ],
)
async def test_every_subcommand_answers(slack: SlackWorkspace, line: str, words: str) -> None:
    assert words in (await ask(slack, line)).text


async def test_the_command_may_be_installed_under_another_name(slack: SlackWorkspace) -> None:
    before = slack.options
    slack.options = replace(before, commands=frozenset({"/replica-test"}))
    assert "Replica Bot" in (await ask(slack, "/replica-test help")).text
    slack.options = before


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            EnterpriseManagerUnreachable("read session x", "refused", "Check VEEAM_URL."),
            "I could not",
        ),
        (NotAllowed("read session x", "Access denied", "Give it Portal User."), "may not"),
        (NotFound("read session x", "No such entity", "Look at its job."), "has no such thing"),
        (RuntimeError("nobody expected this"), "Something in me broke"),
    ],
)
async def test_what_goes_wrong_is_answered_with_words(
    slack: SlackWorkspace, asking: FakeAsking, error: Exception, words: str
) -> None:
    asking.found = error
    assert words in (await ask(slack, f"/replica {GUID}")).text


async def test_an_unknown_name_comes_with_the_nearest_and_the_likely_verb(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    asking.found = Unknown("faild", "No job or session has this name.", ("File Replica",))
    answer = await ask(slack, "/replica faild")
    assert "/replica failed" in str(answer.blocks)
    asking.found = an_answer()
    await slack.press(answer, text="File Replica")
    await slack.wait_for(lambda _: asking.asked[-1] == "File Replica")


async def test_an_ambiguous_name_gives_a_list_to_pick_from(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    sessions = tuple(a_session(uid=f"urn:{n}", job_name=f"Replica {n}") for n in range(12))
    asking.found = Candidates("replica", sessions)
    answer = await ask(slack, "/replica replica")
    assert "… and 2 more" in str(answer.blocks)
    asking.found = an_answer()
    await slack.press(answer, text="Show")
    picked = await slack.wait_for(lambda now: edited(now, answer))
    assert asking.asked[-1] == "urn:0"
    assert "SQL Replica failed" in picked


async def test_share_shows_the_answer_to_all_and_says_who_shared_it(slack: SlackWorkspace) -> None:
    answer = await ask(slack, f"/replica {GUID}")
    shared = await share(slack, answer)
    assert "SQL Replica failed" in shared.text
    assert {"type": "user", "user_id": slack.user} in shared.blocks[-2]["elements"][0]["elements"]


async def test_share_posts_where_the_response_url_is_refused(slack: SlackWorkspace) -> None:
    answer = await ask(slack, f"/replica {GUID}")
    slack.faults.refuse("response_url", "expired_url")
    assert "SQL Replica failed" in (await share(slack, answer)).text


async def test_share_that_cannot_reach_the_channel_says_so(slack: SlackWorkspace) -> None:
    answer = await ask(slack, f"/replica {GUID}")
    slack.faults.refuse("response_url", "expired_url")
    slack.faults.refuse("chat.postMessage", "not_in_channel")
    before = len(slack.ephemerals())
    await slack.press(answer, text="Share")
    (told,) = await slack.wait_for(lambda now: now.ephemerals()[before:])
    assert "not_in_channel" in told.text


async def test_sharing_a_running_session_posts_a_message_that_is_followed(
    slack: SlackWorkspace, asking: FakeAsking, live: SqlLiveStore
) -> None:
    asking.found = SessionAnswer(a_running_session(), (a_task(result="None"),))
    shared = await share(slack, await ask(slack, f"/replica {GUID}"))
    assert "0 of 1 VMs done" in str(shared.blocks)
    async with asyncio.timeout(10):
        while not (due := await live.load_due(NOW)):  # noqa: ASYNC110 - a database rings no bell
            await asyncio.sleep(0)
    [followed] = due
    assert (followed.channel, followed.message_ts) == (slack.channel, shared.ts)
    assert followed.shared_by == slack.user


async def test_a_share_that_slack_does_not_confirm_is_not_posted_twice(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    asking.found = SessionAnswer(a_running_session(), ())
    answer = await ask(slack, f"/replica {GUID}")
    slack.faults.reset("chat.postMessage", after_acceptance=True)
    before, posted = len(slack.ephemerals()), len(slack.messages())
    await slack.press(answer, text="Share")
    (told,) = await slack.wait_for(lambda now: now.ephemerals()[before:])
    assert "did not say whether" in told.text
    assert len(slack.messages()) == posted + 1


async def test_refresh_asks_again_and_replaces_the_answer(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    asking.found = SessionAnswer(a_running_session(), ())
    answer = await ask(slack, f"/replica {GUID}")
    asking.found = an_answer()
    await slack.press(answer, text="Refresh")
    assert "failed" in (await slack.wait_for(lambda now: edited(now, answer)))


async def test_all_vms_lists_those_that_went_well_too(
    slack: SlackWorkspace, listing: FakeListing
) -> None:
    listing.found = a_list(a_task(), a_task(vm="sql02", result="Success"), kind=ListKind.TASKS)
    answer = await ask(slack, f"/replica {GUID}")
    before = len(slack.ephemerals())
    await slack.press(answer, text="All VMs")
    (listed,) = await slack.wait_for(lambda now: now.ephemerals()[before:])
    assert "sql02" in str(listed.blocks)


async def test_a_button_of_an_older_version_is_answered(slack: SlackWorkspace) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Old"}, "action_id": "old"}
    block = {"type": "actions", "block_id": "b", "elements": [button]}
    message = slack.say("an old message")
    before = len(slack.ephemerals())
    result = await slack.interactions.press(message, button, block, slack.user)
    assert result.acked
    (told,) = await slack.wait_for(lambda now: now.ephemerals()[before:])
    assert "older version" in told.text


async def test_a_person_is_answered_even_with_a_revoked_token(slack: SlackWorkspace) -> None:
    slack.workspace.token_error = "token_revoked"
    answer = await ask(slack, "/replica status")
    slack.workspace.token_error = None
    assert "The bot is well" in answer.text


async def test_a_slow_button_says_that_it_is_working(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    answer = await ask(slack, f"/replica {GUID}")
    asking.free = asyncio.Event()
    before = len(slack.ephemerals())
    await slack.press(answer, text="Share")
    (interim,) = await slack.wait_for(lambda now: now.ephemerals()[before:])
    assert "the answer follows here" in interim.text
    shared = len(slack.messages())
    asking.free.set()
    assert await slack.wait_for(lambda now: now.messages()[shared:])


async def test_what_is_gone_meanwhile_is_answered_by_every_button(
    slack: SlackWorkspace, asking: FakeAsking, listing: FakeListing
) -> None:
    answer = await ask(slack, f"/replica {GUID}")
    asking.found = listing.found = Unknown(GUID, "EM has no such session any more.")
    for button in ("Share", "Refresh", "All VMs"):
        before = len(slack.ephemerals())
        await slack.press(answer, text=button)
        await slack.wait_for(partial(is_longer, than=before))
        assert "no such session any more" in slack.ephemerals()[-1].text


async def test_a_link_to_em_is_acknowledged(slack: SlackWorkspace, asking: FakeAsking) -> None:
    asking.found = an_answer(ui_url="https://em.example.com/")
    answer = await ask(slack, f"/replica {GUID}")
    assert (await slack.press(answer, text="Open in EM")).acked


async def test_an_event_that_nobody_wants_is_acknowledged(slack: SlackWorkspace) -> None:
    opened = {"type": "app_home_opened", "user": slack.user, "tab": "home"}
    assert await slack.event(opened) is not None


async def test_where_a_block_type_is_refused_the_answer_comes_plainly(
    slack: SlackWorkspace,
) -> None:
    answer = await ask(slack, f"/replica {GUID}")
    options = slack.options
    slack.options = replace(options, refused_block_types=frozenset({"rich_text"}))
    shared = await share(slack, answer)
    slack.faults.refuse("response_url", "expired_url")
    posted = await share(slack, answer)
    slack.options = options
    for message in (shared, posted):
        assert {block["type"] for block in message.blocks} == {"section", "actions"}


async def test_an_answer_that_no_way_leads_to_is_given_up(slack: SlackWorkspace) -> None:
    answer = await ask(slack, f"/replica {GUID}")
    slack.calls.clear()
    slack.faults.close("response_url", times=2)
    slack.faults.refuse("chat.postMessage", "is_archived")
    slack.faults.refuse("chat.postEphemeral", "is_archived")
    await slack.press(answer, text="Share")
    await slack.wait_for(lambda now: [call.outcome for call in now.calls] == ENDS)
    assert "Replica Bot" in (await ask(slack, "/replica help")).text


async def test_answers_under_way_do_not_keep_the_program_from_ending(
    slack: SlackWorkspace, asking: FakeAsking, connected: SocketConnection
) -> None:
    asking.free = asyncio.Event()
    assert "follows" in (await ask(slack, f"/replica {GUID}")).text
    assert connected.is_connected


async def test_the_button_of_an_alert_shows_its_session_to_the_one_who_pressed(
    slack: SlackWorkspace, calls: SlackCalls, asking: FakeAsking
) -> None:
    await SlackMessenger(calls).send_notice(a_notice(slack.channel), an_incident_view(), "")
    before = len(slack.ephemerals())
    await slack.press(slack.messages()[-1], text="Details", user=slack.other_user)
    (shown,) = await slack.wait_for(lambda now: now.ephemerals()[before:])
    assert shown.ephemeral_to == slack.other_user
    assert asking.asked == [an_incident_view().latest.uid]


async def test_a_database_that_is_unusable_is_said(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    asking.found = DatabaseUnusable("The disk is full: make room.")
    assert "The disk is full" in (await ask(slack, f"/replica {GUID}")).text


async def test_tasks_of_something_unknown_are_answered(
    slack: SlackWorkspace, listing: FakeListing
) -> None:
    listing.found = Unknown("nothing", "No session has this name.")
    assert "No session has this name" in (await ask(slack, "/replica tasks nothing")).text


async def test_a_shared_answer_is_refreshed_in_its_place(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    asking.found = SessionAnswer(a_running_session(), ())
    shared = await share(slack, await ask(slack, f"/replica {GUID}"))
    asking.found = an_answer()
    await slack.press(shared, text="Refresh", user=slack.other_user)
    assert "failed" in await slack.wait_for(lambda now: edited(now, shared))
    assert slack.other_user in str(slack.messages()[-1].blocks)


async def test_a_question_without_a_response_url_is_answered_all_the_same(
    slack: SlackWorkspace, calls: SlackCalls
) -> None:
    assert calls.client.session is not None
    responding = Responding(calls, calls.client.session)
    asker = Asker(slack.user, slack.channel, "")
    await responding.respond(asker, Response(plain_document("Here it is.")))
    assert slack.ephemerals()[-1].text == "Here it is."
