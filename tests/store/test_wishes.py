"""What people asked for survives in the database as they said it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio

from bot.core.audiences import Subscription
from bot.core.mutes import Mute, Scope
from bot.core.sessions import Verdict
from bot.core.watches import Watch
from bot.store.databases import Database
from bot.store.polls import SqlPollingStore, SqlPollingTransaction
from tests.builders import HOUR, NOW
from tests.services.bench import EM

MUTE = Mute(0, Scope.SERVER, "vbr01", "UANA", NOW, NOW + HOUR, ends_with_success=True)
SUBSCRIPTION = Subscription(
    0, "C2", frozenset({Verdict.FAILED}), ("SQL *", "a,b"), ("vbr01",), "UANA", NOW
)
WATCH = Watch(0, "UANA", "urn:job", "", NOW, after_at=NOW - HOUR)


@pytest_asyncio.fixture(loop_scope="module")
async def ledger(database: Database) -> AsyncIterator[SqlPollingTransaction]:
    async with SqlPollingStore(database, EM).transaction() as opened:
        yield opened


async def test_a_mute_is_kept_as_it_was_said(ledger: SqlPollingTransaction) -> None:
    saved = await ledger.save_mute(MUTE)
    assert saved.id
    assert await ledger.load_mutes() == [saved]


async def test_a_changed_mute_stays_one(ledger: SqlPollingTransaction) -> None:
    saved = await ledger.save_mute(MUTE)
    later = await ledger.save_mute(replace(saved, ends_at=NOW + 2 * HOUR))
    assert await ledger.load_mutes() == [later]


async def test_a_mute_is_in_force_until_its_end_is_recorded(ledger: SqlPollingTransaction) -> None:
    saved = await ledger.save_mute(replace(MUTE, ends_at=NOW - HOUR))
    assert await ledger.load_mutes() == [saved]
    await ledger.save_mute(replace(saved, ended_at=NOW))
    assert await ledger.load_mutes() == []


async def test_a_subscription_is_kept_as_it_was_said(ledger: SqlPollingTransaction) -> None:
    saved = await ledger.save_subscription(SUBSCRIPTION)
    assert saved.id
    assert await ledger.load_subscriptions() == [saved]


async def test_a_deleted_subscription_is_gone_and_no_other(ledger: SqlPollingTransaction) -> None:
    gone = await ledger.save_subscription(SUBSCRIPTION)
    kept = await ledger.save_subscription(replace(SUBSCRIPTION, channel="C3"))
    await ledger.delete_subscription(gone.id)
    assert await ledger.load_subscriptions() == [kept]


async def test_a_watch_is_found_by_its_session_or_its_job(ledger: SqlPollingTransaction) -> None:
    of_job = await ledger.save_watch(WATCH)
    of_session = await ledger.save_watch(replace(WATCH, session_uid="urn:session"))
    assert await ledger.load_watches(["urn:session"], []) == [of_session]
    assert await ledger.load_watches([], ["urn:job"]) == [of_job]
    assert await ledger.load_watches_of("UANA") == [of_job, of_session]
    assert await ledger.load_watches_of("UBO") == []


async def test_an_ended_watch_waits_for_nothing(ledger: SqlPollingTransaction) -> None:
    saved = await ledger.save_watch(WATCH)
    await ledger.save_watch(replace(saved, ended_at=NOW, ended_session_uid="urn:session"))
    assert await ledger.load_watches([], ["urn:job"]) == []


async def test_another_em_has_its_own(database: Database, ledger: SqlPollingTransaction) -> None:
    saved = await ledger.save_mute(MUTE)
    other = SqlPollingTransaction(ledger.connection, "other:9398")
    await other.save_mute(replace(saved, ends_at=NOW + 9 * HOUR))
    assert await other.load_mutes() == []
    assert await ledger.load_mutes() == [saved]
