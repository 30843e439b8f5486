"""A channel or a person subscribes: once, to what there is or may come."""

import pytest

from bot.core.audiences import ANY_BAD
from bot.core.selections import ONLY_FAILED
from bot.core.sessions import Verdict
from bot.core.targets import NoTarget
from bot.services.subscribing import Subscribed, Subscribing, ToldAnyway
from tests.builders import HOUR, NOW, a_session
from tests.services.bench import Bench
from tests.services.wishing import ANA, FakeFinding, a_handling

ALERTS, OTHER = "C1", "C2"


@pytest.fixture
def subscribing(bench: Bench) -> Subscribing:
    return a_handling(bench, FakeFinding()).subscribing


async def subscribed(subscribing: Subscribing, text: str, channel: str = OTHER) -> Subscribed:
    done = await subscribing.subscribe(text, channel, ANA)
    assert isinstance(done, Subscribed), done
    return done


async def jobs(bench: Bench) -> None:
    names = ("SQL Replica", "DC Replica", "Web")
    await bench.report(
        *(a_session(NOW - HOUR, job_uid=f"urn:{n}", job_name=n, result="Success") for n in names)
    )


async def test_what_matches_is_told_there_too(bench: Bench, subscribing: Subscribing) -> None:
    await jobs(bench)
    done = await subscribed(subscribing, "sql replica failed")
    assert (done.job_count, done.was_known, done.idle) == (1, False, ())
    assert done.subscription.verdicts == ONLY_FAILED
    await bench.report(a_session(job_uid="urn:SQL Replica"))
    assert {each.channel for each in await bench.notices()} == {ALERTS, OTHER}


async def test_the_same_subscription_twice_is_one(bench: Bench, subscribing: Subscribing) -> None:
    await jobs(bench)
    first = await subscribed(subscribing, "SQL* Web")
    again = await subscribed(subscribing, "web sql*")
    assert again.was_known
    assert again.subscription == first.subscription
    assert len(await subscribing.list_subscriptions(OTHER)) == 1


async def test_other_results_for_the_same_jobs_change_it(
    bench: Bench, subscribing: Subscribing
) -> None:
    await jobs(bench)
    await subscribed(subscribing, "SQL* failed")
    await subscribed(subscribing, "SQL* warning")
    [only] = await subscribing.list_subscriptions(OTHER)
    assert only.subscription.verdicts == ANY_BAD


async def test_channels_do_not_share_subscriptions(bench: Bench, subscribing: Subscribing) -> None:
    await jobs(bench)
    await subscribed(subscribing, "SQL*")
    assert not (await subscribed(subscribing, "SQL*", ANA)).was_known
    assert await subscribing.unsubscribe("SQL*", "C3", ANA) == []


async def test_an_unknown_name_is_not_stored(bench: Bench, subscribing: Subscribing) -> None:
    await jobs(bench)
    done = await subscribing.subscribe("SQL Replika", OTHER, ANA)
    assert isinstance(done, NoTarget)
    assert done.candidates[0] == "SQL Replica"
    assert await subscribing.list_subscriptions(OTHER) == []


async def test_a_glob_that_matches_nothing_is_stored_and_said(
    bench: Bench, subscribing: Subscribing
) -> None:
    await jobs(bench)
    assert (await subscribed(subscribing, "ERP*")).idle == ("ERP*",)


async def test_the_alert_channel_hears_everything_anyway(
    bench: Bench, subscribing: Subscribing
) -> None:
    await jobs(bench)
    assert await subscribing.subscribe("SQL*", ALERTS, ANA) == ToldAnyway(is_failed_only=False)


async def test_the_alert_channel_may_want_more_than_alert_results(bench: Bench) -> None:
    await jobs(bench)
    bench.wishes["verdicts"] = frozenset({Verdict.FAILED})
    subscribing = a_handling(bench, FakeFinding()).subscribing
    assert await subscribing.subscribe("SQL* failed", ALERTS, ANA) == ToldAnyway(True)
    await subscribed(subscribing, "SQL*", ALERTS)


async def test_it_ends_by_the_same_words_or_all_of_it(
    bench: Bench, subscribing: Subscribing
) -> None:
    await jobs(bench)
    for text in ("SQL*", "Web failed", "server:vbr01"):
        await subscribed(subscribing, text)
    ended = await subscribing.unsubscribe("web", OTHER, ANA)
    assert [each.patterns for each in ended] == [("Web",)]
    assert len(await subscribing.unsubscribe("all", OTHER, ANA)) == 2
    assert await subscribing.unsubscribe("all", OTHER, ANA) == []


async def test_a_button_ends_one_of_its_own_channel_only(
    bench: Bench, subscribing: Subscribing
) -> None:
    await jobs(bench)
    done = await subscribed(subscribing, "SQL*")
    assert await subscribing.unsubscribe_id(done.subscription.id, "C3", ANA) is None
    assert await subscribing.unsubscribe_id(done.subscription.id, OTHER, ANA) == done.subscription
    assert await subscribing.list_subscriptions(OTHER) == []
