"""The bot starts on a database that is not as it left it."""

import asyncio
import sqlite3
import sys
from pathlib import Path

import pytest

from bot.store.databases import Database
from tests.end_to_end.stage import PATIENCE, Stage, set_stage
from tests.faults.table import fault

HALF_A_MIGRATION = """
import os, signal, sys
from sqlalchemy import create_engine
from bot.store import databases

engine = create_engine(f"sqlite:///{sys.argv[1]}")
with engine.connect() as connection:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    databases._upgrade(connection)
    os.kill(os.getpid(), signal.SIGKILL)
"""
"""All steps of the real migrations, killed before they are committed."""


async def start_and_end(stage: Stage) -> tuple[int, str]:
    """Start the bot and wait for its end; its exit code and what it said of it last."""
    await stage.bot.start()
    assert stage.bot.process is not None
    async with asyncio.timeout(PATIENCE):
        code = await stage.bot.process.wait()
    return code, stage.bot.log.strip().splitlines()[-1]


async def leave_a_database(folder: Path) -> Path:
    """A database as the bot leaves it where it is started, and its path."""
    path = folder / "replica-bot.db"
    await (await Database.open(f"sqlite+aiosqlite:///{path}")).close()
    return path


def fill(path: Path) -> None:
    """Keep so much in a database that the second half of its file holds nothing else."""
    with sqlite3.connect(path) as raw:
        raw.execute("INSERT INTO channels VALUES ('C0LD', ?, 0, 0)", ["x" * 1_000_000])
    raw.close()


def damage(path: Path, is_first_page: bool) -> None:
    """Overwrite a database's first page, or the second half of its file."""
    whole = path.read_bytes()
    half = len(whole) // 2
    first, second = b"\0" * 4096 + whole[4096:], whole[:half] + b"\xaa" * (len(whole) - half)
    path.write_bytes(first if is_first_page else second)


@fault(
    "The database was written by a newer version of the bot",
    sees="The bot does not start (exit code 1) and touches nothing: “The database was written by a "
    "newer version of Replica Bot. Install that version again, or restore the copy …”",
)
async def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        path = await leave_a_database(tmp_path)
        with sqlite3.connect(path) as raw:
            raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.close()
        before = path.read_bytes()
        code, said = await start_and_end(stage)
        assert code == 1
        assert said.startswith("The database was written by a newer version of Replica Bot. Ins")
        assert path.read_bytes() == before


@pytest.mark.parametrize("is_first_page", [True, False])
@fault(
    "The database file is damaged, on its first page or anywhere else",
    sees="The bot does not start (exit code 1): “The database … is damaged. Restore a copy; or, to "
    "start over, move it away …”. Without it, the bot starts as on its first day.",
)
async def test_a_damaged_database_is_refused_and_one_may_start_over(
    tmp_path: Path, is_first_page: bool
) -> None:
    async with set_stage(tmp_path) as stage:
        path = await leave_a_database(tmp_path)
        fill(path)
        damage(path, is_first_page)
        code, said = await start_and_end(stage)
        assert code == 1
        assert "is damaged" in said
        assert "to start over, move it away" in said
        path.rename(path.with_suffix(".damaged"))
        await stage.bot.start()
        await stage.wait_for_start()
        await stage.let_a_poll_pass("Marker of the new database")


@fault(
    "The machine dies in the middle of a migration of the database",
    sees="Nothing: the next start begins the migration anew.",
)
async def test_a_migration_that_was_killed_begins_anew(tmp_path: Path) -> None:
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HALF_A_MIGRATION, str(tmp_path / "replica-bot.db")
    )
    assert await killed.wait() == -9
    async with set_stage(tmp_path) as stage:
        await stage.bot.start()
        await stage.wait_for_start()
        await stage.let_a_poll_pass("Marker after the migration")
