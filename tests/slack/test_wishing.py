"""Acknowledge, mute, subscribe and watch, from the keyboard and the buttons to the database."""

from dataclasses import replace

import pytest

from bot.core.answers import Candidates, Unknown
from bot.core.audiences import Subscription
from bot.core.incidents import Incident
from bot.core.notices import Kind
from bot.demo.slack import Message, SlackWorkspace
from bot.services.handling import Handling
from bot.slack.action_ids import PICK_MEMBER
from bot.slack.blocks import render_notice
from bot.slack.clients import SlackCalls
from bot.slack.documents import Buttons, Document, Menu
from bot.slack.layout import render
from bot.store.views import Views
from tests.builders import HOUR, NOW, a_running_session, a_session
from tests.services.bench import Bench
from tests.services.wishing import an_open_incident, post_all
from tests.slack.builders import an_answer
from tests.slack.fakes import FakeAsking

pytestmark = pytest.mark.usefixtures("connected")


async def ask(
    slack: SlackWorkspace, line: str, channel: str | None = None, user: str | None = None
) -> Message:
    """Type a command and take the answer that follows it, whoever sees it."""
    before = seen(slack, channel)
    result = await slack.command(line, channel=channel, user=user)
    assert result.acked, slack.describe()
    assert result.error is None, result.error
    return await answer(slack, before, channel)


def seen(slack: SlackWorkspace, channel: str | None = None) -> set[str]:
    return {each.ts for each in (*slack.ephemerals(), *slack.messages(channel))}


async def answer(slack: SlackWorkspace, before: set[str], channel: str | None = None) -> Message:
    def find(now: SlackWorkspace) -> Message | None:
        everything = (*now.ephemerals(), *now.messages(channel))
        return next((m for m in everything if m.ts not in before and "⏳" not in m.text), None)

    found = await slack.wait_for(find)
    assert found is not None
    return found


async def press(slack: SlackWorkspace, message: Message, text: str) -> Message:
    before = seen(slack, message.channel)
    result = await slack.press(message, text=text)
    assert result.acked
    return await answer(slack, before, message.channel)


async def alert(slack: SlackWorkspace, calls: SlackCalls, bench: Bench, kind: Kind) -> Message:
    """Post the alert that is promised, as it is now."""
    [notice] = await bench.notices(kind)
    async with bench.database.read() as connection:
        view = await Views(connection, bench.em).load(notice)
    arguments = render_notice(view).as_arguments()
    posted = await calls.call("chat.postMessage", channel=slack.channel, **arguments)
    message = slack.workspace.find(slack.channel, posted["ts"])
    assert message is not None
    return message


async def kept(bench: Bench) -> Incident:
    return (await bench.incidents())[-1]


async def known_jobs(bench: Bench) -> None:
    names = ("SQL Replica", "Web")
    await bench.report(
        *(a_session(NOW - HOUR, job_uid=f"urn:{n}", job_name=n, result="Success") for n in names)
    )


# Acknowledging


async def test_one_tap_acknowledges_and_a_form_takes_the_note(
    slack: SlackWorkspace, calls: SlackCalls, bench: Bench
) -> None:
    await an_open_incident(bench)
    told = await press(slack, await alert(slack, calls, bench, Kind.INCIDENT), "Acknowledge")
    assert told.ephemeral_to == slack.user
    assert "You look after #1 SQL Replica" in told.text
    assert (await kept(bench)).acknowledged_by == slack.user
    await slack.press(told, text="Add a note")
    form = await slack.wait_for(lambda now: now.modal())
    assert form is not None
    before = seen(slack)
    result = await slack.submit(form.view["id"], {"note": "storage is called"})
    assert result.acked
    assert not result.is_open
    assert "Your note stands" in (await answer(slack, before)).text
    assert (await kept(bench)).acknowledged_note == "storage is called"


async def test_the_form_shows_the_note_that_stands_already(
    slack: SlackWorkspace, bench: Bench
) -> None:
    await an_open_incident(bench)
    await ask(slack, "/replica ack #1 storage is called")
    told = await ask(slack, "/replica ack #1")
    await slack.press(told, text="Add a note")
    form = await slack.wait_for(lambda now: now.modal())
    assert form is not None
    assert "storage is called" in str(form.view["blocks"])
    before = seen(slack)
    await slack.submit(form.view["id"], {"note": ""})
    assert "changed nothing" in (await answer(slack, before)).text


async def test_a_form_that_slack_does_not_open_leaves_a_way(
    slack: SlackWorkspace, bench: Bench
) -> None:
    await an_open_incident(bench)
    told = await ask(slack, "/replica ack #1")
    slack.faults.refuse("views.open", "expired_trigger_id")
    apology = await press(slack, told, "Add a note")
    assert "expired_trigger_id" in apology.text
    assert "/replica ack #1 your note" in apology.text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/replica ack #1 storage is called", "You look after #1"),
        ("/replica ack 99", "no incident #99"),
        ("/replica ack SQL Replica", "You look after #1"),
        ("/replica ack “sql replica” storage is called", "You look after #1"),
        ("/replica ack SQL Replika", "The nearest: SQL Replica"),
        ("/replica ack everything", "Which incident?"),
        ("/replica unack SQL Replica", "Nobody had acknowledged"),
        ("/replica close sql replica", "is closed"),
        ("/replica ack", "Which incident?"),
        ("/replica unack #1", "Nobody had acknowledged"),
        ("/replica unack", "Which incident?"),
        ("/replica close #1", "is closed"),
        ("/replica close", "Which incident?"),
    ],
)
async def test_incidents_are_handled_by_their_numbers(
    slack: SlackWorkspace, bench: Bench, line: str, words: str
) -> None:
    await an_open_incident(bench)
    assert words in (await ask(slack, line)).text


async def test_words_after_the_name_of_a_job_are_the_note(
    slack: SlackWorkspace, bench: Bench
) -> None:
    await an_open_incident(bench)
    await ask(slack, "/replica ack SQL Replica the storage team is on it")
    told = await ask(slack, "/replica ack SQL Replica", user=slack.other_user)
    assert "the storage team is on it" in told.text
    await ask(slack, "/replica close #1")
    told = await ask(slack, "/replica ack SQL Replica")
    assert "SQL Replica has no open incident" in told.text.replace("*", "")


async def test_another_person_hears_who_was_first(slack: SlackWorkspace, bench: Bench) -> None:
    await an_open_incident(bench)
    await ask(slack, "/replica ack #1 mine")
    told = await ask(slack, "/replica ack #1", user=slack.other_user)
    assert f"<@{slack.user}> acknowledged" in told.text
    assert "mine" in told.text


async def test_a_group_is_acknowledged_at_once_and_its_members_are_reached(
    slack: SlackWorkspace, calls: SlackCalls, bench: Bench
) -> None:
    sessions = [a_session(NOW, job_uid=f"urn:{n}", job_name=f"Job {n}") for n in range(6)]
    await bench.report(*sessions)
    group = await alert(slack, calls, bench, Kind.GROUP)
    before = seen(slack)
    await slack.select(group.ts, "group_member", text="🔴 Job 3")
    member = await answer(slack, before)
    assert member.ephemeral_to == slack.user
    assert "Job 3 failed" in member.text
    assert "You look after" in (await press(slack, member, "Acknowledge")).text
    told = await press(slack, group, "Acknowledge all")
    assert "You acknowledged 5 incidents. 1 was acknowledged before." in told.text


# Muting


async def test_a_mute_is_shown_to_the_channel(slack: SlackWorkspace, bench: Bench) -> None:
    await known_jobs(bench)
    told = await ask(slack, "/replica mute SQL Replica 1h")
    assert told.ephemeral_to is None
    assert "SQL Replica is muted until" in told.text.replace("*", "")
    ended = await press(slack, told, "Unmute")
    assert ended.ephemeral_to == slack.user  # the announcement of its end tells the others
    assert "no longer muted" in ended.text


async def test_a_mute_without_an_end_gets_one_and_offers_others(
    slack: SlackWorkspace, bench: Bench, handling: Handling
) -> None:
    await known_jobs(bench)
    told = await ask(slack, "/replica mute SQL Replica")
    assert "No end was given" in str(told.blocks)
    changed = await press(slack, told, "until its next success")
    assert "is muted now until its next success" in changed.text.replace("*", "")
    [only] = await handling.muting.list_mutes()
    assert only.mute.ends_with_success


async def test_the_menu_of_an_alert_mutes(
    slack: SlackWorkspace, calls: SlackCalls, bench: Bench, handling: Handling
) -> None:
    await an_open_incident(bench)
    message = await alert(slack, calls, bench, Kind.INCIDENT)
    before = seen(slack)
    await slack.select(message.ts, "incident_mute", text="vbr01: 4 hours")
    assert "backup server vbr01 is muted" in (await answer(slack, before)).text.replace("*", "")
    [only] = await handling.muting.list_mutes()
    assert only.mute.ends_at == NOW + 4 * HOUR


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/replica mute", "Mute what"),
        ("/replica mute SQL Replika 4h", "The nearest: SQL Replica"),
        ("/replica mute SQL Replica for ever", "I do not understand"),
        ("/replica mute SQL Replica forever", "I do not understand “forever” as a time"),
        ("/replica mute SQL* 4h", "is a pattern, and this takes one thing"),
        ("/replica unmute", "Unmute what"),
        ("/replica unmute Web", "is not muted"),
        ("/replica unmute Wep", "I know no job"),
        ("/replica mutes", "Nothing is muted"),
    ],
)
async def test_what_mutes_nothing_is_said_to_the_one_who_asked(
    slack: SlackWorkspace, bench: Bench, line: str, words: str
) -> None:
    await known_jobs(bench)
    told = await ask(slack, line)
    assert words in told.text
    assert told.ephemeral_to == slack.user


async def test_mutes_are_listed_and_ended_from_the_list(
    slack: SlackWorkspace, bench: Bench, handling: Handling
) -> None:
    await known_jobs(bench)
    await ask(slack, "/replica mute all 1h")
    listed = await ask(slack, "/replica mutes")
    assert "1 mute in force: everything" in listed.text
    await press(slack, listed, "Unmute")
    assert await handling.muting.list_mutes() == []


# Subscribing


async def subscriptions(bench: Bench) -> list[Subscription]:
    async with bench.polls.transaction() as ledger:
        return await ledger.load_subscriptions()


async def test_a_channel_subscribes_where_all_can_see_it(
    slack: SlackWorkspace, bench: Bench
) -> None:
    await known_jobs(bench)
    other = slack.add_channel("sql-team")
    told = await ask(slack, "/replica subscribe “SQL Replica” failed", channel=other)
    assert told.ephemeral_to is None
    assert "From now on I tell this channel of every Failed of SQL Replica" in told.text.replace(
        "*", ""
    )
    [only] = await subscriptions(bench)
    assert (only.channel, only.patterns) == (other, ("SQL Replica",))
    again = await ask(slack, "/replica subscribe SQL Replica failed", channel=other)
    assert again.ephemeral_to == slack.user
    ended = await ask(slack, "/replica unsubscribe SQL Replica", channel=other)
    assert "no longer tell this channel" in ended.text
    assert await subscriptions(bench) == []


async def test_a_person_subscribes_in_a_direct_message(slack: SlackWorkspace, bench: Bench) -> None:
    await known_jobs(bench)
    direct = slack.direct_message()
    told = await ask(slack, "/replica subscribe Web*", channel=direct)
    assert "you by direct message" in told.text
    [only] = await subscriptions(bench)
    assert only.channel == slack.user
    listed = await ask(slack, "/replica subscriptions", channel=direct)
    assert "1 subscription for you" in listed.text
    await press(slack, listed, "Unsubscribe")
    assert await subscriptions(bench) == []
    gone = await press(slack, listed, "Unsubscribe")
    assert "has ended already" in gone.text


async def test_a_channel_without_the_bot_is_asked_to_invite_it(
    slack: SlackWorkspace, bench: Bench
) -> None:
    for channel in (slack.other_channel, slack.add_channel("hidden", member=False, private=True)):
        told = await ask(slack, "/replica subscribe", channel=channel)
        assert "/invite @replica-bot" in told.text
    assert await subscriptions(bench) == []


async def test_where_slack_does_not_say_it_is_subscribed_with_a_word_of_caution(
    slack: SlackWorkspace, bench: Bench
) -> None:
    await known_jobs(bench)
    other = slack.add_channel("web-team")
    slack.faults.refuse("conversations.info", "missing_scope")
    told = await ask(slack, "/replica subscribe Web", channel=other)
    assert "Slack does not tell me whether I am in this channel" in str(told.blocks)
    assert len(await subscriptions(bench)) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/replica subscribe SQL*", "told here already"),
        ("/replica subscribe Wep", "so I subscribed nothing"),
        ("/replica unsubscribe", "Nothing is subscribed"),
        ("/replica unsubscribe SQL*", "/replica subscriptions lists"),
        ("/replica subscriptions", "Nothing is subscribed"),
    ],
)
async def test_what_subscribes_nothing_is_said_to_the_one_who_asked(
    slack: SlackWorkspace, bench: Bench, line: str, words: str
) -> None:
    await known_jobs(bench)
    told = await ask(slack, line)
    assert words in told.text
    assert told.ephemeral_to == slack.user


# Watching


async def test_a_running_session_is_watched_and_given_up(
    slack: SlackWorkspace, asking: FakeAsking, bench: Bench
) -> None:
    session = a_running_session()
    await bench.report(session)
    asking.found = replace(an_answer(), session=session)
    told = await ask(slack, "/replica watch SQL Replica")
    assert "I tell you by direct message when SQL Replica ends" in told.text.replace("*", "")
    listed = await ask(slack, "/replica watches")
    assert "You wait for 1 session" in listed.text
    assert "no longer wait" in (await press(slack, listed, "Unwatch")).text
    assert "do not wait for that" in (await press(slack, listed, "Unwatch")).text
    await ask(slack, "/replica watch SQL Replica")
    assert (
        "no longer wait for SQL Replica" in (await ask(slack, "/replica unwatch sql replica")).text
    )


async def test_of_several_candidates_one_is_watched(
    slack: SlackWorkspace, asking: FakeAsking, bench: Bench, handling: Handling
) -> None:
    await bench.report(a_session(result="Success"))
    asking.found = Candidates("SQL Replica", (a_session(uid="urn:1"), a_session(uid="urn:2")))
    which = await ask(slack, "/replica watch SQL Replica")
    assert "fits 2 jobs" in which.text
    asking.found = replace(an_answer(), session=a_session(uid="urn:1"))
    assert "does not run now" in (await press(slack, which, "Watch")).text
    assert asking.asked[-1] == "urn:1"
    [only] = await handling.watching.list_watches(slack.user)
    assert only.watch.session_uid == ""


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/replica watch", "Watch what?"),
        ("/replica watch 04f694ad", "is over already"),
        ("/replica unwatch", "You wait for nothing"),
        ("/replica unwatch SQL Replica", "You do not wait for that"),
        ("/replica watches", "You wait for nothing"),
    ],
)
async def test_what_watches_nothing_is_said(slack: SlackWorkspace, line: str, words: str) -> None:
    assert words in (await ask(slack, line)).text


async def test_an_unknown_session_to_watch_comes_with_the_nearest(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    asking.found = Unknown("SQL Replika", "No session and no job has this name.", ("SQL Replica",))
    told = await ask(slack, "/replica watch SQL Replika")
    assert "SQL Replica" in str(told.blocks)


# All of it


async def test_a_member_whose_database_was_replaced_is_not_known(
    slack: SlackWorkspace, calls: SlackCalls
) -> None:
    menu = Menu("Choose a job…", PICK_MEMBER, (("🔴 Job 3", "99"),))
    message = render(Document(("old",), (Buttons((menu,)),)))
    posted = await calls.call("chat.postMessage", channel=slack.channel, **message.as_arguments())
    before = seen(slack)
    await slack.select(posted["ts"], PICK_MEMBER, text="🔴 Job 3")
    assert "/replica failed" in (await answer(slack, before)).text


async def test_an_incident_that_recovered_meanwhile_is_said_to_have(
    slack: SlackWorkspace, calls: SlackCalls, bench: Bench
) -> None:
    await an_open_incident(bench)
    message = await alert(slack, calls, bench, Kind.INCIDENT)
    await post_all(bench)
    await bench.report(a_session(NOW + HOUR, result="Success"))
    assert "recovered" in (await press(slack, message, "Acknowledge")).text
