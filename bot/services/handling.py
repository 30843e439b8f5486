"""What people may do about alerts, for whoever lets them: one value instead of seven."""

from dataclasses import dataclass

from bot.services.acknowledging import Acknowledging
from bot.services.acting import Acting
from bot.services.auditing import Auditing
from bot.services.collecting import Collecting
from bot.services.muting import Muting
from bot.services.subscribing import Subscribing
from bot.services.watching import Watching


@dataclass(frozen=True, slots=True)
class Handling:
    """The use cases that people start themselves."""

    acknowledging: Acknowledging
    muting: Muting
    subscribing: Subscribing
    watching: Watching
    acting: Acting
    collecting: Collecting
    auditing: Auditing

    async def keep(self) -> None:
        """End the mutes and watches whose time is over."""
        await self.muting.end_due()
        await self.watching.end_overdue()
