"""Turns a reply that is no answer into the error that says what to do next (reference §10, §11).

EM's own message is shown, whatever form it comes in; its stack traces and whole pages are not.
"""

import html
import re
from http import HTTPStatus

from pydantic import ValidationError

from bot.errors import (
    EnterpriseManagerBusy,
    EnterpriseManagerError,
    LogonRefused,
    NotAllowed,
    NotFound,
    UnexpectedReply,
)
from bot.veeam import wire
from bot.veeam.decoding import Undecodable, decode
from bot.veeam.replies import Reply

MAX_MESSAGE = 300
"""Characters of EM's message that people are shown."""

KINDS: dict[int, tuple[type[EnterpriseManagerError], str, str]] = {
    HTTPStatus.NO_CONTENT: (
        NotFound,
        "Enterprise Manager has no such thing",
        "It keeps sessions for 30 days; check the id.",
    ),
    HTTPStatus.UNAUTHORIZED: (
        LogonRefused,
        "Enterprise Manager does not accept the account",
        "Check VEEAM_USERNAME and VEEAM_PASSWORD; the account needs a role in"
        " Enterprise Manager, Portal User is enough.",
    ),
    HTTPStatus.FORBIDDEN: (
        NotAllowed,
        "the account has no right to it",
        "Sessions need the role Portal User, jobs and actions Portal Administrator.",
    ),
    HTTPStatus.NOT_FOUND: (
        NotFound,
        "Enterprise Manager has no such thing",
        "It keeps sessions for 30 days; check the id.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        EnterpriseManagerBusy,
        "Enterprise Manager answers 503, it is overloaded or in maintenance",
        "The bot asks again by itself.",
    ),
}
"""Per status: the error, what to say where EM says nothing, and a hint."""

OTHER_HINT = (
    "Check that VEEAM_URL leads to Enterprise Manager's REST API (port 9398) and see its logs."
)


def refusal(reply: Reply, asked: str) -> EnterpriseManagerError:
    """Make the error for a reply whose status is not the wanted one."""
    kind, otherwise, hint = KINDS.get(
        reply.status, (UnexpectedReply, describe_status(reply.status), OTHER_HINT)
    )
    said = message_in(reply)
    if said and kind is UnexpectedReply:
        said = f"{describe_status(reply.status)}, {said}"
    return kind(asked, said or otherwise, hint)


def unexpected(reply: Reply, asked: str, why: str) -> UnexpectedReply:
    """Make the error for a reply with the wanted status whose body is no answer."""
    return UnexpectedReply(asked, describe_page(reply) or why, OTHER_HINT)


def message_in(reply: Reply) -> str:
    """Find EM's own words in an error reply; empty if there are none."""
    page = describe_page(reply)
    if page:
        return page
    try:
        error = wire.ErrorBody.model_validate(decode(reply.media_type, reply.body))
    except (Undecodable, ValidationError):
        return ""
    return shorten(error.message or error.first_chance_message or "")


def describe_page(reply: Reply) -> str:
    """Sum up a web page, which EM's API never sends: a proxy or a login page does."""
    if reply.media_type not in ("text/html", "application/xhtml+xml"):
        return ""
    head = reply.body[:8192].decode("utf-8", "replace")
    title = re.search(r"<title[^>]*>([^<]*)", head, re.IGNORECASE)
    named = f' titled "{shorten(html.unescape(title[1]))}"' if title else ""
    return f"a web page came back{named} (a proxy or login page?)"


def describe_status(status: int) -> str:
    """Say the status in words; redirects are not followed, they could lead to another host."""
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"it answers {status}, a redirect, which the bot does not follow"
    return f"it answers {status}"


def shorten(text: str) -> str:
    """Make one short line of a message, without its full stop."""
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 1] + "…"
