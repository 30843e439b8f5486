"""The database cannot be written for a while: it is locked, or its disk is full."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.end_to_end.stage import Stage
from tests.faults.looking import ask, log_lines, roots_about, wait_until_ready, wait_until_unready
from tests.faults.table import fault

SETTINGS = {"ALERT_GROUP_OVER": "100"}


def path_of(stage: Stage) -> Path:
    return stage.bot.folder / "replica-bot.db"


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """Another program is writing, and does not come to an end."""
    other = sqlite3.connect(path_of(stage), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@contextmanager
def full(stage: Stage) -> Iterator[None]:
    """No file of the bot's may grow: what a full disk does, without a disk of our own."""
    assert stage.bot.process is not None
    log = path_of(stage).with_suffix(".db-wal")
    limits = (log.stat().st_size, resource.RLIM_INFINITY)
    resource.prlimit(stage.bot.process.pid, resource.RLIMIT_FSIZE, limits)
    try:
        yield
    finally:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(stage.bot.process.pid, resource.RLIMIT_FSIZE, unlimited)


@fault(
    "The database is locked by another program, even while a message is being posted",
    sees="`/readyz` and `/replica status` say so, the log does once; commands are answered. When "
    "it is free again, all that failed meanwhile is told, and nothing twice.",
)
async def test_a_locked_database_delays_and_loses_nothing(stage: Stage) -> None:
    posting = stage.slack.faults.hold("chat.postMessage")
    stage.em.world.add_session(stage.job("Posted while locked"), result="Failed")
    await posting.wait()
    with locked(stage):
        posting.release()
        stage.em.world.add_session(stage.job("Failed while locked"), result="Failed")
        await wait_until_unready(stage, "database is locked")
        assert "database is locked" in await ask(stage, "status")
        assert (await stage.slack.command("/replica failed")).acked
    await stage.wait_for_root("Failed while locked failed")
    await wait_until_ready(stage)
    assert len(roots_about(stage, "Posted while locked")) == 1
    assert_said_once(stage)


@fault(
    "The disk is full",
    sees="`/readyz` and `/replica status` say so, and that nothing stored is lost; the log does "
    "once. The bot goes on trying: when there is room again, all that failed meanwhile is told.",
)
async def test_a_full_disk_delays_and_loses_nothing(stage: Stage) -> None:
    told = stage.job("Told before the disk was full")
    stage.em.world.add_session(told, result="Failed")
    await stage.wait_for_root("Told before the disk was full")
    with full(stage):
        stage.em.world.add_session(stage.job("Failed on the full disk"), result="Failed")
        found = await wait_until_unready(stage, "Cannot write the database")
        assert "Nothing that was stored is lost" in found.text
        assert "Cannot write the database" in await ask(stage, "status")
    await stage.wait_for_root("Failed on the full disk failed")
    stage.em.world.add_session(told, result="Success")
    await stage.wait_for_root("✅ Told before the disk was full recovered")
    await wait_until_ready(stage)
    assert_said_once(stage)


def assert_said_once(stage: Stage) -> None:
    """The log names the trouble once and its end once, and is no wall of tracebacks."""
    lines = [
        line["event"]
        for event in ("database_unavailable", "database_available_again")
        for line in log_lines(stage, event)
    ]
    assert lines.count("database_unavailable") == lines.count("database_available_again")
    for event in ("worker_failed", "notice_poisoned"):
        assert not log_lines(stage, event)
