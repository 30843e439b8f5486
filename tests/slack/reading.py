"""Reads a message as a person would, moments in UTC."""

import re
from typing import Any

from bot.slack.layout import Message

TOKEN = re.compile(r"<!date\^\d+\^[^|]*\|([^>]*)>")


def read(message: Message) -> str:
    """Write down what the blocks show, one line each; buttons and menus in brackets."""
    return "\n".join(line.rstrip() for block in message.blocks for line in _lines(block))


def read_text(message: Message) -> str:
    """Write down what a notification shows."""
    return TOKEN.sub(r"\1", message.text)


def _lines(block: dict[str, Any]) -> list[str]:
    if block["type"] == "actions":
        return [" ".join(map(_control, block["elements"]))]
    if block["type"] == "section":
        button = f" {_control(block['accessory'])}" if "accessory" in block else ""
        return (TOKEN.sub(r"\1", block["text"]["text"]) + button).split("\n")
    (element,) = block["elements"]
    if element["type"] == "rich_text_list":
        return ["• " + "".join(map(_span, item["elements"])) for item in element["elements"]]
    return "".join(map(_span, element["elements"])).split("\n")


def _control(element: dict[str, Any]) -> str:
    if element["type"] in ("static_select", "external_select"):
        return f"[{element['placeholder']['text']} ▾]"
    return f"[{element['text']['text']}]"


def _span(span: dict[str, Any]) -> str:
    return str(span.get("text") or span.get("fallback") or f"@{span.get('user_id')}")
