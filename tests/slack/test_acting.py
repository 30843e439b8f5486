"""Retry, start, collect and audit: their commands, their buttons, and how it reads."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.actions import Action, ActionState, JobAction, TaskEnd, TaskOutcome
from bot.core.incidents import Status
from bot.core.notices import Kind
from bot.core.sessions import Session, Verdict
from bot.core.views import ActionView, RunningRetry
from bot.demo.slack import Message, SlackWorkspace
from bot.errors import NotAllowed, OrderUnclear
from bot.slack.action_documents import action_document
from bot.slack.action_ids import RETRY_JOB, START_JOB
from bot.slack.alerts import controls
from bot.slack.blocks import render_notice
from bot.slack.clients import SlackCalls
from bot.slack.layout import Message as Rendered
from bot.slack.layout import render
from bot.store.views import Views
from tests import builders as sessions
from tests.services.bench import Bench
from tests.services.ordering import FakeActionSource
from tests.services.wishing import an_open_incident
from tests.slack.builders import NOW, a_running_session, a_session, an_incident, an_incident_view
from tests.slack.reading import read
from tests.slack.test_wishing import answer, ask, press, seen

connected = pytest.mark.usefixtures("connected")


async def alert(slack: SlackWorkspace, calls: SlackCalls, bench: Bench) -> Message:
    """Post the alert that is promised, with the buttons of operators."""
    [notice] = await bench.notices(Kind.INCIDENT)
    async with bench.database.read() as connection:
        view = await Views(connection, bench.em).load(notice)
    arguments = render_notice(view, offers_actions=True).as_arguments()
    posted = await calls.call("chat.postMessage", channel=slack.channel, **arguments)
    message = slack.workspace.find(slack.channel, posted["ts"])
    assert message is not None
    return message


# Buttons


@connected
async def test_a_press_of_retry_asks_first_and_then_retries_once(
    slack: SlackWorkspace, calls: SlackCalls, bench: Bench, source: FakeActionSource
) -> None:
    await an_open_incident(bench)
    source.newest = sessions.a_session()
    message = await alert(slack, calls, bench)
    [button] = [each for each in _buttons(message) if each["action_id"] == RETRY_JOB]
    assert button["confirm"]["title"]["text"] == "Retry SQL Replica?"
    assert "once more now, for the VMs that failed" in button["confirm"]["text"]["text"]
    told = await press(slack, message, "Retry job")
    assert told.ephemeral_to == slack.user
    assert "SQL Replica: retry started. EM says: triggered." in told.text
    assert "is under way" in (await press(slack, message, "Retry job")).text
    assert source.told == ["retry urn:veeam:Job:sql"]


@connected
async def test_who_is_no_operator_is_told_whom_to_ask(
    slack: SlackWorkspace, calls: SlackCalls, bench: Bench, source: FakeActionSource
) -> None:
    await an_open_incident(bench)
    message = await alert(slack, calls, bench)
    before = seen(slack)
    await slack.press(message, text="Retry job", user=slack.other_user)
    told = await answer(slack, before)
    assert "Only operators may do that" in told.text
    assert f"<@{slack.user}>" in told.text
    assert source.told == []


@connected
@pytest.mark.parametrize(
    ("action_id", "value", "words"),
    [
        (RETRY_JOB, "urn:gone", "I know this job no more"),
        ("audit_older", "no number", "older version of me"),
        ("incident_acknowledge", "", "older version of me"),
        ("subscription_end", "SQL*", "older version of me"),
        ("mute_end", "x", "older version of me"),
    ],
)
async def test_an_old_button_answers_with_a_sentence(
    slack: SlackWorkspace,
    calls: SlackCalls,
    bench: Bench,
    action_id: str,
    value: str,
    words: str,
) -> None:
    button: dict[str, Any] = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Old"},
        "action_id": action_id,
    }
    if value:
        button["value"] = value
    blocks = [{"type": "actions", "elements": [button]}]
    posted = await calls.call("chat.postMessage", channel=slack.channel, text="old", blocks=blocks)
    message = slack.workspace.find(slack.channel, posted["ts"])
    assert message is not None
    assert words in (await press(slack, message, "Old")).text


def words_of(message: Message) -> str:
    """Read a whole message as people do."""
    return read(Rendered(message.text, message.blocks or []))


# Commands


@connected
@pytest.mark.parametrize("said", ["SQL Replica", "“sql replica”", "#1", "1"])
async def test_a_command_says_what_will_happen_and_a_button_confirms_it(
    slack: SlackWorkspace, bench: Bench, source: FakeActionSource, said: str
) -> None:
    await an_open_incident(bench)
    source.newest = sessions.a_session()
    proposed = await ask(slack, f"/replica retry {said}")
    assert "Veeam runs “SQL Replica” once more now" in str(proposed.blocks)
    assert source.told == []
    assert "retry started" in (await press(slack, proposed, "Retry job")).text
    assert source.told == ["retry urn:veeam:Job:sql"]


@connected
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("retry", "Which job?"),
        ("start", "Which job?"),
        ("retry #99", "no incident #99"),
        ("retry SQL Replika", "The nearest: SQL Replica"),
        ("start everything", "I know no job"),
        ("collect vbr9", "I know no backup server"),
        ("audit nothing like it", "Nothing is recorded with “nothing like it”"),
    ],
)
async def test_what_is_not_understood_is_answered_with_what_would_be(
    slack: SlackWorkspace, bench: Bench, line: str, words: str
) -> None:
    await an_open_incident(bench)
    assert words in (await ask(slack, f"/replica {line}")).text


@connected
async def test_what_cannot_be_done_now_says_why(
    slack: SlackWorkspace, bench: Bench, source: FakeActionSource
) -> None:
    await an_open_incident(bench)
    source.newest = sessions.a_running_session()
    assert "is running already" in (await ask(slack, "/replica start SQL Replica")).text
    source.newest = sessions.a_session(result="Success")
    assert "/replica start SQL Replica" in (await ask(slack, "/replica retry SQL Replica")).text
    source.offers = frozenset()
    assert "offers no way" in (await ask(slack, "/replica start SQL Replica")).text
    source.offers = NotAllowed("read the job", "Access denied", "Set VEEAM_OPERATOR_USERNAME.")
    told = await ask(slack, "/replica start SQL Replica")
    assert "VEEAM_OPERATOR_USERNAME" in str(told.blocks)


@connected
@pytest.mark.parametrize(
    ("end", "words"),
    [
        (TaskEnd(TaskOutcome.REFUSED, "Job is disabled"), "EM refused to retry SQL Replica: Job"),
        (OrderUnclear("retry", "no answer in time", "Look."), "Whether EM took it is unknown"),
    ],
)
async def test_what_em_makes_of_it_is_told_to_the_one_who_pressed(
    slack: SlackWorkspace,
    bench: Bench,
    source: FakeActionSource,
    end: TaskEnd | Exception,
    words: str,
) -> None:
    await an_open_incident(bench)
    source.newest, source.end = sessions.a_session(), end
    proposed = await ask(slack, "/replica retry SQL Replica")
    assert words in (await press(slack, proposed, "Retry job")).text


@connected
async def test_collect_says_when_it_was_done_last(
    slack: SlackWorkspace, bench: Bench, source: FakeActionSource
) -> None:
    await bench.report(sessions.a_session(backup_server_uid="urn:vbr01"))
    assert "has collected from vbr01" in (await ask(slack, "/replica collect")).text
    assert "once more in 5 min" in (await ask(slack, "/replica collect vbr01")).text
    assert source.told == ["collect urn:vbr01"]


@connected
async def test_the_audit_lists_deeds_newest_first_and_page_by_page(
    slack: SlackWorkspace, bench: Bench
) -> None:
    await an_open_incident(bench)
    await ask(slack, "/replica ack #1 storage is called")
    await ask(slack, "/replica mute SQL Replica 4h")
    await ask(slack, "/replica unmute SQL Replica")
    direct = slack.direct_message()
    await ask(slack, "/replica subscribe SQL*", channel=direct)
    await ask(slack, "/replica unsubscribe all", channel=direct)
    await ask(slack, "/replica unack #1")
    await ask(slack, "/replica close #1")
    text = words_of(await ask(slack, "/replica audit"))
    deeds = ["close", "unack", "unsubscribe", "subscribe", "unmute", "mute", "ack"]
    positions = [text.index(f" {deed} ") for deed in deeds]
    assert positions == sorted(positions)
    filtered = words_of(await ask(slack, "/replica audit mute"))
    assert "unack" not in filtered
    for _ in range(16):
        await ask(slack, "/replica mute SQL Replica 4h")
    first = await ask(slack, "/replica audit sql replica")
    older = await press(slack, first, "Older")
    assert "before that" in older.text
    denied = await ask(slack, "/replica audit", user=slack.other_user)
    assert "Only operators" in denied.text


@connected
async def test_a_guest_may_ask_but_not_mute(slack: SlackWorkspace, bench: Bench) -> None:
    await an_open_incident(bench)
    guest = slack.add_person("gast", guest=True)
    assert "nothing is muted" in (await ask(slack, "/replica mutes", user=guest)).text.lower()
    told = await ask(slack, "/replica mute SQL Replica", user=guest)
    assert "Guests may ask me things" in told.text


# What alerts offer


@pytest.mark.parametrize(
    ("changes", "offered"),
    [
        ({}, RETRY_JOB),
        ({"verdict": Verdict.WARNING}, START_JOB),
        ({"offers": frozenset(Action)}, RETRY_JOB),
        ({"offers": frozenset({Action.START})}, ""),
        ({"offers": frozenset()}, ""),
        ({"retry": RunningRetry(1, 3)}, ""),
        ({"incident": an_incident(status=Status.RECOVERED)}, ""),
    ],
)
def test_an_alert_offers_what_em_would_do(changes: dict[str, Any], offered: str) -> None:
    view = an_incident_view(**changes)
    ids = [each.action_id for each in controls(view, offers_actions=True)]
    assert [each for each in ids if each in (RETRY_JOB, START_JOB)] == [offered] * bool(offered)
    assert not {RETRY_JOB, START_JOB} & {each.action_id for each in controls(view)}


# How it reads


def an_action(**changes: Any) -> JobAction:
    action = JobAction(
        7, Action.RETRY, "urn:sql", "SQL Replica", "UANA", "C1", NOW, NOW, ActionState.RUNNING
    )
    return replace(action, **changes)


def shown(view: ActionView) -> str:
    message = render(action_document(view))
    return message.text + "\n" + read(message)


@pytest.mark.parametrize(
    ("state", "detail", "words"),
    [
        (ActionState.ASKED, "", "Asking Enterprise Manager"),
        (ActionState.RUNNING, "", "retry started by"),
        (ActionState.REFUSED, "Job is disabled", "EM refused: Job is disabled"),
        (ActionState.UNKNOWN, "no answer", "Whether EM took it is unknown: no answer"),
    ],
)
def test_each_state_has_its_words(state: ActionState, detail: str, words: str) -> None:
    told = shown(ActionView(an_action(state=state, detail=detail)))
    assert words in told
    assert "retry of SQL Replica asked for by" in told


@pytest.mark.parametrize(
    ("session", "verdict", "words"),
    [
        (a_running_session(), Verdict.UNFINISHED, "⏳ its run is running since"),
        (a_session(result="Success"), Verdict.SUCCESS, "✅ its run succeeded"),
        (a_session(), Verdict.FAILED, "🔴 its run failed"),
    ],
)
def test_the_run_is_told_as_it_is(session: Session, verdict: Verdict, words: str) -> None:
    assert words in shown(ActionView(an_action(), session, verdict))
    assert "vanished" in shown(ActionView(an_action(), session, verdict, is_vanished=True))


def test_what_was_looked_for_in_vain_says_so() -> None:
    over = {"ended_at": NOW + timedelta(minutes=46), "detail": "no new run was shown"}
    assert "no new run was shown" in shown(ActionView(an_action(**over)))
    unknown = an_action(state=ActionState.UNKNOWN, **over)
    assert "I looked for 45 minutes" in shown(ActionView(unknown))


def _buttons(message: Message) -> list[dict[str, Any]]:
    return [
        element
        for block in message.blocks or []
        if block["type"] == "actions"
        for element in block["elements"]
    ]
