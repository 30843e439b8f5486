"""Notices as delivering sees them: due, claimed, paused."""

from dataclasses import replace
from datetime import datetime

from bot.core.notices import Kind, Notice, PostedMessage
from bot.core.stores import Attempt, Refusal
from bot.store.databases import Database
from bot.store.deliveries import SqlDeliveringStore
from bot.store.polls import SqlPollingStore
from tests.builders import HOUR, MINUTE, NOW

EM = "em.example.com:9398"
OTHER = "em2.example.com:9398"


def a_notice(notice_id: str, **changes: object) -> Notice:
    notice = Notice(notice_id, Kind.START, EM, "C1", 1, NOW, NOW)
    return replace(notice, **changes)  # type: ignore[arg-type]  # named fields of Notice


async def promise(database: Database, *notices: Notice, em: str = EM) -> SqlDeliveringStore:
    async with SqlPollingStore(database, em).transaction() as ledger:
        await ledger.save_state(await ledger.load_state())
        await ledger.save_notices(notices)
    return SqlDeliveringStore(database, em)


async def pause(store: SqlDeliveringStore, channel: str, code: str, at: datetime) -> None:
    await store.pause_channel(Refusal(channel, code, code, at))


async def due(store: SqlDeliveringStore) -> list[str]:
    return [each.id for each in await store.load_due(NOW)]


async def test_only_what_is_due_now_is_loaded_oldest_first(database: Database) -> None:
    later = a_notice("later", due_at=NOW + MINUTE)
    store = await promise(database, a_notice("b"), later, a_notice("a"))
    assert await due(store) == ["b", "a"]


async def test_what_is_shown_closed_or_told_by_another_is_not_due(database: Database) -> None:
    store = await promise(
        database,
        a_notice("shown", shown_revision=1),
        a_notice("closed", is_closed=True),
        a_notice("member", told_by="group"),
    )
    assert await due(store) == []


async def test_another_ems_notices_are_not_touched(database: Database) -> None:
    await promise(database, a_notice("theirs"), em=OTHER)
    store = await promise(database, a_notice("ours"))
    assert await due(store) == ["ours"]
    await SqlDeliveringStore(database, OTHER).claim("theirs", Attempt("their bot", NOW, NOW))
    assert await store.take_back_claims("our bot") == 0


async def test_a_claim_is_one_bots_alone(database: Database) -> None:
    store = await promise(database, a_notice("one"))
    claimed = await store.claim("one", Attempt("first", NOW, NOW - HOUR))
    assert claimed
    assert claimed.notice.attempt_slack_at == NOW - HOUR
    assert await store.claim("one", Attempt("second", NOW, NOW)) is None
    assert await store.take_back_claims("second") == 1
    again = await store.claim("one", Attempt("second", NOW + HOUR, NOW + HOUR))
    assert again
    assert (again.notice.attempt_started_at, again.notice.attempts) == (NOW, 2)


async def test_a_claim_before_its_time_is_refused(database: Database) -> None:
    store = await promise(database, a_notice("one", due_at=NOW + MINUTE))
    assert await store.claim("one", Attempt("bot", NOW, NOW)) is None


async def test_a_change_after_the_rendering_is_due_again(database: Database) -> None:
    store = await promise(database, a_notice("one", wanted_revision=2))
    await store.record_posted("one", PostedMessage("C1", "1.0", 1), NOW)
    assert await due(store) == ["one"]
    await store.record_shown("one", 2, NOW)
    assert await due(store) == []


async def test_a_reply_waits_for_its_root(database: Database) -> None:
    store = await promise(database, a_notice("root"), a_notice("reply", parent_id="root"))
    assert await due(store) == ["root"]
    await store.record_posted("root", PostedMessage("C1", "1.0", 1), NOW)
    claimed = await store.claim("reply", Attempt("bot", NOW, NOW))
    assert claimed
    assert claimed.thread_ts == "1.0"


async def test_a_reply_whose_root_went_into_a_group_goes_to_the_groups_thread(
    database: Database,
) -> None:
    store = await promise(
        database,
        a_notice("leader", message_ts="7.0", shown_revision=1),
        a_notice("root", told_by="leader"),
        a_notice("reply", parent_id="root"),
    )
    claimed = await store.claim("reply", Attempt("bot", NOW, NOW))
    assert await due(store) == ["reply"]
    assert claimed
    assert claimed.thread_ts == "7.0"


async def test_a_reply_under_a_closed_message_has_no_thread(database: Database) -> None:
    closed = a_notice("root", message_ts="1.0", is_closed=True)
    store = await promise(database, closed, a_notice("reply", parent_id="root"))
    assert await due(store) == ["reply"]
    claimed = await store.claim("reply", Attempt("bot", NOW, NOW))
    assert claimed
    assert claimed.thread_ts == ""


async def test_a_reply_without_a_parent_row_is_never_due(database: Database) -> None:
    assert await due(await promise(database, a_notice("reply", parent_id="nobody"))) == []


async def test_a_paused_channel_lets_only_its_oldest_notice_through_at_the_probe(
    database: Database,
) -> None:
    other = a_notice("other", channel="C2")
    store = await promise(database, a_notice("first"), a_notice("second"), other)
    await pause(store, "C1", "is_archived", NOW - 5 * MINUTE)
    assert await due(store) == ["first", "other"]
    await pause(store, "C1", "is_archived", NOW)
    assert await due(store) == ["other"]
    paused = (await store.load_pauses())["C1"]
    assert (paused.refused_since_at, paused.probe_at) == (NOW - 5 * MINUTE, NOW + 5 * MINUTE)


async def test_a_refused_token_lets_one_notice_through_at_the_probe(database: Database) -> None:
    store = await promise(database, a_notice("first"), a_notice("other", channel="C2"))
    await pause(store, "", "invalid_auth", NOW)
    assert await due(store) == []
    await pause(store, "", "invalid_auth", NOW - MINUTE)
    assert await due(store) == ["first"]


async def test_an_attempt_that_surely_failed_leaves_no_doubt(database: Database) -> None:
    store = await promise(database, a_notice("one"))
    await store.claim("one", Attempt("bot", NOW, NOW))
    await store.record_unsent("one", NOW, "rate limited")
    [notice] = await store.load_due(NOW)
    assert (notice.is_ambiguous, notice.error, notice.owner) == (False, "rate limited", "")


async def test_nothing_is_caught_up_where_slack_may_have_it(database: Database) -> None:
    waiting = [a_notice(f"{n}", kind=Kind.INCIDENT) for n in range(7)]
    store = await promise(database, *waiting)
    await store.record_attempt("0", Attempt("bot", NOW, NOW))
    assert await store.reopen(waiting[0], 6, NOW) == {}
    assert await store.reopen(waiting[0], 5, NOW) == {"C1": 6}
