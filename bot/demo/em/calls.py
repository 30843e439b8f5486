"""One request as the resources see it, and the answer they give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from bot.demo.em.logons import Logon, Role
from bot.demo.em.refusals import Refusal, bad_request
from bot.demo.em.sites import Site
from bot.demo.em.trees import Element


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has found its resource. `ids` are the variable parts of the path."""

    site: Site
    path: str
    ids: tuple[str, ...]
    parameters: Sequence[tuple[str, str]]
    authorization: str | None = None
    open_logon: Logon | None = None
    row_shift: int = 0

    @property
    def logon(self) -> Logon:
        """The logon of an authenticated call."""
        if self.open_logon is None:
            raise LookupError("this call needs no logon, so it has none")
        return self.open_logon

    def parameter(self, name: str) -> str | None:
        """A query parameter by its name in any case, the first if it came twice."""
        wanted = name.lower()
        return next((value for key, value in self.parameters if key.lower() == wanted), None)

    def wants_entity(self, word: str = "entity") -> bool:
        """`?format=Entity` on resources, `Entities` on queries; no other value (reference §4)."""
        asked = self.parameter("format")
        if asked is not None and asked.lower() != word:
            raise bad_request(f"The format '{asked}' is not supported here.")
        return asked is not None

    def require(self, roles: frozenset[Role]) -> None:
        """403 unless the role has the right (reference §10, §13)."""
        if self.logon.account.role not in roles:
            raise Refusal(HTTPStatus.FORBIDDEN, "Access denied")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resource answers with; without a tree there is no body."""

    tree: Element | None
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
