"""A new, migrated database for each test, copied: to migrate each would be most of the work."""

import asyncio
import atexit
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from bot.store.databases import Database


def make_database(folder: Path) -> str:
    """Put an empty database into a folder and tell its address."""
    path = folder / "bot.db"
    shutil.copy(_template(), path)
    return _address_of(path)


def make_folder(purpose: str) -> str:
    """Make a folder, in memory where that is possible: nobody pulls this machine's plug."""
    memory = Path("/dev/shm")
    return tempfile.mkdtemp(f"-{purpose}", dir=memory if memory.is_dir() else None)


@cache
def _template() -> Path:
    folder = make_folder("template")
    atexit.register(shutil.rmtree, folder)
    path = Path(folder, "bot.db")

    async def migrate() -> None:
        await (await Database.open(_address_of(path))).close()

    with ThreadPoolExecutor(1) as thread:  # the caller may be in an event loop
        thread.submit(asyncio.run, migrate()).result()
    return path


def _address_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"
