"""Opening the database: lock, connections, migrations, and what to tell people when it fails.

SQLite with WAL and `synchronous=FULL`: one writing connection that begins IMMEDIATE, separate
readers, a `flock` beside the file so that a second bot is refused (DESIGN §2, The database).
"""

import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, Any

import structlog
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import DatabaseInUse, DatabaseUnavailable, DatabaseUnusable

HEAD = "0003"
"""The newest migration; a database that names one this program does not have is refused."""

BUSY_TIMEOUT_MS = 5_000
READERS = 4
ALONE = "replica_bot_alone"  # our option on a connection: one statement, no transaction

TROUBLES = (DatabaseError, OperationalError, PoolTimeout)
"""Errors of the database itself; their subclasses are errors of what was asked of it."""

NOTHING_LOST = "Nothing that was stored is lost, and the bot goes on trying."
DAMAGED = (
    "It is damaged, and part of what was stored may be lost: stop the bot, then restore a copy; "
    "or, to start over, move it away. Until then alerts may be missing."
)
DAMAGES = ("malformed", "not a database")
"""What SQLite says of a damaged file."""

CURES = {
    "locked": "Another program holds it: close what else has it open (a copy, an SQLite browser).",
    "full": "Free space on its disk.",
    "disk I/O error": "Check its disk: space, quota, limits and health.",
    "readonly": "Give the bot's user the right to write the file and its folder.",
}
"""What SQLite says of a database that was well before, and what a person can do."""

log = structlog.get_logger()


class Database:
    """An open database. Build it with `Database.open`, end it with `close`."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine, lock: IO[str] | None) -> None:
        self._writer = writer
        self._reader = reader
        self._lock = lock
        self._troubles = {"write": "", "read": ""}

    @property
    def problem(self) -> str:
        """Why nothing can be written or read now, and what to do; empty while all is well."""
        return self._troubles["write"] or self._troubles["read"]

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Lock, open and migrate; raises `DatabaseUnusable` with what to do."""
        path = make_url(url).database or ""
        lock = _lock(path)
        writer, reader = _engine(url, is_writer=True), _engine(url, is_writer=False)
        database = cls(writer, reader, lock)
        try:
            await database._check(path)
            await database._migrate()
        except DatabaseUnusable:
            await database.close()
            raise
        except DatabaseError as error:
            await database.close()
            raise DatabaseUnusable(_explain(path, error)) from error
        return database

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open the writing transaction: committed at the end, rolled back on any error.

        Raises `DatabaseUnavailable` where SQLite cannot write, and so do the others for reading.
        """
        with self._noticing("write"):
            async with self._writer.begin() as connection:
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a reading connection: it sees what is committed and blocks nobody."""
        with self._noticing("read"):
            async with self._reader.connect() as connection:
                yield connection

    @asynccontextmanager
    async def read_once(self) -> AsyncIterator[AsyncConnection]:
        """Open a reading connection for one statement, which sees one moment without a transaction.

        A command reads three times, and every word to SQLite's thread costs more than the reading.
        """
        with self._noticing("read"):
            async with self._reader.connect() as connection:
                yield await connection.execution_options(**{ALONE: True})

    @contextmanager
    def _noticing(self, doing: str) -> Iterator[None]:
        """Turn SQLite's troubles into words; they are logged once, and once when they are over."""
        try:
            yield
        except (DatabaseError, PoolTimeout) as error:
            if type(error) not in TROUBLES:
                raise  # a constraint or a wrong statement: ours to mend
            trouble = _describe_trouble(doing, str(getattr(error, "orig", "all wait for it")))
            if trouble != self._troubles[doing]:
                self._troubles[doing] = trouble
                log.error("database_unavailable", error=trouble)  # noqa: TRY400 - its words suffice
            raise DatabaseUnavailable(trouble) from error
        if self._troubles[doing]:
            self._troubles[doing] = ""
            log.info("database_available_again", doing=doing)

    async def close(self) -> None:
        """Close the connections and give up the lock."""
        await self._reader.dispose()
        await self._writer.dispose()
        if self._lock:
            self._lock.close()

    async def _check(self, path: str) -> None:
        """Look at every page, so that damage is not met later, by an alert; 0.5 s for 1 M rows."""
        async with self._reader.connect() as connection:
            found = await connection.scalar(text("PRAGMA quick_check(1)"))
        if found != "ok":
            raise DatabaseUnusable(_explain_damage(path, " ".join(str(found).split())))

    async def _migrate(self) -> None:
        async with self._writer.begin() as connection:
            current = await connection.run_sync(_current_revision)
            if current == HEAD:
                return
            log.info("database_migrates", from_revision=current or "none", to_revision=HEAD)
            await connection.run_sync(_upgrade)


def _lock(path: str) -> IO[str] | None:
    if not path or path == ":memory:":
        return None
    try:
        lock = Path(f"{path}.lock").open("a+")  # noqa: SIM115 - held open for as long as the bot runs
    except OSError as error:
        raise DatabaseUnusable(
            f"Cannot open the database {path}: {error.strerror}. "
            "Check DATABASE_URL, and that its folder exists and may be written."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        raise DatabaseInUse(
            f"The database {path} is in use by another Replica Bot (process {holder}). "
            "Stop that one first, or give this one its own DATABASE_URL."
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _engine(url: str, *, is_writer: bool) -> AsyncEngine:
    engine = create_async_engine(
        url, pool_size=1 if is_writer else READERS, max_overflow=0, pool_timeout=60
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        if ALONE not in connection.get_execution_options():
            connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return engine


def _current_revision(connection: Connection) -> str:
    found = connection.execute(
        text("SELECT name FROM sqlite_master WHERE type='table' AND name='alembic_version'")
    ).scalar()
    if not found:
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _upgrade(connection: Connection) -> None:
    # Alembic takes a quarter of a second to import; most starts have nothing to migrate.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseUnusable(
            "The database was written by a newer version of Replica Bot. "
            "Install that version again, or restore the copy made before the upgrade."
        ) from error


def _describe_trouble(doing: str, cause: str) -> str:
    if any(word in cause for word in DAMAGES):
        return f"Cannot {doing} the database: {cause}. {DAMAGED}"
    cure = next((cure for word, cure in CURES.items() if word in cause), "See the bot's log.")
    return f"Cannot {doing} the database: {cause}. {cure} {NOTHING_LOST}"


def _explain(path: str, error: DatabaseError) -> str:
    cause = str(error.orig)
    if any(word in cause for word in DAMAGES):
        return _explain_damage(path, cause)
    return f"Cannot use the database {path}: {cause}. Check DATABASE_URL, disk space and rights."


def _explain_damage(path: str, cause: str) -> str:
    return (
        f"The database {path} is damaged ({cause}). Restore a copy; or, to start over, move it "
        "away: the bot then reads the last 30 days from EM again and takes them as history."
    )
