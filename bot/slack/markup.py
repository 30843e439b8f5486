"""Slack's mrkdwn: what must be escaped in it, and how it writes a moment (reference §1.6)."""

import re
from datetime import UTC, datetime

DATE_FORMAT = "{date_short_pretty} {time}"
"""Slack's tokens for a moment; every reader sees their own zone (DESIGN §6)."""

_LOOKALIKES = {"*": "∗", "_": "＿", "~": "∼", "`": "ˋ"}
_HARMLESS = re.compile(r"[^&<>*_~`]*")
_EVERY_MARK = re.compile(r"[*~`]|(?<![^\W_])_|_(?![^\W_])")


def escape(text: str) -> str:
    """Escape exactly what Slack wants escaped, in the order it wants."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def neutral(text: str) -> str:
    """Make text from outside harmless in mrkdwn: no mention, no link, no formatting.

    Formatting characters cannot be escaped there (reference §1.6), so those that could start or
    end a format become their look-alikes; one inside a word (`DC_Replica`) has no effect and stays.
    """
    if _HARMLESS.fullmatch(text):
        return text
    return _EVERY_MARK.sub(lambda found: _LOOKALIKES[found[0]], escape(text))


def moment(at: datetime) -> str:
    """Write a moment as a date token with its fallback in UTC."""
    return f"<!date^{int(at.timestamp())}^{DATE_FORMAT}|{utc(at)}>"


def utc(at: datetime) -> str:
    """Write a moment for those who cannot see date tokens: exports and old notifications."""
    return f"{at.astimezone(UTC):%a %Y-%m-%d %H:%M} UTC"
