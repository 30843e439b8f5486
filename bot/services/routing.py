"""Who hears of what: the alert channel, and whoever subscribed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.core.audiences import ANY_BAD, Subscription, channels_for
from bot.core.decisions import OVER, Decision, Reason
from bot.core.sessions import Verdict
from bot.core.stores import JobName
from bot.core.transactions import PollingTransaction

ALWAYS = OVER | {Reason.REMINDER}
"""Reasons that reach every channel that was told of the incident, whatever it subscribed."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Where alerts go, and how.

    Over `group_over` incidents of one backup server are one message. `mention` is whom the alert
    channel calls for a first failure: "" or `here`, `channel`, a user's or a user group's id.
    `retry_grace` holds a failure back; None derives it from each job's own retry options.
    `remind_after` is the time until nobody's acknowledgement is a reason to remind; None never.
    """

    channel: str
    group_over: int
    verdicts: frozenset[Verdict] = ANY_BAD
    mention: str = ""
    retry_grace: timedelta | None = timedelta(0)
    remind_after: timedelta | None = timedelta(hours=24)


class Routing:
    """Knows which channel wants which decision. Load it with `load_routing`."""

    def __init__(self, subscriptions: Sequence[Subscription], jobs: Mapping[str, JobName]) -> None:
        self._subscriptions = subscriptions
        self._jobs = jobs

    def backup_server(self, job_uid: str) -> str:
        """Name the backup server of a job, "" where it is not known."""
        return self._job(job_uid).backup_server

    def channels(self, decision: Decision) -> tuple[str, ...]:
        """Name the channels that want to hear of a bad session."""
        name, server = self._job(decision.incident.job_uid)
        return channels_for(self._subscriptions, name, server, decision.verdict)

    def wants(self, channel: str, decision: Decision) -> bool:
        """Whether a channel that was told of the incident wants to hear of this too."""
        return decision.reason in ALWAYS or channel in self.channels(decision)

    def covering(self, job_uid: str) -> tuple[str, ...]:
        """Name the channels to which this job belongs, however its sessions end."""
        name, server = self._job(job_uid)
        found = (s.channel for s in self._subscriptions if s.covers(name, server))
        return tuple(dict.fromkeys(found))

    def covering_server(self, backup_server: str) -> tuple[str, ...]:
        """Name the channels to which a whole backup server belongs, whatever its jobs."""
        found = (s.channel for s in self._subscriptions if s.covers("", backup_server))
        return tuple(dict.fromkeys(found))

    def _job(self, job_uid: str) -> JobName:
        return self._jobs.get(job_uid, JobName("", ""))


async def load_subscriptions(
    ledger: PollingTransaction, audience: Audience
) -> tuple[Subscription, ...]:
    """Load who listens: the alert channel first, then those who subscribed."""
    alert_channel = Subscription(0, audience.channel, audience.verdicts)
    return (alert_channel, *await ledger.load_subscriptions())


async def load_routing(
    ledger: PollingTransaction, audience: Audience, job_uids: Collection[str]
) -> Routing:
    """Load all that is needed to route decisions about these jobs."""
    subscriptions = await load_subscriptions(ledger, audience)
    return Routing(subscriptions, await ledger.load_names(job_uids))
