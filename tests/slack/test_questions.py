"""Lists, jobs and files from the keyboard to the answer, also as mentions and direct messages."""

import asyncio

import pytest
import pytest_asyncio

from bot.core.answers import Unknown
from bot.core.filters import Filter
from bot.core.lists import ListKind, ListQuestion
from bot.core.sessions import Verdict
from bot.core.targets import KnownJob
from bot.demo.slack import Message, SlackWorkspace
from bot.errors import EnterpriseManagerUnreachable
from bot.slack.action_ids import FIND_JOB
from bot.slack.mentions import understand
from bot.slack.parsing import Question, Verb
from tests.services.bench import Bench
from tests.services.wishing import an_open_incident
from tests.slack.builders import a_job_answer, a_list, a_session, an_export
from tests.slack.fakes import FakeAsking, FakeListing, FakeSurveying
from tests.slack.test_asking import edited

pytestmark = pytest.mark.usefixtures("connected")

FAILED = frozenset({Verdict.FAILED})


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _calm(slack: SlackWorkspace) -> None:
    slack.faults.clear()


async def answered(slack: SlackWorkspace, before: int) -> Message:
    """The next answer that the person is shown, also where one is announced first."""

    def find(now: SlackWorkspace) -> Message | None:
        new = now.ephemerals()[before:]
        return next((each for each in new if "follows here" not in each.text), None)

    found = await slack.wait_for(find)
    assert found is not None
    return found


async def ask(slack: SlackWorkspace, line: str) -> Message:
    """Type a command and take its answer, whenever it comes."""
    before = len(slack.ephemerals())
    result = await slack.command(line)
    assert result.acked, slack.describe()
    return await answered(slack, before)


async def reply_to(slack: SlackWorkspace, said: Message, text: str) -> Message:
    """The bot's reply below a message, once it is there."""

    def find(now: SlackWorkspace) -> Message | None:
        return next((m for m in now.replies(said.ts) if m.bot_id and text in m.text), None)

    found = await slack.wait_for(find)
    assert found is not None
    return found


async def test_words_narrow_a_list(slack: SlackWorkspace, listing: FakeListing) -> None:
    await ask(slack, "/replica failed server:vbr01 “SQL Replica”")
    wanted = Filter(servers=("vbr01",), jobs=("SQL Replica",))
    assert listing.asked == [ListQuestion(ListKind.FAILED, wanted)]


async def test_results_narrow_the_vms_of_a_session_unless_they_end_its_name(
    slack: SlackWorkspace, listing: FakeListing, asking: FakeAsking
) -> None:
    asking.found = Unknown("x", "nothing")
    await ask(slack, "/replica tasks `SQL Replica` failed")
    assert listing.asked[-1] == ListQuestion(
        ListKind.TASKS, Filter(verdicts=FAILED), subject="SQL Replica"
    )
    asking.found = FakeAsking().found
    await ask(slack, "/replica tasks Always failed")
    assert listing.asked[-1] == ListQuestion(ListKind.TASKS, subject="Always failed")


async def test_a_word_that_narrows_nothing_may_belong_to_a_name(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    assert "SQL Replica failed" in (await ask(slack, "/replica failed over")).text
    assert asking.asked == ["failed over"]
    asking.found = Unknown("failed warnin", "nothing")
    told = await ask(slack, "/replica failed warnin")
    assert "Did you mean “warning”?" in told.text
    assert "failed since 7d server:vbr01" in str(told.blocks)
    assert "server:vbr01" in (await ask(slack, "/replica jobs vbr01")).text


async def test_pages_turn_in_their_place_and_keep_the_list(
    slack: SlackWorkspace, listing: FakeListing
) -> None:
    listing.found = a_list(total=35)
    answer = await ask(slack, "/replica failed job:SQL*")
    await slack.press(answer, text="Next ›")
    await slack.wait_for(lambda now: edited(now, answer))
    turned = listing.asked[-1]
    assert (turned.kind, turned.page, turned.filter) == (
        ListKind.FAILED,
        1,
        Filter(jobs=("SQL*",)),
    )
    assert turned.at is not None
    current = slack.workspace.find(answer.channel, answer.ts)
    assert current is not None
    assert "‹ Previous" in str(current.blocks)


async def test_a_list_is_sent_as_a_file_by_direct_message(
    slack: SlackWorkspace, listing: FakeListing
) -> None:
    slack.calls.clear()
    told = await ask(slack, "/replica failed since 7d export")
    assert "I sent you 1 row as replica-failed.csv" in told.text
    done = [call for call in slack.calls if call.method == "files.completeUploadExternal"]
    assert [call.outcome for call in done] == ["ok"]
    direct = slack.direct_message(slack.user)
    assert done[0].args["channel_id"] == direct
    [file] = done[0].args["files"]
    stored = slack.workspace.files.find(file["id"])
    assert stored is not None
    assert stored.content is not None
    assert b"'=1+1" in stored.content
    assert "replica-failed.csv" in slack.messages(direct)[0].text


async def test_a_button_sends_the_file_too_and_says_what_was_left_out(
    slack: SlackWorkspace, listing: FakeListing
) -> None:
    listing.exported = an_export(left_out=3)
    answer = await ask(slack, "/replica jobs")
    before = len(slack.ephemerals())
    await slack.press(answer, text="Export CSV")
    told = await answered(slack, before)
    assert "3 further rows did not fit" in str(told.blocks)
    listing.exported = Unknown("x", "EM has no such session any more.")
    before = len(slack.ephemerals())
    await slack.press(answer, text="Export CSV")
    assert "no such session any more" in (await answered(slack, before)).text


@pytest.mark.parametrize(
    ("method", "code", "words"),
    [
        ("files.getUploadURLExternal", "missing_scope", "files:write"),
        ("files.completeUploadExternal", "internal_error", "Ask again"),
        ("upload", "", "Slack says"),
    ],
)
async def test_a_file_that_cannot_be_sent_is_explained(
    slack: SlackWorkspace, method: str, code: str, words: str
) -> None:
    if code:
        slack.faults.refuse(method, code)
    else:
        slack.faults.close(method)
    assert words in (await ask(slack, "/replica jobs export")).text


async def test_an_export_that_is_not_understood_is_explained(slack: SlackWorkspace) -> None:
    assert "Did you mean “failed”?" in (await ask(slack, "/replica jobs faild export")).text
    assert "Which session" in (await ask(slack, "/replica tasks export")).text


async def test_jobs_are_found_by_typing(slack: SlackWorkspace, surveying: FakeSurveying) -> None:
    overview = await ask(slack, "/replica")
    offered = await slack.suggest(overview, FIND_JOB, "sq")
    assert [each["value"] for each in offered] == ["u0", "u1", "u2"]
    chosen = KnownJob("u1", "sq Replica 1", "vbr01", "sq Replica 1")
    surveying.jobs["sq Replica 1"] = a_job_answer(job=chosen)
    before = len(slack.ephemerals())
    await slack.select(overview, FIND_JOB, "u1")
    assert "sq Replica 1 failed" in (await answered(slack, before)).text


async def test_the_next_step_is_a_button(slack: SlackWorkspace) -> None:
    overview = await ask(slack, "/replica")
    before = len(slack.ephemerals())
    await slack.press(overview, text="Jobs")
    assert "1 job, the most urgent first" in (await answered(slack, before)).text


async def test_an_unknown_job_leads_to_the_nearest(slack: SlackWorkspace) -> None:
    answer = await ask(slack, "/replica job SQL Replika")
    before = len(slack.ephemerals())
    await slack.press(answer, text="SQL Replica")
    assert "SQL Replica failed" in (await answered(slack, before)).text


async def test_a_job_whose_name_begins_with_job_is_found(
    slack: SlackWorkspace, surveying: FakeSurveying
) -> None:
    surveying.jobs = {"Job 1": a_job_answer()}
    assert "SQL Replica failed" in (await ask(slack, "/replica Job 1")).text


async def test_wishes_take_the_handle_of_a_session_and_the_number_of_an_incident(
    slack: SlackWorkspace, surveying: FakeSurveying, bench: Bench
) -> None:
    incident = await an_open_incident(bench, job_name="SQL Replica")
    job = KnownJob(incident.job_uid, "SQL Replica", "vbr01", "SQL Replica")
    surveying.of_references = {"#4f3a": job, f"#{incident.id}": job}
    assert "You look after" in (await ask(slack, "/replica ack #4f3a on it")).text
    assert "not acknowledged any more" in (await ask(slack, "/replica unack #4f3a")).text
    before = len(slack.messages())
    await slack.command(f"/replica mute #{incident.id} 4h")
    (told,) = await slack.wait_for(lambda now: now.messages()[before:])
    assert "SQL Replica" in told.text
    assert "I know no job" in (await ask(slack, "/replica ack #ffff")).text


async def test_a_mention_is_answered_once_in_its_thread(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    said = slack.say(f"<@{slack.workspace.bot.id}> SQL Replica")
    reply = await reply_to(slack, said, "SQL Replica failed")
    assert "Share" not in str(reply.blocks)
    assert "Refresh" in str(reply.blocks)
    assert reply.thread_ts == said.ts


async def test_what_goes_wrong_with_a_mention_is_said_in_its_thread(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    asking.found = EnterpriseManagerUnreachable("read session x", "refused", "Check VEEAM_URL.")
    said = slack.say(f"<@{slack.workspace.bot.id}> SQL Replica")
    reply = await reply_to(slack, said, "I could not")
    assert "Check VEEAM_URL." in str(reply.blocks)


async def test_a_slow_answer_to_a_mention_is_announced_in_its_thread(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    asking.free = asyncio.Event()
    said = slack.say(f"<@{slack.workspace.bot.id}> SQL Replica")
    await reply_to(slack, said, "the answer follows here")
    asking.free.set()
    await reply_to(slack, said, "SQL Replica failed")


async def test_a_direct_message_is_answered_where_it_stands(slack: SlackWorkspace) -> None:
    direct = slack.direct_message(slack.user)
    before = len(slack.messages(direct))
    slack.say("failed", channel=direct)
    found = await slack.wait_for(lambda now: [m for m in now.messages(direct)[before:] if m.bot_id])
    assert "Failing now" in found[0].text
    assert found[0].thread_ts is None
    again = await slack.command("/replica help", channel=direct)
    assert again.acked
    assert len([m for m in slack.messages(direct)[before:] if m.bot_id]) == 1


async def test_what_no_person_asks_is_not_answered(
    slack: SlackWorkspace, asking: FakeAsking
) -> None:
    direct = slack.direct_message(slack.user)
    said = {
        "type": "message",
        "channel_type": "im",
        "channel": direct,
        "user": slack.user,
        "text": "SQL Replica",
        "ts": "1.0",
    }
    for change in (
        {"bot_id": "B1"},
        {"subtype": "thread_broadcast"},
        {"subtype": "message_changed", "user": None},
        {"edited": {"user": slack.user}},
        {"channel_type": "channel"},
        {"user": None},
        {"user": slack.workspace.bot.id},
    ):
        assert await slack.event(said | change) is not None
    assert await slack.event(said) is not None
    await slack.wait_for(lambda _: asking.asked)
    assert len(asking.asked) == 1


async def test_an_answer_in_a_thread_is_replaced_for_all_to_see(
    slack: SlackWorkspace, listing: FakeListing
) -> None:
    listing.found = a_list(a_session(), total=35)
    said = slack.say(f"<@{slack.workspace.bot.id}> failed")

    def reply(now: SlackWorkspace) -> Message | None:
        return next((m for m in now.replies(said.ts) if m.bot_id), None)

    answer = await slack.wait_for(reply)
    assert answer is not None
    await slack.press(answer, text="Next ›")
    await slack.wait_for(lambda now: edited(now, answer))
    assert listing.asked[-1].page == 1


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("<@U1> failed", Question(Verb.FAILED)),
        ("<@U1|replica-bot>: failed since 7d", Question(Verb.FAILED, "since 7d")),
        ("failed <@U1>", Question(Verb.FAILED)),
        ("hey <@U2>", Question(Verb.SESSION, "hey @U2")),
        ("<@U1>", Question(Verb.OVERVIEW)),
        ("<@U1> /replica jobs", Question(Verb.JOBS)),
    ],
)
def test_a_question_is_taken_out_of_a_message(text: str, question: Question) -> None:
    assert understand(text, "U1") == question


def test_without_knowing_its_own_name_the_first_one_is_the_bots() -> None:
    assert understand("<@U7> failed", "") == Question(Verb.FAILED)
