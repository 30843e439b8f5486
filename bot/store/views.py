"""Loading what messages show, as it is now."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Text, and_, cast, func, select

from bot.core.decisions import Reason
from bot.core.grouping import GROUP_WINDOW
from bot.core.incidents import Incident, Status
from bot.core.mutes import Mute, Scope, find_mute
from bot.core.notices import (
    ACTED,
    BLOCKAGE_ENDED,
    FINDING_BROKEN,
    FINDING_OVER,
    GROUP_ENDED,
    OUTAGE_ENDED,
    Kind,
    Notice,
)
from bot.core.ports import NoticeView
from bot.core.sessions import EPOCH, Verdict
from bot.core.views import (
    GroupView,
    IncidentView,
    MuteEnd,
    OutageView,
    ReplyEntry,
    ReplyView,
    RunningRetry,
    StartView,
    VmReason,
    WelcomeView,
)
from bot.store import rows
from bot.store.actions import load_action_view
from bot.store.findings import load_finding_view, load_held_lines
from bot.store.jobs import offers_of
from bot.store.mutes import MuteLedger, to_mute
from bot.store.pauses import load_blockage
from bot.store.retries import RetryLedger
from bot.store.tables import (
    decisions,
    groups,
    incidents,
    jobs,
    mutes,
    notices,
    outages,
    servers,
    sessions,
    task_sessions,
)
from bot.store.watches import load_watch


class Views(RetryLedger, MuteLedger):
    """Loads views on one connection, for one EM."""

    async def load(self, notice: Notice) -> NoticeView:  # noqa: C901, PLR0911 - a line for each
        """Load what a notice shows. Summaries are computed by `bot.services.summarizing`."""
        match notice.kind:
            case Kind.INCIDENT:
                return (await self.load_incidents([int(notice.subject)]))[0]
            case Kind.GROUP:
                return await self.load_group(notice)
            case Kind.REPLY:
                return await self._load_any_reply(notice)
            case Kind.ACTION:
                return await load_action_view(self.connection, self.em, int(notice.subject))
            case Kind.START:
                return await self.load_start()
            case Kind.OUTAGE:
                return await self.load_outage(int(notice.subject))
            case Kind.FINDING:
                return await load_finding_view(self.connection, self.em, notice)
            case Kind.BLOCKED:
                return await load_blockage(self.connection, self.em, int(notice.subject))
            case Kind.WATCH:
                return await load_watch(self.connection, self.em, int(notice.subject))
            case Kind.WELCOME:
                return WelcomeView(self.em, await self._count(jobs))
        raise AssertionError(f"no view for a notice of kind {notice.kind}")

    async def _load_any_reply(self, notice: Notice) -> NoticeView:
        if notice.subject.startswith((FINDING_BROKEN, FINDING_OVER)):
            return await load_finding_view(self.connection, self.em, notice)
        if notice.subject.startswith(ACTED):
            action_id = int(notice.subject.removeprefix(ACTED))
            return await load_action_view(self.connection, self.em, action_id)
        return await self.load_reply(notice)

    async def load_incidents(self, ids: Collection[int]) -> list[IncidentView]:
        """Load incidents with everything that is said of them, in the order of `ids`."""
        found = {
            row.id: rows.to_incident(row)
            async for row in self.select_in(select(incidents), incidents.c.id, sorted(ids))
        }
        latest = await self._load_latest(list(found.values()))
        of_jobs = await self._load_jobs({each.job_uid for each in found.values()})
        names = await self._name_jobs(of_jobs)
        reasons, vm_counts = await self._load_reasons([row.uid for row in latest.values()])
        before = await self._load_reasons_before(
            {row.uid: found[key] for key, row in latest.items() if row.uid not in reasons}
        )
        last_good = await self._load_last_good(list(latest.values()))
        retries = await self._load_retries(found.values())
        in_force = await self.load_mutes()
        return [
            replace(
                self._view(found[each], latest[each], of_jobs, names, reasons, last_good),
                vm_count=vm_counts[latest[each].uid],
                vms_before=before.get(each, ()),
                retry=retries.get(found[each].job_uid),
                mute=_mute_of(of_jobs[found[each].job_uid], in_force),
            )
            for each in ids
            if each in latest
        ]

    async def _load_retries(self, of: Iterable[Incident]) -> dict[str, RunningRetry]:
        open_jobs = {each.job_uid for each in of if each.status is Status.OPEN}
        return await self.load_running_retries(open_jobs)

    @staticmethod
    def _view(
        incident: Incident,
        latest: Row[Any],
        of_jobs: Mapping[str, Row[Any]],
        names: Mapping[str, str],
        reasons: Mapping[str, tuple[VmReason, ...]],
        last_good: Mapping[str, datetime],
    ) -> IncidentView:
        job = of_jobs[incident.job_uid]
        session = rows.to_session(latest)
        is_known = latest.reasons_at is not None or latest.uid in reasons
        next_run_at = job.next_run_at
        return IncidentView(
            incident=incident,
            job_name=names[incident.job_uid],
            backup_server=session.backup_server or job.backup_server,
            latest=session,
            verdict=Verdict(latest.verdict),
            reported_at=latest.reported_at,
            vms=reasons.get(latest.uid, ()) if is_known else None,
            last_good_at=last_good.get(latest.uid),
            next_run_at=next_run_at if next_run_at and next_run_at > session.order[0] else None,
            offers=offers_of(job),
        )

    async def _load_latest(self, of: Sequence[Incident]) -> dict[int, Row[Any]]:
        """Load each incident's newest bad session; where none is bad any more, its newest."""
        newest: dict[int, Row[Any]] = {}
        query = select(sessions).order_by(sessions.c.sorted_at, sessions.c.created_at)
        async for row in self.select_in(query, sessions.c.incident_id, [each.id for each in of]):
            known = newest.get(row.incident_id)
            if known is None or row.verdict >= Verdict.WARNING or known.verdict < Verdict.WARNING:
                newest[row.incident_id] = row
        return newest

    async def _load_jobs(self, job_uids: Collection[str]) -> dict[str, Row[Any]]:
        return {
            row.job_uid: row
            async for row in self.select_in(select(jobs), jobs.c.job_uid, sorted(job_uids))
        }

    async def _name_jobs(self, of_jobs: Mapping[str, Row[Any]]) -> dict[str, str]:
        """Call jobs by their name, and `name @ backup server` where it is not unique."""
        folded = sorted({row.folded_name for row in of_jobs.values()})
        query = select(jobs.c.folded_name).group_by(jobs.c.folded_name).having(func.count() > 1)
        shared = {
            row.folded_name async for row in self.select_in(query, jobs.c.folded_name, folded)
        }
        return {uid: display_name(row, shared) for uid, row in of_jobs.items()}

    async def _load_reasons(
        self, session_uids: Sequence[str]
    ) -> tuple[dict[str, tuple[VmReason, ...]], Counter[str]]:
        """Load what went wrong in each session, worst first, and how many VMs are known of it."""
        found: dict[str, list[VmReason]] = {}
        counts: Counter[str] = Counter()
        query = select(task_sessions).order_by(task_sessions.c.vm)
        async for row in self.select_in(query, task_sessions.c.session_uid, session_uids):
            task = rows.to_task(row)
            counts[task.session_uid] += 1
            if task.verdict.is_bad:
                of_session = found.setdefault(task.session_uid, [])
                of_session.append(VmReason(task.vm, task.verdict, task.reason))
        worst_first = {
            uid: tuple(sorted(vms, key=lambda vm: -vm.verdict)) for uid, vms in found.items()
        }
        return worst_first, counts

    async def _load_reasons_before(
        self, latest: Mapping[str, Incident]
    ) -> dict[int, tuple[VmReason, ...]]:
        """Load what went wrong before where EM says nothing of an incident's newest bad session."""
        uids = [uid for each in latest.values() for uid in each.session_uids]
        reasons, _ = await self._load_reasons(uids if len(uids) > len(latest) else [])
        return {
            each.id: reasons[uid]
            for each in latest.values()
            for uid in each.session_uids
            if uid in reasons  # the newest is the last of them
        }

    async def _load_last_good(self, latest: Sequence[Row[Any]]) -> dict[str, datetime]:
        """Map session uids to the creation of the last Success or Warning before them."""
        good = sessions.alias("good")
        last_good = (
            select(func.max(good.c.created_at))
            .where(
                good.c.em == sessions.c.em,
                good.c.job_uid == sessions.c.job_uid,
                good.c.sorted_at < sessions.c.sorted_at,
                good.c.verdict.in_([int(Verdict.SUCCESS), int(Verdict.WARNING)]),
            )
            .scalar_subquery()
        )
        query = select(sessions.c.uid, last_good.label("last_good_at"))
        uids = [row.uid for row in latest]
        return {
            row.uid: row.last_good_at
            async for row in self.select_in(query, sessions.c.uid, uids)
            if row.last_good_at is not None
        }

    async def load_group(self, notice: Notice) -> GroupView:
        """Load a group with all its members, as they opened."""
        group = (
            await self.connection.execute(select(groups).where(groups.c.id == int(notice.subject)))
        ).one()
        member_ids = await self._load_members(notice.id)
        members = tuple(await self.load_incidents(member_ids))
        separately = await self._count_told_separately(group) if group.backup_server else 0
        ended = await self._load_mute_end(group, member_ids) if group.mute_id else None
        return GroupView(group.backup_server, group.opened_at, members, separately, ended, group.id)

    async def _load_mute_end(self, group: Row[Any], member_ids: Collection[int]) -> MuteEnd:
        """Load what a mute was, and what else it held back in this channel."""
        row = (
            await self.connection.execute(select(mutes).where(mutes.c.id == group.mute_id))
        ).one()
        mute = to_mute(row)
        elsewhere = await self.connection.execute(
            select(decisions.c.incident_id)
            .join(notices, notices.c.subject == cast(decisions.c.incident_id, Text))
            .where(
                decisions.c.mute_id == mute.id,
                decisions.c.incident_id.not_in(member_ids),
                notices.c.kind == Kind.INCIDENT.value,
                notices.c.channel == group.channel,
            )
            .distinct()
            .order_by(decisions.c.incident_id)
        )
        views = await self.load_incidents(list(elsewhere.scalars()))
        found = await load_held_lines(self.connection, self.em, mute, group.channel)
        return MuteEnd(mute, await self.name_muted(mute), tuple(views), found)

    async def name_muted(self, mute: Mute) -> str:
        """Call what a mute hides as people do: a job's name, a backup server's, or everything."""
        if mute.scope is not Scope.JOB:
            return mute.subject
        of_jobs = await self._load_jobs({mute.subject})
        return (await self._name_jobs(of_jobs)).get(mute.subject, mute.subject)

    async def _count_told_separately(self, group: Row[Any]) -> int:
        """Count the jobs of the same storm that fail on and were told before it was one."""
        counted = await self.connection.execute(
            select(func.count(incidents.c.job_uid.distinct()))
            .select_from(notices)
            .join(incidents, notices.c.subject == cast(incidents.c.id, Text))
            .join(jobs, and_(jobs.c.em == incidents.c.em, jobs.c.job_uid == incidents.c.job_uid))
            .where(
                notices.c.em == self.em,
                notices.c.kind == Kind.INCIDENT.value,
                notices.c.channel == group.channel,
                notices.c.told_by == "",
                notices.c.message_ts != "",
                notices.c.is_closed.is_(False),
                incidents.c.status == Status.OPEN.value,
                notices.c.created_at >= group.opened_at - GROUP_WINDOW,
                notices.c.created_at <= group.opened_at,
                jobs.c.backup_server == group.backup_server,
            )
        )
        return int(counted.scalar_one())

    async def _load_members(self, leader_id: str) -> list[int]:
        """List the incidents that a group's notice tells of, as they opened."""
        told = await self.connection.execute(
            select(notices.c.subject)
            .where(notices.c.told_by == leader_id)
            .order_by(notices.c.sequence)
        )
        return [int(subject) for subject in told.scalars()]

    async def load_reply(self, notice: Notice) -> ReplyView:
        """Load what a thread reply tells: decisions, a group's end, or an outage's."""
        if notice.subject.startswith(OUTAGE_ENDED):
            outage = await self.load_outage(int(notice.subject.removeprefix(OUTAGE_ENDED)))
            return ReplyView(outage=outage)
        if notice.subject.startswith(BLOCKAGE_ENDED):
            blockage_id = int(notice.subject.removeprefix(BLOCKAGE_ENDED))
            blockage = await load_blockage(self.connection, self.em, blockage_id)
            return ReplyView(blockage=blockage)
        if notice.subject == GROUP_ENDED:
            members = await self.load_incidents(await self._load_members(notice.parent_id))
            closed = {e.incident.job_uid for e in members if e.incident.is_closed_by_hand}
            over = {each.incident.job_uid for each in members}
            return ReplyView(group_ended=len(over), group_closed=len(closed))
        found = await self.connection.execute(
            select(decisions).where(decisions.c.notice_id == notice.id).order_by(decisions.c.id)
        )
        decided = list(found)
        views = await self.load_incidents(list(dict.fromkeys(row.incident_id for row in decided)))
        by_id = {view.incident.id: view for view in views}
        told = {
            row.uid: row
            async for row in self.select_in(
                select(sessions), sessions.c.uid, [row.session_uid for row in decided]
            )
        }
        entries = (
            _entry(row, by_id[row.incident_id], told.get(row.session_uid))
            for row in decided
            if row.incident_id in by_id
        )
        return ReplyView(tuple(entries))

    async def load_start(self) -> StartView:
        """Load where things stand."""
        state = (
            await self.connection.execute(select(servers).where(servers.c.em == self.em))
        ).one()
        return StartView(
            em_name=self.em,
            started_at=state.baseline_at or EPOCH,
            job_count=await self._count(jobs),
            session_count=await self._count(sessions),
            failing=tuple(await self.load_open()),
        )

    async def _count(self, table: Any) -> int:
        counted = await self.connection.execute(
            select(func.count()).select_from(table).where(table.c.em == self.em)
        )
        return int(counted.scalar_one())

    async def load_open(self) -> list[IncidentView]:
        """Load the open incidents, most urgent first: failed before warned, then the longest."""
        found = await self.connection.execute(
            select(incidents.c.id)
            .where(incidents.c.em == self.em, incidents.c.status == Status.OPEN.value)
            .order_by(incidents.c.peak.desc(), incidents.c.opened_at)
        )
        return await self.load_incidents(list(found.scalars()))

    async def load_outage(self, outage_id: int) -> OutageView:
        """Load a time in which EM could not be read."""
        row = (
            await self.connection.execute(select(outages).where(outages.c.id == outage_id))
        ).one()
        return OutageView(self.em, row.started_at, row.reason, row.ended_at)


def _mute_of(job: Row[Any], in_force: Collection[Mute]) -> Mute | None:
    return find_mute(in_force, job.job_uid, job.backup_server)


def display_name(job: Row[Any], shared: Collection[str]) -> str:
    """Call a job by its name, and by its backup server too where others share the name."""
    is_shared = job.folded_name in shared and job.backup_server
    return f"{job.name} @ {job.backup_server}" if is_shared else str(job.name)


def _entry(decision: Row[Any], view: IncidentView, told: Row[Any] | None) -> ReplyEntry:
    return ReplyEntry(
        reason=Reason(decision.reason),
        incident=view.incident,
        job_name=view.job_name,
        session=rows.to_session(told) if told else None,
        verdict=Verdict(told.verdict) if told else view.verdict,
        reported_at=told.reported_at if told else None,
    )
