"""Slack takes a message, or does not, and does not say so; or it wants it otherwise."""

from dataclasses import replace

import pytest

from bot.demo.slack import Message
from tests.end_to_end.stage import PATIENCE, Stage
from tests.faults.looking import ask, log_lines, roots_about
from tests.faults.table import fault

SETTINGS = {"ALERT_GROUP_OVER": "100"}

POST, UPDATE = "chat.postMessage", "chat.update"
LOSSES = ("time_out", "close", "reset", "http_500", "refuse")


def arm(stage: Stage, how: str, method: str, *, after: bool) -> None:
    if how == "refuse":
        stage.slack.faults.refuse(method, "fatal_error", after_acceptance=after)
    else:
        getattr(stage.slack.faults, how)(method, after_acceptance=after)


async def fail(stage: Stage, job: str) -> None:
    stage.em.world.add_session(stage.job(job), result="Failed")


async def wait_for_edit(stage: Stage, root: Message) -> Message:
    """A message once it was changed."""

    def find(_: object) -> Message | None:
        now = stage.slack.workspace.find(root.channel, root.ts)
        return now if now and now.edits > root.edits else None

    found = await stage.slack.wait_for(find, timeout=PATIENCE)
    assert found is not None
    return found


@pytest.mark.parametrize("how", LOSSES)
@fault(
    "Slack takes a message and does not say so: time-out, closed or reset connection, 5xx, "
    "`fatal_error`",
    sees="One message. The bot looks into the channel's history and finds it there.",
)
async def test_a_message_that_slack_took_without_saying_so_is_not_said_again(
    stage: Stage, how: str
) -> None:
    arm(stage, how, POST, after=True)
    await fail(stage, f"Taken by {how}")
    await stage.wait_for_root(f"Taken by {how} failed")
    await stage.let_a_poll_pass(f"Marker of {how}s")
    stage.em.world.add_session(stage.job(f"Taken by {how}"), result="Success")
    await stage.wait_for_root(f"✅ Taken by {how} recovered")
    assert len(roots_about(stage, f"Taken by {how}")) == 1


@fault(
    "Slack does not take a message and does not say so, for the same reasons",
    sees="The message, once, about 20 seconds later: before that it might still come.",
)
async def test_a_message_that_slack_did_not_take_is_said_once_it_cannot_come_any_more(
    stage: Stage,
) -> None:
    for how in LOSSES:
        arm(stage, how, POST, after=False)
        await fail(stage, f"Lost by {how}")
    await stage.slack.wait_for(
        lambda _: all(stage.roots(f"Lost by {how} failed") for how in LOSSES), 2 * PATIENCE
    )
    await stage.let_a_poll_pass("Marker after the losses")
    assert [len(roots_about(stage, f"Lost by {how}")) for how in LOSSES] == [1] * len(LOSSES)
    assert stage.slack.faults.describe() == []


@pytest.mark.parametrize("after", [False, True], ids=["not taken", "taken"])
@fault(
    "An edit gets lost in the same ways",
    sees="The message shows how things stand a few seconds later.",
)
async def test_an_edit_that_got_lost_is_made_again(stage: Stage, *, after: bool) -> None:
    name = f"Edited, {'taken' if after else 'not taken'}"
    await fail(stage, name)
    await stage.wait_for_root(f"{name} failed")
    for how in LOSSES[after:]:  # to the bot a time-out is the same either way, and takes long
        arm(stage, how, UPDATE, after=after)
    stage.em.world.add_session(stage.job(name), result="Success")
    await stage.slack.wait_for(lambda slack: not slack.faults.describe(), 2 * PATIENCE)
    await stage.wait_for_root(f"✅ {name} recovered")
    await stage.let_a_poll_pass(f"Marker ({after})")
    assert len(roots_about(stage, name)) == 1


@fault(
    "The workspace refuses a kind of block (`invalid_blocks`)",
    sees="The same message in plainer form; the log says so once, and for an hour answers to "
    "commands are plain too.",
)
async def test_refused_blocks_are_said_plainly(stage: Stage) -> None:
    before = stage.slack.options
    stage.slack.options = replace(before, refused_block_types=frozenset({"rich_text"}))
    await fail(stage, "Plain")
    root = await stage.wait_for_root("Plain failed")
    assert {block["type"] for block in root.blocks} == {"section", "actions"}
    assert "Replica Bot" in await ask(stage, "help")
    stage.slack.options = before
    assert len(log_lines(stage, "rich_text_refused")) == 1


@fault(
    "Somebody deletes an alert",
    sees="It is not restored. When the job gets worse, or fails after a recovery, a new message "
    "tells so.",
)
async def test_a_deleted_alert_is_not_restored_but_the_next_worsening_is_told(
    stage: Stage,
) -> None:
    stage.em.world.add_session(stage.job("Deleted"), result="Warning")
    root = await stage.wait_for_root("Deleted ended")
    stage.slack.faults.delete_message(root)
    stage.em.world.add_session(stage.job("Deleted"), result="Warning")
    await stage.let_a_poll_pass("Marker after the deletion")
    assert roots_about(stage, "Deleted") == []
    await fail(stage, "Deleted")
    await stage.wait_for_root("Deleted failed")


@pytest.mark.parametrize("left", ["gone", "tombstone"])
@fault(
    "Somebody deletes the first message of a thread that has replies",
    sees="The same: the next worsening is told by a new message, and later news are below it.",
)
async def test_a_deleted_root_with_replies_is_like_any_other(stage: Stage, left: str) -> None:
    stage.slack.options = replace(stage.slack.options, deleted_root=left)  # type: ignore[arg-type]
    name = f"Thread {left}"
    stage.em.world.add_session(stage.job(name), result="Warning")
    root = await stage.wait_for_root(f"{name} ended")
    stage.em.world.add_session(stage.job(name), result="Warning")
    await stage.wait_for_reply(root, "again")
    stage.slack.faults.delete_message(root)
    await fail(stage, name)
    fresh = await stage.wait_for_root(f"{name} failed")
    await fail(stage, name)
    await stage.wait_for_reply(fresh, "failed again")
    assert len(roots_about(stage, name)) == 1


@fault(
    "A message may not be changed any more (`edit_window_closed`, `cant_update_message`)",
    sees="A reply in its thread takes its place, and is kept up to date.",
)
async def test_a_message_that_may_not_be_changed_goes_on_in_its_thread(stage: Stage) -> None:
    await fail(stage, "Unchangeable")
    root = await stage.wait_for_root("Unchangeable failed")
    stage.slack.faults.refuse(UPDATE, "edit_window_closed")
    stage.em.world.add_session(stage.job("Unchangeable"), result="Success")
    await stage.wait_for_reply(root, "✅ Unchangeable recovered on")
    assert len(roots_about(stage, "Unchangeable")) == 1
