"""What people do with an open modal: submit it or close it.

An acknowledgement without a payload closes it; `response_action` shows errors, clears, or puts
another view in its place. Anything else is an error in the face of the person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.demo.slack.deliveries import Deliveries
from bot.demo.slack.inputs import fill, input_ids, objections
from bot.demo.slack.modals import Modal
from bot.demo.slack.options import Json
from bot.demo.slack.payloads import Payloads
from bot.demo.slack.refusals import SlackRefusal
from bot.demo.slack.sockets import Ack
from bot.demo.slack.surfaces import Surface
from bot.demo.slack.views import read_modal, stored_view
from bot.demo.slack.workspace import Workspace

INVALID_ANSWER = "invalid_response_action"


@dataclass(frozen=True, slots=True)
class SubmitResult:
    """What became of a modal: `is_open` with `errors` by block id, or with Slack's own `error`.

    `payload` is None when Slack's client found something missing and sent nothing.
    """

    acked: bool
    ack_seconds: float | None
    error: str | None
    is_open: bool
    errors: dict[str, str] = field(default_factory=dict)
    payload: Json | None = None


class Submissions:
    """Turns what people do with modals into envelopes, and shows what comes back."""

    def __init__(self, workspace: Workspace, deliveries: Deliveries, payloads: Payloads) -> None:
        self._workspace = workspace
        self._deliveries = deliveries
        self._payloads = payloads

    async def submit(self, view_id: str, values: Mapping[str, Any]) -> SubmitResult:
        """Fill in inputs, by action id or block id, and submit; the others stay as they are."""
        modal = self._modal(view_id)
        if not modal.view["submit"]:
            raise LookupError(f"the view {view_id} has no button to submit it")
        blocks = modal.view["blocks"]
        self.fill(view_id, values)
        modal.errors, modal.problem = objections(blocks, modal.state), None
        if modal.errors:
            self._workspace.changes.ring()
            return SubmitResult(False, None, None, True, modal.errors)
        return await self._send(modal)

    def fill(self, view_id: str, values: Mapping[str, Any]) -> None:
        """Type and choose in an open modal without submitting it."""
        modal = self._modal(view_id)
        surface = Surface(modal.view, modal.user)
        modal.state = fill(self._workspace.offers.blocks(surface), modal.state, values)

    async def close(self, view_id: str) -> bool:
        """Close a modal without submitting; whether the app was told and acknowledged."""
        modal = self._modal(view_id)
        self._workspace.modals.close(modal)
        self._workspace.changes.ring()
        if not modal.view["notify_on_close"]:
            return False
        payload = self._payloads.closing(modal)
        return isinstance(await self._deliveries.deliver("interactive", payload), Ack)

    def _modal(self, view_id: str) -> Modal:
        modal = self._workspace.modals.find(view_id)
        if modal is None:
            raise LookupError(f"there is no open view {view_id}")
        return modal

    async def _send(self, modal: Modal) -> SubmitResult:
        payload = self._payloads.submission(modal)
        ack = await self._deliveries.deliver("interactive", payload, accepts=True)
        is_acked = isinstance(ack, Ack)
        if isinstance(ack, Ack):
            modal.problem = self._follow(modal, ack.payload or {})
        else:
            modal.problem = ack.error
        self._workspace.changes.ring()
        return SubmitResult(
            acked=is_acked,
            ack_seconds=ack.seconds if isinstance(ack, Ack) else None,
            error=modal.problem,
            is_open=self._workspace.modals.find(modal.view["id"]) is not None,
            errors=modal.errors,
            payload=payload,
        )

    def _follow(self, modal: Modal, answer: Json) -> str | None:
        """Do what an acknowledgement says; what the person is told when it makes no sense."""
        action = answer.get("response_action")
        if not answer or action == "clear":
            self._workspace.modals.close(modal)
            return None
        if action == "errors":
            return self._show_errors(modal, answer.get("errors"))
        return self._replace(modal, answer.get("view")) if action == "update" else INVALID_ANSWER

    def _show_errors(self, modal: Modal, errors: object) -> str | None:
        """Errors stand below inputs; those that name no input block are the person's error."""
        if not isinstance(errors, dict) or set(errors) - input_ids(modal.view["blocks"]):
            return INVALID_ANSWER
        modal.errors = {str(block_id): str(text) for block_id, text in errors.items()}
        return None

    def _replace(self, modal: Modal, value: object) -> str | None:
        try:
            view = read_modal(self._workspace, value)
        except SlackRefusal as refusal:
            return refusal.error
        modal.show(stored_view(self._workspace, view, modal.view["id"]))
        return None
