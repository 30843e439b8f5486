"""What answers about people's wishes read: mutes, subscriptions, watches, and names for them."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.audiences import Subscription
from bot.core.mutes import Mute
from bot.core.notices import Kind
from bot.core.targets import KnownJob, name_jobs
from bot.core.views import IncidentView
from bot.core.watches import Watch
from bot.store.databases import Database
from bot.store.incidents import IncidentLedger
from bot.store.ledgers import Ledger
from bot.store.mutes import mutes_in_force, to_mute
from bot.store.subscriptions import all_subscriptions, to_subscription
from bot.store.tables import jobs, notices, watches
from bot.store.views import Views
from bot.store.watches import open_watches, overdue_watches, to_watch


class SqlHandlingStore:
    """`bot.core.ledgers.HandlingStore` for one EM."""

    def __init__(self, database: Database, em: str) -> None:
        self._database = database
        self._em = em

    async def load_mutes(self) -> list[Mute]:
        """Load the mutes in force, oldest first."""
        async with self._database.read_once() as connection:
            return [to_mute(row) for row in await connection.execute(mutes_in_force(self._em))]

    async def load_subscriptions(self) -> list[Subscription]:
        """Load all subscriptions, oldest first."""
        async with self._database.read_once() as connection:
            found = await connection.execute(all_subscriptions(self._em))
            return [to_subscription(row) for row in found]

    async def load_watches_of(self, user_id: str) -> list[Watch]:
        """Load the open watches of one person, oldest first."""
        query = open_watches(self._em, watches.c.user_id == user_id)
        async with self._database.read_once() as connection:
            return [to_watch(row) for row in await connection.execute(query)]

    async def has_overdue_watches(self, watched_before: datetime) -> bool:
        """Whether anybody waits for a session that vanished, or since before then."""
        query = overdue_watches(self._em, watched_before).limit(1)
        async with self._database.read_once() as connection:
            return (await connection.execute(query)).first() is not None

    async def load_jobs(self) -> tuple[KnownJob, ...]:
        """Load how people call all jobs."""
        async with self._database.read_once() as connection:
            return await load_known_jobs(connection, self._em)

    async def load_view(self, incident_id: int) -> IncidentView | None:
        """Load an incident as it is now."""
        async with self._database.read() as connection:
            views = await Views(connection, self._em).load_incidents([incident_id])
            return views[0] if views else None

    async def load_open_incident_of(self, job_uid: str) -> int | None:
        """Name a job's open incident: there is at most one."""
        async with self._database.read() as connection:
            ids = await IncidentLedger(connection, self._em).load_open_incidents_of([job_uid])
            return ids[0] if ids else None


async def load_known_jobs(connection: AsyncConnection, em: str) -> tuple[KnownJob, ...]:
    """Load how people call all jobs, by name."""
    query = select(jobs.c.job_uid, jobs.c.name, jobs.c.backup_server).where(jobs.c.em == em)
    found = await connection.execute(query.order_by(jobs.c.folded_name, jobs.c.job_uid))
    return name_jobs((row.job_uid, row.name, row.backup_server) for row in found)


class GroupLedger(Ledger):
    """Finds what a group's message tells of."""

    async def load_group_members(self, group: str) -> list[int]:
        """Load the ids of the incidents of a group, by its own id or its notice's."""
        is_leader = (notices.c.em == self.em, notices.c.kind == Kind.GROUP.value)
        leaders = select(notices.c.id).where(
            *is_leader, or_(notices.c.id == group, notices.c.subject == group)
        )
        told = await self.connection.execute(
            select(notices.c.subject)
            .where(notices.c.em == self.em, notices.c.told_by.in_(leaders))
            .order_by(notices.c.sequence)
        )
        return [int(subject) for subject in told.scalars()]
