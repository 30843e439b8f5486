"""From a document to Slack's blocks, within Slack's limits by construction (reference §1.5).

`render` puts names where markup is not read (rich_text); `render_plainly` does with sections
alone, for workspaces that refuse a block type (DESIGN §6).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.slack.documents import (
    Bold,
    Bullets,
    Button,
    Buttons,
    ChannelName,
    Confirm,
    Control,
    Document,
    Line,
    Mention,
    Menu,
    Moment,
    Paragraph,
    Part,
    Person,
    Row,
    Search,
    Span,
    Text,
)
from bot.slack.markup import DATE_FORMAT, moment, neutral, utc
from bot.slack.words import cut, visible

Block = dict[str, Any]
"""One block as Slack spells it."""

SUMMARY_TEXT = 3_000  # characters; reference §1.5 recommends at most 4,000 for `text`
SECTION_TEXT = 3_000  # characters, reference §1.5
LINE_TEXT = 1_500  # characters of one line, ours: two lines always fit a section
ALL_TEXT = 11_000  # characters, ours: reference §1.5 says to keep below about 13,000
BLOCKS = 45  # ours: reference §1.5 allows 50, and cutting adds one
VIEW_BLOCKS = 100  # of a Home tab or modal, reference §1.10
ACTIONS = 25  # buttons in a row, reference §1.5
BROADCASTS = ("here", "channel", "everyone")
USER_GROUP = "S"  # how the id of a user group begins
BUTTON_TEXT, BUTTON_LABEL, BUTTON_VALUE, BUTTON_URL = 75, 75, 2_000, 3_000  # reference §1.5
DIALOG_TITLE, DIALOG_TEXT, DIALOG_WORD = 100, 300, 30  # of a confirm dialog, reference §1.5
OPTIONS, OPTION_TEXT, OPTION_VALUE = 100, 75, 150  # of a menu, reference §1.5
PLACEHOLDER = 75  # characters, ours: as long as an option


@dataclass(frozen=True, slots=True)
class Message:
    """What Slack is given: `text` for notifications and screen readers, `blocks` for the eye."""

    text: str
    blocks: list[Block]

    def as_arguments(self) -> dict[str, Any]:
        """Name the two as Slack's methods do."""
        return {"text": self.text, "blocks": self.blocks}


def render(document: Document) -> Message:
    """Write a document with rich text."""
    return _render(document, _rich_block)


def render_plainly(document: Document) -> Message:
    """Write a document with the oldest block types only."""
    return _render(document, _plain_block)


def render_view(parts: Sequence[Part], *, is_plain: bool = False) -> list[Block]:
    """Write the blocks of a Home tab or modal in their order, as many as fit; the rest is said."""
    block_of = _plain_block if is_plain else _rich_block
    blocks: list[Block] = []
    room = ALL_TEXT
    for block in (block_of(piece) for part in parts for piece in _pieces(part)):
        room -= _count_text(block)
        if len(blocks) == VIEW_BLOCKS - 1 or room < 0:
            return [*blocks, _section("… and more that one view does not hold.")]
        blocks.append(block)
    return blocks


def _count_text(value: object, key: str = "") -> int:
    """Count the characters that a reader sees; with so few a view is far from 250 kB (§1.10)."""
    if isinstance(value, str):
        return len(value) if key in ("text", "fallback") else 0
    if isinstance(value, dict):
        return sum(_count_text(inner, name) for name, inner in value.items())
    return sum(_count_text(inner) for inner in value) if isinstance(value, list) else 0


def _pieces(part: Part) -> list[Part]:
    """Take a part as what Slack takes of it: no empty row of buttons, no text that is too long."""
    if isinstance(part, Buttons):
        row = _without_empty(part)
        return [row] if row.buttons else []
    return [piece for piece, _ in _in_sections([part])]


def mrkdwn(line: Line, most: int = LINE_TEXT) -> str:
    """Write a line as mrkdwn of at most `most` characters."""
    return "".join(_mrkdwn_span(span) for span in _fit(line, most))


def _render(document: Document, block_of: Callable[[Part], Block]) -> Message:
    summary = tuple(span.text if isinstance(span, Bold) else span for span in document.summary)
    blocks = [block_of(part) for part in _within_limits(document.parts)]
    return Message(mrkdwn(summary, SUMMARY_TEXT), blocks)


def _within_limits(parts: tuple[Part, ...]) -> Iterator[Part]:
    """Keep what fits into one message; what is left out is said, and buttons stay below it."""
    left_out, room, blocks = 0, ALL_TEXT, 0
    rows = [_without_empty(part) for part in parts if isinstance(part, Buttons)]
    buttons = [row for row in rows if row.buttons]
    texts = [part for part in parts if not isinstance(part, Buttons)]
    for part, cost in _in_sections(texts):
        if cost > room or blocks >= BLOCKS or left_out:
            left_out += len(_lines_of(part))
            continue
        room, blocks = room - cost, blocks + 1
        yield part
    if left_out:
        words = f"… and {left_out} more lines: one Slack message does not hold them."
        yield Paragraph(((words,),))
    yield from buttons


def _without_empty(row: Buttons) -> Buttons:
    """Leave out menus that Slack would refuse because nothing is left in them."""
    return Buttons(tuple(each for each in row.buttons if _has_something(each)))


def _has_something(control: Control) -> bool:
    return not isinstance(control, Menu) or any(map(_is_option, control.options))


def _is_option(option: tuple[str, str]) -> bool:
    """Whether Slack takes an option's value; its text is cut (reference §1.5)."""
    return 0 < len(option[1]) <= OPTION_VALUE


def _in_sections(parts: list[Text]) -> Iterator[tuple[Text, int]]:
    """Split long paragraphs and lists so that each piece fits one section, and tell its size."""
    for part in parts:
        piece: list[Line] = []
        length = 0
        for line in _lines_of(part):
            cost = len(mrkdwn(line)) + len("• \n")
            if length + cost > SECTION_TEXT:
                yield _piece(part, piece), length
                piece, length = [], 0
            piece.append(line)
            length += cost
        if piece:
            yield _piece(part, piece), length


def _piece(part: Text, lines: list[Line]) -> Text:
    return part if isinstance(part, Row) else replace(part, lines=tuple(lines))


def _lines_of(part: Text) -> tuple[Line, ...]:
    return (part.line,) if isinstance(part, Row) else part.lines


def _rich_block(part: Part) -> Block:
    match part:
        case Paragraph(lines):
            elements = [_rich_span(span) for span in _with_line_breaks(lines)]
            return _rich_text({"type": "rich_text_section", "elements": elements})
        case Bullets(lines):
            return _rich_text(
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "elements": [_rich_section(line) for line in lines],
                }
            )
        case _:
            return _plain_block(part)


def _rich_text(element: Block) -> Block:
    return {"type": "rich_text", "elements": [element]}


def _rich_section(line: Line) -> Block:
    elements = [_rich_span(span) for span in _fit(line, LINE_TEXT)]
    return {"type": "rich_text_section", "elements": elements}


def _rich_span(span: Span) -> Block:
    match span:
        case Bold(text):
            return {"type": "text", "text": text, "style": {"bold": True}}
        case Moment(at):
            return {
                "type": "date",
                "timestamp": int(at.timestamp()),
                "format": DATE_FORMAT,
                "fallback": utc(at),
            }
        case Person(user_id):
            return {"type": "user", "user_id": user_id}
        case Mention(target):
            return _rich_mention(target)
        case ChannelName(channel_id):
            return {"type": "channel", "channel_id": channel_id}
        case str(text):
            return {"type": "text", "text": text}


def _rich_mention(target: str) -> Block:
    if target in BROADCASTS:
        return {"type": "broadcast", "range": target}
    if target.startswith(USER_GROUP):
        return {"type": "usergroup", "usergroup_id": target}
    return {"type": "user", "user_id": target}


def _mrkdwn_mention(target: str) -> str:
    if target in BROADCASTS:
        return f"<!{target}>"
    if target.startswith(USER_GROUP):
        return f"<!subteam^{neutral(target)}>"
    return f"<@{neutral(target)}>"


def _plain_block(part: Part) -> Block:
    match part:
        case Paragraph(lines):
            return _section("\n".join(mrkdwn(line) for line in lines))
        case Bullets(lines):
            return _section("\n".join("• " + mrkdwn(line) for line in lines))
        case Row(line, button):
            return {**_section(mrkdwn(line)), "accessory": _control(button)}
        case Buttons(buttons):
            return {"type": "actions", "elements": [_control(each) for each in buttons[:ACTIONS]]}


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text or "–", "verbatim": True}}


def _control(control: Control) -> Block:
    match control:
        case Menu():
            return _menu(control)
        case Search():
            return _search(control)
        case Button():
            return _button(control)


def _search(search: Search) -> Block:
    """Write a menu that asks for its options; the first ones before anything is typed."""
    return {
        "type": "external_select",
        "placeholder": _plain_text(search.placeholder, PLACEHOLDER),
        "action_id": search.action_id,
        "min_query_length": 0,
    }


def _menu(menu: Menu) -> Block:
    """Write a menu; an option whose value Slack would not take is left out."""
    options = [
        {"text": _plain_text(text, OPTION_TEXT), "value": value}
        for text, value in filter(_is_option, menu.options)
    ]
    return {
        "type": "static_select",
        "placeholder": _plain_text(menu.placeholder, PLACEHOLDER),
        "action_id": menu.action_id,
        "options": options[:OPTIONS],
    }


def _plain_text(text: str, most: int) -> Block:
    return {"type": "plain_text", "text": cut(text, most) or "…", "emoji": False}


def _button(button: Button) -> Block:
    """Write a button; whoever presses one with a cut value is told that nothing is known of it."""
    block: Block = {
        "type": "button",
        "text": _plain_text(button.text, BUTTON_TEXT),
        "action_id": button.action_id,
    }
    if button.value:
        block["value"] = button.value[:BUTTON_VALUE]
    if 0 < len(button.url) <= BUTTON_URL:
        block["url"] = button.url
    if button.label:
        block["accessibility_label"] = cut(button.label, BUTTON_LABEL)
    if button.confirm:
        block["confirm"] = _dialog(button.confirm)
    return block


def _dialog(confirm: Confirm) -> Block:
    """Write what is asked before a press counts, all of it where no markup is read."""
    return {
        "title": _plain_text(confirm.title, DIALOG_TITLE),
        "text": _plain_text(confirm.text, DIALOG_TEXT),
        "confirm": _plain_text(confirm.confirm, DIALOG_WORD),
        "deny": _plain_text(confirm.deny, DIALOG_WORD),
    }


def _mrkdwn_span(span: Span) -> str:
    match span:
        case Bold(text):
            return _stand_out(neutral(text))
        case Moment(at):
            return moment(at)
        case Person(user_id):
            return f"<@{neutral(user_id)}>"
        case Mention(target):
            return _mrkdwn_mention(target)
        case ChannelName(channel_id):
            return f"<#{neutral(channel_id)}>"
        case str(text):
            return neutral(text)


def _stand_out(text: str) -> str:
    """Format as bold; a space inside the stars would leave them standing as stars."""
    inside = text.strip()
    return text.replace(inside, f"*{inside}*", 1) if inside else text


def _with_line_breaks(lines: tuple[Line, ...]) -> Iterator[Span]:
    for index, line in enumerate(lines):
        if index:
            yield "\n"
        yield from _fit(line, LINE_TEXT)


def _fit(line: Line, most: int) -> Iterator[Span]:
    """Keep as much of a line as `most` characters of mrkdwn hold; a cut shows as `…`."""
    room = most - 1
    for span in line:
        shown = _visible(span)
        cost = len(_mrkdwn_span(shown))
        if cost > room:
            yield _cut_span(shown, room)
            return
        room -= cost
        if shown not in ("", Bold("")):
            yield shown


def _visible(span: Span) -> Span:
    match span:
        case Bold(text):
            return Bold(visible(text))
        case str(text):
            return visible(text)
        case _:
            return span


def _cut_span(span: Span, room: int) -> Span:
    text = span.text if isinstance(span, Bold) else span if isinstance(span, str) else ""
    while text and len(neutral(text)) + len("**") > room:
        text = text[: len(text) * 3 // 4]
    kept = text.rstrip() + "…"
    return Bold(kept) if isinstance(span, Bold) and text else kept
