"""Yesterday's copy of the database is put back."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.end_to_end.stage import Stage, set_stage
from tests.end_to_end.test_summaries import noon_settings
from tests.faults.table import fault


def copy(stage: Stage, source: str, target: str) -> None:
    """Copy a database as `sqlite3 … .backup` does."""
    folder = stage.bot.folder
    with (
        closing(sqlite3.connect(folder / source)) as one,
        closing(sqlite3.connect(folder / target)) as two,
    ):
        one.backup(two)


def restore(stage: Stage) -> None:
    """Put the copy in the database's place."""
    for name in ("replica-bot.db", "replica-bot.db-wal", "replica-bot.db-shm"):
        (stage.bot.folder / name).unlink(missing_ok=True)
    copy(stage, "copy.db", "replica-bot.db")


def told(stage: Stage) -> dict[str, list[str]]:
    """Each message of the channel and the replies below it, without their moments."""
    return {
        words(root.text): [words(reply.text) for reply in stage.slack.replies(root.ts)]
        for root in stage.slack.messages()
        if not root.thread_ts
    }


def words(text: str) -> str:
    return text.split("<!date")[0]


@fault(
    "Yesterday's copy of the database is restored",
    sees="The bot notices that the channel knows more than the copy, reads what it has said since "
    "then and takes those messages for its own: nothing is told twice, what happened meanwhile is "
    "told, and every message shows how things stand. Mutes, acknowledgements and subscriptions of "
    "the time after the copy are lost.",
)
async def test_a_restored_copy_tells_nothing_twice_and_loses_nothing(tmp_path: Path) -> None:
    settings = noon_settings() | {"RPO": "30d"}  # no message that counts down
    async with set_stage(tmp_path, settings=settings) as stage:
        em = stage.em.world
        em.add_session(stage.job("History"), result="Success", ended_at=stage.ago(hours=9))
        await stage.bot.start()
        await stage.wait_for_start()
        em.add_session(stage.job("Open at the copy"), result="Failed")
        at_copy = await stage.wait_for_root("Open at the copy failed")
        await stage.wait_for_root("☀️")
        copy(stage, "replica-bot.db", "copy.db")

        em.add_session(stage.job("Open at the copy"), result="Failed")
        await stage.wait_for_reply(at_copy, "failed again")
        em.add_session(stage.job("Open at the copy"), result="Success")
        await stage.wait_for_reply(at_copy, "recovered")
        em.add_session(stage.job("After the copy"), result="Failed")
        after_copy = await stage.wait_for_root("After the copy failed")
        em.add_session(stage.job("After the copy"), result="Failed")
        await stage.wait_for_reply(after_copy, "failed again")
        storm = [stage.job(f"Storm {number}", server="vbr02") for number in range(8)]
        for job in storm:
            em.add_session(job, result="Failed")
        many = await stage.wait_for_root("8 jobs failed on vbr02")
        for job in storm:
            em.add_session(job, result="Success")
        await stage.wait_for_reply(many, "All 8 jobs recovered")
        await stage.wait_for_root("✅ All 8 jobs on vbr02 recovered")
        await stage.let_a_poll_pass("Marker before the end")
        assert await stage.bot.stop() == 0
        before = told(stage)

        em.add_session(stage.job("After the copy"), result="Success")
        em.add_session(stage.job("While it was off"), result="Failed")
        restore(stage)
        await stage.bot.start()
        await stage.wait_for_root("While it was off failed")
        await stage.wait_for_reply(after_copy, "recovered")
        await stage.wait_for_root("✅ After the copy recovered")
        await stage.let_a_poll_pass("Marker after the copy")

        now = told(stage)
        assert len([each for each in now if each.startswith("☀️")]) == 1
        again = "✅ After the copy recovered on vbr01 "
        expected = {each: replies for each, replies in before.items() if "After the" not in each}
        assert {each: now.get(each) for each in expected} == expected
        assert [len(replies) for each, replies in now.items() if each == again] == [2]
        assert len(now) == len(before) + 2
