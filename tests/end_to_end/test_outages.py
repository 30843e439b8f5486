"""What EM, Slack and the machine do to the bot, and what people see of it."""

from pathlib import Path

from tests.end_to_end.stage import Stage, set_stage

SETTINGS = {"ALERT_GROUP_OVER": "100"}


async def test_a_logon_that_expires_between_two_pages_loses_nothing(stage: Stage) -> None:
    hold = stage.em.faults.hold(path="page=2")
    jobs = [stage.job(f"Paged {number:03}") for number in range(3)]
    for number in range(240):
        stage.em.world.add_session(jobs[number % 3], result="Success")
    stage.em.world.add_session(stage.job("After the pages"), result="Failed")
    await hold.held.wait()
    stage.em.faults.expire_logons()
    hold.release()
    await stage.wait_for_root("After the pages failed")


async def test_an_em_that_goes_down_is_told_once_and_so_is_its_return(stage: Stage) -> None:
    await stage.em.faults.go_down()
    root = await stage.wait_for_root("cannot")
    stage.em.world.add_session(stage.job("In the dark"), result="Failed")
    await stage.em.faults.come_back()
    await stage.wait_for_reply(root, "again")
    await stage.wait_for_root("In the dark failed")
    assert len([m for m in stage.slack.messages() if "cannot" in m.text]) <= 1


async def test_a_dropped_socket_comes_back(stage: Stage) -> None:
    stage.slack.faults.drop_sockets()
    await stage.ask_until_answered()


async def test_a_deaf_socket_is_noticed_and_replaced(stage: Stage) -> None:
    stage.slack.faults.go_deaf()
    await stage.ask_until_answered()


async def test_an_em_that_is_down_at_the_start_is_waited_for(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        await stage.em.faults.go_down()
        await stage.bot.start()
        await stage.wait_for_root("cannot")
        assert (await stage.slack.command("/replica status")).acked
        await stage.em.faults.come_back()
        await stage.wait_for_start()
        stage.em.world.add_session(stage.job("SQL Replica"), result="Failed")
        await stage.wait_for_root("SQL Replica failed")


async def test_the_bot_stops_cleanly_and_logs_off(stage: Stage) -> None:
    assert await stage.bot.stop() == 0
    method, path, _ = list(stage.em.requests)[-1]
    assert method == "DELETE"
    assert "logonsessions" in path.lower()
    assert "Traceback" not in stage.bot.log
