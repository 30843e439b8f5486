"""`GET /query`: filter, sort, pages, references or entities (reference §9)."""

import math
import re
from typing import Any
from urllib.parse import quote_plus

from bot.demo.em.calls import Answer, Call
from bot.demo.em.catalog import EMPTY_TYPES, MEMBERS, TYPES, Type
from bot.demo.em.filtering import find_property, predicate, sort_rows
from bot.demo.em.grammar import FilterRefused, parse_filter
from bot.demo.em.refusals import bad_request
from bot.demo.em.trees import Element, Links, Value, link, wrapped

# What every sample and recording shows when no pageSize was asked for (reference §9).
DEFAULT_PAGE_SIZE = 100
# Parameters that page links repeat; others are none of the query service's.
ECHOED = ("type", "format", "filter", "sortasc", "sortdesc", "pagesize", "page")


def query(call: Call) -> Answer:
    """Answer a query, or refuse it with 400: the real status of a bad one is unknown (§9)."""
    try:
        return Answer(_result(call))
    except FilterRefused as refused:
        raise bad_request(str(refused)) from refused


def _result(call: Call) -> Element:
    name = call.parameter("type")
    if not name:
        raise bad_request("The query has no 'type'.")
    found = TYPES.get(name.lower())
    if found is None:
        return _nothing(call, name)
    call.require(found.roles)
    rows = _ordered(call, found, _matching(call, found))
    return _page(call, found, rows)


def _nothing(call: Call, name: str) -> Element:
    plural = EMPTY_TYPES.get(name.lower())
    if plural is None:
        raise bad_request(f"The query type '{name}' is not supported.")
    expression = call.parameter("filter")
    if expression is not None:
        parse_filter(expression)
    member = _member(call, plural, [])
    return _query_result(call, member, _paging(call, 1, DEFAULT_PAGE_SIZE, 1))


def _matching(call: Call, found: Type) -> list[Any]:
    rows = list(found.rows(call.site, call.logon))
    expression = call.parameter("filter")
    if expression is None:
        return rows
    without_end = call.site.options.rows_without_end_time
    holds = predicate(parse_filter(expression), found.properties, without_end)
    return [row for row in rows if holds(row)]


def _ordered(call: Call, found: Type, rows: list[Any]) -> list[Any]:
    """Sort by one property, one way; more is not documented (reference §9)."""
    ascending, descending = call.parameter("sortAsc"), call.parameter("sortDesc")
    if ascending and descending:
        raise bad_request("Only one of 'sortAsc' and 'sortDesc' can be used.")
    name = ascending or descending
    if not name:
        return rows
    by = find_property(name, found.properties)
    without_end = call.site.options.rows_without_end_time
    return sort_rows(rows, by, descending=bool(descending), without_end=without_end)


def _page(call: Call, found: Type, rows: list[Any]) -> Element:
    size, number = _positive(call, "pageSize", DEFAULT_PAGE_SIZE), _positive(call, "page", 1)
    pages = max(1, math.ceil(len(rows) / size))
    first = max(0, (number - 1) * (size - call.row_shift))
    shown = rows[first : first + size]
    if call.wants_entity("entities"):
        member = _member(call, found.plural, [found.entity(call.site, row) for row in shown])
    else:
        refs = wrapped("Refs", [found.reference(call.site, row) for row in shown])
        member = {"Refs": refs, "Entities": None}
    return _query_result(call, member, _paging(call, number, size, pages))


def _positive(call: Call, name: str, usual: int) -> int:
    """A page size is above 0 and pages count from 1; a largest size is unknown (reference §9)."""
    asked = call.parameter(name)
    if asked is None:
        return usual
    if not re.fullmatch(r"0*[1-9]\d{0,8}", asked, re.ASCII):
        raise bad_request(f"'{asked}' is not a value for '{name}'.")
    return int(asked)


def _member(call: Call, plural: str, items: list[Element]) -> dict[str, Value]:
    nulls: dict[str, Value] = dict.fromkeys(MEMBERS) if call.site.options.nulls else {}
    members = {**nulls, plural: wrapped(plural, items)}
    return {"Refs": None, "Entities": Element("Entities", fields=members)}


def _query_result(call: Call, member: dict[str, Value], paging: Element) -> Element:
    fields: dict[str, Value] = {**member, "Resources": None, "Links": None, "PagingInfo": paging}
    return Element("QueryResult", fields=fields)


def _paging(call: Call, number: int, size: int, pages: int) -> Element:
    """First and Last always, Previous and Next where there is one; no total (reference §9)."""
    targets = [("First", 1)]
    if number > 1:
        targets.append(("Previous", number - 1))
    if number < pages:
        targets.append(("Next", number + 1))
    targets.append(("Last", pages))
    links = [link(rel, _page_href(call, size, page)) for rel, page in targets]
    attributes = {"PageNum": number, "PageSize": size, "PagesCount": pages}
    return Element("PagingInfo", attributes, {"Links": Links(links)})


def _page_href(call: Call, size: int, page: int) -> str:
    asked = [(key, value) for key, value in call.parameters if key.lower() in ECHOED]
    kept = [(key, value) for key, value in asked if key.lower() not in ("pagesize", "page")]
    pairs = [*kept, ("pageSize", str(size)), ("page", str(page))]
    return call.site.href("query?" + "&".join(f"{key}={_echo(call, v)}" for key, v in pairs))


def _echo(call: Call, value: str) -> str:
    """Lower-case hex up to EM 12, upper-case on 13; spaces as `+` (reference §9)."""
    quoted = quote_plus(value, safe="()!*")
    if call.site.options.json_case == "camel":
        return quoted
    return re.sub("%[0-9A-F]{2}", lambda match: match.group().lower(), quoted)
