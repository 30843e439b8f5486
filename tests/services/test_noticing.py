"""What was found while a job was muted is told when the mute ends."""

from dataclasses import replace

from bot.core.audiences import Subscription
from bot.core.mutes import Mute, Scope
from bot.core.notices import Kind
from bot.core.views import GroupView
from bot.demo.slack import SlackWorkspace
from bot.services.delivering import Delivering
from bot.services.telling import Telling
from bot.store.views import Views
from tests.builders import DAY, HOUR, MINUTE, NOW
from tests.services.bench import Bench
from tests.services.inspector import Inspector
from tests.services.noticing import BROKEN, KEPT, count_down, said, settle
from tests.services.noticing import inspector as inspector
from tests.services.speaking import _posts_need_not_wait as _posts_need_not_wait
from tests.services.speaking import bot as bot
from tests.services.speaking import messenger as messenger
from tests.services.speaking import roots
from tests.services.speaking import slack as slack
from tests.services.speaking import workspace as workspace

JOB = "urn:veeam:Job:sql"


async def mute(bench: Bench, scope: Scope = Scope.JOB, subject: str = JOB, hours: int = 4) -> Mute:
    now = bench.clock()
    async with bench.polls.transaction() as ledger:
        return await ledger.save_mute(Mute(0, scope, subject, "U1", now, now + hours * HOUR))


async def end(bench: Bench, of: Mute) -> None:
    async with bench.polls.transaction() as ledger:
        ended = await ledger.save_mute(replace(of, ended_at=bench.clock()))
        await Telling(ledger, bench.audience, bench.clock()).end_mute(ended)


async def test_a_breach_during_a_mute_is_said_aloud_by_its_end(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await count_down(inspector, bot)
    muted = await mute(inspector.bench)
    await inspector.look(HOUR)
    await settle(inspector.bench, bot)
    await end(inspector.bench, muted)
    await inspector.look(MINUTE)
    await settle(inspector.bench, bot)
    [announced] = said(slack, "🔔")
    assert f"nothing failed meanwhile. Also noticed: {BROKEN}" in announced
    await inspector.ran(NOW + HOUR)
    await inspector.look(HOUR)
    await settle(inspector.bench, bot)
    [announced] = said(slack, "🔔")
    assert f"Also noticed: {KEPT}" in announced


async def test_what_ended_during_a_mute_is_told_by_its_end(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await count_down(inspector, bot)
    muted = await mute(inspector.bench)
    await inspector.ran(NOW)
    await inspector.look(20 * MINUTE)
    await end(inspector.bench, muted)
    await settle(inspector.bench, bot)
    [announced] = said(slack, "🔔")
    assert f"Also noticed: {KEPT}" in announced


async def test_what_began_and_ended_during_a_mute_is_told_by_its_end(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    muted = await mute(inspector.bench)
    await count_down(inspector, bot)
    await inspector.ran(NOW)
    await inspector.look(20 * MINUTE)
    assert roots(slack) == []
    await end(inspector.bench, muted)
    await settle(inspector.bench, bot)
    [announced] = roots(slack)
    assert f"Also noticed: {KEPT}" in announced.text


async def test_what_still_holds_when_the_mute_ends_gets_a_message_of_its_own(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    muted = await mute(inspector.bench)
    await count_down(inspector, bot)
    await end(inspector.bench, muted)
    await settle(inspector.bench, bot)
    [announced] = roots(slack)
    assert announced.text.endswith("no longer muted: nothing failed meanwhile")
    assert "Noticed meanwhile, with a message of its own: " in str(announced.blocks)
    await inspector.look(MINUTE)
    await settle(inspector.bench, bot)
    assert len(said(slack, "🟠 The RPO")) == 1


async def test_what_is_over_before_it_gets_its_message_is_told_by_the_mutes_end(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    muted = await mute(inspector.bench)
    await count_down(inspector, bot)
    await end(inspector.bench, muted)
    await settle(inspector.bench, bot)
    await inspector.ran(NOW)
    await inspector.look(20 * MINUTE)
    await settle(inspector.bench, bot)
    [announced] = roots(slack)
    assert f"Also noticed: {KEPT}" in announced.text


async def test_what_another_mute_hides_is_held_back_by_that_one(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await count_down(inspector, bot)
    short = await mute(inspector.bench)
    long = await mute(inspector.bench, Scope.ALL, "", hours=2)
    await inspector.look(HOUR)
    await end(inspector.bench, short)
    await settle(inspector.bench, bot)
    assert [text.endswith("nothing was held back") for text in said(slack, "🔔")] == [True]
    await end(inspector.bench, long)
    await settle(inspector.bench, bot)
    assert BROKEN in said(slack, "🔔")[-1]


async def test_only_channels_that_were_to_hear_of_it_hear_it_at_the_mutes_end(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    async with inspector.bench.polls.transaction() as ledger:
        for channel, pattern in (("C2", "sql*"), ("C3", "erp*")):
            await ledger.save_subscription(
                Subscription(0, channel, patterns=(pattern,), subscribed_at=NOW)
            )
    muted = await mute(inspector.bench, Scope.ALL, "")
    await inspector.daily(NOW - 25 * HOUR - 30 * MINUTE)
    await inspector.look()
    await inspector.ran(NOW)
    await inspector.look(20 * MINUTE)
    await end(inspector.bench, muted)
    told = {each.channel for each in await inspector.bench.notices(Kind.GROUP)}
    assert told == {slack.channel, "C2"}


async def test_each_channel_hears_at_the_mutes_end_of_its_own_jobs_only(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    bench = inspector.bench
    async with bench.polls.transaction() as ledger:
        for channel, pattern in (("C2", "sql*"), ("C3", "erp*")):
            await ledger.save_subscription(
                Subscription(0, channel, patterns=(pattern,), subscribed_at=NOW)
            )
    muted = await mute(bench, Scope.ALL, "")
    await inspector.daily(NOW - HOUR, job="alive")
    for job in ("sql", "erp"):
        await inspector.daily(NOW - 25 * HOUR - 30 * MINUTE, job=job)
    await inspector.look()
    await end(bench, muted)
    by_channel = {each.channel: each for each in await bench.notices(Kind.GROUP)}
    async with bench.database.read() as connection:
        view = await Views(connection, bench.em).load(by_channel["C2"])
    assert isinstance(view, GroupView)
    assert view.ended
    assert {line.job_name for line in view.ended.findings} == {"sql Replica"}
    await inspector.ran(NOW, job="sql")
    await inspector.look(20 * MINUTE)
    changed = {each.channel: each.wanted_revision for each in await bench.notices(Kind.GROUP)}
    assert changed == {slack.channel: 2, "C2": 2, "C3": 1}


async def test_a_channel_that_was_told_hears_the_rest_though_it_unsubscribed(
    inspector: Inspector, bot: Delivering
) -> None:
    bench = inspector.bench
    async with bench.polls.transaction() as ledger:
        subscribed = await ledger.save_subscription(
            Subscription(0, "C2", patterns=("sql*",), subscribed_at=NOW)
        )
    await count_down(inspector, bot)
    muted = await mute(bench)
    await inspector.look(HOUR)
    async with bench.polls.transaction() as ledger:
        await ledger.delete_subscription(subscribed.id)
    await end(bench, muted)
    assert "C2" in {each.channel for each in await bench.notices(Kind.GROUP)}


async def test_a_missed_run_of_a_job_that_is_gone_is_told_by_that_alone(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await inspector.daily(NOW - 27 * HOUR)
    muted = await mute(inspector.bench, hours=300)
    await inspector.look()
    await inspector.look(7 * DAY)
    await end(inspector.bench, muted)
    await settle(inspector.bench, bot)
    [announced] = roots(slack)
    assert "Also noticed" not in str(announced.blocks)


async def test_an_announcement_that_cannot_be_edited_goes_on_in_its_thread(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await count_down(inspector, bot)
    muted = await mute(inspector.bench)
    await inspector.look(HOUR)
    await end(inspector.bench, muted)
    await settle(inspector.bench, bot)
    slack.faults.refuse("chat.update", "edit_window_closed", times=None)
    await inspector.ran(NOW + HOUR)
    await inspector.look(HOUR)
    await settle(inspector.bench, bot)
    async with inspector.bench.polls.transaction() as ledger:
        [newest] = await ledger.load_announcements(muted.id)
    assert newest.parent_id


async def test_a_mute_that_held_nothing_back_of_a_long_known_finding_says_so(
    inspector: Inspector, bot: Delivering, slack: SlackWorkspace
) -> None:
    await inspector.daily(NOW - 2 * DAY)
    await inspector.look()
    await settle(inspector.bench, bot)
    muted = await mute(inspector.bench)
    await inspector.look(MINUTE)
    await end(inspector.bench, muted)
    await settle(inspector.bench, bot)
    assert said(slack, "🔔")[0].endswith("nothing was held back")
