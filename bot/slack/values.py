"""What a press carries: the value of a button, or of the option that was chosen in a menu."""

from bot.slack.clients import Json


def value_of(body: Json) -> str:
    """Read it from a payload; "" where there is none."""
    action = (body.get("actions") or [{}])[0]
    chosen = action.get("selected_option") or action
    return str(chosen.get("value") or "")
