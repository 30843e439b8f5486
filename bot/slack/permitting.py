"""The one place where a command or a button is let through, or told why not."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from bot.core.permissions import IN_VEEAM, LEAST, Deed, Role, may
from bot.slack.documents import Document, Line, Mention, Part, Person, joined, paragraph
from bot.slack.layout import USER_GROUP
from bot.slack.responding import Asker, Response
from bot.slack.roles import Roles

OFF = (
    "Nothing in Veeam can be touched through me here: ACTIONS is off. Use the Veeam console, or "
    "ask whoever runs me to set ACTIONS=on."
)
NOBODY = (
    "Nobody may do that yet: I know no operators. Whoever runs me can set OPERATORS to the ids of "
    "Slack users or user groups."
)
NOT_OPERATOR = "Only operators may do that. Ask one of them: "
GUEST = "Guests may ask me things, but not do this: ask a member of this workspace."
SHOWN = 10  # operators named to one who is none

log = structlog.get_logger(__name__)

_Answer = TypeVar("_Answer", Response, Response | None)


@dataclass(frozen=True, slots=True)
class Permitting:
    """Checks every deed by `bot.core.permissions`; `acts` is false where ACTIONS=off."""

    roles: Roles
    acts: bool = True

    @property
    def offers_actions(self) -> bool:
        """Whether buttons that reach into Veeam are shown at all."""
        return self.acts and bool(self.roles.operators)

    async def is_allowed(self, user_id: str, deed: Deed) -> bool:
        """Whether somebody may do it; Slack is asked only where that decides."""
        if may(Role.GUEST, deed, acts=self.acts):
            return True
        if not may(Role.OPERATOR, deed, acts=self.acts):
            return False
        return may(await self.roles.of(user_id), deed, acts=self.acts)

    async def let(
        self, asker: Asker, deed: Deed, work: Coroutine[Any, Any, _Answer]
    ) -> _Answer | Response:
        """Do the work if this person may have it done, or say why not."""
        try:
            if not await self.is_allowed(asker.user_id, deed):
                log.info("deed_refused", user_id=asker.user_id, deed=deed.value)
                return Response(self._refusal(deed))
            return await work
        finally:
            work.close()

    def _refusal(self, deed: Deed) -> Document:
        if deed in IN_VEEAM and not self.acts:
            return _said((OFF,))
        if LEAST[deed] is Role.MEMBER:
            return _said((GUEST,))
        if not self.roles.operators:
            return _said((NOBODY,))
        named: list[Line] = [_name(each) for each in sorted(self.roles.operators)[:SHOWN]]
        return _said((NOT_OPERATOR, *joined(named, ", ")))


def _name(operator: str) -> Line:
    """Name an operator; the answer is seen by the asker alone, so that nobody is called by it."""
    return (Mention(operator) if operator.startswith(USER_GROUP) else Person(operator),)


def _said(line: Line) -> Document:
    parts: tuple[Part, ...] = (paragraph(line),)
    return Document(line, parts)
