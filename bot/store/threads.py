"""Which message begins the thread that a notice's message stands in."""

from bot.core.notices import Notice
from bot.store.notices import NoticeLedger


async def find_root(ledger: NoticeLedger, notice: Notice) -> Notice | None:
    """Find the notice whose message begins the thread of another; None under a message gone.

    A root is its own.
    """
    root = notice
    while above_id := root.parent_id or root.told_by:
        above = (await ledger.load_notices([above_id])).get(above_id)
        if above is None or above.is_closed:
            return None
        root = above
    return root
