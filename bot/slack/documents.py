"""What a message says, before Slack's spelling of it: lines of words and moments, and buttons.

Names and reasons from Veeam are data: they enter as plain strings and no renderer reads markup in
them (DESIGN §6).
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Bold:
    """Words that stand out."""

    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment that every reader sees in their own time zone."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack user, named without being notified twice."""

    user_id: str


@dataclass(frozen=True, slots=True)
class Mention:
    """Whom a message calls: `here`, `channel`, `everyone`, or the id of a user or user group."""

    target: str


@dataclass(frozen=True, slots=True)
class ChannelName:
    """A channel by its id; every reader sees its name, or that it is private."""

    channel_id: str


Span = str | Bold | Moment | Person | Mention | ChannelName
Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Confirm:
    """What Slack asks before a press counts."""

    title: str
    text: str
    confirm: str
    deny: str


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. `label` tells a screen reader more than `text` has room for."""

    text: str
    action_id: str
    value: str = ""
    url: str = ""
    label: str = ""
    confirm: Confirm | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """Several things to choose from; `options` are what they read and their value."""

    placeholder: str
    action_id: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Search:
    """A menu whose options are looked up as one types (reference §1.5)."""

    placeholder: str
    action_id: str


Control = Button | Menu | Search


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of lines."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A line with a button beside it."""

    line: Line
    button: Control


@dataclass(frozen=True, slots=True)
class Buttons:
    """Buttons and menus in a row."""

    buttons: tuple[Control, ...]


Text = Paragraph | Bullets | Row
Part = Text | Buttons


@dataclass(frozen=True, slots=True)
class Document:
    """A whole message: `summary` reads well alone, in a notification or a screen reader."""

    summary: Line
    parts: tuple[Part, ...]


def paragraph(*lines: Line) -> Paragraph:
    """Put these lines together, without the empty ones."""
    return Paragraph(tuple(line for line in lines if any(line)))


def joined(phrases: list[Line], separator: str = " · ") -> Line:
    """Set phrases one after the other on one line, without the empty ones."""
    line: list[Span] = []
    for phrase in filter(None, phrases):
        line += [separator, *phrase] if line else phrase
    return tuple(line)
