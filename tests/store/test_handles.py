"""Handles are given once and kept for ever."""

from sqlalchemy import insert

from bot.core.handles import SHORTEST, candidates
from bot.store import tables
from bot.store.databases import Database
from bot.store.handles import HandleLedger, SqlHandles
from tests.builders import FakeClock
from tests.services.bench import EM


def some_handles(database: Database, em: str = EM) -> SqlHandles:
    return SqlHandles(database, em, FakeClock())


async def test_a_handle_stays_and_leads_back(database: Database) -> None:
    handles = some_handles(database)
    given = await handles.give(["urn:a", "urn:b"])
    assert await some_handles(database).give(["urn:b", "urn:a", "urn:a"]) == given
    assert await handles.find(given["urn:a"]) == "urn:a"
    assert await handles.find("ffff") is None
    assert await handles.give([]) == {}


async def test_handles_of_another_em_are_its_own(database: Database) -> None:
    given = await some_handles(database).give(["urn:a"])
    assert await some_handles(database, "other").find(given["urn:a"]) is None
    assert await some_handles(database, "other").load(["urn:a"]) == {}


async def test_where_a_handle_is_taken_the_next_is_longer(database: Database) -> None:
    handles = some_handles(database)
    first, second = list(candidates("urn:b"))[:2]
    async with database.write() as connection:
        await connection.execute(
            insert(tables.handles).values(
                em=EM, handle=first, subject="urn:other", made_at=FakeClock()()
            )
        )
    assert await handles.give(["urn:b"]) == {"urn:b": second}
    assert len(second) > SHORTEST


async def test_two_who_give_at_once_give_the_same(database: Database) -> None:
    given = await some_handles(database).give(["urn:a"])
    async with database.write() as connection:
        ledger = HandleLedger(connection, EM)
        assert await ledger.make("urn:a", FakeClock()()) == given["urn:a"]
