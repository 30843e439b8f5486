"""Due notices adopt messages that already tell of the same, so that an older copy says it once.

A message is recognised by the id of its notice, or by its key (`bot.core.keys`).
"""

import uuid
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select, update

from bot.core.decisions import Decision, Reason
from bot.core.incidents import Incident, Status
from bot.core.keys import CATCH_UP, digest, find_untold, is_in_group, mark_over
from bot.core.notices import GROUP_ENDED, Kind, Notice, promise
from bot.store.adopting import Adopting, Found
from bot.store.notices import insert_group
from bot.store.tables import jobs, notices, sessions

ALREADY_TOLD = "its jobs are told by earlier messages"

ENDING = frozenset({Kind.OUTAGE, Kind.BLOCKED, Kind.FINDING})
"""What is over once a reply says so: the next of its kind is another."""


class Adoption(Adopting):
    """Settles one channel on one connection, for one EM."""

    async def settle(self) -> int:
        """Adopt what can be adopted; counts it."""
        self._found = await self._load_found()
        if not self._found:
            return 0
        await self._meet_known()
        waiting = await self._load_waiting()
        leaders: dict[str, Notice] = {}
        for notice in waiting:
            if notice.kind is Kind.INCIDENT and not notice.parent_id:
                await self._settle_incident(notice, leaders)
            elif not notice.parent_id:
                await self._settle_by_key(notice)
        await self._close_empty()
        await self._end_groups(leaders.values())
        for notice in waiting:
            if notice.kind is Kind.REPLY:
                await self._settle_reply(notice)
            elif notice.parent_id and notice.kind is Kind.FINDING:
                await self._settle_below(notice)
        return self._adopted

    async def _settle_incident(self, notice: Notice, leaders: dict[str, Notice]) -> None:
        incident = (await self.load_incidents([int(notice.subject)])).get(int(notice.subject))
        if incident is None:
            return
        marks = set((await self._keys.load(notice)).marks)
        for found in self._roots(Kind.INCIDENT):
            if marks & set(found.key.marks):
                await self._adopt(notice, found)
                await self._tell_rest(notice, incident, found)
                return
        server = await self._load_server(incident)
        for found in self._roots(Kind.GROUP):
            if is_in_group(found.key, server, incident.opened_at):
                leader = await self._leader_of(found, server)
                leaders[leader.id] = leader
                await self._join(notice, leader)
                return

    async def _load_server(self, incident: Incident) -> str:
        server = await self.connection.scalar(
            select(jobs.c.backup_server).where(
                jobs.c.em == self.em, jobs.c.job_uid == incident.job_uid
            )
        )
        return str(server or "")

    async def _tell_rest(self, notice: Notice, incident: Incident, found: Found) -> None:
        """Promise a reply about what neither the adopted message nor its thread tells."""
        in_thread = self._marks_in(found.message.message_ts)
        bad = await self._load_worth_telling(incident)
        untold = find_untold(incident, found.key, in_thread, bad)
        news = [Decision(incident, Reason.STILL_FAILING, uid) for uid in untold]
        is_over = incident.status is Status.RECOVERED
        if is_over and mark_over(incident.recovered_by) not in {*in_thread, *found.key.marks}:
            news.append(Decision(incident, Reason.RECOVERED, incident.recovered_by))
        if news:
            is_loud = any(each.reason is Reason.RECOVERED for each in news)
            reply = self._reply(notice, "", is_loud=is_loud)
            await self.save_notices([reply])
            await self.save_decisions(news, self._now, reply.id)

    async def _load_worth_telling(self, incident: Incident) -> list[str]:
        """List its sessions that are as bad as the worst: warnings alone may be unwanted."""
        query = select(sessions.c.uid).where(sessions.c.verdict >= int(incident.peak))
        return [
            row.uid async for row in self.select_in(query, sessions.c.uid, incident.session_uids)
        ]

    def _reply(self, parent: Notice, subject: str, *, is_loud: bool) -> Notice:
        reply = promise(str(uuid.uuid4()), Kind.REPLY, subject, self._channel, self._now)
        return replace(reply, parent_id=parent.id, is_broadcast=is_loud)

    async def _leader_of(self, found: Found, server: str) -> Notice:
        """Find the notice of a message about many; one that is not known is made anew."""
        message = found.message
        known = await self.load_notices([message.notice_id])
        if message.notice_id in known:
            return known[message.notice_id]
        opened_at = datetime.fromtimestamp(float(message.message_ts), UTC)
        of_server = "" if found.key.marks[0] == CATCH_UP else server
        group_id = await insert_group(self.connection, self.em, self._channel, of_server, opened_at)
        made = promise(message.notice_id, Kind.GROUP, str(group_id), self._channel, self._now)
        await self.save_notices([made])
        await self._adopt(made, found)
        return (await self.load_notices([made.id]))[made.id]

    async def _join(self, notice: Notice, leader: Notice) -> None:
        """Let a message about many tell of an incident; it is shown anew for that."""
        await self.connection.execute(
            update(notices)
            .where(notices.c.id == leader.id, notices.c.shown_revision >= notices.c.wanted_revision)
            .values(wanted_revision=notices.c.shown_revision + 1)
        )
        await self.connection.execute(
            update(notices)
            .where(notices.c.id == notice.id)
            .values(told_by=leader.id, wanted_revision=leader.shown_revision)
        )
        if notice.told_by != leader.id:
            self._left.add(notice.told_by)
            self._adopted += 1

    async def _settle_by_key(self, notice: Notice) -> None:
        """Adopt the newest message about the same; what comes again only as long as it is fresh."""
        if not self._is_fresh and notice.kind is not Kind.SUMMARY:
            return
        key = await self._keys.load(notice)
        for found in self._roots(notice.kind):
            is_over = bool(self._replies(found.message.message_ts)) and notice.kind in ENDING
            is_shared = notice.kind is Kind.FINDING and bool({*key.marks} & {*found.key.marks})
            if (found.key == key or is_shared) and not is_over:
                await self._adopt(notice, found)
                return

    async def _close_empty(self) -> None:
        """Close the messages about many whose incidents are now all told elsewhere."""
        for leader in (await self.load_notices(self._left - {""})).values():
            told = await self.connection.scalar(
                select(notices.c.id).where(notices.c.told_by == leader.id).limit(1)
            )
            if told is None and not leader.is_maybe_seen:
                await self.close_notices([leader.id], ALREADY_TOLD)

    async def _end_groups(self, leaders: Collection[Notice]) -> None:
        """End the groups that were joined, if all of them has recovered; say so if nothing did."""
        of_groups = {int(each.subject): each for each in leaders}
        for group_id in await self.load_recovered_groups(set(of_groups)):
            await self.end_group(group_id, self._now)
            leader = of_groups[group_id]
            if digest(GROUP_ENDED) not in self._marks_in(leader.message_ts):
                await self.save_notices([self._reply(leader, GROUP_ENDED, is_loud=True)])
