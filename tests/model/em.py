"""What happens at EM: jobs run, and EM tells of it late, again, in any order, and otherwise."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from bot.core.incidents import Status
from bot.core.sessions import Session
from tests.builders import MINUTE
from tests.model import checks
from tests.model.worlds import JOBS, SERVERS, Job, World, a_job, a_result, a_span, an_index

Ending = tuple[Job, str, bool, timedelta, bool]

some_runs = st.lists(
    st.tuples(a_job, a_result, st.booleans(), a_span, st.booleans()), min_size=1, max_size=4
)


class BusyWorld(World):
    """A world in which jobs run."""

    @rule(runs=some_runs, is_told=st.booleans())
    def runs_end(self, runs: Sequence[Ending], is_told: bool) -> None:
        """One after the other, each reported at once, later, or with the next."""
        for job, result, is_retry, after, is_reported in runs:
            self.bot.clock.advance(after)
            self._add(job, result, timedelta(0), is_retry=is_retry)
            if is_reported:
                self._report(self.pending)
        if is_told:
            self.bot_delivers([])

    @rule(runs=some_runs)
    def nights_pass(self, runs: Sequence[Ending]) -> None:
        """The same, and time for everything to be said in between."""
        for each in runs:
            self.runs_end([each], is_told=True)

    @rule(
        job=a_job,
        results=st.lists(st.sampled_from(("Success", "Failed", "Warning")), min_size=1, max_size=3),
        after=st.sampled_from((MINUTE, 10 * MINUTE, 40 * MINUTE)),
    )
    def failure_is_retried(self, job: Job, results: Sequence[str], after: timedelta) -> None:
        self.runs_end([(job, "Failed", False, MINUTE, True)], is_told=True)
        for result in results:
            self.runs_end([(job, result, True, after, True)], is_told=False)

    @rule(job=a_job, result=a_result, ago=st.integers(1, 60), is_reported=st.booleans())
    def run_turns_up_late(self, job: Job, result: str, ago: int, is_reported: bool) -> None:
        self._add(job, result, ago * 30 * MINUTE)
        if is_reported:
            self._report(self.pending[-1:])

    @rule(server=st.sampled_from(SERVERS), result=a_result, is_told=st.booleans())
    def storm(self, server: str, result: str, is_told: bool) -> None:
        self.bot.clock.advance(MINUTE)
        self.pending += [
            self._session(job, result, timedelta(0)) for job in JOBS if job[2] == server
        ]
        self._report(self.pending)
        if is_told:
            self.bot_delivers([])

    @precondition(lambda self: self.sessions)
    @rule(which=an_index, result=st.sampled_from(("Success", "Failed", "Success")))
    def result_changes(self, which: int, result: str) -> None:
        session = self.sessions[which % len(self.sessions)]
        if session.result not in ("Success", result):
            changed = replace(session, result=result)
            self.sessions[self.sessions.index(session)] = changed
            self.pending.append(changed)

    def _add(self, job: Job, result: str, ago: timedelta, is_retry: bool = False) -> None:
        self.pending.append(self._session(job, result, ago, is_retry=is_retry))

    def _session(self, job: Job, result: str, ago: timedelta, is_retry: bool = False) -> Session:
        ended_at = self.bot.em_now() - ago
        before = [each for each in self.sessions if each.job_uid == job[0]]
        is_retry = is_retry and bool(before) and before[-1].result != "Success"
        session = Session(
            uid=f"session-{len(self.sessions):04}",
            name=f"{job[1]}@{ended_at:%d %H:%M}",
            job_uid=job[0],
            job_name=job[1],
            created_at=ended_at - (1 if is_retry else 5) * MINUTE,
            state="Stopped",
            result=result,
            ended_at=ended_at,
            is_retry=is_retry,
            backup_server=job[2],
        )
        self.sessions.append(session)
        return session

    # What EM reports, when and how often.

    @precondition(lambda self: self.pending)
    @rule(count=st.integers(1, 4), rest=st.randoms(use_true_random=False), again=an_index)
    def em_reports(self, count: int, rest: Random, again: int) -> None:
        rest.shuffle(self.pending)
        known = list(self.plain.runs.values())
        repeated = [known[again % len(known)].session] if known else []
        newest = {each.uid: each for each in self.sessions}
        seen = [newest[each.uid] for each in self.pending[:count]]
        self._report(seen + [each for each in repeated if each.uid not in {s.uid for s in seen}])

    def _report(self, sessions: Sequence[Session]) -> None:
        sessions = list({each.uid: each for each in sessions}.values())
        told_alone = {
            (each.channel, key)
            for key, incident in self.incidents.items()
            if incident.status is Status.OPEN
            for each in checks.ts_of_own(self.bot.slack, key)
        }
        muted = self._muted()
        reported = {each.uid for each in sessions}
        self.pending = [each for each in self.pending if each.uid not in reported]
        self.bot.report(sessions)
        self.plain.report(sessions, self.bot.clock(), self.bot.em_now())
        self._look(muted)
        for channel, key in told_alone:
            incident = self.incidents[key]
            if incident.status is Status.RECOVERED and incident.job_uid not in muted:
                self.over.add((channel, key))

    @precondition(lambda self: self.plain.runs)
    @rule(which=an_index)
    def em_repeats_what_it_said_before(self, which: int) -> None:
        runs = list(self.plain.runs.values())
        run = runs[which % len(runs)]
        older = replace(run.session, state="Working", result="None", ended_at=None)
        if run.session.result != "None":
            asked = self.bot.clock() - run.changed_at + MINUTE
            self.bot.report([older], asked=asked)
            self.plain.report([run.session], self.bot.clock(), self.bot.em_now())
            self._look(self._muted())
