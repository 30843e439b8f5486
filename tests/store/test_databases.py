"""Opening the database: migrated, locked, and refused with what to do."""

import asyncio
import sqlite3
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

import bot.store
from bot.errors import DatabaseInUse, DatabaseUnavailable, DatabaseUnusable
from bot.store.databases import HEAD, Database
from bot.store.tables import metadata

PAGE = 4096  # bytes of one page of SQLite's

HOLDER = """
import asyncio, sys
from bot.store.databases import Database

async def hold():
    database = await Database.open(sys.argv[1])
    print("open", flush=True)
    await asyncio.sleep(60)
    await database.close()

asyncio.run(hold())
"""


def path_of(url: str) -> Path:
    return Path(url.partition("///")[2])


async def test_the_migrations_make_what_the_tables_say(url: str, database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    engine = create_engine(f"sqlite:///{path_of(url)}")
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()


def test_the_newest_migration_is_the_one_that_is_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(bot.store.__path__[0]) / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


async def test_what_is_written_is_there_after_opening_again(url: str) -> None:
    first = await Database.open(url)
    async with first.write() as connection:
        await connection.execute(text("INSERT INTO channels VALUES ('C1', 'archived', 1, 2)"))
    await first.close()
    again = await Database.open(url)
    async with again.read() as connection:
        assert (await connection.execute(text("SELECT channel FROM channels"))).scalar() == "C1"
    await again.close()


async def test_an_error_in_a_transaction_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO channels VALUES ('C1', '', 1, 2)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM channels"))).scalar() == 0


async def test_a_reader_is_not_stopped_by_a_writer(database: Database) -> None:
    async with database.write() as writer:
        await writer.execute(text("INSERT INTO channels VALUES ('C1', '', 1, 2)"))
        async with database.read() as reader:
            assert (await reader.execute(text("SELECT count(*) FROM channels"))).scalar() == 0


async def test_writers_take_turns(database: Database) -> None:
    async def count_up() -> None:
        async with database.write() as connection:
            found = await connection.execute(text("SELECT count(*) FROM channels"))
            row = {"name": f"C{found.scalar()}"}
            await connection.execute(text("INSERT INTO channels VALUES (:name, '', 1, 2)"), row)

    await asyncio.gather(*(count_up() for _ in range(10)))
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM channels"))).scalar() == 10


@pytest.mark.parametrize("is_writer", [True, False])
async def test_sqlite_is_set_to_lose_nothing(database: Database, is_writer: bool) -> None:
    async with database.write() if is_writer else database.read() as connection:
        found = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        ]
    assert found == ["wal", 2, 5000]


async def test_a_second_bot_is_refused_with_the_first_ones_process(url: str) -> None:
    first = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, url, stdout=asyncio.subprocess.PIPE
    )
    assert first.stdout
    assert b"database_migrates" in await first.stdout.readline()
    assert await first.stdout.readline() == b"open\n"
    with pytest.raises(DatabaseInUse, match=f"process {first.pid}"):
        await Database.open(url)
    first.kill()
    await first.wait()
    await (await Database.open(url)).close()


async def test_the_lock_is_given_up_when_the_database_is_closed(url: str) -> None:
    for _ in range(2):
        await (await Database.open(url)).close()


async def test_a_database_of_a_newer_version_is_refused_and_not_touched(url: str) -> None:
    await (await Database.open(url)).close()
    with sqlite3.connect(path_of(url)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    for _ in range(2):
        with pytest.raises(DatabaseUnusable, match="newer version"):
            await Database.open(url)


async def test_a_damaged_database_is_refused_with_what_to_do(url: str) -> None:
    path_of(url).write_bytes(b"this is no database at all, but a text that is long enough" * 100)
    with pytest.raises(DatabaseUnusable, match=r"damaged.*Restore a copy"):
        await Database.open(url)


def damage(path: Path, since: int) -> None:
    """Overwrite all that comes since a byte of the file."""
    whole = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(since)
        file.write(b"\xaa" * (len(whole) - since))


async def test_damage_anywhere_in_a_database_is_refused_at_the_start(url: str) -> None:
    database = await Database.open(url)
    await write_a_lot(database)
    await database.close()
    damage(path_of(url), since=path_of(url).stat().st_size - 2 * PAGE)
    with pytest.raises(DatabaseUnusable, match=r"damaged \(.*\)\. Restore a copy"):
        await Database.open(url)


async def test_of_a_database_that_gets_damaged_it_is_not_said_that_nothing_is_lost(
    url: str, database: Database
) -> None:
    async with database.read() as connection:
        await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    async with database.write() as connection:
        await connection.execute(text("PRAGMA shrink_memory"))
    damage(path_of(url), since=PAGE)
    with pytest.raises(DatabaseUnavailable, match=r"malformed\. It is damaged.*restore a copy"):
        await write_a_lot(database)
    assert "Nothing that was stored is lost" not in database.problem


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="folder exists"):
        await Database.open(f"sqlite+aiosqlite:///{tmp_path}/nowhere/bot.db")


async def test_tables_of_another_program_are_refused(url: str) -> None:
    with sqlite3.connect(path_of(url)) as raw:
        raw.execute("CREATE TABLE sessions (mine INTEGER)")
    raw.close()
    with pytest.raises(DatabaseUnusable, match="Check DATABASE_URL"):
        await Database.open(url)


async def test_a_folder_in_the_databases_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bot.db").mkdir()
    with pytest.raises(DatabaseUnusable):
        await Database.open(f"sqlite+aiosqlite:///{tmp_path}/bot.db")


async def test_a_migration_that_is_killed_midway_begins_anew(url: str) -> None:
    killed = sqlite3.connect(path_of(url), isolation_level=None)
    killed.execute("BEGIN IMMEDIATE")
    killed.execute("CREATE TABLE channels (channel TEXT)")
    killed.close()
    await (await Database.open(url)).close()


async def test_a_database_whose_disk_is_full_says_so_once_and_goes_on(database: Database) -> None:
    with capture_logs() as logs:
        async with database.write() as connection:
            pages = (await connection.execute(text("PRAGMA page_count"))).scalar()
            await connection.execute(text(f"PRAGMA max_page_count={pages}"))
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable, match=r"is full. Free space on its disk"):
                await write_a_lot(database)
        assert "Nothing that was stored is lost" in database.problem
        async with database.write() as connection:
            await connection.execute(text("PRAGMA max_page_count=100000"))
        await write_a_lot(database)
    assert database.problem == ""
    events = [line["event"] for line in logs]
    assert events == ["database_unavailable", "database_available_again"] * (len(events) // 2)
    assert events.count("database_unavailable") == 1


async def write_a_lot(database: Database) -> None:
    async with database.write() as connection:
        row = {"problem": "x" * 100_000}
        await connection.execute(text("INSERT INTO channels VALUES ('C1', :problem, 1, 2)"), row)


async def test_a_locked_database_says_who_can_end_that(url: str, database: Database) -> None:
    other = sqlite3.connect(path_of(url), isolation_level=None)
    async with database.write() as connection:
        await connection.execute(text("PRAGMA busy_timeout=1"))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable, match=r"locked. Another program holds it"):
        await write_a_lot(database)
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM channels"))).scalar() == 0
    assert "locked" in database.problem
    other.close()
    await write_a_lot(database)
    assert database.problem == ""


async def test_a_wrong_row_is_no_trouble_of_the_database(database: Database) -> None:
    await write_a_lot(database)
    with pytest.raises(IntegrityError):
        await write_a_lot(database)
    assert database.problem == ""
