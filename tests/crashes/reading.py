"""Count what a channel was told against what EM had to tell: what is lost, what is said twice.

Written without the bot's code. It knows EM's world, and reads the channel as a person does: the
names, the moments and the words that stand there.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from bot.demo.em.things import Session
from bot.demo.em.world import World
from bot.demo.slack import Message
from tests.crashes import silences
from tests.crashes.silences import Telling, Version

NAME = re.compile(r"Replica \d{3}")
OWN = re.compile(r"^\S+ (Replica \d{3}) (?:failed|ended|finished|recovered)")
SHARED = re.compile(r"^\S+ (?:All |While .*? here, )?(?:\d+ of )?\d+ jobs?\b")
MOMENT = re.compile(r'"timestamp": (\d+)|<!date\^(\d+)\^')
RUNS = re.compile(r"after (\d+) (?:failure|warning)|(\d+)(?:st|nd|rd|th) time in a row")
ALL_OVER = re.compile(r"^\S+ (?:All )?\d+ jobs? recovered")
NUMBER = re.compile(r"(?<!vbr)\b\d+\b")
GREEN = "✅"
AGAIN = re.compile(r"(Replica \d{3}) \((\d+) times\)")


@dataclass(frozen=True)
class Stretch:
    """The bad sessions of a job from one Success to the next: one incident, told in one place.

    `news` are those since the bot's first start; `good` the successes that ended it.
    """

    job: str
    bad: tuple[Session, ...]
    news: tuple[Session, ...]
    good: tuple[Session, ...]

    def __str__(self) -> str:
        return f"{self.job} since {self.bad[0].ended_at:%d %H:%M:%S}"

    @property
    def runs(self) -> int:
        """How many runs are bad; a retry belongs to the run before it."""
        return sum(not each.is_retry for each in self.bad)


@dataclass(frozen=True)
class Words:
    """What stands in one message, in one version of it."""

    message: Message

    @cached_property
    def everything(self) -> str:
        """All that a person reads."""
        return self.message.text + json.dumps(self.message.blocks, ensure_ascii=False)

    @cached_property
    def moments(self) -> frozenset[int]:
        """The moments named, in seconds."""
        return frozenset(int(a or b) for a, b in MOMENT.findall(self.everything))

    @cached_property
    def names(self) -> frozenset[str]:
        """The jobs named."""
        return frozenset(NAME.findall(self.everything))

    @property
    def is_green(self) -> bool:
        """Whether it says that all is over."""
        return self.message.text.startswith(GREEN)

    @property
    def at(self) -> float:
        """When these words came to stand there, by Slack's clock."""
        return float(self.message.edited_ts or self.message.ts)

    def names_one_of(self, sessions: Iterable[Session]) -> bool:
        """Whether it names the end of one of these."""
        return any(end_of(each) in self.moments for each in sessions)


@dataclass(frozen=True)
class Root:
    """A message of the channel with all its versions and its thread."""

    versions: tuple[Words, ...]
    replies: tuple[Words, ...]

    @property
    def now(self) -> Words:
        """The version that stands there now."""
        return self.versions[-1]

    @property
    def is_of_silence(self) -> bool:
        """Whether it tells of what did not happen, rather than of what did."""
        return self.versions[0].message.text.startswith(silences.ICONS)

    def as_telling(self) -> Telling:
        """Read it as a message on silence."""
        versions = tuple(Version(w.at, w.message.text, w.everything) for w in self.versions)
        return Telling(versions, tuple(each.message.text for each in self.replies))

    def first_naming(self, job: str) -> float | None:
        """When it named a job for the first time."""
        return next((words.at for words in self.versions if job in words.names), None)

    def replies_on(self, job: str, sessions: Iterable[Session]) -> list[Words]:
        """The replies that tell of one of these sessions of a job."""
        ends = {end_of(each) for each in sessions}
        return [each for each in self.replies if job in each.names and ends & each.moments]


@dataclass
class Count:
    """What came in, what came out, and what does not fit."""

    sessions: int = 0
    bad: int = 0
    incidents: int = 0
    messages: int = 0
    silences: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        """Whether the channel says what it should, once."""
        return not (self.lost or self.twice or self.wrong)

    def compare(self, what: str, found: int, *, least: int = 1) -> None:
        """Something is to be said once; `least` 0 where it need not be said at all."""
        if found > 1:
            self.twice.append(f"{what}: {found} times")
        elif found < least:
            self.lost.append(what)


def end_of(session: Session) -> int:
    """When a session ended, in seconds, as it stands in messages."""
    assert session.ended_at is not None
    return int(session.ended_at.timestamp())


def seen_at(session: Session) -> float:
    """When EM began to show a session as over."""
    ended_at = session.ended_at
    assert ended_at is not None
    return max(ended_at, session.visible_at or ended_at).timestamp()


def count(world: World, messages: Sequence[Message], baseline_at: datetime) -> Count:
    """Compare a channel with the world of EM, as both are now."""
    over = [s for s in world.sessions.values() if s.ended_at and seen_at(s) <= _now(world)]
    news = [each for each in over if each.ended_at and each.ended_at > baseline_at]
    found = Count(len(news), sum(is_bad(each) for each in news), messages=len(messages))
    everything = read_roots(messages)
    roots = [each for each in everything if not each.is_of_silence]
    _judge_silences(found, [each.as_telling() for each in everything if each.is_of_silence])
    of_job: defaultdict[str, list[Session]] = defaultdict(list)
    for each in over:
        of_job[each.job.name].append(each)
    shared: defaultdict[int, list[Stretch]] = defaultdict(list)
    for job, sessions in of_job.items():
        stretches = [each for each in find_stretches(job, sessions, baseline_at) if each.news]
        found.incidents += len(stretches)
        _place(found, job, stretches, roots, shared)
    for position, root in enumerate(roots):
        if SHARED.match(root.now.message.text):
            _judge_shared(found, root, shared[position])
    starts = [each for each in roots if "from now on" in each.now.message.text]
    found.compare("where things stand at the start", len(starts))
    return found


def _now(world: World) -> float:
    return world.now().timestamp()


def is_bad(session: Session) -> bool:
    """Whether people must hear of a session."""
    return session.result in ("Warning", "Failed")


def find_stretches(job: str, sessions: Iterable[Session], baseline_at: datetime) -> list[Stretch]:
    """Cut a job's sessions at its successes."""
    stretches: list[Stretch] = []
    bad: list[Session] = []
    good: list[Session] = []
    for each in [*sorted(sessions, key=lambda s: (end_of(s), s.created_at)), None]:
        if bad and (each is None or (good and is_bad(each))):
            news = tuple(s for s in bad if s.ended_at and s.ended_at > baseline_at)
            stretches.append(Stretch(job, tuple(bad), news, tuple(good)))
            bad, good = [], []
        if each is not None and is_bad(each):
            bad.append(each)
        elif each is not None and bad:
            good.append(each)
    return stretches


def read_roots(messages: Iterable[Message]) -> list[Root]:
    """Sort a channel's messages into roots and their threads, oldest first."""
    threads: defaultdict[str, list[Words]] = defaultdict(list)
    roots = []
    for each in messages:
        if each.is_reply and each.thread_ts:
            threads[each.thread_ts].append(Words(each))
        else:
            roots.append(each)
    return [
        Root(tuple(Words(v) for v in (*each.history, each)), tuple(threads[each.ts]))
        for each in roots
    ]


def _judge_silences(found: Count, tellings: Sequence[Telling]) -> None:
    found.silences = len(tellings)
    found.twice += silences.find_twice(tellings)
    found.lost += silences.find_lost(tellings)


def _place(
    found: Count,
    job: str,
    stretches: Sequence[Stretch],
    roots: Sequence[Root],
    shared: defaultdict[int, list[Stretch]],
) -> None:
    """Find the one message that tells of each stretch: its own, or one shared with other jobs."""
    own = [root for root in roots if _is_own(root, job)]
    elsewhere = []
    for stretch in stretches:
        mine = [root for root in own if root.now.names_one_of(stretch.bad)]
        own = [root for root in own if root not in mine]
        if mine:
            found.compare(f"{stretch}: a message", len(mine))
            _judge_own(found, stretch, mine[0])
        else:
            elsewhere.append(stretch)
    found.twice += [f"{job}: nobody knows why “{root.now.message.text[:60]}”" for root in own]
    groups = [at for at, root in enumerate(roots) if _is_shared_by(root, job)]
    for at in groups:
        told = _take_told(roots[at], job, elsewhere)
        shared[at] += told
        if not told:
            found.twice.append(f"{job}: named again in “{roots[at].now.message.text[:60]}”")
        for stretch in told:
            _judge_replies(found, stretch, roots[at])
    found.lost += [f"{each}: a message" for each in elsewhere]


def _take_told(root: Root, job: str, untold: list[Stretch]) -> list[Stretch]:
    """Take what a shared message tells of one job.

    That is as many as it says of a job that recovered, else all there was when it was first named.
    """
    named_at = root.first_naming(job) or root.versions[0].at
    told = [each for each in untold if seen_at(each.news[0]) < named_at] or untold[:1]
    said = dict(AGAIN.findall(root.now.everything))
    if job in said or root.now.is_green:
        told = untold[: int(said.get(job, 1))]
    for each in told:
        untold.remove(each)
    return told


def _is_own(root: Root, job: str) -> bool:
    match = OWN.match(root.now.message.text)
    return match is not None and match[1] == job


def _is_shared_by(root: Root, job: str) -> bool:
    return bool(SHARED.match(root.now.message.text)) and root.first_naming(job) is not None


def _judge_own(found: Count, stretch: Stretch, root: Root) -> None:
    _judge_replies(found, stretch, root)
    recoveries = [each for each in root.replies_on(stretch.job, stretch.good) if each.is_green]
    since = min((seen_at(each) for each in stretch.good), default=0.0)
    must = since > root.versions[0].at
    found.compare(f"{stretch}: its recovery", len(recoveries), least=int(must))
    if root.now.is_green != bool(stretch.good):
        found.wrong.append(f"{stretch}: reads “{root.now.message.text[:60]}”")
    said = {int(a or b) for a, b in RUNS.findall(root.now.everything)}
    if said - {stretch.runs}:
        found.wrong.append(f"{stretch}: {stretch.runs} bad runs, but it says {said}")


def _judge_replies(found: Count, stretch: Stretch, root: Root) -> None:
    """Each further bad session is said once in the thread, if the message was there before it."""
    told_at = root.first_naming(stretch.job) or root.versions[0].at
    for each in stretch.news:
        replies = len(root.replies_on(stretch.job, [each]))
        must = seen_at(each) > told_at
        found.compare(f"{stretch}: the reply on {each.ended_at}", replies, least=int(must))


def _judge_shared(found: Count, root: Root, stretches: Sequence[Stretch]) -> None:
    text = root.now.message.text[:60]
    if not stretches:
        found.twice.append(f"nobody knows why “{text}”")
        return
    says = max(int(each) for each in NUMBER.findall(root.now.message.text.split(":")[0]))
    jobs = Counter(each.job for each in stretches)
    if says != len(jobs):
        found.wrong.append(f"{len(jobs)} jobs: “{text}”")
    for job, times in AGAIN.findall(root.now.everything):
        if int(times) != jobs[job]:
            found.wrong.append(f"{job}: {jobs[job]} incidents, but it says {times}: “{text}”")
    are_over = all(each.good for each in stretches)
    if root.now.is_green != are_over:
        found.wrong.append(f"a group of {len(stretches)} reads “{text}”")
    ends = [each for each in root.replies if ALL_OVER.search(each.message.text)]
    over_at = max(min((seen_at(s) for s in each.good), default=0.0) for each in stretches)
    must = are_over and over_at > root.versions[0].at
    found.compare(f"the end of “{text}”", len(ends), least=int(must))
