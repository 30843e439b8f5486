"""What people can press or choose in a message or a view, and how a test names it."""

from collections.abc import Iterator, Sequence

from bot.demo.slack.options import Json

TAKES_OPTION = {"static_select", "external_select", "radio_buttons", "overflow"}
TAKES_OPTIONS = {"multi_static_select", "checkboxes"}
TAKES_WORD = {
    "datepicker": "date",
    "timepicker": "time",
    "users_select": "user",
    "conversations_select": "conversation",
}
CHOOSABLE = {*TAKES_OPTION, *TAKES_OPTIONS, *TAKES_WORD}
"""Everything but buttons and text: what a person chooses in."""


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


def find_button(blocks: list[Json], action_id: str | None, text: str | None) -> tuple[Json, Json]:
    """The button with this action id, or beginning with it, or with this text on it."""
    buttons = [pair for pair in widgets_of(blocks) if pair[0]["type"] == "button"]
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
    raise LookupError(f"no button {action_id or text!r} here; there are {labels}")


def find_menu(blocks: list[Json], action_id: str) -> tuple[Json, Json]:
    """The widget to choose in with this action id, or the first that begins with it."""
    menus = [pair for pair in widgets_of(blocks) if pair[0]["type"] in CHOOSABLE]
    for element, block in menus:
        if element.get("action_id") == action_id:
            return element, block
    for element, block in menus:
        if str(element.get("action_id", "")).startswith(action_id):
            return element, block
    ids = [element.get("action_id") for element, _ in menus]
    raise LookupError(f"no menu {action_id!r} here; there are {ids}")


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


def chosen_in(element: Json, value: str | Sequence[str] | None, text: str | None = None) -> Json:
    """What a payload says was chosen in a widget: one option, several, or a word."""
    kind = element["type"]
    if kind in TAKES_OPTIONS:
        values = [value] if isinstance(value, str) else value or []
        return {"selected_options": [chosen(find_option(element, one)) for one in values]}
    word = None if value is None else str(value)
    if kind in TAKES_OPTION:
        return {"selected_option": chosen(find_option(element, word, text))}
    return {f"selected_{TAKES_WORD[kind]}": word}


def chosen(option: Json) -> Json:
    """An option as payloads name it."""
    return {key: option[key] for key in ("text", "value", "description") if key in option}
