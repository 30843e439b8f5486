"""What people have asked of the bot, as a transaction keeps it and as answers read it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.core.actions import JobAction, KnownServer, ServerCollection
from bot.core.audiences import Subscription
from bot.core.facts import VmSet
from bot.core.findings import Check, Finding
from bot.core.mutes import Mute
from bot.core.targets import KnownJob
from bot.core.views import IncidentView
from bot.core.watches import Watch


class HandlingLedger(Protocol):
    """The part of `bot.core.transactions.PollingTransaction` that people's wishes are kept in."""

    async def load_mutes(self) -> list[Mute]:
        """Load the mutes in force, oldest first; one is in force until its end is recorded."""

    async def save_mute(self, mute: Mute) -> Mute:
        """Insert (id 0) or replace a mute."""

    async def load_subscriptions(self) -> list[Subscription]:
        """Load all subscriptions, oldest first."""

    async def save_subscription(self, subscription: Subscription) -> Subscription:
        """Insert (id 0) or replace a subscription."""

    async def delete_subscription(self, subscription_id: int) -> None:
        """Forget a subscription."""

    async def load_watches(
        self, session_uids: Collection[str], job_uids: Collection[str]
    ) -> list[Watch]:
        """Load the open watches on these sessions, and on the next session of these jobs."""

    async def load_watches_of(self, user_id: str) -> list[Watch]:
        """Load the open watches of one person, oldest first."""

    async def save_watch(self, watch: Watch) -> Watch:
        """Insert (id 0) or replace a watch."""

    async def load_overdue_watches(self, watched_before: datetime) -> list[Watch]:
        """Load the open watches on sessions that vanished, and those that are older than this."""

    async def load_group_members(self, group: str) -> list[int]:
        """Load the ids of the incidents of a group, by its own id or its notice's."""


class HandlingStore(Protocol):
    """What answers about people's wishes read, without waiting for a writer."""

    async def load_mutes(self) -> list[Mute]:
        """Load the mutes in force, oldest first."""

    async def load_subscriptions(self) -> list[Subscription]:
        """Load all subscriptions, oldest first."""

    async def load_watches_of(self, user_id: str) -> list[Watch]:
        """Load the open watches of one person, oldest first."""

    async def has_overdue_watches(self, watched_before: datetime) -> bool:
        """Whether anybody waits for a session that vanished, or since before then."""

    async def load_jobs(self) -> tuple[KnownJob, ...]:
        """Load how people call all jobs."""

    async def load_view(self, incident_id: int) -> IncidentView | None:
        """Load an incident as it is now."""

    async def load_open_incident_of(self, job_uid: str) -> int | None:
        """Name a job's open incident."""


class ActingLedger(Protocol):
    """The part of `bot.core.transactions.PollingTransaction` that actions are kept in."""

    async def load_actions_of(self, job_uid: str) -> list[JobAction]:
        """Load the actions on a job of which something is still to be told, oldest first."""

    async def load_open_actions(self) -> list[JobAction]:
        """Load all actions of which something is still to be told, oldest first."""

    async def save_action(self, action: JobAction) -> JobAction:
        """Insert (id 0) or replace an action."""

    async def load_run_after(self, job_uid: str, after_at: datetime) -> str:
        """Name the first session of a job that was created after then; "" if there is none yet."""

    async def is_run_over(self, session_uid: str) -> bool:
        """Whether a session has ended, or nobody can say any more how it does."""

    async def load_collection(self, server_uid: str) -> ServerCollection | None:
        """Load when EM was last asked to collect from a backup server, and by whom."""

    async def save_collection(self, collection: ServerCollection) -> None:
        """Insert or replace that."""

    async def delete_collection(self, collection: ServerCollection) -> None:
        """Forget it, unless it was asked for again since."""


class ActingStore(Protocol):
    """What answers about actions read, without waiting for a writer."""

    async def has_open_actions(self) -> bool:
        """Whether anything is still to be told of an action."""

    async def load_servers(self) -> tuple[KnownServer, ...]:
        """Load the backup servers whose sessions were seen, by name."""


class FindingLedger(Protocol):
    """The part of `bot.core.transactions.PollingTransaction` that findings are kept in."""

    async def load_open_findings(self) -> list[Finding]:
        """Load the findings that have not ended, oldest first."""

    async def load_told_findings(
        self, check: Check, backup_server: str, since: datetime
    ) -> list[Finding]:
        """Load what was found of one kind on one server since then, and told."""

    async def load_findings_of(self, told_with: int) -> list[Finding]:
        """Load all findings of one message, oldest first."""

    async def load_held_findings(self, mute: Mute) -> list[Finding]:
        """Load the findings of which a mute has held news back, oldest first."""

    async def save_findings(self, findings: Sequence[Finding]) -> list[Finding]:
        """Insert (id 0) or replace findings."""

    async def save_vm_sets(self, vm_sets: Mapping[str, VmSet]) -> None:
        """Keep what the last green runs of these jobs held."""
