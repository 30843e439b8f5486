"""From decisions to notices: what each channel is promised, within the poll's transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.core.decisions import OPENING, OVER, PINGING, SILENT, WORSENING, Decision, Reason
from bot.core.incidents import Incident
from bot.core.mutes import Mute
from bot.core.notices import GROUP_ENDED, Kind, Notice
from bot.core.transactions import PollingTransaction
from bot.services.opening import REASONS_WAIT, Opening, OpeningIncidents, is_held
from bot.services.promising import Promising
from bot.services.releasing import Releasing
from bot.services.routing import Audience as Audience  # where its users look for it
from bot.services.routing import Routing, load_routing

HEALED = "its retry succeeded before it was to be said"


@dataclass
class _News:
    """What follows from decisions about incidents that were told before."""

    carriers: dict[str, Notice] = field(default_factory=dict)
    by_carrier: dict[str, list[Decision]] = field(default_factory=lambda: defaultdict(list))
    openings: list[Opening] = field(default_factory=list)
    healed: list[str] = field(default_factory=list)
    retried: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


class Telling:
    """Promises messages for what a poll has decided; one for each transaction.

    `caused_by` is the user whose doing it follows from, "" where it is nobody's.
    """

    def __init__(
        self, ledger: PollingTransaction, audience: Audience, now: datetime, caused_by: str = ""
    ) -> None:
        self._ledger = ledger
        self._audience = audience
        self._now = now
        self._promising = Promising(audience, now, caused_by)
        self._opening = OpeningIncidents(ledger, audience, self._promising, now)

    async def tell(self, changed: Sequence[Incident], decisions: Sequence[Decision]) -> None:
        """Promise what must be said of incidents that changed, and keep why."""
        if not changed and not decisions:
            return
        job_uids = {each.job_uid for each in changed}
        routing = await load_routing(self._ledger, self._audience, job_uids)
        openings = [each for each in decisions if each.reason in OPENING]
        silent = [each for each in decisions if each.reason in SILENT]
        await self._ledger.save_decisions([*openings, *silent], self._now, None)
        pairs = [Opening(c, each) for each in openings for c in routing.channels(each)]
        await self._opening.open(pairs, routing)
        opened = {each.incident.id for each in openings}
        told = [each for each in changed if each.is_said and each.id not in opened]
        further = [each for each in decisions if each.reason not in OPENING | SILENT]
        healed = {e.incident.id for e in decisions if e.is_healing or e.reason is Reason.HEALED}
        await self._follow(told, further, routing, healed)

    async def _follow(
        self,
        told: Sequence[Incident],
        decisions: Sequence[Decision],
        routing: Routing,
        healed: Collection[int],
    ) -> None:
        """Change the messages that tell of these incidents, and reply in their threads."""
        news = await self._gather(told, decisions, routing, healed)
        await self._ledger.close_notices(news.healed, HEALED)
        for job_uid in await self._opening.list_exhausted(news.retried):
            for carrier_id in news.retried[job_uid]:
                hurried = replace(news.carriers[carrier_id], due_at=self._now)
                news.carriers[carrier_id] = hurried
        for carrier in news.carriers.values():
            if not carrier.is_maybe_seen and any(e.is_calling for e in news.by_carrier[carrier.id]):
                news.carriers[carrier.id] = self._promising.call_in(carrier)
        await self._ledger.save_notices([_to_change(each) for each in news.carriers.values()])
        said: set[Decision] = set()
        for carrier in news.carriers.values():
            said |= await self._reply(carrier, news.by_carrier[carrier.id])
        unsaid = [each for each in decisions if each not in said]
        await self._ledger.save_decisions(unsaid, self._now, None)
        await self._opening.open(news.openings, routing)
        await self._end_groups(news.carriers.values())

    async def _gather(
        self,
        told: Sequence[Incident],
        decisions: Sequence[Decision],
        routing: Routing,
        healed: Collection[int],
    ) -> _News:
        own = await self._ledger.load_incident_notices([each.id for each in told])
        leaders = await self._load_leaders(each for of in own.values() for each in of)
        of_incident: dict[int, list[Decision]] = defaultdict(list)
        for each in decisions:
            of_incident[each.incident.id].append(each)
        news = _News()
        for incident in told:
            mine = [each for each in own.get(incident.id, []) if each.error != HEALED]
            for notice in mine:
                carrier = leaders.get(notice.told_by, notice)
                wanted = [d for d in of_incident[incident.id] if routing.wants(notice.channel, d)]
                if incident.id in healed and self._is_needless(notice, carrier):
                    news.healed.append(notice.id)
                else:
                    self._add(news, notice, carrier, wanted)
            known = {notice.channel for notice in mine}
            news.openings += _missing(of_incident[incident.id], known, routing)
        return news

    def _add(
        self, news: _News, notice: Notice, carrier: Notice, decisions: Sequence[Decision]
    ) -> None:
        """Add what a channel's message about an incident gets."""
        if carrier.is_closed:
            worse = [each for each in decisions if each.reason in WORSENING][:1]
            news.openings += [Opening(notice.channel, each) for each in worse]
            return
        news.carriers[carrier.id] = carrier
        news.by_carrier[carrier.id] += decisions
        for each in decisions:
            if each.reason is Reason.RETRY_FAILED and is_held(carrier, self._now):
                news.retried[each.incident.job_uid].add(carrier.id)

    def _is_needless(self, notice: Notice, carrier: Notice) -> bool:
        """Whether what has been healed was still held back, by itself and in its group."""
        return is_held(notice, self._now) and is_held(carrier, self._now)

    async def _load_leaders(self, own: Iterable[Notice]) -> dict[str, Notice]:
        """Load the groups' notices that tell of these, by their ids."""
        return await self._ledger.load_notices({each.told_by for each in own if each.told_by})

    async def _reply(self, carrier: Notice, news: Sequence[Decision]) -> set[Decision]:
        """Say the news in the thread, unless the message itself will say it all when it comes.

        Returns what is said there.
        """
        if not carrier.is_maybe_seen:
            return set()
        if carrier.kind is Kind.GROUP:
            bundles = [[each for each in news if each.reason not in OVER]]
        else:
            bundles = [[each] for each in news]
        for bundle in filter(None, bundles):
            reply = self._promising.reply(
                carrier,
                is_broadcast=any(each.reason in PINGING for each in bundle),
                is_calling=any(each.is_calling for each in bundle),
            )
            await self._ledger.save_notices([reply])
            await self._ledger.save_decisions(bundle, self._now, reply.id)
        return {each for bundle in bundles for each in bundle}

    async def _end_groups(self, carriers: Iterable[Notice]) -> None:
        leaders = {int(each.subject): each for each in carriers if each.kind is Kind.GROUP}
        await self._ledger.reopen_groups(set(leaders))
        for group_id in await self._ledger.load_recovered_groups(set(leaders)):
            await self._ledger.end_group(group_id, self._now)
            leader = leaders[group_id]
            if leader.is_maybe_seen:
                over = self._promising.reply(leader, GROUP_ENDED, is_broadcast=True)
                await self._ledger.save_notices([over])

    async def refresh(self, incident_ids: Collection[int], *, at_once: bool = False) -> None:
        """Show something new about incidents, such as reasons; `at_once` ends the first wait."""
        own = await self._ledger.load_incident_notices(incident_ids)
        notices = {notice.id: notice for each in own.values() for notice in each}
        leaders = await self._load_leaders(notices.values())
        refreshed = []
        for notice in {**notices, **leaders}.values():
            if notice.told_by or notice.is_closed:
                continue
            waits = (notice.say_at or notice.created_at) - notice.created_at
            may_hurry = at_once and not notice.attempts and waits <= REASONS_WAIT
            due_at = min(notice.due_at, self._now) if may_hurry else notice.due_at
            revision = notice.wanted_revision + notice.is_maybe_seen
            refreshed.append(replace(notice, wanted_revision=revision, due_at=due_at))
        await self._ledger.save_notices(refreshed)

    async def remind(self, incidents: Sequence[Incident]) -> None:
        """Remind of open incidents aloud, and from the second time on by calling somebody."""
        reminded = [
            replace(each, reminders=each.reminders + 1, pinged_at=self._now) for each in incidents
        ]
        await self._ledger.save_incidents(reminded)
        decisions = [
            Decision(each, Reason.REMINDER, "", is_calling=each.reminders > 1) for each in reminded
        ]
        await self.tell(reminded, decisions)

    async def end_mute(self, mute: Mute) -> None:
        """Announce that a mute has ended, with what it held back."""
        releasing = Releasing(self._ledger, self._audience, self._promising, self._now)
        await releasing.release(mute)

    async def announce(self, kind: Kind, subject: str, channel: str = "") -> None:
        """Promise a message of its own, such as where things stand; by default to all."""
        where = channel or self._audience.channel
        await self._ledger.save_notices([self._promising.make(kind, subject, where)])

    async def conclude(self, kind: Kind, subject: str, reply: str) -> None:
        """Change the message of a thing that is over, and say so in its thread, aloud."""
        for notice in await self._ledger.load_notice_of(kind, subject):
            wanted = [_to_change(notice)]
            if notice.is_maybe_seen:
                wanted.append(self._promising.reply(notice, reply, is_broadcast=True))
            await self._ledger.save_notices(wanted)


def _missing(
    decisions: Sequence[Decision], known: Collection[str], routing: Routing
) -> list[Opening]:
    """Find the channels that want to hear of this and were not told of the incident so far."""
    bad = [
        each
        for each in decisions
        if each.reason not in OVER and (each.session_uid or each.reason is not Reason.REMINDER)
    ]
    return [Opening(c, each) for each in bad for c in routing.channels(each) if c not in known]


def _to_change(notice: Notice) -> Notice:
    return replace(notice, wanted_revision=notice.wanted_revision + 1)
