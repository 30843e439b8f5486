"""Jobs as the checks see them; each test names only what it is about."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.checks import find
from bot.core.facts import Facts, JobFacts, Running
from bot.core.findings import Check, Details, Finding, Found, diff
from bot.core.habits import Run, learn_habit
from bot.core.jobs import JobOptions
from bot.core.rpo import RpoPolicy
from bot.core.sessions import Verdict
from tests.builders import DAY, HOUR, MINUTE, NOW

ZULU = ZoneInfo("UTC")
LONG_AGO = NOW - 400 * DAY


def a_run(created_at: datetime, verdict: Verdict = Verdict.SUCCESS, **changes: Any) -> Run:
    """A run of ten minutes."""
    ended_at = created_at + 10 * MINUTE
    uid = f"urn:veeam:ReplicaJobSession:{created_at:%m%d%H%M}"
    return replace(Run("sql", created_at, ended_at, verdict, False, ended_at, uid), **changes)


def daily(last_at: datetime, days: int = 28, **changes: Any) -> list[Run]:
    return [a_run(last_at - day * DAY, **changes) for day in reversed(range(days))]


def a_job(runs: Sequence[Run], **changes: Any) -> JobFacts:
    """A job with these runs, of which EM told when the last one ended."""
    habit = learn_habit(sorted(runs, key=lambda run: run.created_at), ZULU)
    job = JobFacts("sql", "SQL Replica", "vbr01", habit, max(run.ended_at for run in runs))
    return replace(job, **changes)


def options(**of: Any) -> JobOptions:
    return replace(JobOptions("sql", is_schedule_configured=True, is_schedule_enabled=True), **of)


def facts_of(*jobs: JobFacts, **changes: Any) -> Facts:
    by_uid = {job.job_uid: job for job in jobs}
    return replace(Facts(by_uid, {}, (), (), LONG_AGO, RpoPolicy()), **changes)


def look(*jobs: JobFacts, now: datetime = NOW, **changes: Any) -> dict[Check, Details]:
    """What is found of these jobs, by kind."""
    return {each.check: each.details for each in find(facts_of(*jobs, **changes), now)}


def a_finding(check: Check, details: Details = Details(), **changes: Any) -> Finding:  # noqa: B008 - it is frozen
    finding = Finding(1, check, "sql", "sql", "vbr01", NOW - HOUR, details)
    return replace(finding, **changes)


def running_since(at: datetime, still: timedelta = HOUR) -> dict[str, Running]:
    return {"sql": Running("run", at, NOW - still)}


class Diary:
    """A job that is looked at again and again: what opened, changed and ended, in words."""

    def __init__(self) -> None:
        self.known: dict[int, Finding] = {}
        self.said: list[str] = []

    def look(self, facts: Facts, now: datetime) -> None:
        known = [each for each in self.known.values() if each.ended_at is None]
        self._keep(known, find(replace(facts, known=known), now), now)

    def _keep(self, known: Iterable[Finding], found: Sequence[Found], now: datetime) -> None:
        changes = diff(known, found, now)
        for each in changes.opened:
            new = replace(each, id=len(self.known) + 1)
            self.known[new.id] = new
            self.said.append(f"{each.check.value} opened")
        for each in changes.changed:
            broke = each.details.is_broken and not self.known[each.id].details.is_broken
            self.said.append(f"{each.check.value} {'broke' if broke else 'changed'}")
            self.known[each.id] = each
        for each in changes.ended:
            self.said.append(f"{each.check.value} ended")
            self.known[each.id] = each
