"""What people can press or choose in a message, and how a test names it."""

from collections.abc import Iterator

from bot.demo.slack.messages import Message
from bot.demo.slack.options import Json

MENUS = {"static_select", "overflow"}


def widgets_of(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every interactive element of these blocks with the block that holds it."""
    for block in blocks:
        elements = block.get("elements", []) if block["type"] == "actions" else []
        for element in [block.get("accessory"), block.get("element"), *elements]:
            if isinstance(element, dict):
                yield element, block


def options_of(element: Json) -> list[Json]:
    """The options of a menu, those in groups included."""
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(one for group in groups for one in group["options"])]


def find_button(message: Message, action_id: str | None, text: str | None) -> tuple[Json, Json]:
    """The button with this action id, or beginning with it, or with this text on it."""
    buttons = [pair for pair in widgets_of(message.blocks) if pair[0]["type"] == "button"]
    for element, block in buttons:
        if action_id is not None and element.get("action_id") == action_id:
            return element, block
    for element, block in buttons:
        given_id, label = str(element.get("action_id", "")), str(element["text"]["text"])
        if action_id is not None and given_id.startswith(action_id):
            return element, block
        if text is not None and text in label:
            return element, block
    labels = [(element.get("action_id"), element["text"]["text"]) for element, _ in buttons]
    raise LookupError(f"no button {action_id or text!r} in this message; it has {labels}")


def find_menu(message: Message, action_id: str) -> tuple[Json, Json]:
    """The select or overflow menu with this action id, or the first that begins with it."""
    menus = [pair for pair in widgets_of(message.blocks) if pair[0]["type"] in MENUS]
    for element, block in menus:
        if element.get("action_id") == action_id:
            return element, block
    for element, block in menus:
        if str(element.get("action_id", "")).startswith(action_id):
            return element, block
    ids = [element.get("action_id") for element, _ in menus]
    raise LookupError(f"no menu {action_id!r} in this message; it has {ids}")


def find_option(element: Json, value: str | None, text: str | None = None) -> Json:
    """The option of a menu with this value, or with this text."""
    options = options_of(element)
    for option in options:
        if option.get("value") == value and value is not None:
            return option
    for option in options:
        if text is not None and text in option["text"]["text"]:
            return option
    offered = [(option.get("value"), option["text"]["text"]) for option in options]
    raise LookupError(f"no option {value or text!r} in this menu; it has {offered}")


def chosen(option: Json) -> Json:
    """An option as payloads name it."""
    return {key: option[key] for key in ("text", "value", "description") if key in option}
