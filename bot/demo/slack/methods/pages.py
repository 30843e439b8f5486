"""Cursors: an answer in pages, each with the address of the next (`response_metadata`)."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

from bot.demo.slack.methods.context import Context
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal

T = TypeVar("T")
MOST = 999  # reference §1.8: "max 999 per page"
DEFAULT = 100


def page_size(context: Context, most: int = MOST) -> int:
    """The `limit` of a call; outside 1 to 999 it is refused, above `most` cut down."""
    size = context.request.integer("limit", min(DEFAULT, most))
    if not 1 <= size <= MOST:
        raise SlackRefusal("invalid_limit")
    return min(size, most)


def cut(
    context: Context, rows: Sequence[T], keys: Sequence[float], name: str, size: int
) -> tuple[list[T], Json]:
    """One page of rows and what the answer says about the next one.

    `keys` are the rows' places, rising. A cursor names the last place that was given, so rows that
    come or go between two pages neither repeat nor hide the others.
    """
    cursor = context.request.text("cursor")
    start = 0 if cursor is None else bisect_right(keys, _place(cursor, name))
    end = min(start + size, len(rows))
    more = end < len(rows)
    following = base64.b64encode(f"{name}:{keys[end - 1]!r}".encode()).decode() if more else ""
    return list(rows[start:end]), {"response_metadata": {"next_cursor": following}}


def _place(cursor: str, name: str) -> float:
    try:
        given, _, place = base64.b64decode(cursor, validate=True).decode().rpartition(":")
        if given == name:
            return float(place)
    except (binascii.Error, ValueError) as broken:
        raise SlackRefusal("invalid_cursor") from broken
    raise SlackRefusal("invalid_cursor")
