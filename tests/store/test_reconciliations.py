"""What the database knows of a channel, as it is compared with the channel's history."""

from dataclasses import replace

from sqlalchemy import insert

from bot.core.keys import digest
from bot.core.notices import FoundMessage, Kind, promise
from bot.store.databases import Database
from bot.store.notices import NoticeLedger
from bot.store.polls import SqlPollingStore
from bot.store.reconciliations import SqlReconcilingStore
from bot.store.tables import findings
from tests.builders import MINUTE, NOW

EM = "em.example.com:9398"


async def known(database: Database) -> SqlReconcilingStore:
    """A database with a posted message, one in doubt and one that was never tried."""
    posted = replace(promise("posted", Kind.START, EM, "C1", NOW), message_ts="5.0")
    in_doubt = replace(promise("in doubt", Kind.START, EM, "C1", NOW), attempt_started_at=NOW)
    async with SqlPollingStore(database, EM).transaction() as ledger:
        state = await ledger.load_state()
        await ledger.save_state(replace(state, polled_at=NOW))
        untried = promise("untried", Kind.START, EM, "C1", NOW)
        await ledger.save_notices([posted, in_doubt, untried])
    return SqlReconcilingStore(database, EM)


async def test_only_what_slack_may_have_has_a_revision(database: Database) -> None:
    store = await known(database)
    found = await store.load_revisions(["posted", "in doubt", "untried", "of nobody"])
    assert found == {"posted": 1, "in doubt": 1, "untried": 0}


async def test_a_channel_without_messages_is_known_since_the_newest_of_all(
    database: Database,
) -> None:
    store = await known(database)
    assert (await store.load_known("C1")).since == "5.0"
    assert (await store.load_known("C2")).since == "5.0"
    assert await store.load_channels() == ["C1"]


async def test_what_was_found_before_is_replaced(database: Database) -> None:
    store = await known(database)
    message = FoundMessage("C1", "9.0", "", "untried", 4, "start")
    await store.save_found("C1", [replace(message, message_ts="8.0")])
    await store.save_found("C1", [message])
    assert await store.settle("C1", NOW, is_fresh=True) == 1
    assert await store.settle("C1", NOW, is_fresh=True) == 0


async def test_a_message_with_a_key_of_another_version_is_left_alone(database: Database) -> None:
    store = await known(database)
    await store.save_found("C1", [FoundMessage("C1", "9.0", "", "of nobody", 1, "future 12")])
    assert await store.settle("C1", NOW, is_fresh=True) == 0


async def test_what_may_come_again_is_the_same_only_for_a_while(database: Database) -> None:
    store = await known(database)
    await store.save_found("C1", [FoundMessage("C1", "9.0", "", "of nobody", 1, "start")])
    assert await store.settle("C1", NOW, is_fresh=False) == 0
    assert await store.settle("C1", NOW, is_fresh=True) == 1


async def test_a_poll_is_known_by_the_bots_clock(database: Database) -> None:
    store = await known(database)
    assert await store.has_polled_since(NOW)
    assert not await store.has_polled_since(NOW + MINUTE)


async def test_a_message_about_findings_is_known_by_any_of_them(database: Database) -> None:
    store = await known(database)
    first, second, other = ({"kind": "silent", "subject": f"urn:{name}"} for name in "abc")
    async with database.write() as connection:
        for told_with, given in ((7, first), (7, second), (8, other)):
            of_job = {"em": EM, "job_uid": "", "backup_server": "", "opened_at": NOW}
            row = of_job | given | {"details": "{}", "told_with": told_with}
            await connection.execute(insert(findings).values(**row))
        ledger = NoticeLedger(connection, EM)
        for number in (7, 8):
            await ledger.save_notices([promise(f"{number}", Kind.FINDING, f"{number}", "C1", NOW)])
    key = f"finding {digest('silent', 'urn:b')} {digest('silent', 'urn:gone')}"
    await store.save_found("C1", [FoundMessage("C1", "9.0", "", "of nobody", 1, key)])
    assert await store.settle("C1", NOW, is_fresh=True) == 1
    async with database.read() as connection:
        kept = await NoticeLedger(connection, EM).load_notices(["7", "8"])
    assert (kept["7"].message_ts, kept["8"].message_ts) == ("9.0", "")


async def test_a_finding_below_another_message_is_found_there(database: Database) -> None:
    store = await known(database)
    async with database.write() as connection:
        of = {"em": EM, "job_uid": "", "backup_server": "", "opened_at": NOW, "details": "{}"}
        row = of | {"kind": "rpo", "subject": "urn:a", "told_with": 7}
        await connection.execute(insert(findings).values(**row))
        below = replace(promise("below", Kind.FINDING, "7", "C1", NOW), parent_id="posted")
        await NoticeLedger(connection, EM).save_notices([below])
    key = f"finding {digest('rpo', 'urn:a')}"
    await store.save_found("C1", [FoundMessage("C1", "9.0", "5.0", "of nobody", 2, key)])
    assert await store.settle("C1", NOW, is_fresh=False) == 0
    assert await store.settle("C1", NOW, is_fresh=True) == 1
    async with database.read() as connection:
        kept = (await NoticeLedger(connection, EM).load_notices(["below"]))["below"]
    assert (kept.message_ts, kept.wanted_revision) == ("9.0", 3)
