"""Findings, and what messages show of them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.facts import VmSet
from bot.core.findings import Check, Details, Finding
from bot.core.mutes import Mute
from bot.core.notices import FINDING_BROKEN, FINDING_OVER, Notice
from bot.core.views import FindingLine, FindingNews, FindingView
from bot.store.ledgers import Ledger
from bot.store.rows import chunked
from bot.store.tables import findings, jobs, vm_sets

_MOMENTS = ("since_at", "due_at", "expected_at")
_SPANS = ("span", "left")
_PLAIN = ("is_broken", "is_failing", "is_late", "session_uid")
_NEWS = {FINDING_BROKEN: FindingNews.BROKEN, FINDING_OVER: FindingNews.OVER}


class FindingLedger(Ledger):
    """The findings' part of `bot.core.transactions.PollingTransaction`."""

    async def load_open_findings(self) -> list[Finding]:
        """Load the findings that have not ended, oldest first."""
        return [to_finding(row) for row in await self.connection.execute(open_findings(self.em))]

    async def load_told_findings(
        self, check: Check, backup_server: str, since: datetime
    ) -> list[Finding]:
        """Load what was found of one kind on one server since then, and told."""
        found = await self.connection.execute(
            select(findings)
            .where(
                findings.c.em == self.em,
                findings.c.kind == check.value,
                findings.c.backup_server == backup_server,
                findings.c.opened_at >= since,
                findings.c.told_with.is_not(None),
            )
            .order_by(findings.c.id)
        )
        return [to_finding(row) for row in found]

    async def load_findings_of(self, told_with: int) -> list[Finding]:
        """Load all findings of one message, oldest first."""
        return await _load_batch(self.connection, self.em, told_with)

    async def load_held_findings(self, mute: Mute) -> list[Finding]:
        """Load the findings of which a mute has held news back, oldest first."""
        return await _load_held(self.connection, self.em, mute)

    async def save_findings(self, changed: Sequence[Finding]) -> list[Finding]:
        """Insert (id 0) or replace findings."""
        saved = []
        for each in changed:
            finding_id = await self.keep_row(findings, each.id, _values(each))
            saved.append(replace(each, id=finding_id))
        return saved

    async def save_vm_sets(self, changed: Mapping[str, VmSet]) -> None:
        """Keep what the last green runs of these jobs held."""
        await self.upsert(
            vm_sets,
            ["em", "job_uid"],
            [
                {
                    "job_uid": job_uid,
                    "session_uid": each.session_uid,
                    "created_at": each.created_at,
                    "vms": json.dumps(each.vms),
                    "vms_before": None if each.before is None else json.dumps(each.before),
                }
                for job_uid, each in changed.items()
            ],
        )


def open_findings(em: str) -> Select[Any]:
    """Select the findings that have not ended, oldest first."""
    is_open = (findings.c.em == em, findings.c.ended_at.is_(None))
    return select(findings).where(*is_open).order_by(findings.c.id)


async def load_finding_view(connection: AsyncConnection, em: str, notice: Notice) -> FindingView:
    """Load what a message or a reply about findings shows: those its channel was told of."""
    subject, news = notice.subject, None
    for prefix, kind in _NEWS.items():
        if subject.startswith(prefix):
            subject, news = subject.removeprefix(prefix), kind
    batch = await _load_batch(connection, em, int(subject))
    told = [each for each in batch if notice.channel in each.channels]
    names = await _name_jobs(connection, em, {each.job_uid for each in told if each.job_uid})
    lines = (FindingLine(each, names.get(each.job_uid, "")) for each in told)
    return FindingView(batch[0].check, batch[0].backup_server, tuple(lines), news)


async def load_held_lines(
    connection: AsyncConnection, em: str, mute: Mute, channel: str
) -> tuple[FindingLine, ...]:
    """Load what the end of a mute tells a channel of findings."""
    held = await _load_held(connection, em, mute)
    told = [each for each in held if channel in each.channels]
    names = await _name_jobs(connection, em, {each.job_uid for each in told if each.job_uid})
    return tuple(FindingLine(each, names.get(each.job_uid, "")) for each in told)


async def _load_held(connection: AsyncConnection, em: str, mute: Mute) -> list[Finding]:
    found = await connection.execute(
        select(findings)
        .where(
            findings.c.em == em,
            or_(findings.c.ended_at.is_(None), findings.c.ended_at >= mute.muted_at),
            findings.c.opened_at <= mute.ended_at if mute.ended_at else true(),
        )
        .order_by(findings.c.id)
    )
    return [each for each in map(to_finding, found) if each.held_back_by == mute.id]


async def _load_batch(connection: AsyncConnection, em: str, told_with: int) -> list[Finding]:
    found = await connection.execute(
        select(findings)
        .where(
            findings.c.em == em,
            or_(
                findings.c.told_with == told_with,
                and_(findings.c.id == told_with, findings.c.told_with.is_(None)),
            ),
        )
        .order_by(findings.c.id)
    )
    return [to_finding(row) for row in found]


async def _name_jobs(
    connection: AsyncConnection, em: str, job_uids: Collection[str]
) -> dict[str, str]:
    """Call jobs by their names, and their servers' too where another job has the same name."""
    same = jobs.alias("same")
    sharing = (
        select(func.count())
        .select_from(same)
        .where(same.c.em == jobs.c.em, same.c.folded_name == jobs.c.folded_name)
        .scalar_subquery()
    )
    names = {}
    for some in chunked(sorted(job_uids)):
        query = select(jobs.c.job_uid, jobs.c.name, jobs.c.backup_server, sharing.label("sharing"))
        query = query.where(jobs.c.em == em, jobs.c.job_uid.in_(some))
        for row in await connection.execute(query):
            is_plain = row.sharing == 1 or not row.backup_server
            names[row.job_uid] = row.name if is_plain else f"{row.name} @ {row.backup_server}"
    return names


def to_finding(row: Row[Any]) -> Finding:
    """Read a finding."""
    return Finding(
        id=row.id,
        check=Check(row.kind),
        subject=row.subject,
        job_uid=row.job_uid,
        backup_server=row.backup_server,
        opened_at=row.opened_at,
        details=_read_details(row.details),
        told_with=row.told_with,
        channels=tuple(json.loads(row.channels)),
        ended_at=row.ended_at,
        closed_by=row.closed_by,
        held_back_by=json.loads(row.details).get("held_back_by", 0),
    )


def _values(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.check.value,
        "subject": finding.subject,
        "job_uid": finding.job_uid,
        "backup_server": finding.backup_server,
        "opened_at": finding.opened_at,
        "details": _write_details(finding),
        "told_with": finding.told_with,
        "channels": json.dumps(finding.channels),
        "ended_at": finding.ended_at,
        "closed_by": finding.closed_by,
    }


def _write_details(finding: Finding) -> str:
    """Write what is only ever read together with the finding, so that it needs no columns."""
    details = finding.details
    written: dict[str, Any] = {"held_back_by": finding.held_back_by or None}
    for name in _MOMENTS:
        at: datetime | None = getattr(details, name)
        written[name] = at and at.isoformat()
    for name in _SPANS:
        span: timedelta | None = getattr(details, name)
        written[name] = None if span is None else span.total_seconds()
    written |= {name: getattr(details, name) for name in _PLAIN}
    written |= {"vms": details.vms, "outcome": details.outcome and details.outcome.value}
    return json.dumps({name: value for name, value in written.items() if value is not None})


def _read_details(text: str) -> Details:
    written = json.loads(text)
    values: dict[str, Any] = {name: written[name] for name in _PLAIN if name in written}
    for name in _MOMENTS:
        values[name] = datetime.fromisoformat(written[name]) if written.get(name) else None
    for name in _SPANS:
        values[name] = timedelta(seconds=written[name]) if name in written else None
    outcome = Check(written["outcome"]) if written.get("outcome") else None
    return Details(**values, vms=tuple(written.get("vms", ())), outcome=outcome)
