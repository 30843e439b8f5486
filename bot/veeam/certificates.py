"""Decides whether the server is really EM: by a CA, the system's trust or a fingerprint.

EM's certificate is self-signed by default (reference §2, TLS), so a pinned fingerprint is checked
within each TLS handshake, before a byte of any request is written.
"""

import asyncio
import contextlib
import hashlib
import re
import ssl

from bot.errors import SettingsWrong
from bot.veeam.addresses import Address

PROBE_TIMEOUT = 3.0
"""Seconds for the look at a certificate that was not trusted; it only improves an error text."""


class FingerprintDiffers(ssl.SSLCertVerificationError):
    """The server shows another certificate than the pinned one."""

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected certificate {expected}, but the server shows {seen}")
        self.expected = expected
        self.seen = seen


def build_ssl_context(ca_file: str | None, fingerprint: str | None) -> ssl.SSLContext:
    """Make what judges the server's certificate; raises `SettingsWrong`. A fingerprint wins."""
    if fingerprint:
        return _build_pinned_context(parse_fingerprint(fingerprint))
    if not ca_file:
        return ssl.create_default_context()
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        problem = f"VEEAM_CA_FILE: {ca_file} is no readable file of PEM certificates ({error})"
        raise SettingsWrong((problem,)) from error
    # The file may hold EM's own self-signed certificate, which lacks what a CA's must have.
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    return context


def parse_fingerprint(text: str) -> str:
    """Bring a SHA-256 into one form, `AB:CD:…`; raises `SettingsWrong`."""
    digits = re.sub(r"[\s:]", "", text).upper()
    if not re.fullmatch(r"[0-9A-F]{64}", digits):
        problem = "is no SHA-256 fingerprint; write its 64 hex digits, with or without colons"
        raise SettingsWrong((f"VEEAM_FINGERPRINT: {text!r} {problem}",))
    return _with_colons(digits)


def fingerprint_of(certificate: bytes | None) -> str:
    """Compute the SHA-256 fingerprint of a certificate in DER form."""
    return _with_colons(hashlib.sha256(certificate or b"").hexdigest().upper())


async def fetch_fingerprint(address: Address) -> str | None:
    """Look at the server's certificate on a connection of its own, over which nothing is sent."""
    context = _build_trusting_context()
    try:
        async with asyncio.timeout(PROBE_TIMEOUT):
            _, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
    except OSError:
        return None
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return fingerprint_of(shown)


def find_certificate_error(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """Find the refusal of a certificate among the causes of an error."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error
        error = error.__cause__ or error.__context__
    return None


def _build_trusting_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _build_pinned_context(expected: str) -> ssl.SSLContext:
    class PinnedConnection(ssl.SSLObject):
        """Ends the handshake with an error unless the certificate is the expected one."""

        def do_handshake(self) -> None:
            super().do_handshake()
            seen = fingerprint_of(self.getpeercert(binary_form=True))
            if seen != expected:
                raise FingerprintDiffers(expected, seen)

    context = _build_trusting_context()
    context.sslobject_class = PinnedConnection
    return context


def _with_colons(digits: str) -> str:
    return ":".join(digits[i : i + 2] for i in range(0, len(digits), 2))
