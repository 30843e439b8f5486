"""What people fill in: the inputs of a view, and `view.state.values` as payloads carry them."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.demo.slack.options import Json
from bot.demo.slack.widgets import (
    TAKES_OPTION,
    TAKES_OPTIONS,
    TAKES_WORD,
    chosen_in,
    widgets_of,
)

REQUIRED = "Please complete this required field."

_STATEFUL = {
    **dict.fromkeys(TAKES_OPTION - {"overflow"}, "option"),
    **dict.fromkeys(TAKES_OPTIONS, "options"),
    **TAKES_WORD,
}


def state_of(blocks: list[Json], before: Json) -> Json:
    """The values that inputs start with; those of the same block and action stay as they were."""
    values: Json = {}
    for element, block in _inputs(blocks):
        block_id, action_id = _ids(element, block)
        kept = before.get(block_id, {}).get(action_id)
        is_same = kept is not None and kept["type"] == element["type"]
        values.setdefault(block_id, {})[action_id] = kept if is_same else _initial(element)
    return values


def fill(blocks: list[Json], before: Json, given: Mapping[str, Any]) -> Json:
    """The state after somebody filled in some inputs, each named by action id or block id."""
    state, unknown = state_of(blocks, before), set(given)
    for element, block in _inputs(blocks):
        block_id, action_id = _ids(element, block)
        for name in {block_id, action_id} & set(given):
            state[block_id][action_id] = _entered(element, given[name])
            unknown.discard(name)
    if unknown:
        known = [_ids(*pair) for pair in _inputs(blocks)]
        raise LookupError(f"no input {', '.join(sorted(unknown))} in this view; it has {known}")
    return state


def objections(blocks: list[Json], state: Json) -> dict[str, str]:
    """What Slack's own client says to an input before it submits anything, by block id."""
    found: dict[str, str] = {}
    for element, block in _inputs(blocks):
        block_id, action_id = _ids(element, block)
        problem = _problem(element, block, state[block_id][action_id][_key(element)])
        if block["type"] == "input" and problem:
            found[block_id] = problem
    return found


def input_ids(blocks: list[Json]) -> set[str]:
    """The ids of the input blocks of a view: those that an error may name."""
    return {block["block_id"] for block in blocks if block["type"] == "input"}


def _inputs(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    for element, block in widgets_of(blocks):
        if element["type"] in _STATEFUL or element["type"] == "plain_text_input":
            yield element, block


def _ids(element: Json, block: Json) -> tuple[str, str]:
    block_id = str(block["block_id"])
    return block_id, str(element.get("action_id", block_id))


def _key(element: Json) -> str:
    """Where the state of an element keeps its value."""
    kind = _STATEFUL.get(element["type"])
    return "value" if kind is None else f"selected_{kind}"


def _initial(element: Json) -> Json:
    kind = _STATEFUL.get(element["type"], "value")
    nothing: list[Json] | None = [] if element["type"] in TAKES_OPTIONS else None
    return {"type": element["type"], _key(element): element.get(f"initial_{kind}", nothing)}


def _entered(element: Json, value: Any) -> Json:
    """One value as its element takes it; an option that is not there is a `LookupError`."""
    kind = element["type"]
    if value in (None, "", []):
        entered: Json = {_key(element): [] if kind in TAKES_OPTIONS else None}
    elif kind == "plain_text_input":
        entered = {"value": str(value)}
    else:
        entered = chosen_in(element, value)
    return {"type": kind, **entered}


def _problem(element: Json, block: Json, value: Any) -> str | None:
    if not value:
        return None if block.get("optional") else REQUIRED
    if element["type"] != "plain_text_input":
        return None
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(value) < least:
        return f"Please enter at least {least} characters."
    return f"Please enter at most {most} characters." if len(value) > most else None
