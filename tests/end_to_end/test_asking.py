"""Ask: `/replica`, in each of the ways that an EM may speak."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.demo.em import EmOptions
from bot.demo.slack import Message
from tests.end_to_end.stage import Stage, set_stage

SPEAKING = {
    "json of EM 12": (EmOptions(), "json"),
    "json of EM 13": (EmOptions(json_case="camel", fraction_digits=6, bom=True), "json"),
    "xml": (EmOptions(rows_without_end_time="returned"), "xml"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=SPEAKING)
async def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    options, wire_format = SPEAKING[request.param]
    folder = tmp_path_factory.mktemp("bot")
    async with set_stage(
        folder, em_options=options, settings={"VEEAM_FORMAT": wire_format}
    ) as ready:
        old = ready.job("SQL Replica", vms=("sql01", "sql02"))
        ready.em.world.add_session(old, result="Success", ended_at=ready.ago(hours=20))
        ready.em.world.add_session(
            old, result="Failed", ended_at=ready.ago(hours=2), reasons={"sql01": "no space on ds7"}
        )
        for server in ("vbr01", "vbr02"):
            twin = ready.em.world.add_job("DC Replica", ready.job(server, server=server).server)
            ready.em.world.add_session(twin, result="Success", ended_at=ready.ago(hours=3))
        await ready.bot.start()
        await ready.slack.wait_connected(timeout=30)
        await ready.wait_for_start()
        yield ready


async def ask(stage: Stage, question: str) -> str:
    """What the person who asks is shown, as one text; the answer may follow later."""
    seen = {message.ts for message in stage.slack.ephemerals()}
    result = await stage.slack.command(f"/replica {question}")
    assert result.acked, result.error

    def find(_: object) -> Message | None:
        new = [m for m in stage.slack.ephemerals() if m.ts not in seen]
        return next((m for m in new if "follows here" not in m.text), None)

    found = await stage.slack.wait_for(find, timeout=30)
    assert found is not None
    return found.text + str(found.blocks)


def sql_session_id(stage: Stage) -> str:
    session = stage.em.world.last_session(stage.job("SQL Replica"))
    assert session is not None
    return session.id


FORMS = {
    "bare": "{0}",
    "upper case in braces": "{{{1}}}",
    "URN": "urn:veeam:ReplicaJobSession:{0}",
    "link of EM": "https://em.example:9398/api/replicaSessions/{0}?format=Entity",
    "link as Slack pastes it": "<https://em.example:9398/api/replicaSessions/{0}>",
    "its start": "{2}",
    "in back-ticks": "`{0}`",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
async def test_a_session_is_found_by_its_id_in_every_form(stage: Stage, form: str) -> None:
    guid = sql_session_id(stage)
    answer = await ask(stage, form.format(guid, guid.upper(), guid[:8]))
    for part in (guid, "SQL Replica", "Stopped", "Failed", "vbr01", "sql01", "no space on ds7"):
        assert part in answer


async def test_a_session_is_found_by_its_name_and_by_its_jobs(stage: Stage) -> None:
    session = stage.em.world.sessions[f"urn:veeam:ReplicaJobSession:{sql_session_id(stage)}"]
    assert session.id in await ask(stage, session.name)
    assert session.id in await ask(stage, "sql replica")


async def test_an_ambiguous_name_gives_a_list_to_pick_from(stage: Stage) -> None:
    answer = await ask(stage, "DC Replica")
    assert "vbr01" in answer
    assert "vbr02" in answer


async def test_an_unknown_name_proposes_the_nearest(stage: Stage) -> None:
    assert "SQL Replica" in await ask(stage, "SQL Replika")


async def test_an_unknown_and_a_malformed_id_get_their_own_answers(stage: Stage) -> None:
    unknown = await ask(stage, "00000000-1111-2222-3333-444444444444")
    malformed = await ask(stage, "04f694ad-664c-4603-a747-00edecae4f1z")
    assert "no replication session with this id" in unknown
    assert "not a whole one" in malformed


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("help", "/replica"),
        ("failed", "SQL Replica"),
        ("running", "unning"),
        ("summary", "Replication"),
        ("status", "127.0.0.1"),
        ("tasks SQL Replica", "sql02"),
        ("", "failing now"),
        ("faild", "failed"),
    ],
)
async def test_every_command_answers(stage: Stage, question: str, part: str) -> None:
    assert part in await ask(stage, question)


async def test_sharing_an_answer_shows_it_to_the_channel(stage: Stage) -> None:
    await ask(stage, sql_session_id(stage))
    answer = stage.slack.ephemerals()[-1]
    await stage.slack.press(answer, text="Share")
    await stage.slack.wait_for(
        lambda slack: any("no space on ds7" in str(m.blocks) for m in slack.messages()), timeout=30
    )


async def test_refreshing_an_answer_shows_what_has_changed(stage: Stage) -> None:
    session = stage.em.world.start_session(stage.job("Refreshed Replica"))
    assert "Working" in await ask(stage, session.id)
    answer = stage.slack.ephemerals()[-1]
    stage.em.world.finish_session(session, "Success", {})
    await stage.slack.press(answer, text="Refresh")
    await stage.slack.wait_for(
        lambda slack: any("Success" in str(m.blocks) for m in slack.ephemerals()[-1:]), timeout=30
    )


async def test_em_down_is_answered_with_the_stored_copy(stage: Stage) -> None:
    guid = sql_session_id(stage)
    await ask(stage, guid)
    await stage.em.faults.go_down()
    answer = await ask(stage, guid)
    missing = await ask(stage, "99999999-1111-2222-3333-444444444444")
    await stage.em.faults.come_back()
    assert "SQL Replica" in answer
    assert "confirmed" in answer or "this is what EM said" in answer
    assert "Could not" in missing or "cannot be reached" in missing


async def test_an_account_that_may_not_read_sessions_is_explained(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        stage.bot.settings = {
            **stage.bot.settings,
            "VEEAM_USERNAME": stage.em.restore_username,
            "VEEAM_PASSWORD": stage.em.restore_password,
        }
        await stage.bot.start()
        await stage.slack.wait_connected(timeout=30)
        answer = await ask(stage, "04f694ad-664c-4603-a747-00edecae4f17")
        assert "Portal User" in answer
