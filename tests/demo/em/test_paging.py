"""Pages of a query: sizes, links, counts, and rows that move between them (reference §9)."""

from dataclasses import replace
from typing import Any

import pytest

from bot.demo.em import EnterpriseManager
from tests.demo.em.visitors import Visitor


@pytest.fixture
def five(em: EnterpriseManager) -> list[str]:
    """The UIDs of five sessions."""
    job = em.world.add_job("SQL Replica", em.world.add_server("vbr01"))
    return [em.world.add_session(job).uid for _ in range(5)]


async def page(visitor: Visitor, more: str) -> tuple[list[str], dict[str, Any]]:
    found = await visitor.json(f"query?type=ReplicaJobSession&format=Entities{more}")
    rows = found["Entities"]["ReplicaJobSessions"]["ReplicaJobSessions"]
    return [row["UID"] for row in rows], found["PagingInfo"]


async def test_without_a_size_a_page_has_a_hundred_rows(
    em: EnterpriseManager, watcher: Visitor, five: list[str]
) -> None:
    job = next(iter(em.world.jobs.values()))
    for _ in range(100):
        em.world.add_session(job)
    uids, paging = await page(watcher, "")
    assert len(uids) == 100
    assert (paging["PageNum"], paging["PageSize"], paging["PagesCount"]) == (1, 100, 2)


@pytest.mark.parametrize(
    ("number", "rels"),
    [
        (1, ["First", "Next", "Last"]),
        (2, ["First", "Previous", "Next", "Last"]),
        (3, ["First", "Previous", "Last"]),
    ],
)
async def test_first_and_last_are_always_there_previous_and_next_where_they_lead(
    watcher: Visitor, five: list[str], number: int, rels: list[str]
) -> None:
    _, paging = await page(watcher, f"&pageSize=2&page={number}")
    assert [link["Rel"] for link in paging["Links"]] == rels


async def test_following_next_gives_every_row_once(watcher: Visitor, five: list[str]) -> None:
    seen: list[str] = []
    path: str | None = "query?type=ReplicaJobSession&format=Entities&pageSize=2&sortAsc=UID"
    while path:
        found = await watcher.json(path)
        rows = found["Entities"]["ReplicaJobSessions"]["ReplicaJobSessions"]
        seen += [row["UID"] for row in rows]
        links = {link["Rel"]: link["Href"] for link in found["PagingInfo"]["Links"]}
        path = links["Next"].partition("/api/")[2] if "Next" in links else None
    assert seen == sorted(five)


async def test_an_empty_result_is_one_page_of_an_empty_list(watcher: Visitor) -> None:
    uids, paging = await page(watcher, "")
    assert (uids, paging["PagesCount"]) == ([], 1)
    assert [link["Rel"] for link in paging["Links"]] == ["First", "Last"]


async def test_there_is_no_total_count(watcher: Visitor, five: list[str]) -> None:
    _, paging = await page(watcher, "")
    assert set(paging) == {"PageNum", "PageSize", "PagesCount", "Links"}


@pytest.mark.parametrize(
    ("case", "echo"),
    [("pascal", "JobName%3d%3d%22a+b%22"), ("camel", "JobName%3D%3D%22a+b%22")],
)
async def test_links_echo_the_filter_in_the_hex_of_their_version(
    em: EnterpriseManager, watcher: Visitor, case: str, echo: str
) -> None:
    em.options = replace(em.options, json_case=case)  # type: ignore[arg-type]
    response = await watcher.ask("query?type=ReplicaJobSession&filter=JobName==%22a%20b%22")
    assert f"filter={echo}&amp;pageSize=100&amp;page=1" in response.text


async def test_a_page_behind_the_last_is_empty(watcher: Visitor, five: list[str]) -> None:
    assert (await page(watcher, "&pageSize=2&page=9"))[0] == []


async def test_rows_that_shift_are_seen_twice(
    em: EnterpriseManager, watcher: Visitor, five: list[str]
) -> None:
    em.faults.shift_rows(1, times=None)
    first, _ = await page(watcher, "&pageSize=2&page=1&sortAsc=UID")
    second, _ = await page(watcher, "&pageSize=2&page=2&sortAsc=UID")
    assert first + second == [*sorted(five)[:2], *sorted(five)[1:3]]


async def test_rows_that_shift_the_other_way_are_skipped(
    em: EnterpriseManager, watcher: Visitor, five: list[str]
) -> None:
    em.faults.shift_rows(-1, times=None)
    second, _ = await page(watcher, "&pageSize=2&page=2&sortAsc=UID")
    assert second == sorted(five)[3:5]
