"""From decisions to notices: own messages, groups, replies, and what is told by which."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.incidents import Status
from bot.core.notices import GROUP_ENDED, OUTAGE_ENDED, Kind, Notice, PostedMessage
from bot.core.sessions import Session
from bot.core.views import GroupView, IncidentView, ReplyView
from bot.services.telling import Telling
from bot.store.views import Views
from tests.builders import DAY, HOUR, MINUTE, NOW, a_session
from tests.services.bench import Bench


def failures(count: int, first: int = 0, **changes: Any) -> list[Session]:
    jobs = range(first, first + count)
    return [a_session(job_uid=f"job-{n}", job_name=f"Job {n}", **changes) for n in jobs]


async def post(bench: Bench, *kinds: Kind) -> None:
    """Let Slack have what is promised."""
    for number, notice in enumerate(await bench.notices()):
        if not notice.told_by and (not kinds or notice.kind in kinds):
            message = PostedMessage("C1", f"{number}.0", notice.wanted_revision)
            await bench.deliveries.record_posted(notice.id, message, bench.clock())


async def view_of(bench: Bench, notice: Notice) -> object:
    async with bench.database.read() as connection:
        return await Views(connection, bench.em).load(notice)


async def test_an_opening_waits_two_seconds_for_its_reasons(bench: Bench) -> None:
    await bench.report(a_session())
    [notice] = await bench.notices()
    assert (notice.kind, notice.due_at) == (Kind.INCIDENT, NOW + timedelta(seconds=2))


async def test_a_further_failure_changes_the_message_and_replies_quietly(bench: Bench) -> None:
    await bench.report(a_session())
    await post(bench)
    await bench.report(a_session(NOW + DAY))
    own, reply = await bench.notices()
    assert own.wanted_revision == 2
    assert (reply.kind, reply.parent_id, reply.is_broadcast) == (Kind.REPLY, own.id, False)


async def test_what_is_worse_and_what_recovers_is_shown_to_the_channel_too(bench: Bench) -> None:
    await bench.report(a_session(result="Warning"))
    await post(bench)
    await bench.report(a_session(NOW + HOUR))
    await bench.report(a_session(NOW + 2 * HOUR, result="Success"))
    assert [each.is_broadcast for each in await bench.notices(Kind.REPLY)] == [True, True]


async def test_a_message_that_is_not_sent_yet_says_it_all_itself(bench: Bench) -> None:
    await bench.report(a_session())
    await bench.report(a_session(NOW + HOUR))
    await bench.report(a_session(NOW + 2 * HOUR, result="Success"))
    [own] = await bench.notices()
    assert own.wanted_revision == 3
    assert await bench.reasons() == ["FIRST_FAILURE", "STILL_FAILING", "RECOVERED"]


async def test_each_reply_tells_of_its_own_session(bench: Bench) -> None:
    await bench.report(a_session())
    await post(bench)
    later = a_session(NOW + HOUR)
    await bench.report(later)
    [reply] = await bench.notices(Kind.REPLY)
    view = await view_of(bench, reply)
    assert isinstance(view, ReplyView)
    assert [each.session for each in view.entries] == [later]


async def test_five_jobs_have_five_messages(bench: Bench) -> None:
    await bench.report(*failures(5))
    assert [each.told_by for each in await bench.notices()] == [""] * 5


async def test_six_jobs_have_one_message(bench: Bench) -> None:
    await bench.report(*failures(6))
    [leader] = await bench.notices(Kind.GROUP)
    assert {each.told_by for each in await bench.notices(Kind.INCIDENT)} == {leader.id}
    view = await view_of(bench, leader)
    assert isinstance(view, GroupView)
    assert (view.backup_server, len(view.members), view.told_separately) == ("vbr01", 6, 0)


async def test_a_storm_over_several_polls_is_one_message_but_for_what_was_sent(
    bench: Bench,
) -> None:
    await bench.report(*failures(3))
    await post(bench)
    bench.clock.advance(5 * MINUTE)
    await bench.report(*failures(3, first=3))
    bench.clock.advance(5 * MINUTE)
    await bench.report(*failures(2, first=6))
    [leader] = await bench.notices(Kind.GROUP)
    assert leader.wanted_revision == 2
    view = await view_of(bench, leader)
    assert isinstance(view, GroupView)
    assert (len(view.members), view.told_separately) == (5, 3)


async def test_what_opens_after_15_minutes_has_a_message_of_its_own(bench: Bench) -> None:
    await bench.report(*failures(6))
    bench.clock.advance(16 * MINUTE)
    await bench.report(*failures(1, first=6))
    assert (await bench.notices())[-1].told_by == ""


async def test_other_servers_are_not_drawn_in(bench: Bench) -> None:
    await bench.report(*failures(6), *failures(2, first=6, backup_server="vbr02"))
    assert [each.told_by == "" for each in await bench.notices(Kind.INCIDENT)] == [False] * 6 + [
        True
    ] * 2


async def test_a_member_that_recovers_stays_listed_and_nobody_is_pinged(bench: Bench) -> None:
    await bench.report(*failures(6))
    await post(bench)
    await bench.report(*failures(1, at=NOW + HOUR, result="Success"))
    assert await bench.notices(Kind.REPLY) == []
    [leader] = await bench.notices(Kind.GROUP)
    assert leader.wanted_revision == 2
    view = await view_of(bench, leader)
    assert isinstance(view, GroupView)
    assert sum(each.incident.recovered_at is not None for each in view.members) == 1


async def test_members_that_fail_again_are_one_reply(bench: Bench) -> None:
    await bench.report(*failures(6))
    await post(bench)
    await bench.report(*failures(4, at=NOW + HOUR))
    [reply] = await bench.notices(Kind.REPLY)
    view = await view_of(bench, reply)
    assert isinstance(view, ReplyView)
    assert len(view.entries) == 4


async def test_a_group_ends_aloud_when_all_have_recovered(bench: Bench) -> None:
    await bench.report(*failures(6))
    await post(bench)
    await bench.report(*failures(5, at=NOW + HOUR, result="Success"))
    await bench.report(*failures(1, first=5, at=NOW + HOUR, result="Success"))
    [reply] = await bench.notices(Kind.REPLY)
    assert (reply.subject, reply.is_broadcast) == (GROUP_ENDED, True)
    view = await view_of(bench, reply)
    assert isinstance(view, ReplyView)
    assert view.group_ended == 6


async def test_a_group_that_ended_unseen_needs_no_reply(bench: Bench) -> None:
    await bench.report(*failures(6))
    await bench.report(*failures(6, at=NOW + HOUR, result="Success"))
    assert await bench.notices(Kind.REPLY) == []


async def test_nothing_joins_a_group_that_has_ended(bench: Bench) -> None:
    await bench.report(*failures(6))
    await bench.report(*failures(6, at=NOW + MINUTE, result="Success"))
    await bench.report(*failures(1, first=6))
    assert (await bench.notices())[-1].told_by == ""


async def test_a_deleted_message_is_not_restored_but_the_next_worsening_is_posted(
    bench: Bench,
) -> None:
    await bench.report(a_session(result="Warning"))
    [own] = await bench.notices()
    await bench.deliveries.close(own.id, "message_not_found")
    await bench.report(a_session(NOW + HOUR, result="Warning"))
    assert len(await bench.notices()) == 1
    await bench.report(a_session(NOW + 2 * HOUR), a_session(NOW + 3 * HOUR))
    _, fresh = await bench.notices()
    assert (fresh.kind, fresh.subject, fresh.parent_id) == (Kind.INCIDENT, own.subject, "")
    assert (await bench.reasons())[-2:] == ["WORSE", "STILL_FAILING"]


async def test_after_a_fresh_message_everything_goes_there(bench: Bench) -> None:
    await bench.report(a_session(result="Warning"))
    [own] = await bench.notices()
    await bench.deliveries.close(own.id, "message_not_found")
    await bench.report(a_session(NOW + HOUR))
    await post(bench, Kind.INCIDENT)
    await bench.report(a_session(NOW + 2 * HOUR, result="Success"))
    _, fresh, reply = await bench.notices()
    assert (reply.parent_id, fresh.wanted_revision) == (fresh.id, 2)


async def test_a_late_failure_changes_the_message_without_a_ping(bench: Bench) -> None:
    await bench.report(a_session(NOW), a_session(NOW + 2 * HOUR, result="Success"))
    await post(bench)
    await bench.report(a_session(NOW + HOUR))
    [reply] = await bench.notices(Kind.REPLY)
    assert not reply.is_broadcast


async def test_jobs_of_one_name_are_told_apart_by_their_server(bench: Bench) -> None:
    await bench.report(
        a_session(job_uid="a"),
        a_session(job_uid="b", backup_server="vbr02", job_name="sql REPLICA"),
    )
    views = [await view_of(bench, each) for each in await bench.notices()]
    shown = [view.job_name for view in views if isinstance(view, IncidentView)]
    assert shown == ["SQL Replica @ vbr01", "sql REPLICA @ vbr02"]


async def test_what_was_never_announced_is_concluded_without_a_word(bench: Bench) -> None:
    async with bench.polls.transaction() as ledger:
        telling = Telling(ledger, bench.audience, bench.clock())
        await telling.conclude(Kind.OUTAGE, "7", f"{OUTAGE_ENDED}7")
    assert await bench.notices() == []


async def test_nothing_is_committed_where_the_telling_fails(bench: Bench) -> None:
    bench.baseline_at = None  # type: ignore[assignment]  # judging cannot work with it
    with pytest.raises(TypeError):
        await bench.report(a_session())
    assert (await bench.questions.load_figures()).sessions == 0
    assert await bench.notices() == []


async def test_an_answer_to_an_older_question_takes_nothing_back(bench: Bench) -> None:
    await bench.report(a_session(uid="same", result="Failed"))
    await post(bench)
    bench.clock.advance(MINUTE)
    await bench.report(a_session(uid="same", result="Success"))
    await bench.report(a_session(uid="same", result="Failed"), asked=MINUTE)
    [incident] = await bench.incidents()
    assert incident.status is Status.RECOVERED


async def test_a_group_whose_member_is_taken_back_ends_once_more(bench: Bench) -> None:
    await bench.report(*failures(6))
    await post(bench)
    good = failures(6, at=NOW + HOUR, result="Success")
    await bench.report(*good)
    await post(bench)
    await bench.report(replace(good[0], result="Failed"))
    await post(bench)
    await bench.report(*failures(1, at=NOW + 2 * HOUR, result="Success"))
    ended = [each for each in await bench.notices(Kind.REPLY) if each.subject == GROUP_ENDED]
    assert len(ended) == 2
