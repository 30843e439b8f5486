"""Ending a client's TCP connection the ways that networks do."""

import socket
import struct

from aiohttp import web

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def close_quietly(request: web.Request) -> None:
    """End the connection without a response: the client sees the server hang up."""
    if request.transport is not None:
        request.transport.close()


def reset(request: web.Request) -> None:
    """End the connection with RST, as a firewall or a dying host does."""
    if request.transport is None:
        return
    raw = request.transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    request.transport.abort()
