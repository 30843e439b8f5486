"""A plain model of what people must hear, written without the bot's code.

It keeps a list of what EM reported, and computes everything from it anew, slowly and plainly.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.sessions import Session

RANKS = {"None": 0, "Success": 1, "Warning": 2, "Failed": 3}
GOOD, BAD = 1, 2
ALERTS = "C1"

Covers = Callable[[Session], bool]


@dataclass
class Run:
    """A session as EM reported it last. Reports are numbered; `bad_in` is the first bad one."""

    session: Session
    rank: int
    changed_at: datetime
    reported_in: int
    bad_in: int = 0
    bad_at: datetime | None = None
    versions: int = 0

    @property
    def uid(self) -> str:
        return self.session.uid

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        session = self.session
        return (session.ended_at or session.created_at, session.created_at, session.uid)


@dataclass
class Hiding:
    """A mute: whom it hides, and how it ends. `em_at` is EM's clock when it began."""

    hides: Covers
    em_at: datetime
    ends_at: datetime
    success_of: str = ""


@dataclass
class Plain:
    """What EM has reported, what people have asked for, and what they must have heard."""

    baseline_at: datetime
    grace: timedelta
    runs: dict[str, Run] = field(default_factory=dict)
    reports: int = 0
    wishes: dict[tuple[str, str], tuple[Covers, int]] = field(default_factory=dict)
    mutes: dict[tuple[str, str], Hiding] = field(default_factory=dict)
    owed: dict[tuple[str, str], datetime] = field(default_factory=dict)
    held: dict[str, set[str]] = field(default_factory=dict)
    may_hear: set[tuple[str, str]] = field(default_factory=set)
    healed: set[str] = field(default_factory=set)
    unheard: set[str] = field(default_factory=set)

    def report(self, sessions: Sequence[Session], now: datetime, em_now: datetime) -> None:
        """Take what one transaction records; what is news of it is told or held back."""
        self.reports += 1
        news = [self._take(each, now) for each in sessions if self._is_news(each)]
        news += self._resultless(now, {each.uid for each in sessions if self._was_just(each)})
        for run in dict.fromkeys(run.uid for run in news):
            self._tell(self.runs[run], now)
        self._heal([run for run in news if run.rank == GOOD], now)
        for key, mute in list(self.mutes.items()):
            good = (r for r in news if r.rank == GOOD and r.session.job_uid == mute.success_of)
            if any(run.order[0] >= mute.em_at for run in good):
                self.unmute(key, now)

    def _is_news(self, session: Session) -> bool:
        known = self.runs.get(session.uid)
        return known is None or known.session != session

    def _was_just(self, session: Session) -> bool:
        return self.runs[session.uid].reported_in == self.reports

    def _take(self, session: Session, now: datetime) -> Run:
        run = self.runs.setdefault(session.uid, Run(session, 0, now, self.reports))
        run.session, run.changed_at, run.reported_in = session, now, self.reports
        run.rank = RANKS[session.result]
        run.versions += 1
        return run

    def _resultless(self, now: datetime, just: set[str]) -> list[Run]:
        """Count as Warning what is Stopped without a Result for 15 minutes."""
        found = []
        for run in self.runs.values():
            is_old = run.changed_at <= now - timedelta(minutes=15) and run.uid not in just
            if run.session.state == "Stopped" and run.rank == 0 and is_old:
                run.rank = BAD
                run.versions += 1
                found.append(run)
        return found

    def _tell(self, run: Run, now: datetime) -> None:
        if run.rank < BAD:
            return
        run.bad_in = run.bad_in or self.reports
        if run.order[0] <= self.baseline_at:
            return
        run.bad_at = run.bad_at or now
        channels = self.channels(run)
        if self.is_muted(run.session):
            self.held.setdefault(run.uid, set()).update(channels)
            return
        self._owe(run, channels, now)

    def _owe(self, run: Run, channels: Iterable[str], now: datetime) -> None:
        for channel in channels:
            self.owed[channel, run.uid] = now
            self.may_hear.add((channel, run.uid))

    def channels(self, run: Run) -> set[str]:
        """Name the channels to which a bad run belongs now."""
        return {
            channel
            for (channel, _), (covers, least) in self.wishes.items()
            if covers(run.session) and run.rank >= least
        }

    def is_muted(self, session: Session) -> bool:
        return any(mute.hides(session) for mute in self.mutes.values())

    def unmute(self, key: tuple[str, str], now: datetime) -> None:
        """End a mute: what it held back, and no other hides, is told now to whom it concerns."""
        del self.mutes[key]
        for uid, wanted in list(self.held.items()):
            run = self.runs[uid]
            if not self.is_muted(run.session):
                del self.held[uid]
                still = {c for (c, _), (covers, _) in self.wishes.items() if covers(run.session)}
                self._owe(run, wanted & still, now)
                self.may_hear |= {(channel, uid) for channel in still}

    def of_job(self, job_uid: str) -> list[Run]:
        """List what ended of a job, by order of end."""
        ended = (r for r in self.runs.values() if r.rank and r.session.job_uid == job_uid)
        return sorted(ended, key=lambda run: run.order)

    def stretches(self, job_uid: str) -> list[tuple[list[Run], Run | None]]:
        """List a job's unbroken stretches of bad runs, each with the Success that ended it."""
        found: list[tuple[list[Run], Run | None]] = []
        bad: list[Run] = []
        for run in self.of_job(job_uid):
            if run.rank >= BAD:
                bad.append(run)
            elif bad:
                found.append((bad, run))
                bad = []
        return found + ([(bad, None)] if bad else [])

    def is_failing(self, job_uid: str) -> bool:
        ended = self.of_job(job_uid)
        return bool(ended) and ended[-1].rank >= BAD

    def jobs(self) -> set[str]:
        return {run.session.job_uid for run in self.runs.values()}

    def _heal(self, good: Sequence[Run], now: datetime) -> None:
        """Note whose own retry succeeded while it was held back: that is never told.

        A Warning is not held back for retries, but a Failed of the same run takes it along.
        """
        for run in good:
            for bad, ended_by in self.stretches(run.session.job_uid):
                firsts = {self._first_attempt(each) for each in [*bad, run]}
                is_in_time = all(each.bad_at and each.bad_at + self.grace > now for each in bad)
                if ended_by is run and len(firsts) == 1 and is_in_time:
                    self.healed |= {each.uid for each in bad}
                    is_whole = firsts <= {each.uid for each in bad}
                    is_whole = is_whole and not self.is_muted(run.session)
                    if is_whole and all(each.session.result == "Failed" for each in bad):
                        self.unheard |= {each.uid for each in bad if each.versions == 1}

    def _first_attempt(self, run: Run) -> str:
        """Name the first attempt of which a run is a retry, or itself."""
        firsts = [
            (each.session.created_at, each.uid)
            for each in self.of_job(run.session.job_uid)
            if not each.session.is_retry
            and (each.session.created_at, each.uid) <= (run.session.created_at, run.uid)
        ]
        return max(firsts)[1] if run.session.is_retry and firsts else run.uid
