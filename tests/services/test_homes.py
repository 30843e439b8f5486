"""What a Home tab is put together from, without asking EM."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.core.answers import StatusAnswer
from bot.core.homes import Page, Pages
from bot.core.rpo import RpoPolicy, RpoRule
from bot.services.homes import RUNNING, Homes
from bot.services.observing import Observing
from bot.services.watching import Watched
from bot.store.inspections import SqlInspectingStore
from tests.builders import HOUR, MINUTE, NOW, a_running_session, a_session
from tests.services.bench import Bench
from tests.services.wishing import ANA, BO, FakeFinding, a_handling
from tests.slack.builders import a_status

POLICY = RpoPolicy((RpoRule(4 * HOUR),))


async def all_well() -> StatusAnswer:
    return a_status()


def an_observing(bench: Bench) -> Observing:
    return Observing(SqlInspectingStore(bench.database, bench.em), POLICY, ZoneInfo("UTC"))


def homes_of(bench: Bench, observing: Observing) -> Homes:
    watching = a_handling(bench, FakeFinding()).watching
    return Homes(bench.questions, observing, watching, all_well, bench.clock)


async def test_before_the_first_poll_it_is_empty(bench: Bench) -> None:
    home = await homes_of(bench, an_observing(bench)).load(ANA, Pages())
    assert home.view.incidents == ()
    assert home.view.running == ()
    assert home.view.ages == ()
    assert home.watches == ()


async def test_what_fails_and_what_runs_come_by_the_page(bench: Bench) -> None:
    for number in range(11):
        await bench.report(a_session(NOW, job_uid=f"urn:veeam:Job:{number}"))
    begun = NOW - 5 * MINUTE
    for number in range(RUNNING + 1):
        job_uid = f"urn:veeam:Job:running{number}"
        await bench.report(a_running_session(begun + number * MINUTE, job_uid=job_uid))
    homes = homes_of(bench, an_observing(bench))
    first = (await homes.load(ANA, Pages())).view
    second = (await homes.load(ANA, Pages(1, 1, 0))).view
    assert (len(first.incidents), first.incident_page, first.incident_total) == (10, Page(0, 2), 11)
    assert (len(second.incidents), second.incident_page) == (1, Page(1, 2))
    assert (len(first.running), first.running_total) == (RUNNING, RUNNING + 1)
    [last] = second.running
    assert last.job_uid == f"urn:veeam:Job:running{RUNNING}"


async def test_ages_go_on_while_em_is_not_polled(bench: Bench) -> None:
    await bench.report(a_session(NOW, result="Success"))
    state_at = bench.clock()
    async with bench.polls.transaction() as ledger:
        state = await ledger.load_state()
        await ledger.save_state(replace(state, server_time_at=NOW, polled_at=state_at))
    observing = an_observing(bench)
    await observing.refresh(bench.clock(), NOW)
    homes = homes_of(bench, observing)
    [age] = (await homes.load(ANA, Pages())).view.ages
    assert age.age == timedelta(minutes=10)
    bench.clock.advance(HOUR)
    later = (await homes.load(ANA, Pages())).view
    assert later.ages[0].age == timedelta(minutes=70)
    assert later.broken == 0
    bench.clock.advance(4 * HOUR)
    assert (await homes.load(ANA, Pages())).view.broken == 1


async def test_everybody_sees_their_own_watches(bench: Bench) -> None:
    finding = FakeFinding()
    session = a_running_session()
    await bench.report(session)
    finding.runs(session)
    watched = await a_handling(bench, finding).watching.watch("SQL Replica", ANA)
    assert isinstance(watched, Watched)
    homes = homes_of(bench, an_observing(bench))
    assert len((await homes.load(ANA, Pages())).watches) == 1
    assert (await homes.load(BO, Pages())).watches == ()
