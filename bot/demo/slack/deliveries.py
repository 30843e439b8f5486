"""How payloads reach the app: by its sockets, or as signed requests where it has a request URL."""

from bot.demo.slack.missed import Missed
from bot.demo.slack.options import Json
from bot.demo.slack.signed_requests import SignedRequests
from bot.demo.slack.sockets import Ack, Kind, Sockets
from bot.demo.slack.workspace import Workspace


class Deliveries:
    """Sends each payload once, the way that this app listens."""

    def __init__(self, workspace: Workspace, sockets: Sockets, requests: SignedRequests) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._requests = requests

    async def deliver(
        self, kind: Kind, payload: Json, *, accepts: bool = False, **extra: object
    ) -> Ack | Missed:
        """Send a payload; its acknowledgement, if it comes within 3 s (reference §1.1)."""
        if self._workspace.options.http_url is not None:
            return await self._requests.deliver(kind, payload, **extra)
        is_heard = bool(self._sockets.connections)
        ack = await self._sockets.deliver(kind, payload, accepts=accepts, **extra)
        if ack is not None:
            return ack
        return Missed("operation_timeout" if is_heard else "dispatch_failed", "timeout")

    async def redeliver(self) -> Ack | None:
        """Send the last envelope, or the last event over HTTP, once more."""
        if self._workspace.options.http_url is None:
            return await self._sockets.redeliver()
        ack = await self._requests.redeliver()
        return ack if isinstance(ack, Ack) else None
