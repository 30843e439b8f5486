"""Random stories beside a plain model: never lost, never twice, never older (issue 4, §3).

`make test` plays the same stories each time; with `MODEL_EXAMPLES=500` it plays so many new ones.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bot.core.incidents import Incident, Status
from bot.core.mutes import Scope
from bot.core.sessions import Session
from bot.core.targets import NoTarget
from bot.services.muting import Muted
from bot.services.subscribing import Subscribed
from tests.builders import DAY, HOUR, MINUTE
from tests.model import checks
from tests.model.bots import EM_BEHIND, Bot
from tests.model.plain import ALERTS, BAD, Covers, Hiding, Plain, Run
from tests.model.slack import Fault, Message
from tests.model.troubles import TROUBLES

JOBS = (
    ("job-1", "SQL Replica", "vbr01"),
    ("job-2", "ERP Replica", "vbr01"),
    ("job-3", "SQL Web", "vbr01"),
    ("job-4", "SQL Replica", "vbr02"),
    ("job-5", "Web", "vbr02"),
)
SERVERS = ("vbr01", "vbr02")
CHANNELS = ("C2", "C3", "U7")
WISHES: dict[str, Covers] = {
    "": lambda _: True,
    '"SQL*"': lambda each: each.job_name.startswith("SQL"),
    '"*web"': lambda each: each.job_name.endswith("Web"),
    "server:VBR01": lambda each: each.backup_server == "vbr01",
    '"*Replica" server:vbr02': lambda each: each.job_uid == "job-4",
}
Job = tuple[str, str, str]
Ending = tuple[Job, str, bool, timedelta, bool]
REMIND_AFTER = DAY
ABSENT = timedelta(seconds=25)
"""After so long what did not come will not come."""

an_index = st.integers(0, 99)
a_job = st.sampled_from(JOBS)
a_result = st.sampled_from(("Failed", "Success", "Warning", "Failed", "None"))
a_span = st.sampled_from((timedelta(0), MINUTE, 10 * MINUTE, 40 * MINUTE, 10 * HOUR, 25 * HOUR))
some_runs = st.lists(
    st.tuples(a_job, a_result, st.booleans(), a_span, st.booleans()), min_size=1, max_size=4
)


class Story(RuleBasedStateMachine):
    """The world of a backup team, some days of it."""

    grace = timedelta(0)

    @initialize(group_over=st.sampled_from((1, 2, 50)), least=st.sampled_from((BAD, BAD, BAD + 1)))
    def begin(self, group_over: int, least: int) -> None:
        TROUBLES.clear()
        self.bot = Bot(
            group_over=group_over,
            verdicts=frozenset({2, 3} if least == BAD else {3}),
            retry_grace=self.grace,
            remind_after=REMIND_AFTER,
        )
        self.plain = Plain(self.bot.em_now(), self.grace)
        self.bot.clock.advance(MINUTE)
        self.plain.wishes[ALERTS, ""] = (WISHES[""], least)
        self.sessions: list[Session] = []
        self.pending: list[Session] = []
        self.incidents: dict[int, Incident] = {}
        self.states: dict[int, list[Incident]] = {}
        self.acknowledged: dict[int, tuple[str, datetime]] = {}
        self.closed: set[int] = set()
        self.over: set[tuple[str, int]] = set()
        self.deleted: set[tuple[str, int]] = set()
        self.excused: set[tuple[str, str]] = set()
        self.decided = 0

    # What happens at EM.

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

    @rule(job=a_job, results=st.lists(a_result, min_size=1, max_size=3), after=a_span)
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

    # What people do.

    @precondition(lambda self: self._open())
    @rule(which=an_index, user_id=st.sampled_from(("UANA", "UBO")))
    def person_acknowledges(self, which: int, user_id: str) -> None:
        incident = self._open()[which % len(self._open())]
        self.bot.run(self.bot.wishes.acknowledging.acknowledge(incident.id, user_id))
        self.acknowledged.setdefault(incident.id, (user_id, self.bot.clock()))
        self._look(self._muted())

    @precondition(lambda self: self.acknowledged)
    @rule(which=an_index)
    def person_takes_it_back(self, which: int) -> None:
        incident_id = list(self.acknowledged)[which % len(self.acknowledged)]
        self.bot.run(self.bot.wishes.acknowledging.unacknowledge(incident_id, "UBO"))
        if self.incidents[incident_id].status is Status.OPEN:
            del self.acknowledged[incident_id]
        self._look(self._muted())

    @precondition(lambda self: self._open())
    @rule(which=an_index)
    def person_closes(self, which: int) -> None:
        incident = self._open()[which % len(self._open())]
        self.bot.run(self.bot.wishes.acknowledging.close(incident.id, "UANA"))
        self.closed.add(incident.id)
        self._look(self._muted())

    @rule(subject=st.sampled_from((*JOBS, *SERVERS, "")), hours=st.sampled_from((1, 12, 48)))
    def person_mutes(self, subject: Job | str, hours: int) -> None:
        self._mute(subject, f"{hours}h", timedelta(hours=hours))

    @rule(job=a_job)
    def person_mutes_until_success(self, job: Job) -> None:
        self._mute(job, "until success", 30 * DAY)

    def _mute(self, subject: Job | str, text: str, span: timedelta) -> None:
        key = self._key(subject)
        muted = self.bot.run(self.bot.wishes.muting.mute_subject(Scope(key[0]), key[1], text, "U1"))
        assert isinstance(muted, Muted)
        before = self.plain.mutes.get(key)
        self.plain.mutes[key] = Hiding(
            _hides(subject),
            before.em_at if before else self.bot.em_now(),
            self.bot.clock() + span,
            key[1] if "success" in text else "",
        )
        self._look(self._muted())

    @staticmethod
    def _key(subject: Job | str) -> tuple[str, str]:
        if isinstance(subject, tuple):
            return ("job", subject[0])
        return ("server", subject) if subject else ("all", "")

    @precondition(lambda self: self.plain.mutes)
    @rule(which=an_index)
    def person_unmutes(self, which: int) -> None:
        key = list(self.plain.mutes)[which % len(self.plain.mutes)]
        self.bot.run(self.bot.wishes.muting.unmute_subject(Scope(key[0]), key[1], "U1"))
        self.plain.unmute(key, self.bot.clock())
        self._look(set())

    @rule(
        channel=st.sampled_from(CHANNELS),
        wish=st.sampled_from(list(WISHES)),
        is_failed_only=st.booleans(),
    )
    def channel_subscribes(self, channel: str, wish: str, is_failed_only: bool) -> None:
        text = f"{wish} failed" if is_failed_only else wish
        done = self.bot.run(self.bot.wishes.subscribing.subscribe(text, channel, "U1"))
        if isinstance(done, NoTarget):  # it names what nobody has heard of
            return
        assert isinstance(done, Subscribed)
        self.plain.wishes[channel, wish] = (WISHES[wish], BAD + is_failed_only)

    @precondition(lambda self: len(self.plain.wishes) > 1)
    @rule(which=an_index)
    def channel_unsubscribes(self, which: int) -> None:
        channel, wish = list(self.plain.wishes)[1 + which % (len(self.plain.wishes) - 1)]
        ended = self.bot.run(self.bot.wishes.subscribing.unsubscribe(wish, channel))
        for key in [key for key in self.plain.wishes if key[0] == channel]:
            if not wish or key[1] == wish:
                del self.plain.wishes[key]
        assert ended

    # What happens in Slack, and to the bot.

    @rule(faults=st.lists(st.sampled_from(list(Fault)), max_size=3))
    def bot_delivers(self, faults: list[Fault]) -> None:
        self.bot.slack.faults = faults
        self.bot.clock.advance(timedelta(seconds=2))
        self.bot.deliver()

    @precondition(lambda self: self.pending)
    @rule()
    def em_reports_while_a_message_is_on_its_way(self) -> None:
        self.bot.clock.advance(ABSENT)
        if self.bot.unsent():
            self.bot.slack.meanwhile = self._meanwhile
            self.bot.deliver()
            self.bot.slack.meanwhile = None
            self._look(self._muted())

    async def _meanwhile(self) -> None:
        newest = {each.uid: each for each in self.sessions}
        sessions = [newest[uid] for uid in {each.uid: 0 for each in self.pending}]
        self.pending = []
        await self.bot.bench.report(*sessions, server_time=self.bot.em_now())
        self.plain.report(sessions, self.bot.clock(), self.bot.em_now())
        self._keep(await self.bot.bench.incidents())

    @rule(channel=st.sampled_from((ALERTS, *CHANNELS)))
    def channel_is_archived_or_opened(self, channel: str) -> None:
        self.bot.slack.refused ^= {channel}

    @precondition(lambda self: self._roots())
    @rule(which=an_index)
    def person_deletes_a_message(self, which: int) -> None:
        message = self._roots()[which % len(self._roots())]
        message.is_deleted = True
        for incidents in message.tells_of():
            self.deleted |= {(message.channel, key) for key in incidents}
        self._excuse()

    @precondition(lambda self: self._roots())
    @rule(which=an_index)
    def message_cannot_be_changed_any_more(self, which: int) -> None:
        self._roots()[which % len(self._roots())].is_frozen = True

    def _roots(self) -> list[Message]:
        known = {each.message_ts for each in self.bot.run(self.bot.bench.notices())}
        return [
            each
            for each in self.bot.slack.messages
            if not (each.is_deleted or each.thread_ts) and each.ts in known
        ]

    @rule()
    def bot_is_restarted(self) -> None:
        self.bot.restart()

    @rule(span=a_span)
    def time_passes(self, span: timedelta) -> None:
        self.bot.clock.advance(span)
        due = [key for key, mute in self.plain.mutes.items() if mute.ends_at <= self.bot.clock()]
        assert self.bot.run(self.bot.wishes.muting.end_due()) == len(due)
        for key in due:
            self.plain.unmute(key, self.bot.clock())
        self._look(set())
        self.bot.remind()
        self._look(self._muted())

    @rule()
    def everything_settles(self) -> None:
        self.bot.settle()
        self.bot.slack.meanwhile = None
        checks.check_told(self.plain, self.bot.slack, self.excused)
        checks.check_shows_now(self.plain, self.bot.slack, self.incidents)
        checks.check_over(self.bot.slack, {each for each in self.over if each not in self.deleted})

    # What holds after each step.

    def _open(self) -> list[Incident]:
        return [each for each in self.incidents.values() if each.status is Status.OPEN]

    def _muted(self) -> set[str]:
        runs = self.plain.runs.values()
        return {r.session.job_uid for r in runs if self.plain.is_muted(r.session)}

    def _keep(self, incidents: Sequence[Incident]) -> None:
        before = self.incidents
        self.incidents = {each.id: each for each in incidents}
        for key, incident in self.incidents.items():
            states = self.states.setdefault(key, [])
            if not states or states[-1] != incident:
                states.append(incident)
            is_news = key in before and set(incident.session_uids) - set(before[key].session_uids)
            is_reopened = is_news and key in self.closed
            if is_reopened:
                self.closed.discard(key)
                worst = max((self.plain.runs[uid] for uid in incident.session_uids), key=_rank)
                told = self.plain.channels(worst)
                self.plain.may_hear |= {(channel, worst.uid) for channel in told}
            if is_reopened or incident.status is Status.RECOVERED:
                self.acknowledged.pop(key, None)

    def _look(self, muted: set[str]) -> None:
        """Compare the bot's incidents with the model's, and what it has just decided."""
        self._keep(self.bot.incidents())
        checks.check_incidents(self.plain, list(self.incidents.values()), self.closed)
        for key, incident in self.incidents.items():
            by = (incident.acknowledged_by, incident.acknowledged_at)
            expected = self.acknowledged.get(key, ("", None))
            if incident.status is Status.CLOSED:
                continue
            assert by == expected, f"who looks after it: {incident}"
        decided = self.bot.decisions()
        news = [(each.reason, self.incidents[each.incident_id]) for each in decided[self.decided :]]
        self.decided = len(decided)
        checks.check_reminders(news, muted)
        self._excuse()

    def _excuse(self) -> None:
        """What a person has deleted is not told again where they did."""
        for channel, key in self.deleted:
            self.excused |= {(channel, uid) for uid in self.incidents[key].session_uids}

    @invariant()
    def never_twice_and_never_older(self) -> None:
        assert not TROUBLES
        checks.check_told_once(self.plain, self.bot.slack)
        checks.check_never_older(self.bot.slack, self.states)
        checks.check_not_told(self.plain, self.bot.slack, self.states)

    def teardown(self) -> None:
        if not hasattr(self, "bot"):
            return
        try:
            if not sys.exc_info()[0]:
                self.everything_settles()
                self.never_twice_and_never_older()
                self._play_again()
        finally:
            self.bot.close()

    def _play_again(self) -> None:
        """Report the same in other orders: at once, and in parts."""
        sessions = [run.session for run in self.plain.runs.values()]
        Random(len(sessions)).shuffle(sessions)
        plain = Plain(self.plain.baseline_at, self.grace)
        for part in (sessions[::3], sessions[1::3], sessions[2::3]):
            plain.report(part, self.bot.clock(), self.bot.em_now())
        parts = [sessions[::3], sessions[1::3], sessions[2::3]]
        checks.check_incidents(plain, self.bot.replay(parts), ())
        checks.check_order_is_nothing(plain, self.bot.replay([sessions]))


def _rank(run: Run) -> int:
    return run.rank


def _hides(subject: Job | str) -> Covers:
    if isinstance(subject, tuple):
        return lambda each: each.job_uid == subject[0]
    return lambda each: subject in ("", each.backup_server)


class PatientStory(Story):
    """The same, where a failure is held back until its retries are over."""

    grace = 30 * MINUTE


SHRINK = "MODEL_NOSHRINK" not in os.environ
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
PLAYED = settings(
    max_examples=EXAMPLES or 40,
    stateful_step_count=50 if EXAMPLES else 25,
    derandomize=not EXAMPLES,
    deadline=None,
    print_blob=True,
    database=None,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink) if SHRINK else (Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
Story.TestCase.settings = PLAYED
PatientStory.TestCase.settings = PLAYED
TestStory = Story.TestCase
TestPatientStory = PatientStory.TestCase
_ = EM_BEHIND
