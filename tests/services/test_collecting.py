"""Collect now: at most once per backup server in 5 minutes, whoever asks."""

import asyncio
from datetime import timedelta

import pytest

from bot.core.actions import TaskEnd, TaskOutcome
from bot.core.targets import NoTarget
from bot.errors import NotAllowed, OrderUnclear
from bot.services.collecting import Collected, CollectedLately, Collecting
from bot.store.audits import SqlAuditStore
from tests.builders import NOW, a_session
from tests.services.bench import Bench
from tests.services.ordering import FakeActionSource
from tests.services.wishing import ANA, BO, FakeFinding, a_handling

UID = "urn:veeam:BackupServer:1"


@pytest.fixture
def source() -> FakeActionSource:
    return FakeActionSource()


@pytest.fixture
def collecting(bench: Bench, source: FakeActionSource) -> Collecting:
    return a_handling(bench, FakeFinding(), source=source).collecting


async def known(bench: Bench, *names: str) -> None:
    for number, name in enumerate(names or ("vbr01",), start=1):
        uid = f"urn:veeam:BackupServer:{number}"
        session = a_session(
            NOW, job_uid=f"j{number}", uid=f"s{number}", backup_server=name, backup_server_uid=uid
        )
        await bench.report(session)


async def outcomes(bench: Bench) -> list[str]:
    page = await SqlAuditStore(bench.database, bench.em).load_audits([], 0, 10)
    return [each.outcome for each in page.audits if each.outcome != "asked"]


@pytest.mark.parametrize("said", ["vbr01", "VBR01", "server:vbr01", "", UID])
async def test_a_server_is_found_by_its_name_or_because_there_is_no_other(
    bench: Bench, collecting: Collecting, source: FakeActionSource, said: str
) -> None:
    await known(bench)
    assert isinstance(await collecting.collect(said, ANA), Collected)
    assert source.told == [f"collect {UID}"]
    page = await SqlAuditStore(bench.database, bench.em).load_audits([], 0, 10)
    assert [each.outcome for each in page.audits] == ["accepted: triggered", "asked"]


async def test_which_server_is_asked_where_there_are_several(
    bench: Bench, collecting: Collecting, source: FakeActionSource
) -> None:
    await known(bench, "vbr01", "vbr02")
    missing = await collecting.collect("", ANA)
    assert missing == NoTarget("", ("vbr01", "vbr02"), is_ambiguous=True)
    assert isinstance(await collecting.collect("vbr3", ANA), NoTarget)
    assert source.told == []


async def test_once_in_five_minutes_for_each_server(
    bench: Bench, collecting: Collecting, source: FakeActionSource
) -> None:
    await known(bench, "vbr01", "vbr02")
    done = await asyncio.gather(*(collecting.collect("vbr01", user) for user in (ANA, BO)))
    assert sorted(type(each).__name__ for each in done) == ["Collected", "CollectedLately"]
    assert isinstance(await collecting.collect("vbr02", ANA), Collected)
    bench.clock.now += timedelta(minutes=4)
    again = await collecting.collect("vbr01", ANA)
    assert isinstance(again, CollectedLately)
    assert again.after == timedelta(minutes=1)
    bench.clock.now += timedelta(minutes=1)
    assert isinstance(await collecting.collect("vbr01", ANA), Collected)


async def test_what_was_refused_may_be_asked_again_at_once(
    bench: Bench, collecting: Collecting, source: FakeActionSource
) -> None:
    await known(bench)
    source.end = NotAllowed("collect", "Access denied", "Ask.")
    with pytest.raises(NotAllowed):
        await collecting.collect("", ANA)
    source.end = TaskEnd(TaskOutcome.REFUSED, "offline")
    assert isinstance(await collecting.collect("", ANA), Collected)
    source.end = OrderUnclear("collect", "lost", "Look.")
    done = await collecting.collect("", ANA)
    assert isinstance(done, Collected)
    assert done.end.outcome is TaskOutcome.UNCLEAR
    assert isinstance(await collecting.collect("", ANA), CollectedLately)
    assert await outcomes(bench) == ["unclear: lost", "refused: offline", "refused: Access denied"]
