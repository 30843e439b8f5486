"""Acknowledge: one tap, seen by all, until the job recovers."""

import re

import pytest

from tests.end_to_end.stage import Mode, Stage
from tests.end_to_end.talking import answer, ask, choose, press, seen, wait_until_shown


@pytest.fixture(scope="module", params=["socket", "http"])
def mode(request: pytest.FixtureRequest) -> Mode:
    """Buttons and forms in both modes."""
    return "http" if request.param == "http" else "socket"


async def test_one_tap_and_a_note_stand_in_the_alert_until_it_recovers(stage: Stage) -> None:
    job = stage.job("SQL Replica")
    stage.em.world.add_session(job, result="Failed", ended_at=stage.ago(minutes=5))
    root = await stage.wait_for_root("SQL Replica failed")
    told = await press(stage, root, "Acknowledge", "You look after")
    await wait_until_shown(stage, root, "acknowledged by")
    await stage.slack.press(told, text="Add a note")
    form = await stage.slack.wait_for(lambda slack: slack.modal())
    assert form is not None
    before = seen(stage)
    await stage.slack.submit(form.view["id"], {"note": "storage is called"})
    await answer(stage, before, "Your note stands")
    await wait_until_shown(stage, root, "storage is called")
    stage.em.world.add_session(job, result="Success")
    await wait_until_shown(stage, root, "SQL Replica recovered")
    current = stage.slack.workspace.find(root.channel, root.ts)
    assert current is not None
    assert "acknowledged by" not in str(current.blocks)


async def test_two_people_and_a_double_tap_acknowledge_once(stage: Stage) -> None:
    stage.em.world.add_session(stage.job("ERP Replica"), result="Failed")
    root = await stage.wait_for_root("ERP Replica failed")
    await press(stage, root, "Acknowledge", "You look after")
    await wait_until_shown(stage, root, "acknowledged by")
    [incident] = re.findall(r"#\d+", str(root.blocks))
    await ask(stage, f"ack {incident}", "already")
    other = await ask(stage, f"ack {incident}", "acknowledged", user=stage.slack.other_user)
    assert f"<@{stage.slack.user}>" in other.text
    await ask(stage, f"unack {incident}", "not acknowledged any more")
    await ask(stage, f"close {incident}", "is closed")
    await ask(stage, f"ack {incident}", "closed already")


async def test_a_group_is_reached_as_a_whole_and_one_by_one(stage: Stage) -> None:
    for n in range(7):
        stage.em.world.add_session(stage.job(f"Job {n}", server="vbr09"), result="Failed")
    group = await stage.wait_for_root("7 jobs failed on vbr09")
    member = await choose(stage, group, "group_member", "🔴 Job 3", "Job 3 failed")
    await press(stage, member, "Acknowledge", "You look after")
    await press(stage, group, "Acknowledge all", "You acknowledged 6 incidents")
