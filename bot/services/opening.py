"""Opening incidents in channels: messages of their own, or one for many."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.decisions import Decision, Reason
from bot.core.grouping import GROUP_WINDOW, Grouping, OpeningNotice, decide_groups
from bot.core.jobs import RetryOptions, retry_grace
from bot.core.notices import Kind, Notice
from bot.core.sessions import Verdict
from bot.core.stores import Retries
from bot.core.transactions import PollingTransaction
from bot.services.promising import Promising
from bot.services.routing import Audience, Routing

REASONS_WAIT = timedelta(seconds=2)
"""An alert waits no longer for the reasons of its VMs (DESIGN §2, Notices)."""

HELD_BACK = frozenset({Reason.FIRST_FAILURE, Reason.FAILING_SINCE_BEFORE})
"""Openings that a retry may still make untrue; what EM reported late and is over is not held."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A channel is to hear of an incident for the first time, for this reason."""

    channel: str
    decision: Decision


def is_held(notice: Notice, now: datetime) -> bool:
    """Whether a notice still waits for a retry that may make it needless."""
    waits = (notice.say_at or notice.created_at) - notice.created_at
    return waits > REASONS_WAIT and notice.due_at > now and not notice.is_maybe_seen


class OpeningIncidents:
    """Promises the first messages about incidents."""

    def __init__(
        self,
        ledger: PollingTransaction,
        audience: Audience,
        promising: Promising,
        now: datetime,
    ) -> None:
        self._ledger = ledger
        self._audience = audience
        self._promising = promising
        self._now = now

    async def open(self, openings: Sequence[Opening], routing: Routing) -> None:
        """Promise a message for each, by channel; many of one backup server share one."""
        if not openings:
            return
        graces = await self._load_graces([each.decision for each in openings])
        by_channel: dict[str, dict[int, Decision]] = defaultdict(dict)
        held: dict[int, Decision] = {}
        for each in openings:
            decision = each.decision
            grace = graces.get(decision.incident.job_uid)
            if decision.reason is Reason.LATE_AND_HEALED and grace is not None:
                continue
            by_channel[each.channel][decision.incident.id] = decision
            if grace and _may_wait(decision):
                held[decision.incident.id] = replace(decision, reason=Reason.RETRY_PENDING)
        for channel, decisions in by_channel.items():
            await self._open_in(channel, list(decisions.values()), routing, graces)
        await self._ledger.save_decisions(list(held.values()), self._now, None)

    async def _load_graces(self, decisions: Sequence[Decision]) -> Mapping[str, timedelta]:
        """Tell how long to wait for the retries of each of these jobs, where any may come.

        After the last retry that is no time at all.
        """
        grace = self._audience.retry_grace
        job_uids = {each.incident.job_uid for each in decisions if each.verdict is Verdict.FAILED}
        if grace is not None or not job_uids:
            return dict.fromkeys(job_uids, grace) if grace else {}
        return await self._load_automatic_graces(job_uids)

    async def list_exhausted(self, job_uids: Collection[str]) -> set[str]:
        """Name those of these jobs whose last retry has failed: there is nothing to wait for."""
        if self._audience.retry_grace is not None or not job_uids:
            return set()
        graces = await self._load_automatic_graces(job_uids)
        return {job_uid for job_uid, grace in graces.items() if not grace}

    async def _load_automatic_graces(self, job_uids: Collection[str]) -> Mapping[str, timedelta]:
        options = await self._ledger.load_job_options(job_uids, self._now)
        retries = await self._ledger.load_retries(job_uids)
        return {
            job_uid: _grace_of(of.retry, retries[job_uid])
            for job_uid, of in options.items()
            if of.retry and of.retry.times and job_uid in retries
        }

    async def _open_in(
        self,
        channel: str,
        decisions: Sequence[Decision],
        routing: Routing,
        graces: Mapping[str, timedelta],
    ) -> None:
        since = self._now - GROUP_WINDOW
        recent = await self._ledger.load_recent_openings(channel, since)
        promised = []
        calling = {}
        for each in decisions:
            grace = graces.get(each.incident.job_uid) if _may_wait(each) else None
            notice = self._promising.make(
                Kind.INCIDENT,
                str(each.incident.id),
                channel,
                after=max(grace or REASONS_WAIT, REASONS_WAIT),
                is_calling=each.is_calling,
            )
            promised.append(notice)
            if notice.mention:
                calling[notice.id] = each
            server = routing.backup_server(each.incident.job_uid)
            recent.append(OpeningNotice(notice.id, server, self._now, is_sent=False))
        groups = await self._ledger.load_open_groups(channel, since)
        await self._ledger.save_notices(promised)
        for grouping in decide_groups(recent, groups, self._audience.group_over, self._now):
            await self._join(channel, grouping, calling)

    async def _join(
        self, channel: str, grouping: Grouping, calling: Mapping[str, Decision]
    ) -> None:
        """Let a group tell of these; who must be called for them is, if it called nobody so far."""
        members = (await self._ledger.load_notices(grouping.members)).values()
        if grouping.group_notice_id:
            known = await self._ledger.load_notices([grouping.group_notice_id])
            leader = known[grouping.group_notice_id]
            leader = replace(leader, wanted_revision=leader.wanted_revision + 1)
        else:
            group_id = await self._ledger.save_group(channel, grouping.backup_server, self._now)
            leader = self._promising.make(Kind.GROUP, str(group_id), channel, after=REASONS_WAIT)
            soonest = min(each.due_at for each in members)
            leader = replace(leader, due_at=max(soonest, leader.due_at))
            leader = replace(leader, say_at=leader.due_at)
        mention = "" if leader.mention else _first_mention(members)
        leader = replace(leader, mention=leader.mention or mention)
        revision = leader.wanted_revision
        told = [replace(each, told_by=leader.id, wanted_revision=revision) for each in members]
        await self._ledger.save_notices([leader, *told])
        if mention and leader.is_maybe_seen:
            reply = self._promising.reply(leader, is_broadcast=True, is_calling=True)
            await self._ledger.save_notices([reply])
            said = [calling[each.id] for each in members if each.id in calling]
            await self._ledger.save_decisions(said, self._now, reply.id)


def _grace_of(options: RetryOptions, made: Retries) -> timedelta:
    is_last = made.count >= options.times
    return timedelta(0) if is_last else retry_grace(options, made.usual_duration)


def _may_wait(decision: Decision) -> bool:
    """Whether a retry may follow: EM's jobs retry what failed, not what warned."""
    return decision.reason in HELD_BACK and decision.verdict is Verdict.FAILED


def _first_mention(notices: Iterable[Notice]) -> str:
    return next((each.mention for each in notices if each.mention), "")
