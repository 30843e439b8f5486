"""When a mute ends: one message says so, and tells what it held back (DESIGN §6, `mute`)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.decisions import Decision, Reason
from bot.core.incidents import Incident, Status
from bot.core.mutes import Mute, find_mute
from bot.core.notices import Kind
from bot.core.sessions import Verdict
from bot.core.transactions import PollingTransaction
from bot.services.announcing import Announcing
from bot.services.promising import Promising
from bot.services.routing import Audience, load_routing


class Releasing:
    """Announces the end of mutes. What was held back is told by that message from then on."""

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

    async def release(self, mute: Mute) -> None:
        """Promise the announcement in every channel that something was held back from.

        The alert channel hears of it in any case: it must know that it hears everything again.
        What another mute still hides stays held back, by that one.
        """
        worst = await self._ledger.load_held_back(mute.id)
        held = list((await self._ledger.load_incidents(worst)).values())
        own = await self._ledger.load_incident_notices(worst)
        routing = await load_routing(self._ledger, self._audience, {each.job_uid for each in held})
        others = [each for each in await self._ledger.load_mutes() if each.id != mute.id]
        by_channel: dict[str, list[Incident]] = defaultdict(list, {self._audience.channel: []})
        released = []
        for each in held:
            other = find_mute(others, each.job_uid, routing.backup_server(each.job_uid))
            if other:
                await self._ledger.hold_back_by(each.id, mute.id, other.id)
                continue
            released.append(each)
            told_in = [notice.channel for notice in own.get(each.id, [])]
            missed = Decision(each, Reason.MUTED, "", worst[each.id])
            for channel in dict.fromkeys([*routing.channels(missed), *told_in]):
                by_channel[channel].append(each)
        announcing = Announcing(self._ledger, self._audience, self._now)
        for channel in await announcing.release(mute, others):
            by_channel.setdefault(channel, [])
        for channel, incidents in by_channel.items():
            await self._announce(mute, channel, incidents)
        await self._ledger.save_incidents([self._said(each) for each in released])

    async def _announce(self, mute: Mute, channel: str, incidents: Sequence[Incident]) -> None:
        group_id = await self._ledger.save_group(channel, "", self._now, mute.id)
        own = await self._ledger.load_incident_notices([each.id for each in incidents])
        here = {
            key: [each for each in notices if each.channel == channel]
            for key, notices in own.items()
        }
        leaders = await self._ledger.load_notices(
            {each.told_by for of in here.values() for each in of if each.told_by}
        )
        untold = [
            each
            for each in incidents
            if all(leaders.get(n.told_by, n).is_closed for n in here.get(each.id, []))
        ]
        leader = self._promising.make(
            Kind.GROUP, str(group_id), channel, is_calling=any(map(_is_calling, untold))
        )
        members = [self._promising.make(Kind.INCIDENT, str(each.id), channel) for each in untold]
        await self._ledger.save_notices(
            [leader, *(replace(each, told_by=leader.id) for each in members)]
        )
        if not any(each.status is Status.OPEN for each in untold):
            await self._ledger.end_group(group_id, self._now)

    def _said(self, incident: Incident) -> Incident:
        return replace(
            incident,
            is_said=True,
            is_mentioned=incident.is_mentioned or _is_calling(incident),
            pinged_at=self._now,
        )


def _is_calling(incident: Incident) -> bool:
    """Whether somebody is to be called for what was held back."""
    is_failing = incident.status is Status.OPEN and incident.peak is Verdict.FAILED
    return is_failing and not incident.is_mentioned
