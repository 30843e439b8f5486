"""How the workspace says no: with Slack's own error codes, HTTP 200 and `ok: false`.

Only rate limits use an HTTP status of their own (reference §1.2).
"""

from collections.abc import Sequence

from bot.demo.slack.options import Json


class SlackRefusal(Exception):
    """A Web API call that Slack answers with `ok: false` and an error code."""

    def __init__(self, error: str, problems: Sequence[str] = (), **fields: object) -> None:
        super().__init__(error)
        self.error = error
        self.problems = list(problems)
        self.fields = fields

    def body(self) -> Json:
        """The JSON that Slack sends; problems are listed as `invalid_blocks` lists them."""
        body: Json = {"ok": False, "error": self.error, **self.fields}
        if self.problems:
            messages = [f"[ERROR] {problem}" for problem in self.problems]
            body |= {"errors": self.problems, "response_metadata": {"messages": messages}}
        return body


class RateLimited(Exception):
    """HTTP 429 with `Retry-After` in whole seconds (reference §1.2)."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"ratelimited, Retry-After {retry_after}")
        self.retry_after = retry_after
