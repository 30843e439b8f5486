"""Who somebody is in this workspace, as far as Slack tells: a guest, a member, an operator."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from bot.core.permissions import Role
from bot.slack.clients import CallFailed, SlackCalls
from bot.slack.layout import USER_GROUP

BELIEVED_FOR = timedelta(minutes=5)
"""How long Slack's word on a user or a user group holds."""

MOST_REMEMBERED = 10_000  # people: a large company's on-call staff many times over

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What Slack said, and when by a clock that nobody sets."""

    people: frozenset[str]
    at: float


@dataclass(slots=True)
class Roles:
    """Knows who may do more than others; `operators` are ids of users and user groups.

    Where Slack does not say who is in a group, what it said last holds, and if it never did, nobody
    is; where it does not say whether somebody is a guest, they are a member.
    """

    calls: SlackCalls
    operators: frozenset[str] = frozenset()
    monotonic: Callable[[], float] = time.monotonic
    _heard: dict[str, _Heard] = field(default_factory=dict, init=False)

    async def of(self, user_id: str) -> Role:
        """Tell what somebody is."""
        if await self._is_operator(user_id):
            return Role.OPERATOR
        is_guest = user_id in await self._ask(f"guest {user_id}", user_id, self._find_guest)
        return Role.GUEST if is_guest else Role.MEMBER

    async def _is_operator(self, user_id: str) -> bool:
        if user_id in self.operators:
            return True
        for group in sorted(self.operators):
            is_group = group.startswith(USER_GROUP)
            if is_group and user_id in await self._ask(group, group, self._list_members):
                return True
        return False

    async def _ask(
        self, key: str, asked: str, ask: Callable[[str], Awaitable[frozenset[str]]]
    ) -> frozenset[str]:
        known, now = self._heard.get(key), self.monotonic()
        if known and now - known.at < BELIEVED_FOR.total_seconds():
            return known.people
        try:
            people = await ask(asked)
        except CallFailed as failed:
            log.warning("role_not_told", asked=asked, error=failed.code)
            return known.people if known else frozenset()
        if len(self._heard) >= MOST_REMEMBERED:
            self._heard.clear()
        self._heard[key] = _Heard(people, now)
        return people

    async def _find_guest(self, user_id: str) -> frozenset[str]:
        """Ask about one person; returns them if they are a guest."""
        user = (await self.calls.call("users.info", user=user_id)).get("user") or {}
        is_guest = user.get("is_restricted") or user.get("is_ultra_restricted")
        return frozenset({user_id} if is_guest else ())

    async def _list_members(self, group: str) -> frozenset[str]:
        listed = await self.calls.call("usergroups.users.list", usergroup=group)
        return frozenset(map(str, listed.get("users") or ()))
