"""Small checks that are combined into the shapes of Block Kit.

A check reads one JSON value and appends what is wrong with it, in Slack's words and with the JSON
pointer at which it was found.
"""

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any, str, list[str]], None]
"""`check(value, pointer, problems)`."""


def add(problems: list[str], problem: str, pointer: str) -> None:
    """Note a problem as Slack words it."""
    problems.append(f"{problem} [json-pointer:{pointer}]")


def string(most: int, least: int = 1) -> Check:
    """A string of so many characters."""

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, str):
            add(problems, "should be a string", pointer)
        elif len(value) > most:
            add(problems, f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            add(problems, f"must be more than {least - 1} characters", pointer)

    return check


def integer(least: int, most: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            add(problems, "should be an integer", pointer)
        elif not least <= value <= most:
            add(problems, f"must be between {least} and {most}", pointer)

    return check


def boolean(value: Any, pointer: str, problems: list[str]) -> None:
    """True or false."""
    if not isinstance(value, bool):
        add(problems, "should be a boolean", pointer)


def number(value: Any, pointer: str, problems: list[str]) -> None:
    """Any number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        add(problems, "should be a number", pointer)


def anything(_value: Any, _pointer: str, _problems: list[str]) -> None:
    """A value that this emulator has no rule for."""


def choice(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        if value not in allowed:
            add(problems, f"must be one of: {', '.join(allowed)}", pointer)

    return check


def array(item: Check, most: int, least: int = 1) -> Check:
    """A list of so many items."""

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, list):
            add(problems, "should be an array", pointer)
            return
        if len(value) > most:
            add(problems, f"no more than {most} items allowed", pointer)
        if len(value) < least:
            add(problems, f"no fewer than {least} items allowed", pointer)
        for index, element in enumerate(value):
            item(element, f"{pointer}/{index}", problems)

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these keys and no others; `type` is always allowed."""
    known = {"type": anything, **required, **(optional or {})}

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, dict):
            add(problems, "should be an object", pointer)
            return
        for key in required.keys() - value.keys():
            add(problems, f"missing required field: {key}", pointer)
        for key, inner in value.items():
            if key in known:
                known[key](inner, f"{pointer}/{key}", problems)
            else:
                add(problems, f"invalid additional property: {key}", pointer)

    return check


def typed(shapes: Mapping[str, Check]) -> Check:
    """An object whose `type` says which of these shapes it has."""

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str):
            add(problems, "missing required field: type", pointer)
        elif kind not in shapes:
            add(problems, f"unsupported type: {kind}", f"{pointer}/type")
        else:
            shapes[kind](value, pointer, problems)

    return check
