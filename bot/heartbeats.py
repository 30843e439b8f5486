"""The dead-man's switch: an address that is called after each good poll (`HEARTBEAT_URL`)."""

import httpx
import structlog

TIMEOUT_SECONDS = 3.0

log = structlog.get_logger()


class HttpHeartbeat:
    """`bot.core.ports.Heartbeat` over HTTP; does nothing without an address."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS) if url else None
        self._is_failing = False

    async def send(self) -> None:
        """Call the address; a failure is logged once, and so is the recovery."""
        if self._client is None:
            return
        try:
            (await self._client.get(self._url)).raise_for_status()
        except httpx.HTTPError as error:
            if not self._is_failing:
                log.warning("heartbeat_failed", cause=type(error).__name__)
            self._is_failing = True
            return
        if self._is_failing:
            log.info("heartbeat_recovered")
        self._is_failing = False

    async def close(self) -> None:
        """Close the connection."""
        if self._client:
            await self._client.aclose()
