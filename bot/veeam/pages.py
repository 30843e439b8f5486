"""Reads a query page by page, with the next page on its way while this one is worked on.

Pages are no snapshot (reference §9): rows may shift between them, so the reader de-duplicates.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from bot.errors import UnexpectedReply
from bot.veeam import wire
from bot.veeam.conversations import Conversation
from bot.veeam.filters import Query

HINT = "Check for a proxy that drops parts of the URL, and Enterprise Manager's version."

Row = TypeVar("Row", bound=wire.Reference)
Pick = Callable[[wire.Entities], list[Row]]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page; `is_last` as EM's PagingInfo says."""

    rows: list[Row]
    number: int
    is_last: bool
    server_time: datetime | None


async def iter_pages(
    conversation: Conversation, query: Query, pick: Pick[Row], asked: str
) -> AsyncGenerator[Page[Row], None]:
    """Yield page after page; raises `UnexpectedReply` if EM repeats itself without end."""
    upcoming = _start(conversation, query, pick, asked, 1)
    previous: Page[Row] | None = None
    try:
        while True:
            page = await upcoming
            if previous is not None:
                _check_progress(previous, page, asked)
            if not page.is_last:
                upcoming = _start(conversation, query, pick, asked, page.number + 1)
                await asyncio.sleep(0)  # lets the request leave before this page is worked on
            yield page
            if page.is_last:
                return
            previous = page
    finally:
        upcoming.cancel()
        await asyncio.gather(upcoming, return_exceptions=True)


async def fetch_page(
    conversation: Conversation, query: Query, pick: Pick[Row], asked: str, number: int = 1
) -> Page[Row]:
    """Get one page."""
    answer = await conversation.ask(query.path(number), asked, wire.QueryResult)
    result = answer.content
    if result.refs and result.entities is None:
        raise UnexpectedReply(asked, "the answer holds references where entities were asked", HINT)
    rows = pick(result.entities) if result.entities else []
    is_last = not rows or not has_more(result.paging, number)
    if result.paging and rows and result.paging.number not in (None, number):
        said = f"page {number} was asked for, page {result.paging.number} came"
        raise UnexpectedReply(asked, said, HINT)
    return Page(rows, number, is_last, answer.server_time)


def has_more(paging: wire.PagingInfo | None, number: int) -> bool:
    """Whether there is a page after this one: by the count or by a link `Next` (reference §9)."""
    if paging is None:
        return False
    has_next = any(link.rel == "Next" for link in paging.links)
    return has_next or (paging.count or 0) > number


def _start(
    conversation: Conversation, query: Query, pick: Pick[Row], asked: str, number: int
) -> asyncio.Task[Page[Row]]:
    return asyncio.create_task(fetch_page(conversation, query, pick, asked, number))


def _check_progress(previous: Page[Row], page: Page[Row], asked: str) -> None:
    """Refuse a server that pages for ever; a short last page may hold but shifted rows."""
    known = {row.uid for row in previous.rows}
    if page.rows and not page.is_last and all(row.uid in known for row in page.rows):
        said = f"page {page.number} holds nothing but what page {previous.number} held"
        raise UnexpectedReply(asked, said, HINT)
