"""App Home: what needs somebody, with buttons; my watches; the bot's own health."""

import asyncio

import pytest

from tests.end_to_end.stage import PATIENCE, Mode, Stage
from tests.end_to_end.talking import ask, wait_until_shown


@pytest.fixture(scope="module", params=["socket", "http"])
def mode(request: pytest.FixtureRequest) -> Mode:
    """Events and presses in both modes."""
    return "http" if request.param == "http" else "socket"


async def home_with(stage: Stage, *texts: str) -> dict[str, object]:
    """The Home tab, once it shows all this; opened anew until it does: a poll may be due first."""
    async with asyncio.timeout(PATIENCE):
        while True:
            before = (stage.slack.home() or {}).get("hash")
            assert await stage.slack.open_home()
            home = await stage.slack.wait_for(
                lambda slack: (h := slack.home()) and h["hash"] != before and h,  # noqa: B023
                timeout=PATIENCE,
            )
            if home and all(text in str(home["blocks"]) for text in texts):
                return home


async def test_it_shows_what_fails_what_runs_and_what_i_wait_for(stage: Stage) -> None:
    job = stage.job("Home Replica")
    stage.em.world.add_session(job, result="Failed", ended_at=stage.ago(minutes=5))
    root = await stage.wait_for_root("Home Replica failed")
    stage.em.world.start_session(stage.job("Waiting Replica"))
    await ask(stage, "watch Waiting Replica", "I tell you by direct message")
    home = await home_with(
        stage, "1 job failing", "Home Replica", "Waiting Replica", "My watches: 1", "last look"
    )
    assert (await stage.slack.press(home, text="Acknowledge")).acked
    await stage.slack.wait_for(
        lambda slack: "You look after" in str(slack.home()), timeout=PATIENCE
    )
    await wait_until_shown(stage, root, "acknowledged by")


async def test_a_note_written_there_is_answered_by_direct_message(stage: Stage) -> None:
    home = stage.slack.home()
    assert (await stage.slack.press(home, text="Add a note")).acked
    form = await stage.slack.wait_for(lambda slack: slack.modal(), timeout=PATIENCE)
    assert form is not None
    await stage.slack.submit(form.view["id"], {"note": "storage is called"})
    mine = stage.slack.direct_message()
    await stage.slack.wait_for(
        lambda slack: [m for m in slack.messages(mine) if "Your note stands" in m.text],
        timeout=PATIENCE,
    )


async def test_a_watch_is_given_up_there(stage: Stage) -> None:
    home = await home_with(stage, "My watches: 1")
    assert (await stage.slack.press(home, text="Unwatch")).acked
    await stage.slack.wait_for(
        lambda slack: "You wait for nothing" in str(slack.home()), timeout=PATIENCE
    )


async def test_details_open_beside_it(stage: Stage) -> None:
    home = await home_with(stage, "Failing now")
    assert (await stage.slack.press(home, text="Details")).acked
    modal = await stage.slack.wait_for(lambda slack: slack.modal(), timeout=PATIENCE)
    assert modal is not None
    await stage.slack.wait_for(
        lambda slack: "Home Replica" in str(modal.as_json()["blocks"]), timeout=PATIENCE
    )


async def test_a_job_is_muted_there(stage: Stage) -> None:
    home = await home_with(stage, "Failing now")
    result = await stage.slack.select(home, "incident_mute", text="Job: 4 hours")
    assert result.acked
    await stage.slack.wait_for(lambda slack: "is muted" in str(slack.home()), timeout=PATIENCE)
