"""Several channels: each hears once of what it subscribed, and goes on hearing of it."""

from typing import Any

import pytest_asyncio

from bot.core.audiences import Subscription
from bot.core.notices import Kind, Notice, PostedMessage
from bot.core.sessions import Verdict
from bot.store.databases import Database
from tests.builders import DAY, HOUR, NOW, a_session
from tests.services.bench import Bench

FAILED = frozenset({Verdict.FAILED})


@pytest_asyncio.fixture(loop_scope="module")
async def failed_only(database: Database) -> Bench:
    return Bench(database, wishes={"verdicts": FAILED})


async def subscribe(bench: Bench, channel: str, **of: Any) -> None:
    async with bench.polls.transaction() as ledger:
        await ledger.save_subscription(Subscription(0, channel, subscribed_at=NOW, **of))


async def channels(bench: Bench, kind: Kind = Kind.INCIDENT) -> list[str]:
    return [each.channel for each in await bench.notices(kind)]


async def post_all(bench: Bench) -> None:
    for number, notice in enumerate(await bench.notices()):
        message = PostedMessage(notice.channel, f"{number}.0", notice.wanted_revision)
        await bench.deliveries.record_posted(notice.id, message, bench.clock())


async def own(bench: Bench, channel: str) -> Notice:
    [found] = [each for each in await bench.notices(Kind.INCIDENT) if each.channel == channel]
    return found


async def test_whoever_subscribed_hears_too_and_others_do_not(bench: Bench) -> None:
    await subscribe(bench, "C2", patterns=("sql*",))
    await subscribe(bench, "C3", patterns=("ERP*",))
    await subscribe(bench, "U4", servers=("VBR01",))
    await bench.report(a_session())
    assert await channels(bench) == ["C1", "C2", "U4"]


async def test_a_channel_with_two_subscriptions_hears_once(bench: Bench) -> None:
    await subscribe(bench, "C2", patterns=("SQL*",))
    await subscribe(bench, "C2", servers=("vbr01",))
    await subscribe(bench, "C1")
    await bench.report(a_session())
    assert await channels(bench) == ["C1", "C2"]


async def test_each_channel_has_its_own_thread(bench: Bench) -> None:
    await subscribe(bench, "C2")
    await bench.report(a_session())
    await post_all(bench)
    await bench.report(a_session(NOW + HOUR, result="Success"))
    replies = await bench.notices(Kind.REPLY)
    parents = {(await own(bench, channel)).id for channel in ("C1", "C2")}
    assert {each.parent_id for each in replies} == parents


async def test_a_channel_that_wants_failures_hears_when_a_warning_becomes_one(bench: Bench) -> None:
    await subscribe(bench, "C2", verdicts=FAILED)
    await bench.report(a_session(result="Warning"))
    assert await channels(bench) == ["C1"]
    await post_all(bench)
    await bench.report(a_session(NOW + HOUR))
    assert await channels(bench) == ["C1", "C2"]
    assert await channels(bench, Kind.REPLY) == ["C1"]


async def test_a_channel_that_wants_failures_is_not_bothered_by_later_warnings(
    bench: Bench,
) -> None:
    await subscribe(bench, "C2", verdicts=FAILED)
    await bench.report(a_session())
    await post_all(bench)
    await bench.report(a_session(NOW + HOUR, result="Warning"))
    assert await channels(bench, Kind.REPLY) == ["C1"]
    await bench.report(a_session(NOW + 2 * HOUR, result="Success"))
    assert await channels(bench, Kind.REPLY) == ["C1", "C1", "C2"]


async def test_a_warning_reaches_who_wants_it_though_the_alert_channel_does_not(
    failed_only: Bench,
) -> None:
    await subscribe(failed_only, "C2", patterns=("SQL*",))
    await failed_only.report(a_session(result="Warning"))
    assert await channels(failed_only) == ["C2"]
    await failed_only.report(a_session(NOW + HOUR))
    assert await channels(failed_only) == ["C2", "C1"]


async def test_who_subscribes_while_a_job_fails_hears_of_its_next_failure(bench: Bench) -> None:
    await bench.report(a_session())
    await subscribe(bench, "C2")
    await bench.report(a_session(NOW + DAY))
    assert await channels(bench) == ["C1", "C2"]


async def test_who_subscribes_while_a_job_fails_does_not_hear_of_its_recovery(
    bench: Bench,
) -> None:
    await bench.report(a_session())
    await subscribe(bench, "C2")
    await bench.report(a_session(NOW + DAY, result="Success"))
    assert await channels(bench) == ["C1"]


async def test_a_storm_is_one_message_in_each_channel(bench: Bench) -> None:
    await subscribe(bench, "C2", patterns=("Job [0-6]",))
    await bench.report(*(a_session(job_uid=f"job-{n}", job_name=f"Job {n}") for n in range(8)))
    leaders = await bench.notices(Kind.GROUP)
    assert [each.channel for each in leaders] == ["C1", "C2"]
    members = await bench.notices(Kind.INCIDENT)
    told = [sum(each.told_by == leader.id for each in members) for leader in leaders]
    assert told == [8, 7]


async def test_a_job_made_anew_closes_the_old_ones_incident_at_its_first_success(
    bench: Bench,
) -> None:
    await bench.report(a_session())
    await post_all(bench)
    anew = {"job_uid": "urn:veeam:Job:anew"}
    await bench.report(a_session(NOW + HOUR, **anew))
    await bench.report(a_session(NOW + 2 * HOUR, result="Success", **anew))
    assert {"RECOVERED", "SUPERSEDED"} <= set(await bench.reasons())
    old, new = await bench.incidents()
    assert (old.status, old.closed_because) == ("closed", "its job was made anew and succeeded")
    assert new.status == "recovered"


async def test_jobs_of_unknown_servers_close_nothing(bench: Bench) -> None:
    await bench.report(a_session(backup_server=""))
    other = {"job_uid": "urn:veeam:Job:other", "backup_server": ""}
    await bench.report(a_session(NOW + HOUR, result="Success", **other))
    [incident] = await bench.incidents()
    assert incident.status == "open"


async def test_a_job_of_the_same_name_on_another_server_closes_nothing(bench: Bench) -> None:
    await bench.report(a_session())
    elsewhere = {"job_uid": "urn:veeam:Job:other", "backup_server": "vbr02"}
    await bench.report(a_session(NOW + HOUR, result="Success", **elsewhere))
    [incident] = await bench.incidents()
    assert incident.status == "open"
