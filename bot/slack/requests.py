"""HTTP mode: Slack's signed requests, from the wire to Bolt (reference §1.4).

Only what Slack itself signed lately, for our workspace, and for the first time gets through.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import Clock as VerifyingClock
from slack_sdk.signature import SignatureVerifier

from bot.slack.clients import CallFailed, Json, SlackCalls
from bot.slack.repeats import Repeats

log = structlog.get_logger(__name__)

LATEST = timedelta(seconds=5)
"""What Slack signed so long before we began to listen, it has given up (reference §1.1: 3 s)."""

_STAMP = re.compile(r"[0-9]{1,12}")
_FORM = "application/x-www-form-urlencoded"
_SSL_CHECK = re.compile(r"(^|&)ssl_check=1(&|$)")
_FINAL = {"x-slack-no-retry": ["1"]}  # reference §1.1: Slack does not send a refused event again
_FOREIGN = "it is of another workspace"


class RequestRefused(Exception):
    """A request that is not answered; `status` is what its sender sees."""

    def __init__(self, why: str, status: int) -> None:
        super().__init__(why)
        self.why = why
        self.status = status


@dataclass(frozen=True, slots=True)
class _SlackClock(VerifyingClock):
    """Slack's own clock: what it signs is judged by it, however wrong this machine's is."""

    calls: SlackCalls

    def now(self) -> float:
        """Tell the seconds since 1970."""
        return self.calls.slack_time(datetime.now(UTC)).timestamp()


class SlackRequests:
    """Listens to Slack behind the bot's web server, which brings the requests to `receive`."""

    def __init__(
        self,
        app: AsyncApp,
        calls: SlackCalls,
        signing_secret: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._calls = calls
        self._clock = _SlackClock(calls)
        self._verifier = SignatureVerifier(signing_secret, self._clock)
        self._monotonic = monotonic
        self._began_at = monotonic()
        self._repeats = Repeats(monotonic)
        self._logged: set[str] = set()

    async def receive(self, body: bytes, headers: Mapping[str, str]) -> BoltResponse:
        """Answer one request; one that is refused is logged once per reason until a good one."""
        try:
            text = body.decode()
            is_form = headers.get("Content-Type", "").startswith(_FORM)
            if is_form and _SSL_CHECK.search(text):
                return BoltResponse(status=200)
            request = AsyncBoltRequest(body=text, headers=self._verified(text, headers))
            await self._check(request.body, headers)
        except RequestRefused as refused:
            return self._refuse(refused)
        except ValueError:  # no text, no JSON: Slack sends neither
            return self._refuse(RequestRefused("it cannot be read", 400))
        self._logged.clear()
        return await self._app.async_dispatch(request)

    def _verified(self, text: str, headers: Mapping[str, str]) -> dict[str, str | Sequence[str]]:
        """Check who signed and when; returns the headers as Bolt takes them."""
        stamp = headers.get("X-Slack-Request-Timestamp", "")
        signature = headers.get("X-Slack-Signature", "")
        is_well_formed = _STAMP.fullmatch(stamp) and signature.isascii()
        if not is_well_formed or not self._verifier.is_valid(text, stamp, signature):
            raise RequestRefused("its signature is missing, wrong or old", 401)
        listening_for = self._monotonic() - self._began_at
        if int(stamp) < self._clock.now() - listening_for - LATEST.total_seconds():
            raise RequestRefused("it was signed before the bot began to listen", 403)
        return dict(headers)

    async def _check(self, body: Json, headers: Mapping[str, str]) -> None:
        """Check for whom and how often; what verifies this address is of no workspace."""
        if body.get("type") == "url_verification":
            return
        try:
            identity = await self._calls.identify()
        except CallFailed as failed:
            raise RequestRefused(f"whose bot this is, Slack does not say: {failed}", 503) from None
        if not identity.team_id or _team_of(body) != identity.team_id:
            raise RequestRefused(_FOREIGN, 403)
        if not self._repeats.is_first(_key_of(body, headers)):
            raise RequestRefused("it was sent before", 403)

    def _refuse(self, refused: RequestRefused) -> BoltResponse:
        if refused.why not in self._logged:
            self._logged.add(refused.why)
            log.warning("slack_request_refused", why=refused.why, fix=_fix_of(refused))
        return BoltResponse(
            status=refused.status,
            body="refused",
            headers={} if refused.status == 503 else dict(_FINAL),
        )


def _team_of(body: Json) -> str:
    """Name the workspace: an event's and a command's own field, or that of what was pressed."""
    team = body.get("team") or {}
    return str(body.get("team_id") or team.get("id") or "")


def _key_of(body: Json, headers: Mapping[str, str]) -> str:
    """Tell one thing that a person did from all others (reference §1.4); "" where nobody minds.

    Slack itself sends events again, so `repeats` drops those where they are acknowledged.
    """
    if body.get("type") in ("event_callback", "block_suggestion"):
        return ""
    if body.get("trigger_id"):
        return str(body["trigger_id"])
    action = (body.get("actions") or [{}])[0]
    if body.get("response_url") and action.get("action_ts"):
        return f"{body['response_url']} {action['action_ts']}"
    return headers.get("X-Slack-Signature", "")


def _fix_of(refused: RequestRefused) -> str:
    if refused.status == 401:
        return "if nobody gets an answer, compare SLACK_SIGNING_SECRET with the app's page"
    return "none: the bot answers its own workspace only" if refused.why == _FOREIGN else "none"
