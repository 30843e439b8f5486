"""Which channels and people want to hear of what."""

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Select, delete, select

from bot.core.audiences import Subscription
from bot.core.sessions import Verdict
from bot.store.ledgers import Ledger
from bot.store.tables import subscriptions


class SubscriptionLedger(Ledger):
    """The subscriptions' part of `bot.core.transactions.PollingTransaction`."""

    async def load_subscriptions(self) -> list[Subscription]:
        """Load all subscriptions, oldest first."""
        found = await self.connection.execute(all_subscriptions(self.em))
        return [to_subscription(row) for row in found]

    async def save_subscription(self, subscription: Subscription) -> Subscription:
        """Insert (id 0) or replace a subscription."""
        saved_id = await self.keep_row(subscriptions, subscription.id, _values(subscription))
        return replace(subscription, id=saved_id)

    async def delete_subscription(self, subscription_id: int) -> None:
        """Forget a subscription."""
        await self.connection.execute(
            delete(subscriptions).where(
                subscriptions.c.em == self.em, subscriptions.c.id == subscription_id
            )
        )


def all_subscriptions(em: str) -> Select[Any]:
    """Select the subscriptions, oldest first."""
    return select(subscriptions).where(subscriptions.c.em == em).order_by(subscriptions.c.id)


def _values(subscription: Subscription) -> dict[str, Any]:
    return {
        "channel": subscription.channel,
        "patterns": json.dumps(subscription.patterns),
        "servers": json.dumps(subscription.servers),
        "verdicts": json.dumps(sorted(subscription.verdicts)),
        "subscribed_by": subscription.subscribed_by,
        "subscribed_at": subscription.subscribed_at,
    }


def to_subscription(row: Row[Any]) -> Subscription:
    """Read a subscription."""
    return Subscription(
        id=row.id,
        channel=row.channel,
        verdicts=frozenset(map(Verdict, json.loads(row.verdicts))),
        patterns=tuple(json.loads(row.patterns)),
        servers=tuple(json.loads(row.servers)),
        subscribed_by=row.subscribed_by,
        subscribed_at=row.subscribed_at,
    )
