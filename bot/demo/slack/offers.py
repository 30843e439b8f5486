"""What menus with a source of their own have offered to each person who typed in them.

Only what was offered can be chosen: an `external_select` knows no options by itself.
"""

from bot.demo.slack.options import Json
from bot.demo.slack.surfaces import Surface

EXTERNAL = "external_select"


class Offers:
    """The last options of each such menu, by who sees it and where."""

    def __init__(self) -> None:
        self._options: dict[tuple[str, str, str, str], Json] = {}

    def keep(self, surface: Surface, element: Json, block: Json, offered: Json) -> None:
        """Remember what a menu offers now: `options` or `option_groups`."""
        self._options[self._key(surface, element, block)] = offered

    def fill_in(self, surface: Surface, element: Json, block: Json) -> Json:
        """The element with what it has offered, where it is such a menu."""
        if element["type"] != EXTERNAL:
            return element
        return element | self._options.get(self._key(surface, element, block), {"options": []})

    def blocks(self, surface: Surface) -> list[Json]:
        """The blocks of a view, each such menu in an input with what it has offered."""
        return [
            block | {"element": self.fill_in(surface, block["element"], block)}
            if block["type"] == "input"
            else block
            for block in surface.blocks
        ]

    def _key(self, surface: Surface, element: Json, block: Json) -> tuple[str, str, str, str]:
        action_id = str(element.get("action_id", block["block_id"]))
        return surface.user, surface.name, str(block["block_id"]), action_id
