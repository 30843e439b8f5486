"""The moments at which the bot is killed, each reached by holding the answer of an emulator.

A point is a function that brings a living bot to the moment; who calls it then sends SIGKILL. An
act is a chain of points, one for each life: some moments are there only after another crash.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from bot.demo.em import ReplicaJob
from tests.crashes.scenes import REACHED_WITHIN, SERVERS, Fits, Scene, is_reply, is_root, is_shared

Point = Callable[[Scene], Awaitable[None]]
Act = tuple[Point, ...]

POST, UPDATE = "chat.postMessage", "chat.update"
ENDED = r"ReplicaJobSession.*filter=\(EndTime"
WINDOW = r"ReplicaJobSession.*filter=EndTime"
REASONS = r"ReplicaTaskSession"
STORM = 5
"""More jobs than `ALERT_GROUP_OVER` allows to have messages of their own."""

FAILING = 3
"""So many jobs fail at any time, so that there are messages to change."""

BACKLOG = 3
"""Where more is still to be said, a life of chance adds nothing to it."""

LIFE = 1.5
"""Most seconds of chance before a kill: the bot starts in one, and says something in the next."""

SPEAKING = 0.7
"""How many lives of chance end after the bot's first words to Slack, and not before."""


HANGS_FOR = timedelta(hours=2, minutes=30)
"""Longer than a run of `SLEEPER` may take without being taken to hang."""

MOMENT = timedelta(seconds=2)
LOOKED_EVERY = 2.5
"""Seconds in which the bot surely looks at all jobs once: ten of its polls."""


async def before_commit(scene: Scene) -> None:
    """EM has answered, the bot does not know it."""
    scene.fail(scene.healthy())
    await scene.hold_em(ENDED)


async def at_the_commit(scene: Scene) -> None:
    """The bot has EM's answer and waits to write."""
    scene.fail(scene.healthy())
    await scene.hold_em(ENDED)
    async with scene.locked_database():
        scene.stage.em.faults.clear()
        await scene.pass_by()
        await scene.kill()


async def after_commit(scene: Scene) -> None:
    """A message is promised and claimed; Slack has not taken it."""
    scene.fail(scene.healthy())
    await scene.hold(POST, accepted=False)


async def after_acceptance(scene: Scene) -> None:
    """Slack has the message, the bot does not know it."""
    scene.fail(scene.healthy())
    await scene.hold(POST, accepted=True, fits=is_root)


async def before_record(scene: Scene) -> None:
    """The bot has Slack's answer and waits to write it down."""
    scene.fail(scene.healthy())
    call = await scene.hold(POST, accepted=True)
    async with scene.locked_database():
        await scene.hand_over(call)
        await scene.kill()


async def before_update(scene: Scene) -> None:
    """Slack has not taken a change."""
    scene.fail(await _told(scene))
    await scene.hold(UPDATE, accepted=False)


async def after_update(scene: Scene) -> None:
    """Slack has the change, the bot does not know it."""
    scene.recover(await _told(scene))
    await scene.hold(UPDATE, accepted=True)


async def before_record_of_update(scene: Scene) -> None:
    """The bot knows of the change and waits to write it down."""
    scene.fail(await _told(scene))
    call = await scene.hold(UPDATE, accepted=True)
    async with scene.locked_database():
        await scene.hand_over(call)
        await scene.kill()


async def before_reply(scene: Scene) -> None:
    """Slack has not taken a reply."""
    scene.fail(await _told(scene))
    await scene.hold(POST, accepted=False, fits=is_reply)


async def after_reply(scene: Scene) -> None:
    """Slack has the reply, the bot does not know it."""
    scene.recover(await _told(scene))
    await scene.hold(POST, accepted=True, fits=is_reply)


async def while_looking(scene: Scene) -> None:
    """The bot reads the channel for a message that it may have posted before it died."""
    await scene.hold("conversations.history", accepted=True)


async def at_the_start(scene: Scene) -> None:
    """The bot has started again, with claims of its former life."""
    await scene.hold("auth.test", accepted=False)


async def before_reasons(scene: Scene) -> None:
    """The alert is promised and waits for the reasons of its VMs."""
    scene.fail(scene.healthy())
    await scene.hold_em(REASONS)


async def in_a_sweep(scene: Scene) -> None:
    """The bot looks for what EM learnt late."""
    await scene.hold_em(WINDOW)


async def in_a_group(scene: Scene) -> None:
    """Slack has the message of a storm, the bot does not know it."""
    scene.fail([job for job in scene.healthy() if job.server.name == SERVERS[0]], STORM)
    await scene.hold(POST, accepted=True, fits=is_shared)


async def in_a_change_of_a_group(scene: Scene) -> None:
    """Members of a storm recover one after the other."""
    slack = scene.stage.slack
    scene.recover(await slack.wait_for(lambda _: scene.failing_together(), REACHED_WITHIN))
    await scene.hold(UPDATE, accepted=True)


async def while_refused(scene: Scene) -> None:
    """Slack refuses the channel while jobs of several servers fail."""
    slack = scene.stage.slack
    slack.faults.archive(slack.channel)
    for server in SERVERS:
        scene.fail([job for job in scene.healthy() if job.server.name == server], 2)
    seen = len(slack.calls)
    await slack.wait_for(
        lambda s: any(call.outcome == "is_archived" for call in s.calls[seen:]), REACHED_WITHIN
    )
    for _ in range(2):  # by the second poll from now the refusal is written down
        await scene.hold_em(ENDED)
        scene.stage.em.faults.clear()


async def in_a_catch_up(scene: Scene) -> None:
    """The channel is open again, and Slack has the one message that tells of all of them."""
    await scene.hold(POST, accepted=True, fits=_says("While Slack"))


async def in_a_silence(scene: Scene) -> None:
    """A run hangs; Slack has the message that says so, the bot does not know it."""
    scene.hang()
    await _hold_finding(scene, "seems stuck", HANGS_FOR)


async def at_the_end_of_a_silence(scene: Scene) -> None:
    """The run has ended after all; Slack has the reply that says so, the bot does not know it."""
    scene.go_on()
    await _hold_finding(scene, "is not stuck any more", MOMENT)


async def while_blind(scene: Scene) -> None:
    """EM answers no more; Slack has the message that says so, the bot does not know it."""
    scene.stage.em.faults.answer(503, times=None)
    await scene.hold(POST, accepted=True, fits=_says("I cannot see"))


async def at_the_end_of_blindness(scene: Scene) -> None:
    """EM answers again; Slack has the reply that says so, the bot does not know it."""
    await scene.hold(POST, accepted=True, fits=_says("again since"))


async def _hold_finding(scene: Scene, words: str, leap: timedelta) -> None:
    """Let the bot look at all jobs again and again, until it tells what it has found."""
    held = asyncio.create_task(scene.hold(POST, accepted=True, fits=_says(words)))
    while not held.done():
        scene.forget_gaps()
        scene.let_pass(leap)
        await asyncio.wait({held}, timeout=LOOKED_EVERY)
    await held


def _says(words: str) -> Fits:
    return lambda call: words in str(call.get("text"))


async def at_random(scene: Scene) -> None:
    """Any moment of a life in which something happens, its beginning included."""
    failing = scene.failing()
    if len(failing) > FAILING:
        scene.recover(failing)
    if len(scene.read().lost) < BACKLOG:
        scene.fail(scene.healthy())
    if scene.random.random() < SPEAKING:
        seen = len(scene.stage.slack.calls)
        await scene.stage.slack.wait_for(lambda slack: len(slack.calls) > seen, REACHED_WITHIN)
    await asyncio.sleep(scene.random.uniform(0, LIFE))  # the moment is what is tested


async def _told(scene: Scene) -> list[ReplicaJob]:
    """Jobs that fail and whose messages say so; one is made to where there is none."""
    if not scene.failing():
        scene.fail(scene.healthy())
    return await scene.stage.slack.wait_for(lambda _: scene.failing(), REACHED_WITHIN)


async def in_the_import(scene: Scene) -> None:
    """The first start reads thirty days page by page."""
    await scene.hold_em(WINDOW + ".*page=3")  # the first page is committed by then


async def before_the_baseline(scene: Scene) -> None:
    """The import resumes, and ends before its end is written down."""
    await scene.hold_em(WINDOW)


NAMES: Mapping[Point, str] = {
    in_the_import: "during the import of the first start",
    before_the_baseline: "during the resumed import",
    before_commit: "before the commit: EM has answered",
    at_the_commit: "at the commit: the database is locked",
    before_reasons: "after the commit, before the reasons",
    after_commit: "after the commit, before Slack accepts",
    after_acceptance: "after Slack has accepted",
    before_record: "before the record of a message",
    before_update: "before an edit",
    after_update: "after an edit",
    before_record_of_update: "before the record of an edit",
    before_reply: "before a reply",
    after_reply: "after a reply",
    while_looking: "while looking for a lost message",
    at_the_start: "at a start with claims open",
    in_a_sweep: "during a sweep for late sessions",
    in_a_group: "while posting a group",
    in_a_change_of_a_group: "while changing a group",
    while_refused: "while the channel is refused",
    in_a_catch_up: "while catching up",
    in_a_silence: "while telling of a run that hangs",
    at_the_end_of_a_silence: "while telling that it hangs no more",
    while_blind: "while telling that EM cannot be seen",
    at_the_end_of_blindness: "while telling that EM can be seen again",
    at_random: "at random",
}
ACTS: tuple[Act, ...] = (
    (before_commit,),
    (at_the_commit,),
    (before_reasons,),
    (after_commit, at_the_start),
    (after_acceptance, while_looking),
    (before_record,),
    (before_update,),
    (after_update,),
    (before_record_of_update,),
    (before_reply,),
    (after_reply,),
    (in_a_sweep,),
    (in_a_group, in_a_change_of_a_group),
    (while_refused, in_a_catch_up),
    (in_a_silence, at_the_end_of_a_silence),
    (while_blind, at_the_end_of_blindness),
)
NEEDED: Mapping[Point, timedelta] = {
    in_a_sweep: timedelta(minutes=16),
    in_a_catch_up: timedelta(minutes=6),
}
"""What must have passed for a point to be there: sweeps and refused channels have their times."""

FIRST_START = (in_the_import, before_the_baseline)
