"""How payloads reach the app: by its sockets, or as signed requests where it has a request URL."""

from dataclasses import dataclass

from bot.demo.slack.options import Json
from bot.demo.slack.sockets import Ack, Kind, Sockets
from bot.demo.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Missed:
    """A payload that was not acknowledged: what its person reads, and why it may be sent again."""

    error: str
    reason: str
    is_final: bool = False


class Deliveries:
    """Sends each payload once, the way that this app listens."""

    def __init__(self, workspace: Workspace, sockets: Sockets) -> None:
        self._workspace = workspace
        self._sockets = sockets

    async def deliver(
        self, kind: Kind, payload: Json, *, accepts: bool = False, **extra: object
    ) -> Ack | Missed:
        """Send a payload; its acknowledgement, if it comes within 3 s (reference §1.1)."""
        is_heard = bool(self._sockets.connections)
        ack = await self._sockets.deliver(kind, payload, accepts=accepts, **extra)
        if ack is not None:
            return ack
        return Missed("operation_timeout" if is_heard else "dispatch_failed", "timeout")
