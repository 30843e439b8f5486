"""The use cases that people start themselves, on a bench."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from bot.core.answers import Candidates, SessionAnswer, Unknown
from bot.core.incidents import Incident
from bot.core.notices import PostedMessage
from bot.core.ports import ActionSource
from bot.core.sessions import Session
from bot.services.acknowledging import Acknowledging
from bot.services.acting import Acting
from bot.services.auditing import Auditing
from bot.services.collecting import Collecting
from bot.services.handling import Handling
from bot.services.muting import Muting
from bot.services.subscribing import Subscribing
from bot.services.watching import Finding, Watching
from bot.store.actions import SqlActingStore
from bot.store.audits import SqlAuditStore
from bot.store.handling import SqlHandlingStore
from tests.builders import NOW, a_session
from tests.services.bench import Bench
from tests.services.ordering import FakeActionSource

ANA, BO = "UANA", "UBO"
ZONE = ZoneInfo("Europe/Berlin")


@dataclass
class FakeFinding:
    """EM as a test wants it asked."""

    found: SessionAnswer | Candidates | Unknown = field(
        default_factory=lambda: Unknown("", "nothing")
    )

    async def find(self, text: str) -> SessionAnswer | Candidates | Unknown:
        return self.found

    def runs(self, session: Session) -> None:
        self.found = SessionAnswer(session, tasks=None)


def a_handling(
    bench: Bench, finding: Finding, zone: ZoneInfo = ZONE, source: ActionSource | None = None
) -> Handling:
    polls, store = bench.polls, SqlHandlingStore(bench.database, bench.em)
    acts, orders = SqlActingStore(bench.database, bench.em), source or FakeActionSource()
    common = (polls, store, bench.audience, bench.clock)

    def wake() -> None:
        """Nothing is delivered here."""

    return Handling(
        Acknowledging(*common, wake),
        Muting(*common, zone, wake),
        Subscribing(*common),
        Watching(polls, store, finding, bench.clock, wake),
        Acting(orders, polls, acts, store, bench.audience, bench.clock, wake),
        Collecting(orders, polls, acts, bench.clock),
        Auditing(SqlAuditStore(bench.database, bench.em)),
    )


async def an_open_incident(bench: Bench, **changes: object) -> Incident:
    """A job has just failed, and that is promised to be told."""
    await bench.report(a_session(NOW, **changes))
    return (await bench.incidents())[-1]


async def post_all(bench: Bench) -> None:
    """Let Slack have what is promised and not told by a group."""
    for number, notice in enumerate(await bench.notices(), start=1):
        if not notice.told_by and not notice.is_posted:
            message = PostedMessage("C1", f"{number}.0", notice.wanted_revision)
            await bench.deliveries.record_posted(notice.id, message, bench.clock())
