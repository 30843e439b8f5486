"""A reply of EM, read to its end within limits."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from bot.errors import UnexpectedReply
from bot.veeam.fields import read_moment

MAX_BODY_BYTES = 20 * 1024 * 1024
"""A page of 100 sessions is about 150 KB; more than this is not EM, or would fill the memory."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What EM answered, read to its end. The body and the headers never show in a log."""

    status: int
    media_type: str
    server_time: datetime | None
    body: bytes = field(repr=False)
    headers: httpx.Headers = field(repr=False)


async def read_reply(response: httpx.Response, asked: str) -> Reply:
    """Read a reply; raises `UnexpectedReply` before more than the limit is in memory."""
    encoding = response.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise _unreadable(asked, f"the answer is compressed ({encoding}), which was not asked for")
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_BODY_BYTES:
        raise _too_large(asked)
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _too_large(asked)
    headers = response.headers
    return Reply(
        status=response.status_code,
        media_type=headers.get("content-type", "").partition(";")[0].strip().lower(),
        server_time=_parse_date(headers.get("date", "")),
        body=bytes(body),
        headers=headers,
    )


def _parse_date(text: str) -> datetime | None:
    try:
        return read_moment(parsedate_to_datetime(text).replace(tzinfo=UTC).isoformat())
    except (ValueError, OverflowError):
        return None


def _too_large(asked: str) -> UnexpectedReply:
    limit = f"{MAX_BODY_BYTES // 1024**2} MiB"
    return _unreadable(asked, f"the answer is larger than the limit of {limit}")


def _unreadable(asked: str, said: str) -> UnexpectedReply:
    return UnexpectedReply(
        asked, said, "Check that VEEAM_URL leads to Enterprise Manager itself, not to a proxy."
    )
