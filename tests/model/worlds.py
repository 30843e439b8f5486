"""The world of a backup team as a story finds it, and what holds after each step of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.core.incidents import Incident, Status
from bot.core.sessions import Session
from tests.builders import DAY, HOUR, MINUTE
from tests.model import checks
from tests.model.bots import Bot
from tests.model.plain import ALERTS, BAD, Covers, Plain, Run
from tests.model.slack import Fault
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
REMIND_AFTER = DAY

an_index = st.integers(0, 99)
a_job = st.sampled_from(JOBS)
a_result = st.sampled_from(("Failed", "Success", "Warning", "Failed", "None"))
a_span = st.sampled_from((timedelta(0), MINUTE, 10 * MINUTE, 40 * MINUTE, 10 * HOUR, 25 * HOUR))


class World(RuleBasedStateMachine):
    """The bot, the plain model beside it, and the time that passes for both."""

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

    @rule(faults=st.lists(st.sampled_from(list(Fault)), max_size=4))
    def bot_delivers(self, faults: list[Fault]) -> None:
        self.bot.slack.faults += faults
        self.bot.clock.advance(timedelta(seconds=2))
        self.bot.deliver()

    @rule(span=a_span)
    def time_passes(self, span: timedelta) -> None:
        self.bot.clock.advance(span)
        due = [key for key, mute in self.plain.mutes.items() if mute.ends_at <= self.bot.clock()]
        assert self.bot.run(self.bot.wishes.muting.end_due()) == len(due)
        for key in due:
            self.plain.unmute(key, self.bot.clock())
        self._look(set())
        wanted = self._to_remind_of()
        self.bot.remind()
        now = self.bot.clock()
        reminded = {each.incident_id for each in self.bot.decisions() if each.decided_at == now}
        assert wanted <= reminded, "nobody is reminded of what nobody looks after"
        self._look(self._muted())

    def _to_remind_of(self) -> set[int]:
        """Name what is open, told, not muted and not looked after, and silent for a day."""
        last = {each.incident_id: each.decided_at for each in self.bot.decisions()}
        found = set()
        for incident in self._open():
            told = [self.plain.owed.get((ALERTS, uid)) for uid in incident.session_uids]
            heard_at = max([last[incident.id], *filter(None, told)])
            is_told = any(told) and incident.job_uid not in self._muted()
            is_long = heard_at <= self.bot.clock() - REMIND_AFTER
            if is_told and is_long and incident.id not in self.acknowledged:
                found.add(incident.id)
        return found

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
            is_reopened = key in self.closed and self._is_later(incident, before[key])
            if is_reopened:
                self.closed.discard(key)
                worst = max((self.plain.runs[uid] for uid in incident.session_uids), key=_rank)
                told = self.plain.channels(worst)
                self.plain.may_hear |= {(channel, worst.uid) for channel in told}
            if is_reopened or incident.status is Status.RECOVERED:
                self.acknowledged.pop(key, None)

    def _is_later(self, incident: Incident, before: Incident) -> bool:
        """Whether a bad run came that ended after all that a person knew who closed it."""
        ends = {uid: self.plain.runs[uid].order[0] for uid in incident.session_uids}
        known = set(before.session_uids)
        newest = max((end for uid, end in ends.items() if uid not in known), default=None)
        return newest is not None and newest > before.last_bad_at

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


def _rank(run: Run) -> int:
    return run.rank
