"""A certificate authority of our own and a server certificate, as EM's is self-signed by default.

Reference §2: clients need a CA bundle or a pinned fingerprint.
"""

import hashlib
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import trustme

NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificates:
    """What the server shows and what a client needs to trust it."""

    ca_file: Path
    fingerprint: str
    context: ssl.SSLContext = field(repr=False)


class Authority:
    """A CA that issues certificates for this machine and `host`; its own is in the folder."""

    def __init__(self, folder: Path, host: str, number: int = 1) -> None:
        self._folder, self._host, self._number = folder, host, number
        self._ca = trustme.CA()
        self._ca_file = folder / f"ca-{number}.pem"
        self._ca.cert_pem.write_to_path(str(self._ca_file))

    def issue(self) -> Certificates:
        """Issue one more certificate."""
        issued = self._ca.issue_cert(*dict.fromkeys((*NAMES, self._host)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.configure_cert(context)
        der = ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())
        return Certificates(self._ca_file, hashlib.sha256(der).hexdigest(), context)

    def succeeded_by_another(self) -> "Authority":
        """Make another CA that knows nothing of this one."""
        return Authority(self._folder, self._host, self._number + 1)
