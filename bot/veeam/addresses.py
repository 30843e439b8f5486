"""Where Enterprise Manager is: understands what people write as `VEEAM_URL`."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from bot.errors import SettingsWrong

DEFAULT_PORT = 9398
"""EM's HTTPS port (reference §2); it stands in where the URL names none."""

EXAMPLE = "write it like https://em.example.com:9398"


@dataclass(frozen=True, slots=True)
class Address:
    """Scheme, host and port of one EM; everything else of its URLs is fixed."""

    scheme: str
    host: str
    port: int

    @property
    def name(self) -> str:
        """What identifies this EM for ever: `host:port` in lower case."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """The URL without a path."""
        return f"{self.scheme}://{self.name}"


def parse_address(url: str) -> Address:
    """Understand a URL with or without `/api` and trailing slash; raises `SettingsWrong`."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or DEFAULT_PORT
    except ValueError as error:
        raise _wrong(url, "is not a URL") from error
    host = (parts.hostname or "").lower()
    _check(url, parts, host)
    return Address(parts.scheme, host, port)


def _check(url: str, parts: SplitResult, host: str) -> None:
    if parts.scheme not in ("https", "http") or not host:
        raise _wrong(url, "is not an https URL")
    if parts.username is not None:
        raise SettingsWrong((f"VEEAM_URL: holds a user name or password; {EXAMPLE}",))
    if parts.path.rstrip("/") not in ("", "/api") or parts.query or parts.fragment:
        raise _wrong(url, "has a path that is not Enterprise Manager's")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise _wrong(url, "would send the password unencrypted")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wrong(url: str, why: str) -> SettingsWrong:
    return SettingsWrong((f"VEEAM_URL: {url!r} {why}; {EXAMPLE}",))
