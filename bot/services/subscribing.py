"""Subscribing: a channel or a person hears of what it asked for, beside the alert channel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from bot.core.audiences import ANY_BAD, Subscription
from bot.core.audits import Audit, Audited, AuditLedger
from bot.core.ledgers import HandlingStore
from bot.core.ports import Clock
from bot.core.selections import (
    Selection,
    count_matching,
    find_unknown,
    idle_patterns,
    parse_selection,
)
from bot.core.targets import SERVER_PREFIX, NoTarget
from bot.core.transactions import PollingStore
from bot.services.auditing import record
from bot.services.telling import Audience

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription in force. `idle` are the globs that match no job yet.

    `job_count` counts the jobs that it covers now; `was_known` that it was there before.
    """

    subscription: Subscription
    job_count: int
    idle: tuple[str, ...] = ()
    was_known: bool = False


@dataclass(frozen=True, slots=True)
class ToldAnyway:
    """The alert channel hears of this without a subscription."""

    is_failed_only: bool


class Subscribing:
    """Keeps who wants to hear of what."""

    def __init__(
        self, polls: PollingStore, store: HandlingStore, audience: Audience, clock: Clock
    ) -> None:
        self._polls = polls
        self._store = store
        self._audience = audience
        self._clock = clock

    async def subscribe(
        self, text: str, channel: str, user_id: str
    ) -> Subscribed | ToldAnyway | NoTarget:
        """Route what a person named to a channel, or to a person by their id."""
        jobs = await self._store.load_jobs()
        selection = parse_selection(text, jobs)
        unknown = find_unknown(selection, jobs)
        if unknown:
            return unknown
        verdicts = selection.verdicts or ANY_BAD
        told = self._audience.verdicts
        if channel == self._audience.channel and verdicts <= told:
            return ToldAnyway(is_failed_only=told != ANY_BAD)
        wanted = Subscription(
            id=0,
            channel=channel,
            verdicts=verdicts,
            patterns=selection.patterns,
            servers=selection.servers,
            subscribed_by=user_id,
            subscribed_at=self._clock(),
        )
        saved, was_known = await self._save(wanted, selection)
        idle = idle_patterns(selection, jobs)
        return Subscribed(saved, count_matching(saved, jobs), idle, was_known)

    async def _save(self, wanted: Subscription, selection: Selection) -> tuple[Subscription, bool]:
        """Keep a subscription once; one to the same jobs only changes its results."""
        async with self._polls.transaction() as ledger:
            of_channel = [
                each for each in await ledger.load_subscriptions() if each.channel == wanted.channel
            ]
            same = next((each for each in of_channel if selection.is_of(each)), None)
            if same and same.verdicts == wanted.verdicts:
                return same, True
            saved = await ledger.save_subscription(replace(wanted, id=same.id if same else 0))
            await self._audit(ledger, Audited.SUBSCRIBE, wanted.subscribed_by, [saved])
        log.info("subscribed", channel=saved.channel, subscription=saved.id)
        return saved, False

    async def unsubscribe(self, text: str, channel: str, user_id: str) -> list[Subscription]:
        """End what was subscribed with these words, or `all`; returns what ended."""
        selection = parse_selection(text, await self._store.load_jobs())
        is_all = selection == Selection()
        async with self._polls.transaction() as ledger:
            ended = [
                each
                for each in await ledger.load_subscriptions()
                if each.channel == channel and (is_all or selection.is_of(each))
            ]
            for each in ended:
                await ledger.delete_subscription(each.id)
            await self._audit(ledger, Audited.UNSUBSCRIBE, user_id, ended)
        log.info("unsubscribed", channel=channel, count=len(ended))
        return ended

    async def unsubscribe_id(
        self, subscription_id: int, channel: str, user_id: str
    ) -> Subscription | None:
        """End one subscription of this channel."""
        async with self._polls.transaction() as ledger:
            for each in await ledger.load_subscriptions():
                if each.id == subscription_id and each.channel == channel:
                    await ledger.delete_subscription(each.id)
                    await self._audit(ledger, Audited.UNSUBSCRIBE, user_id, [each])
                    return each
        return None

    async def _audit(
        self, ledger: AuditLedger, action: Audited, user_id: str, of: Sequence[Subscription]
    ) -> None:
        now = self._clock()
        deeds = [
            Audit(now, user_id, action, each.channel, _describe(each), f"in {each.channel}")
            for each in of
        ]
        await record(ledger, deeds)

    async def list_subscriptions(self, channel: str) -> list[Subscribed]:
        """List what is routed to a channel or a person."""
        jobs = await self._store.load_jobs()
        return [
            Subscribed(each, count_matching(each, jobs))
            for each in await self._store.load_subscriptions()
            if each.channel == channel
        ]


def _describe(subscription: Subscription) -> str:
    """Name what a subscription covers, in the words that make it."""
    servers = [f"{SERVER_PREFIX}{each}" for each in subscription.servers]
    results = [] if subscription.verdicts == ANY_BAD else ["failed"]
    return " ".join([*(subscription.patterns or ["all jobs"]), *servers, *results])
