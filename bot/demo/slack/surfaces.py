"""Where people find buttons and menus: in a message, in their Home tab, in an open modal."""

from dataclasses import dataclass

from bot.demo.slack.messages import Message
from bot.demo.slack.options import Json


@dataclass(frozen=True, slots=True)
class Surface:
    """A message, or a view, as one person has it before them."""

    seen: Message | Json
    user: str

    @property
    def blocks(self) -> list[Json]:
        """Its blocks, those of a message's attachments included."""
        if not isinstance(self.seen, Message):
            return list(self.seen["blocks"])
        inner = (one.get("blocks", []) for one in self.seen.attachments)
        return [*self.seen.blocks, *(block for blocks in inner for block in blocks)]

    def within(self, block_id: str | None) -> list[Json]:
        """One block of it, or all: action ids may stand in several blocks."""
        return [one for one in self.blocks if block_id in {None, one["block_id"]}]

    @property
    def name(self) -> str:
        """By what it is found: a message's channel and timestamp, or a view's id."""
        if isinstance(self.seen, Message):
            return f"{self.seen.channel} {self.seen.ts}"
        return str(self.seen["id"])
