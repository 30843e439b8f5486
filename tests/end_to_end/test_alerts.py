"""Be told: what a channel hears of sessions that finish while the bot watches."""

import pytest

from bot.demo.em import EmOptions
from tests.end_to_end.stage import Stage

SETTINGS = {"ALERT_GROUP_OVER": "100"}

SPEAKING = {
    "EM 12, drops rows without an end": EmOptions(rows_without_end_time="dropped"),
    "EM 13, returns them": EmOptions(
        rows_without_end_time="returned", json_case="camel", fraction_digits=7
    ),
}


@pytest.fixture(scope="module", params=SPEAKING)
def em_options(request: pytest.FixtureRequest) -> EmOptions:
    return SPEAKING[request.param]


async def test_a_failed_session_is_told_once_with_everything_about_it(stage: Stage) -> None:
    job = stage.job("SQL Replica", vms=("sql01", "sql02"))
    stage.em.world.add_session(job, result="Success")
    await stage.let_a_poll_pass("Marker of the good one")
    stage.em.world.add_session(job, result="Failed", reasons={"sql01": "no space on ds7"})
    root = await stage.wait_for_root("SQL Replica failed")
    said = root.text + str(root.blocks)
    for part in ("🔴", "vbr01", "1 of 2 VMs", "sql01", "no space on ds7", "Last good"):
        assert part in said
    assert "sql02" not in said


async def test_a_warning_is_told_and_a_success_is_not(stage: Stage) -> None:
    stage.em.world.add_session(stage.job("Quiet Replica"), result="Success")
    stage.em.world.add_session(stage.job("ERP Replica"), result="Warning")
    root = await stage.wait_for_root("ERP Replica")
    assert "🟡" in root.text
    assert not stage.roots("Quiet Replica")


async def test_a_running_session_is_told_when_it_has_failed(stage: Stage) -> None:
    session = stage.em.world.start_session(stage.job("Slow Replica"))
    await stage.let_a_poll_pass("Marker of the running one")
    assert not stage.roots("Slow Replica")
    stage.em.world.finish_session(session, "Failed", {})
    await stage.wait_for_root("Slow Replica failed")


async def test_each_further_failure_is_a_quiet_reply_and_an_edit(stage: Stage) -> None:
    job = stage.job("Mail Replica")
    stage.em.world.add_session(job, result="Failed", ended_at=stage.ago(minutes=10))
    root = await stage.wait_for_root("Mail Replica failed")
    stage.em.world.add_session(job, result="Failed")
    reply = await stage.wait_for_reply(root, "failed again")
    assert not reply.broadcast
    await stage.slack.wait_for(lambda _: "2nd time" in str(stage.roots("Mail Replica")[0].blocks))


async def test_a_recovery_turns_the_message_green_and_is_heard(stage: Stage) -> None:
    job = stage.job("Web Replica")
    stage.em.world.add_session(job, result="Failed", ended_at=stage.ago(minutes=10))
    root = await stage.wait_for_root("Web Replica failed")
    stage.em.world.add_session(job, result="Success")
    reply = await stage.wait_for_reply(root, "recovered")
    assert reply.broadcast
    await stage.wait_for_root("✅ Web Replica recovered")


async def test_a_warning_that_becomes_a_failure_is_heard(stage: Stage) -> None:
    job = stage.job("File Replica")
    stage.em.world.add_session(job, result="Warning", ended_at=stage.ago(minutes=10))
    root = await stage.wait_for_root("File Replica")
    stage.em.world.add_session(job, result="Failed")
    reply = await stage.wait_for_reply(root, "File Replica")
    assert reply.broadcast


async def test_a_late_failure_that_is_over_posts_one_message_that_is_green(stage: Stage) -> None:
    job = stage.job("Late Replica")
    stage.em.world.add_session(job, result="Success")
    await stage.let_a_poll_pass("Marker of the late one")
    stage.em.world.add_session(job, result="Failed", ended_at=stage.ago(minutes=50))
    root = await stage.wait_for_root("Late Replica")
    assert "✅" in root.text
    assert "EM reported it" in str(root.blocks), str(root.blocks)


async def test_hostile_names_are_data(stage: Stage) -> None:
    job = stage.job('<!channel> & *bold* "q"; x', vms=("<@U1>",))
    stage.em.world.add_session(job, result="Failed", reasons={"<@U1>": "<!here> `rm`"})
    root = await stage.wait_for_root("&lt;!channel&gt; &amp;")
    assert "<!channel>" not in root.text
    assert "<!here>" not in root.text
