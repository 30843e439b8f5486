"""Reading a Web API request: a form, a query or JSON; the token in its header or beside them.

Slack takes all three; JSON bodies only with the token in the Authorization header.
"""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """What a client asked: arguments without the token, and where the token came from."""

    values: Json
    header_token: str | None
    body_token: str | None

    @property
    def token(self) -> str | None:
        """The token, wherever it was given."""
        return self.header_token or self.body_token

    def required(self, name: str) -> str:
        """An argument that must be there."""
        value = self.values.get(name)
        if value in (None, ""):
            raise SlackRefusal("invalid_arguments", [f"missing required field: {name}"])
        return str(value)

    def text(self, name: str) -> str | None:
        """An argument that may be absent."""
        value = self.values.get(name)
        return None if value in (None, "") else str(value)

    def flag(self, name: str) -> bool:
        """A truth value in any of the spellings that clients send."""
        return str(self.values.get(name, "")).lower() in {"1", "true", "yes"}

    def integer(self, name: str, default: int) -> int:
        """A whole number."""
        value = self.text(name)
        if value is None:
            return default
        if not value.lstrip("-").isdigit():
            raise SlackRefusal("invalid_arguments", [f"must be an integer: {name}"])
        return int(value)


async def read_request(request: web.Request) -> ApiRequest:
    """Parse one call; a body that is not JSON although it says so is refused."""
    values: Json = dict(request.query)
    body_is_json = request.content_type == "application/json"
    if body_is_json:
        values |= _decoded(await request.text())
    elif request.can_read_body:
        values |= await request.post()
    body_token = values.pop("token", None)
    scheme, _, header_token = request.headers.get("Authorization", "").partition(" ")
    return ApiRequest(
        values=values,
        header_token=header_token.strip() if scheme == "Bearer" and header_token else None,
        body_token=None if body_is_json or body_token is None else str(body_token),
    )


def _decoded(body: str) -> dict[str, Any]:
    try:
        decoded = json.loads(body or "{}")
    except ValueError as broken:
        raise SlackRefusal("invalid_json") from broken
    if not isinstance(decoded, dict):
        raise SlackRefusal("json_not_object")
    return decoded
