"""Collecting: has EM fetch news from a backup server now, because its own copy may be old."""

from dataclasses import dataclass
from datetime import timedelta

from bot.core.actions import KnownServer, ServerCollection, TaskEnd, TaskOutcome
from bot.core.audits import Audit, Audited
from bot.core.ledgers import ActingStore
from bot.core.ports import ActionSource, Clock
from bot.core.references import nearest_names
from bot.core.targets import SERVER_PREFIX, NoTarget
from bot.core.transactions import PollingStore
from bot.errors import EnterpriseManagerError, OrderUnclear
from bot.services.auditing import record

AT_MOST_EVERY = timedelta(minutes=5)
"""A collection burdens all backup servers, and leaves a system session in each (reference §14)."""


@dataclass(frozen=True, slots=True)
class Collected:
    """EM was asked; `end` says what it made of it."""

    server: KnownServer
    end: TaskEnd


@dataclass(frozen=True, slots=True)
class CollectedLately:
    """It was asked for a moment ago, and may be again `after` that long."""

    server: KnownServer
    last: ServerCollection
    after: timedelta


class Collecting:
    """Asks EM to collect, at most once per backup server in 5 minutes."""

    def __init__(
        self, source: ActionSource, polls: PollingStore, store: ActingStore, clock: Clock
    ) -> None:
        self._source = source
        self._polls = polls
        self._store = store
        self._clock = clock

    async def collect(self, said: str, user_id: str) -> Collected | CollectedLately | NoTarget:
        """Collect from the backup server that a person named, or the only one there is.

        Raises `EnterpriseManagerError`; but for `OrderUnclear` nothing was collected then.
        """
        server = _find(said, await self._store.load_servers())
        if isinstance(server, NoTarget):
            return server
        wanted = ServerCollection(server.uid, self._clock(), user_id)
        last = await self._begin(wanted, server)
        if last:
            return CollectedLately(server, last, last.asked_at + AT_MOST_EVERY - wanted.asked_at)
        try:
            end = await self._source.collect(server.uid)
        except OrderUnclear as error:
            end = TaskEnd(TaskOutcome.UNCLEAR, error.said)
        except EnterpriseManagerError as error:
            await self._end(wanted, server, f"refused: {error.said}", is_begun=False)
            raise
        is_begun = end.outcome is not TaskOutcome.REFUSED
        words = f"{end.outcome.value}: {end.message}" if end.message else end.outcome.value
        await self._end(wanted, server, words, is_begun=is_begun)
        return Collected(server, end)

    async def _begin(
        self, wanted: ServerCollection, server: KnownServer
    ) -> ServerCollection | None:
        """Keep who asks, unless somebody did lately; returns that one's."""
        async with self._polls.transaction() as ledger:
            last = await ledger.load_collection(wanted.server_uid)
            # A clock that was set back must not forbid it for long.
            since = abs(wanted.asked_at - last.asked_at) if last else AT_MOST_EVERY
            if last and since < AT_MOST_EVERY:
                return last
            await ledger.save_collection(wanted)
            await record(ledger, [_deed(wanted, server, "asked")])
        return None

    async def _end(
        self, wanted: ServerCollection, server: KnownServer, outcome: str, *, is_begun: bool
    ) -> None:
        async with self._polls.transaction() as ledger:
            if not is_begun:
                await ledger.delete_collection(wanted)
            await record(ledger, [_deed(wanted, server, outcome)])


def _deed(wanted: ServerCollection, server: KnownServer, outcome: str) -> Audit:
    return Audit(
        at=wanted.asked_at,
        user_id=wanted.asked_by,
        action=Audited.COLLECT,
        subject=server.uid,
        subject_name=server.name,
        outcome=outcome,
    )


def _find(said: str, servers: tuple[KnownServer, ...]) -> KnownServer | NoTarget:
    """Find a backup server by its name or EM's id; without words, the only one there is."""
    name = said.strip().removeprefix(SERVER_PREFIX).strip().casefold()
    found = [each for each in servers if name in (each.name.casefold(), each.uid.casefold())]
    if not name and len(servers) == 1:
        found = list(servers)
    if len(found) == 1:
        return found[0]
    names = [each.name for each in servers]
    return NoTarget(said, nearest_names(said, names) or tuple(names[:5]), is_ambiguous=not name)
