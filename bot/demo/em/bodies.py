"""The bodies that only a broken or hostile server sends; `faults` decides when."""

import asyncio
import contextlib

from aiohttp import web

from bot.demo.em.rendering import NAMESPACE
from bot.demo.em.replies import wants_json
from bot.demo.em.sites import Site

CHUNK = b"a" * 64 * 1024
CHUNKS_A_MEGABYTE = 16

LOGIN_PAGE = """<!DOCTYPE html>
<html><head><title>Sign in</title></head>
<body><form method="post"><input name="user"><input name="password"></form></body></html>
"""

# Ten levels of ten: some ten gigabytes of text, if unfolded.
_LEVELS = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 11))
BOMB = (
    f'<?xml version="1.0"?><!DOCTYPE QueryResult [<!ENTITY e0 "ha">{_LEVELS}]>'
    f'<QueryResult xmlns="{NAMESPACE}"><Entities>&e10;</Entities></QueryResult>'
)
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE QueryResult [<!ENTITY outside SYSTEM "{url}">]>'
    f'<QueryResult xmlns="{NAMESPACE}"><Entities>&outside;</Entities></QueryResult>'
)


async def login_page(request: web.Request) -> web.StreamResponse:
    """What a proxy answers whose user has been logged out."""
    return web.Response(text=LOGIN_PAGE, content_type="text/html")


async def empty(request: web.Request) -> web.StreamResponse:
    """A success without a word, under the Content-Type that was asked for."""
    return web.Response(body=b"", content_type=_asked(request))


async def entity_bomb(request: web.Request) -> web.StreamResponse:
    """Entities upon entities."""
    return web.Response(text=BOMB, content_type="application/xml")


async def external_entity(url: str, request: web.Request) -> web.StreamResponse:
    """An entity from elsewhere."""
    return web.Response(text=EXTERNAL.replace("{url}", url), content_type="application/xml")


async def huge(megabytes: int, request: web.Request) -> web.StreamResponse:
    """One endless value in a body of the right form, as fast as the client takes it."""
    response = web.StreamResponse(headers={"Content-Type": _asked(request)})
    await response.prepare(request)
    opening, closing = (
        (b'{"Refs":"', b'"}')
        if wants_json(request)
        else (f'<QueryResult xmlns="{NAMESPACE}">'.encode(), b"</QueryResult>")
    )
    with contextlib.suppress(ConnectionError):  # a client with a limit hangs up, and is right
        await response.write(opening)
        for _ in range(megabytes * CHUNKS_A_MEGABYTE):
            await response.write(CHUNK)
        await response.write(closing)
        await response.write_eof()
    return response


async def truncate(request: web.Request, response: web.Response) -> web.StreamResponse:
    """The first half, passed off as the whole."""
    body = _body(response)
    response.body = body[: len(body) // 2]
    return response


async def retype(kind: str, request: web.Request, response: web.Response) -> web.StreamResponse:
    """The same body under another name."""
    response.headers["Content-Type"] = kind
    return response


async def relink(
    site: Site, url: str, request: web.Request, response: web.Response
) -> web.StreamResponse:
    """The same body with every link sent elsewhere."""
    response.body = _body(response).replace(site.url.encode(), url.encode())
    return response


async def cut(request: web.Request, response: web.Response) -> web.StreamResponse:
    """Promise the whole body, send half of it, hang up."""
    body = _body(response)
    partial = web.StreamResponse(status=response.status, headers=response.headers)
    partial.content_length = len(body)
    await partial.prepare(request)
    await partial.write(body[: len(body) // 2])
    abort(request)
    return partial


async def trickle(
    every_seconds: float, request: web.Request, response: web.Response
) -> web.StreamResponse:
    """The whole body, one byte at a time."""
    slow = web.StreamResponse(status=response.status, headers=response.headers)
    slow.content_length = len(_body(response))
    await slow.prepare(request)
    with contextlib.suppress(ConnectionError):  # nobody waits for ever, and nobody should
        for byte in _body(response):
            await slow.write(bytes((byte,)))
            await asyncio.sleep(every_seconds)
    return slow


def abort(request: web.Request) -> None:
    """Hang up without a goodbye."""
    if request.transport is not None:
        request.transport.abort()


def _asked(request: web.Request) -> str:
    return "application/json" if wants_json(request) else "application/xml"


def _body(response: web.Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b""
