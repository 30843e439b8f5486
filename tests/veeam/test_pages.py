"""Lists are read page by page until EM says that it was the last, never for ever (reference §9)."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence

import pytest
from aiohttp import web

from bot.core.ports import SessionPage
from bot.errors import EnterpriseManagerBusy, UnexpectedReply
from bot.veeam.client import EnterpriseManagerClient
from tests.veeam.servers import Handler, Server, in_turn, reply

Paging = dict[str, object] | None


def a_page(uids: Sequence[str], paging: Paging = None) -> Handler:
    rows = [{"UID": uid, "State": "Working"} for uid in uids]
    body = {"Entities": {"ReplicaJobSessions": {"ReplicaJobSessions": rows}}, "PagingInfo": paging}
    return reply(json.dumps(body))


def counted(number: int, count: int) -> Paging:
    return {"PageNum": number, "PageSize": 2, "PagesCount": count, "Links": None}


def linked(*rels: str) -> Paging:
    return {"Links": [{"Rel": rel, "Href": "https://evil.example/api/query"} for rel in rels]}


async def read(client: EnterpriseManagerClient) -> list[SessionPage]:
    return [page async for page in client.iter_running()]


async def test_pages_are_read_to_the_last_by_their_count(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = in_turn(
        a_page("ab", counted(1, 3)), a_page("cd", counted(2, 3)), a_page("e", counted(3, 3))
    )
    pages = await read(client)
    assert [page.number for page in pages] == [1, 2, 3]
    assert [page.is_last for page in pages] == [False, False, True]
    assert [each.query["page"] for each in server.asked("GET")] == ["1", "2", "3"]
    assert "".join(row.uid[-1] for page in pages for row in page.sessions) == "abcde"
    assert pages[0].server_time is not None


async def test_a_next_link_means_more_but_its_address_is_not_used(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = in_turn(
        a_page("a", linked("First", "Next", "Last")), a_page("b", linked("First", "Last"))
    )
    assert len(await read(client)) == 2
    assert server.requests[-1].query["page"] == "2"


@pytest.mark.parametrize("paging", [None, counted(1, 1), {"PagesCount": None}, linked("Last")])
async def test_one_page_is_one_request(
    server: Server, client: EnterpriseManagerClient, paging: Paging
) -> None:
    server.answer = a_page("ab", paging)
    assert [page.is_last for page in await read(client)] == [True]
    assert len(server.asked("GET")) == 1


async def test_an_empty_page_ends_the_list_whatever_the_count_says(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = in_turn(a_page("ab", counted(1, 9)), a_page("", counted(2, 9)))
    assert len(await read(client)) == 2


async def test_an_empty_list_is_one_empty_page(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = reply('{"entities": null, "refs": null, "pagingInfo": {"pagesCount": 1}}')
    assert [page.sessions for page in await read(client)] == [()]


async def test_a_last_page_of_shifted_rows_is_ordinary(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = in_turn(a_page("ab", counted(1, 2)), a_page("b", counted(2, 2)))
    assert len(await read(client)) == 2


async def test_a_server_that_ignores_the_page_is_found_out(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = a_page("ab", counted(1, 9))
    with pytest.raises(UnexpectedReply, match="page 2 was asked for, page 1 came"):
        await read(client)
    assert len(server.asked("GET")) == 2


async def test_a_server_that_repeats_its_rows_is_found_out(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = a_page("ab", linked("Next"))
    with pytest.raises(UnexpectedReply, match="nothing but what page 1 held"):
        await read(client)
    assert len(server.asked("GET")) <= 3


async def test_rows_that_shift_to_the_next_page_are_ordinary(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = in_turn(a_page("ab", counted(1, 2)), a_page("bc", counted(2, 2)))
    assert len(await read(client)) == 2


async def test_references_instead_of_entities_are_no_empty_list(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = reply('{"Refs": {"Refs": [{"UID": "a"}]}, "Entities": null}')
    with pytest.raises(UnexpectedReply, match="references where entities"):
        await read(client)


async def test_an_error_on_a_later_page_comes_after_the_pages_before_it(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = in_turn(a_page("ab", counted(1, 2)), reply(status=503))
    pages = client.iter_running()
    assert (await anext(pages)).number == 1
    with pytest.raises(EnterpriseManagerBusy, match="list the running sessions"):
        await anext(pages)


async def test_the_next_page_is_on_its_way_while_this_one_is_worked_on(
    server: Server, client: EnterpriseManagerClient
) -> None:
    asked = asyncio.Event()
    second = a_page("cd", counted(2, 2))

    async def tell(request: web.Request) -> web.StreamResponse:
        asked.set()
        return await second(request)

    server.answer = in_turn(a_page("ab", counted(1, 2)), tell)
    async for page in client.iter_running():
        if page.number == 1:
            await asyncio.wait_for(asked.wait(), timeout=5)


async def test_who_stops_early_leaves_nothing_behind(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = in_turn(a_page("ab", counted(1, 3)), a_page("cd", counted(2, 3)))
    pages = client.iter_running()
    await anext(pages)
    assert isinstance(pages, AsyncGenerator)
    await pages.aclose()
    assert not [task for task in asyncio.all_tasks() if "fetch_page" in repr(task)]


async def test_a_large_page_is_decoded_off_the_loop(
    server: Server, client: EnterpriseManagerClient
) -> None:
    server.answer = a_page([f"{number:0400d}" for number in range(2000)], counted(1, 1))
    assert len((await read(client))[0].sessions) == 2000
