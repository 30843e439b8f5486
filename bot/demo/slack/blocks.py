"""The Block Kit validator: what real Slack refuses, with its codes (reference §1.5).

`invalid_blocks` lists each problem with a JSON pointer; the size of all blocks together and the
number of tables have codes of their own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.demo.slack.elements import (
    ACCESSORY,
    CONTEXT,
    INPUT,
    INTERACTIVE,
    RICH_TEXT,
    URL,
    any_text,
    plain_text,
)
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal
from bot.demo.slack.schemas import (
    Check,
    add,
    anything,
    array,
    boolean,
    integer,
    number,
    shape,
    string,
    typed,
)

MESSAGE_BLOCKS = 50  # reference §1.5, blocks per message
VIEW_BLOCKS = 100  # reference §1.5, blocks per modal or Home tab
ALL_TEXT = 13_000  # reference §1.5: size not published, "keep < ~13k chars of text"
MARKDOWN_TEXT = 12_000  # reference §1.5, markdown: cumulative per payload
TABLES = 1  # reference §1.5, one table per message

_ID = {"block_id": string(255)}
_PICTURE = shape({}, {"id": string(50), "url": string(URL)})
_RAW_TEXT = shape({"text": string(10_000)})
_CELL = typed({"raw_text": _RAW_TEXT, "rich_text": shape({"elements": RICH_TEXT}, _ID)})
_HEADER_CELL = typed({"raw_text": _RAW_TEXT})
_DATA_CELL = typed(
    {
        "raw_text": _RAW_TEXT,
        "raw_number": shape({"value": number}, {"text": string(100)}),
        "rich_text": shape({"elements": RICH_TEXT}, _ID),
    }
)


def _even_rows(value: Any, pointer: str, problems: list[str]) -> None:
    """The rows of a data_table: a header without rich text, then rows of the same length."""
    array(array(_DATA_CELL, 20), most=101, least=2)(value, pointer, problems)
    rows = [row for row in value if isinstance(row, list)] if isinstance(value, list) else []
    if rows:
        array(_HEADER_CELL, 20)(rows[0], f"{pointer}/0", problems)
    if len({len(row) for row in rows}) > 1:
        add(problems, "all rows must have the same number of cells", pointer)


def _section(value: Json, pointer: str, problems: list[str]) -> None:
    if "text" not in value and "fields" not in value:
        add(problems, "missing required field: text or fields", pointer)
    shape(
        {},
        {
            **_ID,
            "text": any_text(3000),
            "fields": array(any_text(2000), 10),
            "accessory": ACCESSORY,
            "expand": boolean,
        },
    )(value, pointer, problems)


def _image(value: Json, pointer: str, problems: list[str]) -> None:
    if ("image_url" in value) == ("slack_file" in value):
        add(problems, "must have either image_url or slack_file", pointer)
    optional: dict[str, Check] = {
        **_ID,
        "image_url": string(URL),
        "slack_file": _PICTURE,
        "title": plain_text(2000),
    }
    shape({"alt_text": string(2000)}, optional)(value, pointer, problems)


BLOCKS: dict[str, Check] = {
    "section": _section,
    "image": _image,
    "header": shape({"text": plain_text(150)}, {**_ID, "level": integer(1, 4)}),
    "divider": shape({}, _ID),
    "context": shape({"elements": array(CONTEXT, 10)}, _ID),
    "actions": shape({"elements": array(typed(INTERACTIVE), 25)}, _ID),
    "rich_text": shape({"elements": RICH_TEXT}, _ID),
    "markdown": shape({"text": string(MARKDOWN_TEXT)}, _ID),
    "input": shape(
        {"label": plain_text(2000), "element": INPUT},
        {**_ID, "hint": plain_text(2000), "optional": boolean},
    ),
    "table": shape(
        {"rows": array(array(_CELL, 20), 100)}, {**_ID, "column_settings": array(anything, 20, 0)}
    ),
    "data_table": shape(
        {"rows": _even_rows, "caption": string(2000)},
        {**_ID, "page_size": integer(1, 100), "row_header_column_index": integer(0, 19)},
    ),
}
"""Every block type that this workspace knows; any other is refused as not rolled out (§1.5).

What the page cannot show is not known either: charts, cards, alerts.
"""

MODAL_TYPES = frozenset(BLOCKS) - {"markdown", "table"}
MESSAGE_TYPES = frozenset(BLOCKS) - {"input"}
HOME_TYPES = MODAL_TYPES - {"input"}
"""Slack takes inputs in messages and Home tabs too; our page has no place for them there."""


@dataclass(frozen=True, slots=True)
class BlockRules:
    """The circumstances under which blocks are judged."""

    most: int = MESSAGE_BLOCKS
    types: frozenset[str] = MESSAGE_TYPES
    refused_types: frozenset[str] = frozenset()
    is_file: Callable[[object], bool] = lambda _file_id: False
    pointer: str = "/blocks"
    id_prefix: str = "b"


def check_blocks(blocks: object, rules: BlockRules) -> list[Json]:
    """Return the blocks, each with an id, or raise what Slack answers (reference §1.5)."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise SlackRefusal("invalid_blocks_format")
    problems: list[str] = []
    allowed = rules.types - rules.refused_types
    known = typed({name: check for name, check in BLOCKS.items() if name in allowed})
    array(known, rules.most, least=0)(blocks, rules.pointer, problems)
    _check_ids(blocks, rules.pointer, problems)
    _check_files(blocks, rules, problems)
    if problems:
        raise SlackRefusal("invalid_blocks", problems)
    _check_totals(blocks)
    return [
        {**block, "block_id": block.get("block_id") or f"{rules.id_prefix}{index}"}
        for index, block in enumerate(blocks)
    ]


def strings_of(value: object, key: str = "") -> Iterator[str]:
    """Every text that a reader sees in a block."""
    if isinstance(value, str) and key in {"text", "alt_text", "fallback"}:
        yield value
    elif isinstance(value, dict):
        for inner_key, inner in value.items():
            yield from strings_of(inner, inner_key)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_of(inner, key)


def _check_ids(blocks: list[Json], pointer: str, problems: list[str]) -> None:
    """Block ids are unique in a message, action ids in a block (reference §1.5, button)."""
    _check_unique([block.get("block_id") for block in blocks], "block_id", pointer, problems)
    for index, block in enumerate(blocks):
        elements = block.get("elements")
        if block.get("type") == "actions" and isinstance(elements, list):
            ids = [element.get("action_id") for element in elements if isinstance(element, dict)]
            _check_unique(ids, "action_id", f"{pointer}/{index}/elements", problems)


def _check_unique(ids: list[Any], name: str, pointer: str, problems: list[str]) -> None:
    given = [str(one) for one in ids if one is not None]
    for duplicate in {one for one in given if given.count(one) > 1}:
        add(problems, f"{name} `{duplicate}` already exists", pointer)


def _check_files(blocks: list[Json], rules: BlockRules, problems: list[str]) -> None:
    """An image may name only a file whose upload was completed (reference §1.9)."""
    for index, block in enumerate(blocks):
        picture = block.get("slack_file")
        if isinstance(picture, dict) and not rules.is_file(picture.get("id")):
            add(problems, "invalid slack file", f"{rules.pointer}/{index}/slack_file")


def _check_totals(blocks: list[Json]) -> None:
    """The limits of a message as a whole (reference §1.5)."""
    types = [block["type"] for block in blocks]
    if types.count("table") + types.count("data_table") > TABLES:
        raise SlackRefusal("invalid_attachments", ["only_one_table_allowed"])
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MARKDOWN_TEXT or sum(map(len, strings_of(blocks))) > ALL_TEXT:
        raise SlackRefusal("msg_blocks_too_long")
