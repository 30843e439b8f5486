"""Notices and groups, as a poll promises them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, and_, cast, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.grouping import OpenGroup, OpeningNotice
from bot.core.incidents import Status
from bot.core.notices import Kind, Notice
from bot.store import rows
from bot.store.ledgers import Ledger
from bot.store.tables import (
    groups,
    incidents,
    jobs,
    notices,
)

WANTED = ("wanted_revision", "due_at", "told_by", "mention")
"""What a poll may change of a notice; the other columns belong to delivering."""


IS_DUE = and_(
    notices.c.is_closed.is_(False),
    notices.c.told_by == "",
    notices.c.shown_revision < notices.c.wanted_revision,
)
"""A notice that still has to be said, by itself."""


class NoticeLedger(Ledger):
    """The notices' part of `bot.core.transactions.PollingTransaction`."""

    async def load_incident_notices(self, ids: Collection[int]) -> dict[int, list[Notice]]:
        """Load the newest own notice per channel of each of these incidents."""
        newest: dict[tuple[int, str], Notice] = {}
        query = select(notices).where(notices.c.kind == Kind.INCIDENT.value)
        subjects = [str(each) for each in sorted(ids)]
        async for row in self.select_in(
            query.order_by(notices.c.sequence), notices.c.subject, subjects
        ):
            newest[int(row.subject), row.channel] = rows.to_notice(row)
        found: dict[int, list[Notice]] = {}
        for (incident_id, _channel), notice in newest.items():
            found.setdefault(incident_id, []).append(notice)
        return found

    async def load_notices(self, ids: Collection[str]) -> dict[str, Notice]:
        """Load notices by their ids."""
        found = {}
        async for row in self.select_in(select(notices), notices.c.id, sorted(ids)):
            found[row.id] = rows.to_notice(row)
        return found

    async def load_notice_of(self, kind: Kind, subject: str) -> list[Notice]:
        """Load the newest notice of a thing per channel: an heir, not what it took the place of."""
        found = await self.connection.execute(
            select(notices)
            .where(
                notices.c.em == self.em, notices.c.kind == kind.value, notices.c.subject == subject
            )
            .order_by(notices.c.sequence)
        )
        return list({row.channel: rows.to_notice(row) for row in found}.values())

    async def load_announcements(self, mute_id: int) -> list[Notice]:
        """Load what announces the end of a mute: the newest notice per channel."""
        found = await self.connection.execute(
            select(notices)
            .join(groups, notices.c.subject == cast(groups.c.id, Text))
            .where(
                notices.c.kind == Kind.GROUP.value,
                groups.c.em == self.em,
                groups.c.mute_id == mute_id,
            )
            .order_by(notices.c.sequence)
        )
        return list({row.channel: rows.to_notice(row) for row in found}.values())

    async def save_notices(self, wanted: Sequence[Notice]) -> None:
        """Insert notices, or replace what is wanted of them; what was delivered is not touched."""
        if not wanted:
            return
        statement = insert(notices)
        changed = {name: statement.excluded[name] for name in WANTED}
        await self.connection.execute(
            statement.on_conflict_do_update(["id"], set_=changed),
            [{"em": self.em, **rows.notice_values(each)} for each in wanted],
        )

    async def load_recent_openings(self, channel: str, since: datetime) -> list[OpeningNotice]:
        """Load the incidents' own notices since then that no group tells of."""
        found = await self.connection.execute(
            select(notices, jobs.c.backup_server)
            .join(incidents, notices.c.subject == cast(incidents.c.id, Text))
            .join(jobs, and_(jobs.c.em == incidents.c.em, jobs.c.job_uid == incidents.c.job_uid))
            .where(
                notices.c.em == self.em,
                notices.c.kind == Kind.INCIDENT.value,
                notices.c.channel == channel,
                notices.c.told_by == "",
                notices.c.is_closed.is_(False),
                notices.c.created_at >= since,
            )
        )
        return [
            OpeningNotice(
                row.id, row.backup_server, row.created_at, rows.to_notice(row).is_maybe_seen
            )
            for row in found
        ]

    async def load_open_groups(self, channel: str, since: datetime) -> list[OpenGroup]:
        """Load the groups of this channel that were opened since then and have not ended."""
        found = await self.connection.execute(
            select(notices.c.id, groups.c.backup_server, groups.c.opened_at)
            .join(groups, notices.c.subject == cast(groups.c.id, Text))
            .where(
                notices.c.kind == Kind.GROUP.value,
                notices.c.is_closed.is_(False),
                groups.c.em == self.em,
                groups.c.channel == channel,
                groups.c.mute_id.is_(None),
                groups.c.ended_at.is_(None),
                groups.c.opened_at >= since,
            )
            # A message that could not be edited any more has an heir: that one is joined.
            .order_by(notices.c.sequence.desc())
        )
        return [OpenGroup(row.id, row.backup_server, row.opened_at) for row in found]

    async def save_group(
        self, channel: str, backup_server: str, at: datetime, mute_id: int | None = None
    ) -> int:
        """Open a group and return its id; with `mute_id` it announces the end of that mute."""
        return await insert_group(self.connection, self.em, channel, backup_server, at, mute_id)

    async def close_notices(self, ids: Collection[str], error: str) -> None:
        """Never deliver these unsent notices, nor a group's that has no other member left."""
        if not ids:
            return
        leaders = {each.told_by for each in (await self.load_notices(ids)).values()} - {""}
        closing = {"is_closed": True, "error": error}
        await self.connection.execute(
            update(notices).where(notices.c.id.in_(ids)).values(told_by="", **closing)
        )
        member = notices.alias("member")
        has_members = select(member.c.id).where(member.c.told_by == notices.c.id).exists()
        await self.connection.execute(
            update(notices)
            .where(notices.c.id.in_(leaders), notices.c.message_ts == "", ~has_members)
            .values(closing)
        )

    async def load_recovered_groups(self, ids: Collection[int]) -> list[int]:
        """Of these groups, name those that have not ended and hold no open incident any more."""
        query = select(groups.c.id).where(
            groups.c.ended_at.is_(None), cast(groups.c.id, Text).not_in(_still_open())
        )
        return [row.id async for row in self.select_in(query, groups.c.id, sorted(ids))]

    async def reopen_groups(self, ids: Collection[int]) -> None:
        """Begin those of these ended groups anew that hold an open incident again."""
        if ids:
            await self.connection.execute(
                update(groups)
                .where(groups.c.id.in_(ids), cast(groups.c.id, Text).in_(_still_open()))
                .values(ended_at=None)
            )

    async def end_group(self, group_id: int, at: datetime) -> None:
        """End a group."""
        await self.connection.execute(
            update(groups).where(groups.c.id == group_id).values(ended_at=at)
        )


def _still_open() -> Select[Any]:
    """Name the groups, as their notices do, that hold an open incident."""
    leader = notices.alias("leader")
    return (
        select(leader.c.subject)
        .join(notices, notices.c.told_by == leader.c.id)
        .join(incidents, notices.c.subject == cast(incidents.c.id, Text))
        .where(
            leader.c.kind == Kind.GROUP.value,
            notices.c.kind == Kind.INCIDENT.value,
            incidents.c.status == Status.OPEN.value,
        )
    )


async def insert_group(
    connection: AsyncConnection,
    em: str,
    channel: str,
    backup_server: str,
    at: datetime,
    mute_id: int | None = None,
) -> int:
    """Open a group and return its id."""
    inserted = await connection.execute(
        insert(groups)
        .values(em=em, channel=channel, backup_server=backup_server, opened_at=at, mute_id=mute_id)
        .returning(groups.c.id)
    )
    return int(inserted.scalar_one())
