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


def issue_certificates(folder: Path, host: str) -> Certificates:
    """Make a CA, write it to the folder, and issue a certificate for this machine and `host`."""
    authority = trustme.CA()
    issued = authority.issue_cert(*dict.fromkeys((*NAMES, host)))
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    der = ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())
    return Certificates(ca_file, hashlib.sha256(der).hexdigest(), context)
