"""EM misbehaves for a moment, or speaks otherwise than before: people notice nothing of it."""

from dataclasses import replace

from tests.end_to_end.stage import Stage
from tests.faults.looking import ask, roots_about
from tests.faults.table import fault

SETTINGS = {"ALERT_GROUP_OVER": "100"}

MANY = 240
"""More than two pages of 100."""


def add_pages(stage: Stage, last: str) -> None:
    """More sessions than fit two pages, of which the newest failed."""
    for number in range(MANY):
        stage.em.world.add_session(stage.job(f"Paged {number % 3}"), result="Success")
    stage.em.world.add_session(stage.job(last), result="Failed")


@fault(
    "EM ends the bot's logon between two pages (401)",
    sees="Nothing: the bot logs on again, and what is on all pages is told once.",
)
async def test_a_logon_that_ends_in_the_middle_of_pages_loses_nothing(stage: Stage) -> None:
    hold = stage.em.faults.hold(path="EndTime.*page=2")
    add_pages(stage, "After the second page")
    await hold.held.wait()
    logons = stage.em.logon_count
    stage.em.faults.expire_logons()
    hold.release()
    await stage.wait_for_root("After the second page failed")
    assert stage.em.logon_count == logons + 1
    assert_never_blind(stage)


@fault(
    "A single question to EM fails: reset, 503, or a page that breaks off",
    sees="Nothing: the bot asks again. Up to three failed polls in a row are only logged, once.",
)
async def test_single_failures_are_not_worth_a_word(stage: Stage) -> None:
    stage.em.faults.drop(path="/query")
    stage.em.faults.answer(503, path="/query")
    stage.em.faults.cut(path="EndTime.*page=2")
    stage.em.faults.truncate(path="EndTime.*page=2")
    add_pages(stage, "After single failures")
    await stage.wait_for_root("After single failures failed")
    assert not stage.em.faults.armed
    assert_never_blind(stage)


@fault(
    "Rows move between two pages while they are read: some come twice",
    sees="Nothing: each failure is told once.",
)
async def test_rows_that_come_twice_are_told_once(stage: Stage) -> None:
    stage.em.faults.shift_rows(by=3, path="EndTime.*page=[23]", times=2)
    add_pages(stage, "On shifted pages")
    await stage.wait_for_root("On shifted pages failed")


@fault(
    "Rows move between two pages while they are read: some are left out",
    sees="Nothing: the next poll reads the last hour's failures again, and each is told once.",
)
async def test_rows_that_are_left_out_are_told_by_the_next_poll(stage: Stage) -> None:
    job = stage.job("On the gap")
    stage.em.faults.shift_rows(by=-3, path="EndTime.*page=2")
    for number in range(MANY):
        result = "Failed" if number == 101 else "Success"
        of = job if number == 101 else stage.job(f"Paged {number % 3}")
        stage.em.world.add_session(of, result=result)
    await stage.wait_for_root("On the gap failed")


@fault(
    "EM is upgraded: its JSON is in camelCase, with other times and a byte order mark",
    sees="Nothing: what failed before and after is told once.",
)
async def test_an_em_that_speaks_otherwise_after_an_upgrade_is_understood(stage: Stage) -> None:
    job = stage.job("Upgraded")
    stage.em.world.add_session(job, result="Failed")
    await stage.wait_for_root("Upgraded failed")
    before = stage.em.options
    stage.em.options = replace(before, json_case="camel", bom=True, nulls=False, fraction_digits=7)
    stage.em.world.add_session(job, result="Success")
    await stage.wait_for_root("✅ Upgraded recovered")
    stage.em.options = before


@fault(
    "A session that ran is gone from EM (404): it aged out, or its job was deleted",
    sees="Nothing in the channel. `/replica running` no longer lists it; asked for by its id, it "
    "is shown as a stored copy, with what EM says of it.",
)
async def test_a_running_session_that_aged_out_is_closed(stage: Stage) -> None:
    session = stage.em.world.start_session(stage.job("Gone"))
    await stage.let_a_poll_pass("Marker of a poll that may have begun before it")
    await stage.let_a_poll_pass("Marker of the one that runs")
    assert "Gone" in await ask(stage, "running")
    stage.em.world.remove_session(session)
    await stage.let_a_poll_pass("Marker of the one that is gone")
    assert "Gone" not in await ask(stage, "running")
    assert not roots_about(stage, "Gone")
    assert "Stored copy" in await ask(stage, session.id)


@fault(
    "A session that failed is a success when EM collects it again, under the same UID",
    sees="The alert turns green, and the channel hears that it recovered.",
)
async def test_a_failure_that_turns_into_a_success_is_told_so(stage: Stage) -> None:
    session = stage.em.world.add_session(stage.job("Mended"), result="Failed")
    root = await stage.wait_for_root("Mended failed")
    stage.em.world.update_session(session, result="Success")
    await stage.wait_for_reply(root, "recovered")
    await stage.wait_for_root("✅ Mended recovered")


@fault(
    "EM is slow with the reasons of a failure",
    sees="The alert comes without them, and they are added when EM has told them.",
)
async def test_an_alert_does_not_wait_for_its_reasons(stage: Stage) -> None:
    hold = stage.em.faults.hold(path="ReplicaTaskSession")
    job = stage.job("Reasons later", vms=("sql01",))
    stage.em.world.add_session(job, result="Failed", reasons={"sql01": "no space on ds7"})
    root = await stage.wait_for_root("Reasons later failed")
    assert "no space on ds7" not in str(root.blocks)
    hold.release()
    await stage.slack.wait_for(
        lambda _: "no space on ds7" in str(stage.roots("Reasons later failed")[0].blocks), 30
    )


def assert_never_blind(stage: Stage) -> None:
    assert not [m for m in stage.slack.messages() if "cannot see" in m.text]
