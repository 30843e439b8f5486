"""From findings to notices: what each channel is promised of them, within one transaction."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.findings import Check, Finding
from bot.core.grouping import GROUP_WINDOW
from bot.core.mutes import Mute, find_mute
from bot.core.notices import FINDING_BROKEN, FINDING_OVER, Kind, Notice
from bot.core.transactions import PollingTransaction
from bot.services.promising import Promising
from bot.services.routing import Audience, Routing, load_routing

Carriers = Mapping[str, Notice]
"""The messages, by channel, in whose threads something is said."""


class Announcing:
    """Promises messages about findings; one for each transaction."""

    def __init__(self, ledger: PollingTransaction, audience: Audience, now: datetime) -> None:
        self._ledger = ledger
        self._audience = audience
        self._now = now
        self._promising = Promising(audience, now)

    async def tell(self, untold: Sequence[Finding]) -> None:
        """Promise what must be said of findings that nobody was told of, but for muted ones.

        What is found of one kind on one server at once is one message. A broken RPO of a job whose
        incident or missed run was told is said in that one's thread.
        """
        await self._hold_back(untold)
        audible = audible_among(untold, await self._ledger.load_mutes())
        if not audible:
            return
        job_uids = {each.job_uid for each in audible if each.job_uid}
        routing = await load_routing(self._ledger, self._audience, job_uids)
        routed = [replace(each, channels=_channels_of(each, routing)) for each in audible]
        await self._tell_all([each for each in routed if each.check is not Check.RPO], {})
        of_rpo = [each for each in routed if each.check is Check.RPO]
        await self._tell_all(of_rpo, await self._load_carriers([e.job_uid for e in of_rpo]))

    async def _tell_all(
        self, findings: Sequence[Finding], carriers: Mapping[str, Carriers]
    ) -> None:
        batches: dict[tuple[Check, str, str], list[Finding]] = defaultdict(list)
        for each in findings:
            carrier = carriers.get(each.job_uid, {}).get(self._audience.channel)
            batches[each.check, each.backup_server, carrier.id if carrier else ""].append(each)
        for members in batches.values():
            await self._tell_batch(members, carriers.get(members[0].job_uid, {}))

    async def _load_carriers(self, job_uids: Collection[str]) -> dict[str, dict[str, Notice]]:
        """Find what tells of these jobs' open incidents, else of their missed runs.

        The messages go by job and channel.
        """
        if not job_uids:
            return {}
        found = await self._load_missed_runs(job_uids)
        for job_uid, of_job in (await self._load_incidents(job_uids)).items():
            found[job_uid] = of_job
        return found

    async def _load_missed_runs(self, job_uids: Collection[str]) -> dict[str, dict[str, Notice]]:
        found: dict[str, dict[str, Notice]] = {}
        for each in await self._ledger.load_open_findings():
            if each.check is Check.MISSED and each.job_uid in job_uids and each.told_with:
                notices = await self._load_notices(each.told_with)
                found[each.job_uid] = {n.channel: n for n in notices if n.channel in each.channels}
        return found

    async def _load_incidents(self, job_uids: Collection[str]) -> dict[str, dict[str, Notice]]:
        ids = await self._ledger.load_open_incidents_of(job_uids)
        incidents = await self._ledger.load_incidents(ids)
        own = await self._ledger.load_incident_notices(ids)
        told_by = {notice.told_by for each in own.values() for notice in each if notice.told_by}
        leaders = await self._ledger.load_notices(told_by)
        found: dict[str, dict[str, Notice]] = defaultdict(dict)
        for incident_id, of_incident in own.items():
            for notice in of_incident:
                carrier = leaders.get(notice.told_by, notice)
                if not carrier.is_closed:
                    found[incidents[incident_id].job_uid][notice.channel] = carrier
        return found

    async def _tell_batch(self, members: Sequence[Finding], carriers: Carriers) -> None:
        told_with = 0 if carriers else await self._find_joinable(members[0])
        told_with = told_with or members[0].id
        await self._ledger.save_findings([replace(e, told_with=told_with) for e in members])
        known = {notice.channel: notice for notice in await self._load_notices(told_with)}
        for channel in dict.fromkeys(channel for each in members for channel in each.channels):
            if channel in known:
                await self._change(known[channel])
                continue
            made = self._promising.make(Kind.FINDING, str(told_with), channel)
            if channel in carriers:
                made = replace(made, parent_id=carriers[channel].id, is_broadcast=True)
            await self._ledger.save_notices([made])

    async def _find_joinable(self, finding: Finding) -> int:
        """Find the message of a storm that this belongs to, 0 if there is none."""
        since = self._now - GROUP_WINDOW
        lately = await self._ledger.load_told_findings(finding.check, finding.backup_server, since)
        batches: dict[int, list[Finding]] = defaultdict(list)
        for each in lately:
            batches[each.told_with or each.id].append(each)
        for told_with in sorted(batches, reverse=True):
            batch = batches[told_with]
            if len(batch) > self._audience.group_over and not all(e.is_over for e in batch):
                notices = await self._load_notices(told_with)
                if notices and not any(notice.parent_id for notice in notices):
                    return told_with
        return 0

    async def follow(self, before: Sequence[Finding], changed: Sequence[Finding]) -> None:
        """Change the messages of findings that changed or ended, and say what is news aloud."""
        earlier = {each.id: each for each in before}
        audible = {e.id for e in audible_among(changed, await self._ledger.load_mutes())}
        ended_runs = {str(e.told_with) for e in changed if e.check is Check.MISSED and e.ended_at}
        batches: dict[int, list[Finding]] = defaultdict(list)
        for each in changed:
            if each.told_with is not None:
                batches[each.told_with].append(each)
        for told_with, members in batches.items():
            heard = [each for each in members if each.id in audible]
            broken = [each for each in heard if _has_broken(earlier[each.id], each)]
            over = [each for each in heard if _is_news(each)]
            await self._follow_batch(told_with, members, broken, over, ended_runs)
        news = [each for each in changed if _is_news(each) or _has_broken(earlier[each.id], each)]
        await self._hold_back([each for each in news if each.id not in audible])
        await self._follow_announced([each for each in changed if each.is_over])

    async def _follow_batch(
        self,
        told_with: int,
        members: Sequence[Finding],
        broken: Sequence[Finding],
        over: Sequence[Finding],
        ended_runs: Collection[str],
    ) -> None:
        batch = await self._ledger.load_findings_of(told_with)
        for notice in await self._ledger.load_notice_of(Kind.FINDING, str(told_with)):
            if not any(notice.channel in each.channels for each in members):
                continue
            has_broken = any(notice.channel in each.channels for each in broken)
            if notice.is_closed:
                await self._tell_anew(notice, has_worsened=has_broken)
                continue
            await self._change(notice)
            if has_broken:
                await self._reply(notice, f"{FINDING_BROKEN}{told_with}", is_broadcast=True)
            shown = [each for each in batch if notice.channel in each.channels]
            if over and all(each.is_over for each in shown):
                is_broadcast = not await self._is_heard_above(notice, ended_runs)
                await self._reply(notice, f"{FINDING_OVER}{told_with}", is_broadcast=is_broadcast)

    async def _tell_anew(self, deleted: Notice, *, has_worsened: bool) -> None:
        """What a person deleted is not restored, but a worsening posts a fresh message."""
        if has_worsened:
            fresh = self._promising.make(deleted.kind, deleted.subject, deleted.channel)
            await self._ledger.save_notices([fresh])

    async def _hold_back(self, news: Sequence[Finding]) -> None:
        """Note which mute keeps these silent: its end tells of them."""
        mutes = await self._ledger.load_mutes()
        hiding = {e.id: find_mute(mutes, e.job_uid, e.backup_server) for e in news}
        await self._ledger.save_findings(
            [
                replace(each, held_back_by=mute.id)
                for each in news
                if (mute := hiding[each.id]) and mute.id != each.held_back_by
            ]
        )

    async def _follow_announced(self, over: Sequence[Finding]) -> None:
        """Change what announced the end of the mutes that held these back."""
        by_mute: dict[int, set[str]] = defaultdict(set)
        for each in over:
            by_mute[each.held_back_by] |= set(each.channels)
        for mute_id in by_mute.keys() - {0}:
            for notice in await self._ledger.load_announcements(mute_id):
                if notice.channel in by_mute[mute_id] and not notice.is_closed:
                    await self._change(notice)

    async def release(self, mute: Mute, others: Sequence[Mute]) -> tuple[str, ...]:
        """Let go of what an ended mute held back; names the channels to which that belongs.

        What another mute hides is held back by that one. What nobody was told of and still holds
        gets a message of its own when it is looked at next.
        """
        held = await self._ledger.load_held_findings(mute)
        job_uids = {each.job_uid for each in held if each.job_uid}
        routing = await load_routing(self._ledger, self._audience, job_uids)
        kept, freed = [], []
        for each in held:
            if other := find_mute(others, each.job_uid, each.backup_server):
                kept.append(replace(each, held_back_by=other.id))
            elif each.told_with is None and not (each.is_over and not _is_news(each)):
                freed.append(replace(each, channels=_channels_of(each, routing)))
            else:
                freed.append(each)
        await self._ledger.save_findings([*kept, *freed])
        return tuple(dict.fromkeys(channel for each in freed for channel in each.channels))

    async def _is_heard_above(self, notice: Notice, ended_runs: Collection[str]) -> bool:
        """Whether what stands above tells the whole channel already that it is over.

        A recovery does, and a missed run that ends with it.
        """
        if not notice.parent_id:
            return False
        above = (await self._ledger.load_notices([notice.parent_id])).get(notice.parent_id)
        return above is None or above.kind is not Kind.FINDING or above.subject in ended_runs

    async def _load_notices(self, told_with: int) -> list[Notice]:
        found = await self._ledger.load_notice_of(Kind.FINDING, str(told_with))
        return [notice for notice in found if not notice.is_closed]

    async def _change(self, notice: Notice) -> None:
        changed = replace(notice, wanted_revision=notice.wanted_revision + 1)
        await self._ledger.save_notices([changed])

    async def _reply(self, notice: Notice, subject: str, *, is_broadcast: bool) -> None:
        """Say it in the thread, unless the message itself will say it when it comes."""
        if notice.is_maybe_seen:
            reply = self._promising.reply(notice, subject, is_broadcast=is_broadcast)
            reply = replace(reply, parent_id=notice.parent_id or notice.id)
            await self._ledger.save_notices([reply])


def audible_among(untold: Sequence[Finding], mutes: Sequence[Mute]) -> list[Finding]:
    """Leave out what is muted: it is told when the mute ends, if it still holds."""
    return [each for each in untold if not find_mute(mutes, each.job_uid, each.backup_server)]


def _channels_of(finding: Finding, routing: Routing) -> tuple[str, ...]:
    if finding.job_uid:
        return routing.covering(finding.job_uid)
    return routing.covering_server(finding.backup_server)


def _has_broken(before: Finding, now: Finding) -> bool:
    return now.details.is_broken and not before.details.is_broken and not now.is_over


def _is_news(finding: Finding) -> bool:
    """Whether its end is worth a word: what has become of it is told by another finding."""
    return finding.ended_at is not None and not finding.closed_by and not finding.details.outcome
