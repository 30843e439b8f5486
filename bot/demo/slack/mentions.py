"""Whom a message notifies (reference §1.6): people, user groups, a whole channel."""

import re
from collections.abc import Iterator

from bot.demo.slack.options import Json

_ANGLE = re.compile(
    r"<(?:@(?P<user>[UW][A-Z0-9]+)|!(?P<range>here|channel|everyone)|!subteam\^(?P<group>S[A-Z0-9]+))"
    r"(?:\|[^<>]*)?>"
)
_RICH = {"user": "user_id", "usergroup": "usergroup_id", "broadcast": "range"}
_MARKUP = {"mrkdwn", "markdown"}
_SILENT_BLOCKS = {"actions", "input"}
_SILENT_PARTS = {"accessory", "confirm"}


def mentions_in(text: str, blocks: list[Json], attachments: list[Json]) -> frozenset[str]:
    """The ids and ranges that a message calls; its text counts only where it has no blocks."""
    found = set(_in_text(text) if not blocks else _in_blocks(blocks))
    for attachment in attachments:
        inner = attachment.get("blocks")
        found.update(_in_blocks(inner) if inner else _in_text(str(attachment.get("text", ""))))
    return frozenset(found)


def _in_text(text: str) -> Iterator[str]:
    """What markup calls; what is escaped calls nobody."""
    for match in _ANGLE.finditer(text):
        yield match["user"] or match["range"] or match["group"]


def _in_blocks(value: object) -> Iterator[str]:
    """What mrkdwn and the elements of rich_text call; plain_text calls nobody."""
    if isinstance(value, list):
        for inner in value:
            yield from _in_blocks(inner)
    elif isinstance(value, dict):
        kind = str(value.get("type"))
        if kind in _MARKUP:
            yield from _in_text(str(value.get("text", "")))
        elif kind in _RICH and _RICH[kind] in value:
            yield str(value[_RICH[kind]])
        elif kind not in _SILENT_BLOCKS:
            parts = [inner for name, inner in value.items() if name not in _SILENT_PARTS]
            yield from _in_blocks(parts)
