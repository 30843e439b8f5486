"""What is found is heard of whatever becomes of its message: deleted, or not editable."""

from dataclasses import replace

import pytest

from bot.core.notices import OUTAGE_ENDED, Kind
from bot.core.stores import Outage
from bot.demo.slack import SlackWorkspace
from bot.services.delivering import Delivering
from bot.services.telling import Telling
from tests.builders import HOUR, MINUTE, NOW
from tests.services.bench import Bench, deliver
from tests.services.inspector import Inspector
from tests.services.noticing import BROKEN, KEPT, count_down, said, settle
from tests.services.noticing import inspector as inspector
from tests.services.speaking import ABSENT, roots
from tests.services.speaking import _posts_need_not_wait as _posts_need_not_wait
from tests.services.speaking import bot as bot
from tests.services.speaking import messenger as messenger
from tests.services.speaking import slack as slack
from tests.services.speaking import workspace as workspace

# Deleted by a person


async def test_a_countdown_in_the_thread_of_a_deleted_alert_becomes_a_message_of_its_own(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await inspector.daily(NOW - 25 * HOUR)
    await inspector.ran(NOW - HOUR, result="Failed")
    await settle(inspector.bench, bot)
    slack.faults.delete_message(roots(slack)[0])
    await inspector.look(5 * MINUTE)
    await settle(inspector.bench, bot)
    [countdown] = roots(slack)
    assert "breaks in 55 min" in countdown.text
    await inspector.look(HOUR)
    await settle(inspector.bench, bot)
    assert [m.text[: len(BROKEN)] for m in slack.replies(countdown.ts, slack.channel)] == [BROKEN]


async def test_a_countdown_whose_alert_is_known_to_be_deleted_is_told_alone_too(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    bench = inspector.bench
    await inspector.daily(NOW - 25 * HOUR)
    await inspector.ran(NOW - HOUR, result="Failed")
    await settle(bench, bot)
    await inspector.look(5 * MINUTE)
    [alert] = await bench.notices(Kind.INCIDENT)
    await bench.deliveries.close(alert.id, "message_not_found")
    await settle(bench, bot)
    assert len(roots(slack)) == 2
    assert "breaks in 55 min" in roots(slack)[1].text


async def test_a_breach_that_finds_its_countdown_deleted_is_told_by_a_fresh_message(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await count_down(inspector, bot)
    slack.faults.delete_message(roots(slack)[0])
    await inspector.look(HOUR)
    await settle(inspector.bench, bot)
    assert len(said(slack, BROKEN)) == 1
    await inspector.ran(NOW + HOUR)
    await inspector.look(HOUR)
    await settle(inspector.bench, bot)
    assert len(said(slack, KEPT)) == 2, "the fresh message, and a reply below it"


async def test_a_breach_after_the_countdown_was_known_to_be_deleted_is_told_too(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await count_down(inspector, bot)
    slack.faults.delete_message(roots(slack)[0])
    await inspector.look(10 * MINUTE)
    await settle(inspector.bench, bot)
    assert said(slack, "🟠 The RPO") == [], "a countdown that goes on is not restored"
    await inspector.look(HOUR)
    await settle(inspector.bench, bot)
    assert len(said(slack, BROKEN)) == 1


async def test_a_deleted_finding_that_ends_is_not_told_again(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await count_down(inspector, bot)
    slack.faults.delete_message(roots(slack)[0])
    await inspector.ran(NOW)
    await inspector.look(20 * MINUTE)
    await settle(inspector.bench, bot)
    assert roots(slack) == []


async def test_what_slack_may_have_already_is_looked_for_before_it_is_told_alone(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await inspector.daily(NOW - 25 * HOUR)
    await inspector.ran(NOW - HOUR, result="Failed")
    await settle(inspector.bench, bot)
    alert = roots(slack)[0]
    await inspector.look(5 * MINUTE)
    slack.faults.reset("chat.postMessage", after_acceptance=True)
    await deliver(bot)
    slack.faults.delete_message(alert)
    await inspector.ran(NOW, result="Failed")
    for _ in range(3):
        inspector.bench.clock.advance(ABSENT)
        await deliver(bot)
    assert len(said(slack, "🟠 The RPO")) == 1


async def test_a_breach_of_what_is_told_alone_now_is_said_once(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await inspector.daily(NOW - 25 * HOUR)
    await inspector.ran(NOW - HOUR, result="Failed")
    await settle(inspector.bench, bot)
    slack.faults.delete_message(roots(slack)[0])
    await inspector.look(5 * MINUTE)
    slack.faults.reset("chat.postMessage")
    await deliver(bot)
    await inspector.look(HOUR)
    for _ in range(3):
        inspector.bench.clock.advance(ABSENT)
        await deliver(bot)
    assert len(said(slack, BROKEN)) == 1


async def test_what_goes_on_below_a_deleted_message_is_not_restored(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await count_down(inspector, bot)
    slack.faults.refuse("chat.update", "edit_window_closed")
    slack.faults.delete_message(roots(slack)[0])
    await inspector.look(10 * MINUTE)
    await settle(inspector.bench, bot)
    assert slack.messages(slack.channel) == []


@pytest.mark.parametrize("is_known", [False, True], ids=["not known yet", "known"])
async def test_em_that_can_be_seen_again_is_told_though_its_outage_was_deleted(
    bench: Bench, bot: Delivering, slack: SlackWorkspace, is_known: bool
) -> None:
    async with bench.polls.transaction() as ledger:
        outage = await ledger.save_outage(Outage(0, bench.clock(), "no answer"))
        telling = Telling(ledger, bench.audience, bench.clock())
        await telling.announce(Kind.OUTAGE, str(outage.id))
    await settle(bench, bot)
    slack.faults.delete_message(roots(slack)[0])
    [notice] = await bench.notices()
    if is_known:
        await bench.deliveries.close(notice.id, "message_not_found")
    async with bench.polls.transaction() as ledger:
        await ledger.save_outage(replace(outage, ended_at=bench.clock()))
        telling = Telling(ledger, bench.audience, bench.clock())
        await telling.conclude(Kind.OUTAGE, str(outage.id), f"{OUTAGE_ENDED}{outage.id}")
    await settle(bench, bot)
    assert [root.text.split(" since")[0] for root in roots(slack)] == [
        f"✅ I can see {bench.em} again"
    ]


# Not editable


async def test_a_message_that_cannot_be_edited_has_one_heir_at_a_time(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await count_down(inspector, bot)
    [root] = roots(slack)
    slack.faults.refuse("chat.update", "edit_window_closed", times=None)
    await inspector.look(5 * MINUTE)
    await settle(inspector.bench, bot)
    await inspector.look(HOUR)
    await settle(inspector.bench, bot)
    await inspector.ran(NOW + HOUR)
    await inspector.look(20 * MINUTE)
    await settle(inspector.bench, bot)
    assert len(said(slack, BROKEN)) == len(said(slack, KEPT)) == 1
    in_thread = [m.text for m in slack.replies(root.ts, slack.channel)]
    assert len(in_thread) == len(set(in_thread)) + 2, "each heir and the news beside it"
