"""Open modals: what each person has before them, what they typed, and what they are told."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.demo.slack.inputs import state_of
from bot.demo.slack.options import Json


@dataclass(slots=True)
class Modal:
    """A view that is open for one person.

    `state` is what stands in its inputs, `errors` what is said below them by block id, `problem`
    what Slack itself says when an app has failed its user.
    """

    view: Json
    user: str
    state: Json = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    problem: str | None = None

    def show(self, view: Json) -> None:
        """Put another version of the view in its place; equal inputs keep what was typed."""
        self.view, self.errors, self.problem = view, {}, None
        self.state = state_of(view["blocks"], self.state)

    def as_json(self) -> Json:
        """The view as payloads and the Web API tell it."""
        return {**self.view, "state": {"values": self.state}}


class Modals:
    """The modals of a workspace, one for each person."""

    def __init__(self) -> None:
        self._open: dict[str, Modal] = {}

    def __iter__(self) -> Iterator[Modal]:
        return iter(list(self._open.values()))

    def open(self, user: str, view: Json) -> Modal:
        """Show a view to a person, in place of what they had."""
        modal = Modal(view, user)
        modal.show(view)
        self._open[user] = modal
        return modal

    def close(self, modal: Modal) -> None:
        """Take a modal away, unless there is another one by now."""
        if self._open.get(modal.user) is modal:
            del self._open[modal.user]

    def find(self, view_id: str) -> Modal | None:
        """The open modal with this id."""
        return next((one for one in self if one.view["id"] == view_id), None)

    def find_external(self, external_id: str) -> Modal | None:
        """The open modal with this id of the app's own."""
        return next((one for one in self if one.view["external_id"] == external_id), None)
