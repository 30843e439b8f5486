"""Overviews, jobs, pages, handles and files; as commands, mentions and direct messages."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.demo.slack import Message, SlackWorkspace
from bot.slack.action_ids import FIND_JOB
from tests.end_to_end.stage import PATIENCE, Mode, Stage, set_stage

WARNED = 14
"""Jobs that warned and then succeeded: more than a page."""


@pytest.fixture(scope="module", params=["socket", "http"])
def mode(request: pytest.FixtureRequest) -> Mode:
    """Mentions, direct messages and menus in both modes."""
    return "http" if request.param == "http" else "socket"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory, mode: Mode) -> AsyncIterator[Stage]:
    async with set_stage(tmp_path_factory.mktemp("bot"), mode=mode) as ready:
        sql = ready.job("SQL Replica", vms=("sql01", "sql02"))
        ready.em.world.add_session(sql, result="Success", ended_at=ready.ago(hours=20))
        ready.em.world.add_session(
            sql, result="Failed", ended_at=ready.ago(hours=2), reasons={"sql01": "=no space"}
        )
        for number in range(WARNED):
            job = ready.job(f"Web Replica {number:02}", server="vbr02")
            ready.em.world.add_session(job, result="Warning", ended_at=ready.ago(hours=5))
            ready.em.world.add_session(job, result="Success", ended_at=ready.ago(hours=4))
        await ready.start()
        yield ready


async def ask(stage: Stage, question: str) -> Message:
    """What the person who asks is shown; the answer may follow later."""
    seen = {message.ts for message in stage.slack.ephemerals()}
    result = await stage.slack.command(f"/replica {question}")
    assert result.acked, result.error
    return await shown(stage, seen)


async def shown(stage: Stage, seen: set[str]) -> Message:
    def find(_: object) -> Message | None:
        new = [m for m in stage.slack.ephemerals() if m.ts not in seen]
        return next((m for m in new if "follows here" not in m.text), None)

    found = await stage.slack.wait_for(find, timeout=PATIENCE)
    assert found is not None
    return found


def everything(message: Message) -> str:
    return message.text + str(message.blocks)


async def test_the_overview_leads_on(stage: Stage) -> None:
    overview = await ask(stage, "")
    assert "1 of 15 jobs failing now: SQL Replica" in overview.text
    seen = {message.ts for message in stage.slack.ephemerals()}
    await stage.slack.press(overview, text="Jobs")
    assert "15 jobs, the most urgent first" in (await shown(stage, seen)).text


async def test_a_job_is_found_by_typing(stage: Stage) -> None:
    overview = await ask(stage, "")
    [option] = await stage.slack.suggest(overview, FIND_JOB, "sql")
    seen = {message.ts for message in stage.slack.ephemerals()}
    await stage.slack.select(overview, FIND_JOB, option["value"])
    told = everything(await shown(stage, seen))
    assert "50 % in the last 30 days" in told
    assert "✅ 🔴" in told


async def test_handles_lead_back_and_numbers_are_incidents(stage: Stage) -> None:
    answer = everything(await ask(stage, "SQL Replica"))
    handle = re.search(r"#[0-9a-f]*[a-f][0-9a-f]*", answer)
    assert handle
    assert "sql01" in everything(await ask(stage, handle[0]))
    assert "sql02" in everything(await ask(stage, f"tasks {handle[0]}"))
    assert handle[0] in everything(await ask(stage, "failed"))
    assert "Acknowledge" in everything(await ask(stage, "#1"))
    assert "SQL Replica" in everything(await ask(stage, "job #1"))


async def test_pages_are_turned_in_their_place(stage: Stage) -> None:
    first = await ask(stage, "failed since 1d")
    assert "1–10 of 15" in everything(first)
    await stage.slack.press(first, text="Next ›")

    def second(slack: SlackWorkspace) -> bool:
        current = slack.workspace.find(first.channel, first.ts)
        return current is not None and "11–15 of 15" in everything(current)

    await stage.slack.wait_for(second, timeout=PATIENCE)


async def test_a_narrowed_list_is_sent_as_a_file(stage: Stage) -> None:
    told = await ask(stage, "failed server:vbr01 export")
    assert "I sent you 1 row" in told.text
    [done] = [call for call in stage.slack.calls if call.method == "files.completeUploadExternal"]
    file = stage.slack.workspace.files.find(done.args["files"][0]["id"])
    assert file is not None
    assert file.content is not None
    assert "sql01: =no space" in file.content.decode()


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("jobs server:vbr02 warning", "Nothing fits"),
        ("job web replica 03", "Web Replica 03 succeeded"),
        ("job SQL Replika", "I know no job"),
        ("runing", "Did you mean “/replica running”?"),
        ("help mute", "until success"),
        ("watch help", "watch SQL Replica"),
        ("failed sicne 7d", "Did you mean “since 7d”?"),
    ],
)
async def test_every_question_is_answered(stage: Stage, question: str, part: str) -> None:
    assert part in everything(await ask(stage, question))


async def test_a_mention_is_answered_in_its_thread(stage: Stage) -> None:
    said = stage.slack.say(f"<@{stage.slack.workspace.bot.id}> job SQL Replica")
    reply = await stage.wait_for_reply(said, "SQL Replica failed")
    assert "Share" not in str(reply.blocks)


async def test_a_direct_message_is_answered_in_it(stage: Stage) -> None:
    direct = stage.slack.direct_message(stage.slack.user)
    stage.slack.say("SQL Replica", channel=direct)
    await stage.slack.wait_for(
        lambda slack: [m for m in slack.messages(direct) if "sql01" in str(m.blocks)],
        timeout=PATIENCE,
    )
