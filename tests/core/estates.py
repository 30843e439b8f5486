"""Believable estates over weeks: when healthy jobs ran, and what EM had told of them by then."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from bot.core.checks import find
from bot.core.facts import Facts, JobFacts, Running
from bot.core.findings import Check, Finding, Found, diff
from bot.core.habits import Habit, Run, learn_habit
from bot.core.rpo import RpoPolicy
from bot.core.sessions import Verdict
from tests.builders import DAY, HOUR, MINUTE

COLLECTED_EVERY = 15 * MINUTE
HISTORY = 22 * DAY
LOOK_EVERY = 17 * MINUTE
"""Not in step with EM's collections, so that news is of any age when it is looked at."""

Jobs = dict[str, list[Run]]
Days = Sequence[datetime]


@dataclass
class Estate:
    """Makes the runs of jobs from `start` to `end`; wall clocks are those of `place`."""

    start: datetime
    end: datetime
    place: ZoneInfo
    random: Random
    jobs: Jobs = field(default_factory=dict)

    def minutes(self, least: float, most: float) -> timedelta:
        return self.random.uniform(least, most) * MINUTE

    def at(self, hour: float, days: Callable[[int], bool] = lambda _: True) -> list[datetime]:
        """List the moments of a wall clock on certain weekdays; 0 is Monday."""
        day = self.start.astimezone(self.place).replace(tzinfo=None, hour=0, minute=0)
        moments = []
        while day < self.end.replace(tzinfo=None):
            if days(day.weekday()):
                local = day + timedelta(hours=hour)
                moments.append(local.replace(tzinfo=self.place).astimezone(self.end.tzinfo))
            day += DAY
        return moments

    def every(self, interval: timedelta) -> Iterator[datetime]:
        at = self.start + self.random.random() * interval
        while at < self.end:
            yield at
            at += interval

    def add(self, name: str, starts: Sequence[datetime], least: float, most: float) -> None:
        """Add a job that takes so many minutes at each of these moments."""
        runs = [(at, at + self.minutes(least, most)) for at in sorted(starts)]
        self.jobs[name] = [_run(name, start, end) for start, end in runs]

    def add_overrunning(self, name: str, interval: timedelta, least: float, most: float) -> None:
        """Add a job that starts every interval, or when its last run is over if that is later."""
        at, runs = self.start, []
        while at < self.end:
            runs.append(_run(name, at, at + self.minutes(least, most)))
            if self.random.random() < 0.05:
                runs[-1] = replace(runs[-1], ended_at=runs[-1].ended_at + interval / 2)
            at = max(at + interval, runs[-1].ended_at + self.minutes(1, 3))
        self.jobs[name] = runs

    def add_retrying(self, name: str, starts: Sequence[datetime]) -> None:
        """Add a job whose runs fail now and then, and whose retries succeed."""
        runs = []
        for at in sorted(starts):
            run = _run(name, at, at + self.minutes(10, 30))
            if self.random.random() < 0.2:
                runs.append(replace(run, verdict=Verdict.FAILED))
                retry_at = run.ended_at + 10 * MINUTE
                run = replace(_run(name, retry_at, retry_at + 20 * MINUTE), is_retry=True)
            runs.append(run)
        self.jobs[name] = runs


def a_healthy_estate(start: datetime, end: datetime, place: ZoneInfo, seed: int) -> Jobs:
    """Make jobs of every habit that we know from people."""
    of = Estate(start, end, place, Random(seed))
    quarters = [hour / 4 for hour in range(7 * 4, 20 * 4)]
    of.add("quarter-hourly", list(of.every(15 * MINUTE)), 2, 8)
    of.add("hourly", list(of.every(HOUR)), 20, 55)
    of.add("two-hourly", list(of.every(2 * HOUR)), 10, 90)
    of.add("four-hourly", list(of.every(4 * HOUR)), 20, 200)
    of.add("eight-hourly", list(of.every(8 * HOUR)), 30, 300)
    of.add("ten-hourly", list(of.every(10 * HOUR)), 20, 60)
    of.add("every two days", list(of.every(2 * DAY)), 20, 90)
    of.add("hourly at work", _at_each(of, range(8, 19), lambda day: day < 5), 5, 20)
    of.add("quarter-hourly at work", _at_each(of, quarters, lambda day: day < 5), 3, 10)
    of.add("hourly but at night", _at_each(of, range(2, 22)), 5, 20)
    drifting = [at + of.minutes(-20, 20) for at in of.at(22)]
    of.add("nightly", drifting, 20, 90)
    of.add("nightly for hours", of.at(19), 180, 720)
    of.add("on working days", of.at(20, lambda day: day < 5), 20, 40)
    of.add("at the weekend", of.at(3, lambda day: day > 4), 100, 300)
    of.add("weekly", of.at(3, lambda day: day == 5), 100, 300)
    of.add("twice a week", of.at(3, lambda day: day in (1, 3)), 100, 300)
    of.add("set up lately", [end - 4 * DAY + by * MINUTE for by in (0, 6, 15)], 3, 4)
    of.add_overrunning("back to back", MINUTE, 25, 60)
    of.add_overrunning("back to back for long", MINUTE, 60, 240)
    of.add_overrunning("hourly with overruns", HOUR, 20, 70)
    of.add_retrying("nightly with retries", of.at(23))
    return of.jobs


def _at_each(
    of: Estate, hours: Sequence[float], days: Callable[[int], bool] = lambda _: True
) -> list[datetime]:
    return [at for hour in hours for at in of.at(hour, days)]


def _run(name: str, start: datetime, end: datetime) -> Run:
    return Run(name, start, end, Verdict.SUCCESS, False, end, f"{name} {start}")


@dataclass
class Watch:
    """Looks at an estate as EM tells of it: at each collection, of whatever happened until then."""

    jobs: Jobs
    zone: ZoneInfo
    baseline_at: datetime
    habits: dict[str, tuple[tuple[str, Verdict], Habit]] = field(default_factory=dict)
    known: list[Finding] = field(default_factory=list)

    def look(self, now: datetime) -> tuple[Found, ...]:
        seconds = now.timestamp() % COLLECTED_EVERY.total_seconds()
        told_until = now - timedelta(seconds=seconds)
        facts = Facts({}, {}, (), self.known, self.baseline_at, RpoPolicy())
        jobs, running = {}, {}
        for number, (name, runs) in enumerate(self.jobs.items()):
            told = bisect_right(runs, told_until, key=lambda run: run.created_at)
            if not told:
                continue
            last = _as_told(runs[told - 1], told_until)
            heard_at = last.ended_at if last.verdict else told_until
            habit = self._learn(name, [*runs[: told - 1], last])
            jobs[name] = JobFacts(name, name, f"vbr0{number % 2}", habit, heard_at)
            if not last.verdict:
                running[name] = Running(last.uid, last.created_at, self.baseline_at)
        return find(replace(facts, jobs=jobs, running=running), now)

    def look_from(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, Found]]:
        """Look again and again; tell what is new, and when."""
        now = start
        while now < end:
            found = self.look(now)
            changes = diff(self.known, found, now)
            held = {each.key for each in self.known}
            yield from ((now, each) for each in found if each.key not in held)
            changed = {each.key: each for each in (*changes.changed, *changes.ended)}
            still = (changed.get(each.key, each) for each in self.known)
            self.known = [each for each in (*still, *changes.opened) if each.ended_at is None]
            now += LOOK_EVERY

    def _learn(self, name: str, told: Sequence[Run]) -> Habit:
        state = (told[-1].uid, told[-1].verdict)
        if name not in self.habits or self.habits[name][0] != state:
            self.habits[name] = (state, learn_habit(told, self.zone))
        return self.habits[name][1]


def _as_told(run: Run, told_until: datetime) -> Run:
    if run.ended_at <= told_until:
        return run
    return replace(run, verdict=Verdict.UNFINISHED, ended_at=run.created_at)


def checks_of(found: Sequence[tuple[datetime, Found]], job: str) -> dict[Check, datetime]:
    """When each kind of finding was first told of a job."""
    first: dict[Check, datetime] = {}
    for at, each in found:
        if each.job_uid == job:
            first.setdefault(each.check, at)
    return first
