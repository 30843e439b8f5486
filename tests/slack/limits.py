"""A strict reader of Slack's limits, from reference §1.5, that shares nothing with the bot."""

import re
from collections.abc import Iterator
from typing import Any

MENTION = re.compile(r"<(?!!date\^\d+\^[^|<>]*\|[^<>]*>|@U\w+>)")
MENTIONS = ("<!channel", "<!here", "<!everyone", "<@", "<#", "<http")


def problems_of(text: str, blocks: list[dict[str, Any]]) -> list[str]:
    """List everything that Slack would refuse, cut or misread in this message."""
    found: list[str] = []
    if not 0 < len(text) <= 4_000:
        found.append(f"text of {len(text)} characters")
    found += [f"text: {each}" for each in mrkdwn_problems(text)]
    if len(blocks) > 50:
        found.append(f"{len(blocks)} blocks")
    if sum(map(len, _strings(blocks))) > 13_000:
        found.append("more than 13,000 characters")
    for index, block in enumerate(blocks):
        found += [f"block {index}: {each}" for each in _block_problems(block)]
    return found


def mrkdwn_problems(text: str) -> list[str]:
    """List what mrkdwn would read as markup that is not ours: our own are dates and one person."""
    found = [
        f"unescaped < before {text[m.start() : m.start() + 20]!r}" for m in MENTION.finditer(text)
    ]
    if re.search(r"&(?!amp;|lt;|gt;)", text):
        found.append("unescaped &")
    return found


def _block_problems(block: dict[str, Any]) -> list[str]:
    match block["type"]:
        case "section":
            accessory = block.get("accessory")
            return _text_problems(block["text"], 3_000) + (
                _control_problems(accessory) if accessory else []
            )
        case "actions":
            ids = [button["action_id"] for button in block["elements"]]
            found = [each for button in block["elements"] for each in _control_problems(button)]
            if not 1 <= len(ids) <= 25:
                found.append(f"{len(ids)} buttons")
            return found + (["an action_id twice"] if len(set(ids)) < len(ids) else [])
        case "rich_text":
            return [each for element in block["elements"] for each in _rich_problems(element)]
        case other:
            return [f"unexpected block {other}"]


def _text_problems(text: dict[str, Any], most: int) -> list[str]:
    found = [] if 0 < len(text["text"]) <= most else [f"{len(text['text'])} characters"]
    return found + (mrkdwn_problems(text["text"]) if text["type"] == "mrkdwn" else [])


def _control_problems(control: dict[str, Any]) -> list[str]:
    if control["type"] == "external_select":
        return _text_problems(control["placeholder"], 150)
    if control["type"] != "static_select":
        return _button_problems(control)
    found = _text_problems(control["placeholder"], 150)
    if not 0 < len(control["options"]) <= 100:
        found.append(f"a menu of {len(control['options'])} options")
    for option in control["options"]:
        found += _text_problems(option["text"], 75)
        if not 0 < len(option["value"]) <= 150:
            found.append(f"option value of {len(option['value'])}")
    return found


def _button_problems(button: dict[str, Any]) -> list[str]:
    found = _text_problems(button["text"], 75)
    if button["text"]["type"] != "plain_text":
        found.append("a button's text must be plain")
    for key, most in (
        ("value", 2_000),
        ("action_id", 255),
        ("url", 3_000),
        ("accessibility_label", 75),
    ):
        if key in button and not 0 < len(button[key]) <= most:
            found.append(f"button {key} of {len(button[key])}")
    return found


def _rich_problems(element: dict[str, Any]) -> list[str]:
    if element["type"] == "rich_text_list":
        found = [] if element["elements"] else ["an empty list"]
        return found + [each for item in element["elements"] for each in _rich_problems(item)]
    return [f"an empty {span['type']}" for span in element["elements"] if span.get("text") == ""]


def _strings(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, str) and key in {"text", "fallback"}:
        yield value
    elif isinstance(value, dict):
        for inner_key, inner in value.items():
            yield from _strings(inner, inner_key)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key)
