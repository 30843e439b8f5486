"""The count itself: what it calls lost, said twice, and wrong."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.demo.em.world import World
from bot.demo.slack import Message
from tests.crashes.reading import Count, count

START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)


@dataclass
class Told:
    """One job, what EM knows of it, and a channel written by hand."""

    world: World = field(default_factory=World)
    messages: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.job = self.world.add_job("Replica 001", self.world.add_server("vbr01"))
        self.say("👋 I watch 1 replication job from now on.", hour=0)

    def ended(self, result: str, hour: int) -> None:
        ended_at = START + timedelta(hours=hour)
        created_at = ended_at - timedelta(minutes=9)
        self.world.add_session(self.job, result=result, created_at=created_at, ended_at=ended_at)

    def say(self, text: str, hour: int, thread: Message | None = None) -> Message:
        at = START + timedelta(hours=hour, minutes=1, seconds=len(self.messages))
        thread_ts = thread.ts if thread else None
        said = Message(f"{at.timestamp():.6f}", "C1", "U1", text, thread_ts=thread_ts)
        self.messages.append(said)
        return said

    def edit(self, message: Message, text: str, hour: int) -> None:
        at = START + timedelta(hours=hour, minutes=2)
        edited_ts = f"{at.timestamp():.6f}"
        fresh = replace(
            message, text=text, edited_ts=edited_ts, history=(*message.history, message)
        )
        self.messages[self.messages.index(message)] = fresh

    def count(self) -> Count:
        return count(self.world, self.messages, START)


def at(hour: int) -> str:
    return f"<!date^{int((START + timedelta(hours=hour)).timestamp())}^{{time}}|then>"


def test_a_failure_with_its_message_is_right() -> None:
    told = Told()
    told.ended("Failed", 1)
    told.say(f"🔴 Replica 001 failed {at(1)}", 1)
    assert told.count().is_right


def test_a_failure_without_a_message_is_lost() -> None:
    told = Told()
    told.ended("Failed", 1)
    assert len(told.count().lost) == 1


def test_history_need_not_be_told() -> None:
    told = Told()
    told.ended("Failed", -1)
    assert told.count().is_right


def test_two_messages_on_one_failure_are_twice() -> None:
    told = Told()
    told.ended("Failed", 1)
    for _ in range(2):
        told.say(f"🔴 Replica 001 failed {at(1)}", 1)
    assert len(told.count().twice) == 1


def test_a_message_that_nothing_explains_is_too_much() -> None:
    told = Told()
    told.ended("Success", 1)
    told.say(f"🔴 Replica 001 failed {at(1)}", 1)
    assert len(told.count().twice) == 1


def test_a_further_failure_without_its_reply_is_lost_and_with_two_is_twice() -> None:
    told = Told()
    told.ended("Failed", 1)
    told.ended("Failed", 3)
    root = told.say(f"🔴 Replica 001 failed {at(1)}", 1)
    assert len(told.count().lost) == 1
    told.say(f"🔴 Replica 001 failed again {at(3)}", 3, root)
    assert told.count().is_right
    told.say(f"🔴 Replica 001 failed again {at(3)}", 3, root)
    assert len(told.count().twice) == 1


def test_a_recovery_that_is_not_shown_is_wrong() -> None:
    told = Told()
    told.ended("Failed", 1)
    told.ended("Success", 3)
    root = told.say(f"🔴 Replica 001 failed {at(1)}", 1)
    told.say(f"✅ Replica 001 recovered {at(3)}", 3, root)
    assert len(told.count().wrong) == 1


def test_a_failure_told_in_a_group_needs_no_message_of_its_own() -> None:
    told = Told()
    told.ended("Failed", 1)
    told.say("🔴 1 job failed on vbr01: Replica 001", 1)
    assert told.count().is_right
    told.say("🔴 1 job failed on vbr01: Replica 001", 1)
    assert len(told.count().twice) == 2


def test_a_group_that_counts_more_than_there_is_is_wrong() -> None:
    told = Told()
    told.ended("Failed", 1)
    told.say("🔴 2 jobs failed on vbr01: Replica 001", 1)
    assert len(told.count().wrong) == 1


def test_a_catch_up_may_tell_of_a_job_several_times() -> None:
    told = Told()
    for hour, result in ((1, "Failed"), (2, "Success"), (3, "Failed")):
        told.ended(result, hour)
    said = "🔴 While Slack did not let me speak here, 1 job failed: Replica 001"
    told.say(said, 4)
    assert told.count().is_right


def test_a_group_names_how_often_each_job_failed_where_it_is_more_than_once() -> None:
    told = Told()
    for hour, result in ((1, "Failed"), (2, "Success"), (3, "Failed"), (4, "Success")):
        told.ended(result, hour)
    told.say("✅ 1 job on vbr01 recovered: Replica 001 (2 times)", 5)
    assert told.count().is_right
    told.messages.pop()
    told.say("✅ 1 job on vbr01 recovered: Replica 001 (3 times)", 5)
    assert len(told.count().wrong) == 1


def test_what_is_told_of_the_silence_of_jobs_is_no_alert() -> None:
    told = Told()
    told.ended("Success", 1)
    told.say("⚪ 2 jobs on vbr01 no longer run: Replica 001, Replica 002", 9)
    assert told.count().is_right


STUCK, MOVES = (
    "🟠 Replica 001 seems stuck: it runs since then",
    "✅ Replica 001 is not stuck any more",
)


def test_a_silence_that_is_open_in_two_messages_is_twice() -> None:
    told = Told()
    told.say(STUCK, 1)
    assert told.count().is_right
    told.say(STUCK, 3)
    assert told.count().twice == ["Replica 001: stuck is open in two messages at once"]


def test_a_silence_that_has_ended_may_be_told_again() -> None:
    told = Told()
    for hour in (1, 3):
        first = told.say(STUCK, hour)
        told.say(MOVES, hour + 1, first)
        told.edit(first, MOVES, hour + 1)
    assert told.count().is_right
    assert told.count().silences == 2


def test_silences_of_several_kinds_and_jobs_may_be_open_together() -> None:
    told = Told()
    told.say(STUCK, 1)
    told.say(STUCK.replace("001", "002"), 1)
    told.say("🟠 Replica 001 did not run: expected then", 2)
    told.say("⚫ EM has told nothing of vbr01 since then", 3)
    told.say("⚫ EM has told nothing of vbr02 since then", 3)
    assert told.count().is_right


def test_a_server_or_an_em_that_is_silent_in_two_messages_is_twice() -> None:
    told = Told()
    for text in ("⚫ EM has told nothing of vbr01 since then", "⚫ I cannot see EM since then"):
        told.say(text, 1)
        told.say(text, 2)
    assert len(told.count().twice) == 2


def test_the_end_of_a_silence_is_said_once() -> None:
    told = Told()
    root = told.say(STUCK, 1)
    told.edit(root, MOVES, 3)
    assert told.count().lost == [f"the end of “{STUCK}”"]
    told.say(MOVES, 3, root)
    assert told.count().is_right
    told.say(MOVES, 3, root)
    assert len(told.count().twice) == 1


def test_a_job_that_is_over_in_a_message_on_several_may_be_told_of_again() -> None:
    told = Told()
    root = told.say("🟠 2 jobs on vbr01 seem stuck: Replica 001, Replica 002", 1)
    told.edit(root, "🟠 1 of 2 jobs on vbr01 seem stuck: Replica 002 ✅ 1 over: Replica 001", 2)
    told.say(STUCK, 3)
    assert told.count().is_right
    told.say(STUCK.replace("001", "002"), 3)
    assert len(told.count().twice) == 1
