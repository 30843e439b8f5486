"""From decisions to notices: what each channel is promised, within the poll's transaction."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.grouping import GROUP_WINDOW, Grouping, OpeningNotice, decide_groups
from bot.core.incidents import OPENING, PINGING, SILENT, WORSENING, Decision, Incident, Reason
from bot.core.notices import GROUP_ENDED, Kind, Notice, promise
from bot.core.stores import PollingTransaction

REASONS_WAIT = timedelta(seconds=2)
"""An alert waits no longer for the reasons of its VMs (DESIGN §2, Notices)."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Where alerts go, and over how many incidents of one backup server make a group."""

    channel: str
    group_over: int


class Telling:
    """Promises messages for what a poll has decided; one for each transaction."""

    def __init__(self, ledger: PollingTransaction, audience: Audience, now: datetime) -> None:
        self._ledger = ledger
        self._audience = audience
        self._now = now

    async def tell(self, changed: Sequence[Incident], decisions: Sequence[Decision]) -> None:
        """Promise what must be said of incidents that changed, and keep why."""
        openings = [each for each in decisions if each.reason in OPENING]
        silent = [each for each in decisions if each.reason in SILENT]
        await self._ledger.save_decisions([*openings, *silent], self._now, None)
        further = [each for each in decisions if each.reason not in OPENING | SILENT]
        await self._open(openings)
        opened = {each.incident.id for each in openings}
        told = [each for each in changed if each.is_said and each.id not in opened]
        await self._follow(told, further)

    async def _open(self, openings: Sequence[Decision]) -> None:
        if not openings:
            return
        servers = await self._ledger.load_names({each.incident.job_uid for each in openings})
        channel = self._audience.channel
        since = self._now - GROUP_WINDOW
        recent = await self._ledger.load_recent_openings(channel, since)
        promised = {}
        for each in openings:
            notice = self._notice(Kind.INCIDENT, str(each.incident.id), after=REASONS_WAIT)
            promised[notice.id] = notice
            server = servers.get(each.incident.job_uid, "")
            recent.append(OpeningNotice(notice.id, server, self._now, is_sent=False))
        groups = await self._ledger.load_open_groups(channel, since)
        await self._ledger.save_notices(list(promised.values()))
        for grouping in decide_groups(recent, groups, self._audience.group_over, self._now):
            await self._join(grouping)

    async def _join(self, grouping: Grouping) -> None:
        if grouping.group_notice_id:
            leader = (await self._ledger.load_notices([grouping.group_notice_id]))[
                grouping.group_notice_id
            ]
            leader = replace(leader, wanted_revision=leader.wanted_revision + 1)
        else:
            group_id = await self._ledger.save_group(
                self._audience.channel, grouping.backup_server, self._now
            )
            leader = self._notice(Kind.GROUP, str(group_id), after=REASONS_WAIT)
        members = (await self._ledger.load_notices(grouping.members)).values()
        revision = leader.wanted_revision
        told = [replace(each, told_by=leader.id, wanted_revision=revision) for each in members]
        await self._ledger.save_notices([leader, *told])

    async def _follow(self, told: Sequence[Incident], decisions: Sequence[Decision]) -> None:
        """Change the messages that tell of these incidents, and reply in their threads."""
        own = await self._ledger.load_incident_notices([each.id for each in told])
        leaders = await self._load_leaders(each for of in own.values() for each in of)
        by_carrier: dict[str, list[Decision]] = defaultdict(list)
        carriers: dict[str, Notice] = {}
        fresh: list[Decision] = []
        of_incident = _by_incident(decisions)
        for incident in told:
            for notice in own.get(incident.id, []):
                carrier = leaders.get(notice.told_by, notice)
                news = of_incident.get(incident.id, [])
                if carrier.is_closed:
                    fresh += [each for each in news if each.reason in WORSENING][:1]
                    continue
                carriers[carrier.id] = carrier
                by_carrier[carrier.id] += news
        await self._ledger.save_notices([_to_change(carrier) for carrier in carriers.values()])
        for carrier in carriers.values():
            await self._reply(carrier, by_carrier[carrier.id])
        await self._ledger.save_decisions(_unsaid(decisions, by_carrier.values()), self._now, None)
        await self._ledger.save_notices(
            [self._notice(Kind.INCIDENT, str(each.incident.id)) for each in fresh]
        )
        await self._end_groups(carriers.values())

    async def _load_leaders(self, own: Iterable[Notice]) -> dict[str, Notice]:
        """Load the groups' notices that tell of these, by their ids."""
        return await self._ledger.load_notices({each.told_by for each in own if each.told_by})

    async def _reply(self, carrier: Notice, news: Sequence[Decision]) -> None:
        """Say the news in the thread, unless the message itself will say it all when it comes."""
        if carrier.kind is Kind.GROUP:
            bundles = [[each for each in news if each.reason is not Reason.RECOVERED]]
            quiet = [each for each in news if each.reason is Reason.RECOVERED]
        else:
            bundles, quiet = [[each] for each in news], []
        if not carrier.is_maybe_seen:
            bundles, quiet = [], list(news)
        await self._ledger.save_decisions(quiet, self._now, None)
        for bundle in filter(None, bundles):
            is_loud = any(each.reason in PINGING for each in bundle)
            reply = self._notice(Kind.REPLY, "", parent=carrier, is_broadcast=is_loud)
            await self._ledger.save_notices([reply])
            await self._ledger.save_decisions(bundle, self._now, reply.id)

    async def _end_groups(self, carriers: Iterable[Notice]) -> None:
        leaders = {int(each.subject): each for each in carriers if each.kind is Kind.GROUP}
        for group_id in await self._ledger.load_recovered_groups(set(leaders)):
            await self._ledger.end_group(group_id, self._now)
            leader = leaders[group_id]
            if leader.is_maybe_seen:
                await self._ledger.save_notices(
                    [self._notice(Kind.REPLY, GROUP_ENDED, parent=leader, is_broadcast=True)]
                )

    async def refresh(self, incident_ids: Collection[int], *, at_once: bool) -> None:
        """Show something new about incidents, such as reasons; `at_once` ends the first wait."""
        own = await self._ledger.load_incident_notices(incident_ids)
        notices = {notice.id: notice for each in own.values() for notice in each}
        leaders = await self._load_leaders(notices.values())
        refreshed = []
        for notice in {**notices, **leaders}.values():
            if notice.told_by or notice.is_closed:
                continue
            is_waiting = at_once and not notice.attempts
            due_at = min(notice.due_at, self._now) if is_waiting else notice.due_at
            revision = notice.wanted_revision + notice.is_maybe_seen
            refreshed.append(replace(notice, wanted_revision=revision, due_at=due_at))
        await self._ledger.save_notices(refreshed)

    async def announce(self, kind: Kind, subject: str) -> None:
        """Promise a message of its own to the audience, such as where things stand."""
        await self._ledger.save_notices([self._notice(kind, subject)])

    async def conclude(self, kind: Kind, subject: str, reply: str) -> None:
        """Change the message of a thing that is over, and say so in its thread, aloud."""
        for notice in await self._ledger.load_notice_of(kind, subject):
            wanted = [_to_change(notice)]
            if notice.is_maybe_seen:
                wanted.append(self._notice(Kind.REPLY, reply, parent=notice, is_broadcast=True))
            await self._ledger.save_notices(wanted)

    def _notice(
        self,
        kind: Kind,
        subject: str,
        *,
        parent: Notice | None = None,
        is_broadcast: bool = False,
        after: timedelta = timedelta(0),
    ) -> Notice:
        channel = parent.channel if parent else self._audience.channel
        return replace(
            promise(str(uuid.uuid4()), kind, subject, channel, self._now),
            due_at=self._now + after,
            parent_id=parent.id if parent else "",
            is_broadcast=is_broadcast,
        )


def _to_change(notice: Notice) -> Notice:
    return replace(notice, wanted_revision=notice.wanted_revision + 1)


def _by_incident(decisions: Sequence[Decision]) -> Mapping[int, list[Decision]]:
    found: dict[int, list[Decision]] = defaultdict(list)
    for each in decisions:
        found[each.incident.id].append(each)
    return found


def _unsaid(decisions: Sequence[Decision], carried: Iterable[Sequence[Decision]]) -> list[Decision]:
    said = {id(each) for bundle in carried for each in bundle}
    return [each for each in decisions if id(each) not in said]
