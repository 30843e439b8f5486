"""Mute: nobody is told for a time, and then of all that was held back."""

from tests.end_to_end.stage import Stage
from tests.end_to_end.talking import ask, choose, press


async def test_what_happens_while_muted_is_told_at_its_end(stage: Stage) -> None:
    job = stage.job("SQL Replica")
    stage.em.world.add_session(job, result="Success")
    await stage.let_a_poll_pass("Marker of the good one")
    muted = await ask(stage, "mute SQL Replica 4h", "SQL Replica is muted until")
    assert muted.ephemeral_to is None
    stage.em.world.add_session(job, result="Failed", reasons={"vm01": "no space on ds7"})
    await stage.let_a_poll_pass("Marker while muted")
    assert not stage.roots("SQL Replica failed")
    await press(stage, muted, "Unmute", "no longer muted")
    await stage.wait_for_root("SQL Replica is no longer muted: it failed meanwhile")
    assert not stage.roots("SQL Replica failed")


async def test_a_mute_of_a_server_from_an_alert_hides_its_other_jobs(stage: Stage) -> None:
    stage.em.world.add_session(stage.job("Web Replica", server="vbr02"), result="Failed")
    root = await stage.wait_for_root("Web Replica failed")
    await choose(stage, root, "incident_mute", "vbr02: 1 hour", "backup server vbr02 is muted")
    stage.em.world.add_session(stage.job("Mail Replica", server="vbr02"), result="Failed")
    await stage.let_a_poll_pass("Marker on another server")
    assert not stage.roots("Mail Replica")
    listed = await ask(stage, "mutes", "1 mute in force")
    assert "vbr02" in listed.text
    await ask(stage, "unmute server:vbr02", "no longer muted")
    await stage.wait_for_root("vbr02 is no longer muted: 1 job failed")


async def test_until_success_ends_with_the_next_success(stage: Stage) -> None:
    job = stage.job("DC Replica")
    stage.em.world.add_session(job, result="Success")
    await stage.let_a_poll_pass("Marker of the first success")
    told = await ask(stage, "mute DC Replica until success", "until its next success")
    assert "at the latest" in told.text
    stage.em.world.add_session(job, result="Failed")
    await stage.let_a_poll_pass("Marker of the failure")
    stage.em.world.add_session(job, result="Success")
    await stage.wait_for_root("it failed meanwhile, and has recovered")
    await ask(stage, "mutes", "Nothing is muted")
