"""What is found is told once, to whom it concerns, and what cannot be seen is not found."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.core.audiences import Subscription
from bot.core.jobs import JobOptions
from bot.core.mutes import Mute, Scope
from bot.core.notices import Kind
from bot.core.rpo import RpoPolicy, RpoRule
from bot.core.stores import Outage
from bot.errors import EnterpriseManagerUnavailable
from bot.services import comparing
from tests.builders import DAY, HOUR, MINUTE, NOW
from tests.services.bench import Bench
from tests.services.inspector import Inspector

LATE = NOW - DAY - 3 * HOUR
"""A daily job that ran last at this moment has missed its run."""


@pytest.fixture(autouse=True)
def _em_is_read_without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "PAGES_PER_SECOND", 10_000)


@pytest.fixture
def inspector(bench: Bench) -> Inspector:
    return Inspector(bench)


async def test_a_missed_run_is_told_once_and_so_is_the_next_run(inspector: Inspector) -> None:
    await inspector.daily(LATE)
    assert await inspector.look() == ["missed run: urn:veeam:Job:sql"]
    await inspector.look(MINUTE)
    await inspector.bench.post_all()
    await inspector.ran(NOW)
    assert await inspector.look(20 * MINUTE) == []
    assert await inspector.said() == [
        "✅ sql Replica has run again",
        "→ ✅ sql Replica has run again",
    ]
    reply = (await inspector.bench.notices())[-1]
    assert reply.is_broadcast


async def test_em_is_asked_once_more_before_anything_is_said(inspector: Inspector) -> None:
    await inspector.daily(LATE)

    async def report_late(job_uids: Sequence[str]) -> None:
        assert job_uids == ["urn:veeam:Job:sql"]
        await inspector.ran(NOW - 3 * HOUR)

    inspector.inspecting._look_again = report_late
    assert await inspector.look() == []


async def test_nothing_is_said_while_em_cannot_be_asked(inspector: Inspector) -> None:
    await inspector.daily(LATE)

    async def fail(_job_uids: Sequence[str]) -> None:
        raise EnterpriseManagerUnavailable("find the last run", "no answer", "try again")

    inspector.inspecting._look_again = fail
    assert await inspector.look() == []


@pytest.mark.parametrize(
    "state", [{"failed_polls": 1}, {"baseline_at": None}, {"server_time_at": None}]
)
async def test_what_cannot_be_seen_is_not_found(
    inspector: Inspector, state: dict[str, Any]
) -> None:
    await inspector.daily(LATE)
    assert await inspector.look(**state) == []


async def test_after_a_blind_time_em_is_given_time_to_collect(inspector: Inspector) -> None:
    await inspector.daily(LATE)
    async with inspector.bench.polls.transaction() as ledger:
        await ledger.save_outage(Outage(0, NOW - HOUR, "down", NOW))
    assert await inspector.look(19 * MINUTE) == []
    assert len(await inspector.look(2 * MINUTE)) == 1


async def test_many_at_once_are_one_message(inspector: Inspector) -> None:
    await inspector.daily(NOW - HOUR, job="alive")
    for number in range(8):
        await inspector.daily(LATE, job=f"job{number}", days=5)
    await inspector.look()
    assert len(await inspector.open()) == 8
    [said] = await inspector.said()
    assert said.startswith("🟠 8 jobs on vbr01 did not run when expected: job0 Replica")


async def test_what_follows_a_storm_within_minutes_joins_it(inspector: Inspector) -> None:
    for number in range(6):
        await inspector.daily(LATE, job=f"job{number}", days=5)
    await inspector.daily(NOW - HOUR, job="alive", days=5)
    await inspector.look()
    await inspector.daily(LATE + 5 * MINUTE, job="late", days=5)
    await inspector.look(10 * MINUTE)
    [said] = await inspector.said()
    assert "7 jobs" in said
    await inspector.daily(LATE + 30 * MINUTE, job="later", days=5)
    await inspector.look(30 * MINUTE)
    assert len(await inspector.said()) == 2


async def test_it_is_over_when_all_of_a_message_are(inspector: Inspector) -> None:
    await inspector.daily(NOW - HOUR, job="alive")
    for job in ("one", "two"):
        await inspector.daily(LATE, job=job, days=5)
    await inspector.look()
    await inspector.bench.post_all()
    await inspector.ran(NOW, job="one")
    await inspector.look(MINUTE)
    [said] = await inspector.said()
    assert said.startswith("🟠 1 of 2 jobs on vbr01")
    await inspector.ran(NOW, job="two")
    await inspector.look(MINUTE)
    assert (await inspector.said())[-1].startswith("→ ✅ All 2 jobs on vbr01 have run again")


async def test_history_is_not_told(inspector: Inspector) -> None:
    inspector.baseline_at = NOW - MINUTE
    await inspector.daily(NOW - 10 * DAY)
    assert await inspector.look() == []


async def test_a_restart_says_nothing_again(inspector: Inspector) -> None:
    await inspector.daily(LATE)
    await inspector.look()
    inspector.restart()
    await inspector.look(MINUTE)
    assert len(await inspector.said()) == 1


async def test_a_muted_job_is_told_when_the_mute_ends_if_it_still_holds(
    inspector: Inspector,
) -> None:
    mute = Mute(0, Scope.JOB, "urn:veeam:Job:sql", "U1", NOW, NOW + HOUR)
    async with inspector.bench.polls.transaction() as ledger:
        mute = await ledger.save_mute(mute)
    await inspector.daily(LATE)
    assert len(await inspector.look()) == 1
    assert await inspector.said() == []
    async with inspector.bench.polls.transaction() as ledger:
        await ledger.save_mute(replace(mute, ended_at=NOW))
    await inspector.look(MINUTE)
    assert len(await inspector.said()) == 1


async def test_a_mute_that_comes_later_hides_the_news_but_not_the_change(
    inspector: Inspector,
) -> None:
    await inspector.daily(LATE)
    await inspector.look()
    await inspector.bench.post_all()
    async with inspector.bench.polls.transaction() as ledger:
        await ledger.save_mute(Mute(0, Scope.ALL, "", "U1", NOW, NOW + HOUR))
    await inspector.ran(NOW)
    await inspector.look(20 * MINUTE)
    assert await inspector.said() == ["✅ sql Replica has run again"]


async def test_whoever_subscribed_is_told_of_what_they_subscribed(inspector: Inspector) -> None:
    async with inspector.bench.polls.transaction() as ledger:
        await ledger.save_subscription(
            Subscription(0, "C2", patterns=("one*",), subscribed_by="U1", subscribed_at=NOW)
        )
    await inspector.daily(NOW - HOUR, job="alive", days=5)
    for job in ("one", "two"):
        await inspector.daily(LATE, job=job, days=5)
    await inspector.look()
    by_channel = {e.channel: await inspector.text(e) for e in await inspector.bench.notices()}
    assert by_channel["C1"].startswith("🟠 2 jobs on vbr01")
    assert by_channel["C2"].startswith("🟠 one Replica did not run")


async def test_an_rpo_of_a_job_with_a_told_incident_is_said_in_its_thread(bench: Bench) -> None:
    inspector = Inspector(bench, RpoPolicy((RpoRule(26 * HOUR),)))
    await inspector.daily(NOW - 25 * HOUR)
    await inspector.ran(NOW - HOUR, result="Failed")
    await bench.post_all()
    assert await inspector.look(5 * MINUTE) == ["rpo: urn:veeam:Job:sql"]
    [countdown] = await bench.notices(Kind.FINDING)
    [incident] = await bench.notices(Kind.INCIDENT)
    assert (countdown.parent_id, countdown.is_broadcast) == (incident.id, True)
    assert "breaks in 55 min" in await inspector.text(countdown)
    await bench.post_all()
    await inspector.look(HOUR)
    broken, _ = (await bench.notices(Kind.REPLY))[-1], None
    assert (broken.parent_id, broken.is_broadcast) == (incident.id, True)
    await inspector.ran(NOW + HOUR)
    await bench.post_all()
    await inspector.look(HOUR)
    over = (await bench.notices(Kind.REPLY))[-1]
    assert (over.parent_id, over.is_broadcast) == (incident.id, False)


async def test_a_countdown_that_nobody_reads_any_more_is_not_replied_to(bench: Bench) -> None:
    inspector = Inspector(bench, RpoPolicy((RpoRule(26 * HOUR),)))
    await inspector.daily(NOW - 25 * HOUR - 30 * MINUTE)
    await inspector.look()
    await inspector.look(HOUR)
    [said] = [each for each in await inspector.said() if "RPO" in each]
    assert "is broken" in said


async def test_a_job_that_is_gone_can_be_closed_until_it_runs_again(inspector: Inspector) -> None:
    await inspector.daily(NOW - 7 * DAY - HOUR)
    assert await inspector.look() == ["no longer runs: urn:veeam:Job:sql"]
    [finding] = await inspector.all()
    closed = await inspector.inspecting.close(finding.id, "U7")
    assert closed is not None
    await inspector.look(HOUR)
    [said] = await inspector.said()
    assert said == "⚪ sql Replica no longer runs; closed by <@U7>"
    await inspector.ran(NOW)
    assert await inspector.look(HOUR) == []
    assert len(await inspector.said()) == 1
    assert await inspector.inspecting.close(finding.id, "U7") is None


async def test_a_missed_run_that_never_comes_ends_with_the_job_and_not_with_a_word_of_joy(
    inspector: Inspector,
) -> None:
    await inspector.daily(LATE)
    await inspector.look()
    await inspector.bench.post_all()
    await inspector.look(7 * DAY)
    said = [each for each in await inspector.said() if "RPO" not in each]
    assert said[0] == "⚪ sql Replica no longer runs"
    assert not any("→" in each for each in said)


async def test_a_hanging_session_is_told_and_over_when_it_ends(inspector: Inspector) -> None:
    await inspector.daily(NOW - DAY)
    hanging = await inspector.ran(NOW, state="Working", result="None", ended_at=None)
    assert await inspector.look(3 * HOUR) == []
    assert await inspector.look(31 * MINUTE) == ["stuck session: urn:veeam:Job:sql"]
    ended = replace(hanging, state="Stopped", result="Success", ended_at=NOW + 4 * HOUR)
    await inspector.bench.report(ended, server_time=NOW + 4 * HOUR)
    assert await inspector.look(HOUR) == []


async def test_a_session_that_hangs_still_does_after_a_restart_of_the_bot(
    inspector: Inspector,
) -> None:
    await inspector.daily(NOW - DAY)
    hanging = await inspector.ran(NOW, state="Working", result="None", ended_at=None)
    await inspector.look(3 * HOUR)
    told = await inspector.look(31 * MINUTE)
    inspector.restart()
    assert await inspector.look(MINUTE) == told
    await inspector.bench.report(replace(hanging, progress=77), server_time=NOW + 4 * HOUR)
    assert await inspector.look(MINUTE) == []


async def test_a_vm_that_is_missing_is_told_after_a_second_look(inspector: Inspector) -> None:
    await inspector.daily(NOW - 25 * HOUR)
    first, second = await inspector.ran(NOW - DAY), await inspector.ran(NOW)
    inspector.vms.vms = {first.uid: ("a", "b"), second.uid: ("a", "b")}
    await inspector.look(10 * MINUTE)
    await inspector.comparing.compare()
    assert inspector.vms.asked == [(second.uid,)]
    third = await inspector.ran(NOW + DAY)
    inspector.vms.vms[third.uid] = ("a",)
    await inspector.look(DAY)
    await inspector.comparing.compare()
    await inspector.comparing.compare()
    assert await inspector.look(21 * MINUTE) == []
    await inspector.comparing.compare()
    assert await inspector.look() == ["vm missing: urn:veeam:Job:sql"]
    [said] = await inspector.said()
    assert "1 VM of the runs before: b" in said
    await run_with_vms(inspector, NOW + 2 * DAY, "a")
    assert await inspector.look() == ["vm missing: urn:veeam:Job:sql"]
    await inspector.bench.post_all()
    await run_with_vms(inspector, NOW + 3 * DAY, "a", "b")
    assert await inspector.look() == []
    assert (await inspector.said())[-1] == "→ ✅ sql Replica has all its VMs again"


async def run_with_vms(inspector: Inspector, at: datetime, *vms: str) -> None:
    """Let the job run green with these VMs a day later, and the bot read them, twice if need be."""
    run = await inspector.ran(at)
    inspector.vms.vms[run.uid] = vms
    await inspector.look(DAY)
    await inspector.comparing.compare()
    await inspector.look(21 * MINUTE)
    await inspector.comparing.compare()


async def test_a_vm_that_is_gone_on_purpose_is_told_no_more_but_the_next_one_is(
    inspector: Inspector,
) -> None:
    await inspector.daily(NOW - 25 * HOUR)
    await run_with_vms(inspector, NOW, "a", "b", "c")
    await run_with_vms(inspector, NOW + DAY, "a", "b")
    assert await inspector.look() == ["vm missing: urn:veeam:Job:sql"]
    [finding] = await inspector.all()
    closed = await inspector.inspecting.close(finding.id, "U7")
    assert closed is not None
    assert await inspector.look() == []
    assert await inspector.said() == [
        "⚪ sql Replica runs without 1 VM on purpose; closed by <@U7>"
    ]
    inspector.restart()
    await run_with_vms(inspector, NOW + 2 * DAY, "a", "b")
    assert await inspector.look() == []
    assert await inspector.said() == [
        "⚪ sql Replica runs without 1 VM on purpose; closed by <@U7>"
    ]
    await run_with_vms(inspector, NOW + 3 * DAY, "a")
    assert await inspector.look() == ["vm missing: urn:veeam:Job:sql"]


async def test_an_rpo_of_a_job_that_did_not_run_is_said_in_that_thread_and_both_end_at_once(
    bench: Bench,
) -> None:
    inspector = Inspector(bench, RpoPolicy((RpoRule(28 * HOUR),)))
    await inspector.daily(LATE)
    assert len(await inspector.look()) == 2
    [missed, of_rpo] = await bench.notices(Kind.FINDING)
    assert of_rpo.parent_id == missed.id
    await bench.post_all()
    await inspector.ran(NOW + HOUR)
    await inspector.look(HOUR)
    replies = await bench.notices(Kind.REPLY)
    assert {reply.parent_id for reply in replies} == {missed.id}
    assert len(replies) == 2
    assert [reply.is_broadcast for reply in replies].count(True) == 1


async def test_what_was_read_of_green_runs_survives_a_restart(inspector: Inspector) -> None:
    await inspector.daily(NOW - DAY)
    last = await inspector.ran(NOW)
    inspector.vms.vms = {last.uid: ("a",)}
    await inspector.look(10 * MINUTE)
    await inspector.comparing.compare()
    inspector.restart()
    await inspector.look(MINUTE)
    await inspector.comparing.compare()
    assert inspector.vms.asked == [(last.uid,)]


async def test_a_message_that_a_person_deleted_is_not_changed(inspector: Inspector) -> None:
    await inspector.daily(LATE)
    await inspector.look()
    await inspector.bench.post_all()
    [notice] = await inspector.bench.notices()
    await inspector.bench.deliveries.close(notice.id, "deleted")
    await inspector.ran(NOW)
    await inspector.look(20 * MINUTE)
    assert [each.wanted_revision for each in await inspector.bench.notices()] == [1]


async def learn(inspector: Inspector, **options: Any) -> None:
    """Let EM tell a job's options."""
    told = JobOptions("urn:veeam:Job:sql", "sql Replica", "vbr01", **options)
    async with inspector.bench.polls.transaction() as ledger:
        await ledger.save_job_options([told], inspector.bench.clock())


async def test_the_next_run_stays_due_when_em_names_the_one_after_it(inspector: Inspector) -> None:
    await inspector.daily(NOW - DAY + 10 * MINUTE)
    await learn(inspector, next_run_at=NOW + 10 * MINUTE, is_schedule_enabled=True)
    assert await inspector.look() == []
    assert await inspector.look(15 * MINUTE) == []
    await learn(inspector, next_run_at=NOW + DAY + 10 * MINUTE, is_schedule_enabled=True)
    assert await inspector.look(20 * MINUTE) == ["missed run: urn:veeam:Job:sql"]


async def test_options_that_were_not_read_for_long_count_no_more(inspector: Inspector) -> None:
    await inspector.daily(LATE)
    await learn(inspector, next_run_at=NOW + DAY, is_schedule_enabled=True)
    assert await inspector.look() == []
    assert await inspector.look(3 * HOUR) == ["missed run: urn:veeam:Job:sql"]


async def test_a_schedule_is_told_once_when_it_is_switched_off_and_when_it_is_on_again(
    inspector: Inspector,
) -> None:
    await inspector.daily(NOW - HOUR)
    await learn(inspector, is_schedule_enabled=True)
    assert await inspector.look() == []
    inspector.restart()
    await learn(inspector, is_schedule_enabled=False)
    assert await inspector.look(MINUTE) == ["schedule off: urn:veeam:Job:sql"]
    await inspector.look(MINUTE)
    await learn(inspector, is_schedule_enabled=True)
    assert await inspector.look(MINUTE) == []
    assert await inspector.said() == ["✅ The schedule of sql Replica is on again"]


async def test_a_schedule_that_was_off_when_it_was_first_read_is_history(
    inspector: Inspector,
) -> None:
    await inspector.daily(NOW - HOUR)
    await learn(inspector, is_schedule_enabled=False)
    assert await inspector.look() == []


async def test_one_message_lists_all_that_is_known_of_a_job_by_its_whole_name(
    inspector: Inspector,
) -> None:
    await inspector.daily(LATE)
    await inspector.daily(NOW - HOUR, job="other", job_name="sql Replica", backup_server="vbr02")
    await inspector.look()
    [said] = await inspector.said()
    assert said.startswith("🟠 sql Replica @ vbr01 did not run")
