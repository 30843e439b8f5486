"""Who may log on, the logons that are open, and what each role may do (reference §3, §13)."""

import base64
import binascii
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from uuid import uuid4

from bot.demo.em.actions import Task
from bot.demo.em.refusals import Refusal

TOKEN = "X-RestSvcSessionId"  # noqa: S105 — the name of a header
CHALLENGE = "Basic Realm=RestSvc"
# API 1.4 and older are not supported any more (reference §2).
VERSIONS = ("v1_5", "v1_6", "v1_7")


class Role(Enum):
    """The roles that matter here, a column each of the table in reference §13."""

    PORTAL_ADMINISTRATOR = "Portal Administrator"
    PORTAL_USER = "Portal User"
    VM_RESTORE_OPERATOR = "VM Restore Operator"


ADMINISTRATORS = frozenset({Role.PORTAL_ADMINISTRATOR})
USERS = ADMINISTRATORS | {Role.PORTAL_USER}
EVERYBODY = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Account:
    """An account that EM knows."""

    username: str
    password: str = field(repr=False)
    role: Role


@dataclass(eq=False)
class Logon:
    """One open logon; REST tasks live and die with it (reference §8)."""

    account: Account
    used_at: float
    id: str = field(default_factory=lambda: str(uuid4()))
    tasks: dict[str, Task] = field(default_factory=dict)

    @property
    def token(self) -> str:
        """Base64 of the GUID: one of the forms seen, and clients compute it (reference §3)."""
        return base64.b64encode(self.id.encode()).decode()


class Logons:
    """Opens, finds and ends logons."""

    def __init__(
        self, accounts: tuple[Account, ...], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.idle_seconds = 900.0
        self.count = 0
        self._accounts = accounts
        self._clock = clock
        self._open: dict[str, Logon] = {}

    def open(self, authorization: str | None, version: str | None) -> Logon:
        """Log on with Basic credentials, in a version that is supported."""
        account = self._account_of(authorization)
        if version not in (None, "latest", *VERSIONS):
            raise Refusal(
                HTTPStatus.BAD_REQUEST, f"API version '{version}' is not supported."
            )  # reference §2
        logon = Logon(account, self._clock())
        self._open[logon.token] = logon
        self.count += 1
        return logon

    def find(self, headers: Mapping[str, str]) -> Logon:
        """The logon of a request: a cookie beats the header, even a stale one (reference §3)."""
        logon = self.peek(headers)
        if logon is None:
            raise Refusal(
                HTTPStatus.UNAUTHORIZED, "The logon session does not exist or has expired."
            )  # reference §3, §10
        logon.used_at = self._clock()
        return logon

    def peek(self, headers: Mapping[str, str]) -> Logon | None:
        """The logon of a request, if it has one, without counting as use."""
        self._expire()
        token = _cookie(headers.get("Cookie", "")) or headers.get(TOKEN)
        return self._open.get(token or "")

    def listed_for(self, logon: Logon) -> list[Logon]:
        """The open logons: all for an administrator, else those of the same account.

        Whether EM hides the others is unknown; their ids are as good as tokens (reference §3).
        """
        self._expire()
        admin = logon.account.role in ADMINISTRATORS
        return [row for row in self._open.values() if admin or row.account is logon.account]

    def close(self, logon: Logon) -> None:
        """Log off."""
        del self._open[logon.token]

    def close_all(self) -> None:
        """Forget every logon, as a restart of the service does."""
        self._open.clear()

    def _expire(self) -> None:
        # An idle logon ends without a word; there is no other limit (reference §3).
        oldest = self._clock() - self.idle_seconds
        self._open = {token: row for token, row in self._open.items() if row.used_at > oldest}

    def _account_of(self, authorization: str | None) -> Account:
        username, password = _credentials(authorization or "")
        for account in self._accounts:
            if _windows_name(account.username) == _windows_name(username) and hmac.compare_digest(
                account.password.encode(), password.encode()
            ):
                return account
        raise Refusal(
            HTTPStatus.UNAUTHORIZED, "The user name or password is incorrect"
        )  # reference §3; wording of §11


def _credentials(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    username, _, password = text.partition(":")
    return username, password


def _windows_name(username: str) -> str:
    """Windows minds no case, and takes `user@domain` for `DOMAIN\\user`."""
    name, at, domain = username.lower().rpartition("@")
    return f"{domain}\\{name}" if at else username.lower()


def _cookie(header: str) -> str | None:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return next((value for name, _, value in pairs if name == TOKEN), None)
