"""Views as apps send them and as Slack keeps them (reference §1.1, §1.5, §1.10)."""

import hashlib
import json
from typing import Any

from bot.demo.slack.blocks import HOME_TYPES, MODAL_TYPES, VIEW_BLOCKS, check_blocks
from bot.demo.slack.contents import read_json, rules_of
from bot.demo.slack.elements import plain_text
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal
from bot.demo.slack.schemas import Check, add, anything, boolean, choice, shape, string
from bot.demo.slack.workspace import Workspace

VIEW_BYTES = 250_000  # reference §1.10, view_too_large
PRIVATE_METADATA = 3000  # reference §1.10
LABEL = 24  # slack_sdk/models/views, [S]: title, submit, close
CALLBACK_ID = 255  # likewise, [S]

_COMMON: dict[str, Check] = {
    "private_metadata": string(PRIVATE_METADATA, least=0),
    "callback_id": string(CALLBACK_ID, least=0),
    "external_id": string(255, least=0),
}
_HOME = shape({"type": choice("home"), "blocks": anything}, _COMMON)
_MODAL_SHAPE = shape(
    {"type": choice("modal"), "title": plain_text(LABEL), "blocks": anything},
    {
        **_COMMON,
        "submit": plain_text(LABEL),
        "close": plain_text(LABEL),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
    },
)


def read_home(workspace: Workspace, value: object) -> Json:
    """A Home tab that keeps the rules, or Slack's refusal of it."""
    return _read(workspace, value, _HOME, HOME_TYPES)


def read_modal(workspace: Workspace, value: object) -> Json:
    """A modal that keeps the rules, or Slack's refusal of it."""
    return _read(workspace, value, _modal, MODAL_TYPES)


def stored_view(workspace: Workspace, view: Json, view_id: str | None = None) -> Json:
    """A view with what Slack adds to it: its id, and a hash of its own for each version."""
    ts = workspace.new_ts()
    digest = hashlib.sha256(json.dumps([view, ts], sort_keys=True).encode()).hexdigest()
    known = view_id or f"V{digest[:10].upper()}"
    return {
        "id": known,
        "team_id": workspace.team_id,
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "state": {"values": {}},
        "hash": f"{ts.partition('.')[0]}.{digest[:8]}",
        "submit": None,
        "close": None,
        "clear_on_close": False,
        "notify_on_close": False,
        "root_view_id": known,
        "previous_view_id": None,
        "app_id": workspace.app_id,
        "bot_id": workspace.bot_id,
        **view,
    }


def _read(workspace: Workspace, value: object, form: Check, types: frozenset[str]) -> Json:
    view: Any = read_json(value, "invalid_arguments")
    if len(json.dumps(view)) > VIEW_BYTES:
        raise SlackRefusal("view_too_large")
    problems: list[str] = []
    form(view, "/view", problems)
    if problems:
        raise SlackRefusal("invalid_arguments", problems)
    rules = rules_of(workspace, most=VIEW_BLOCKS, types=types, pointer="/view/blocks")
    try:
        blocks = check_blocks(view["blocks"], rules)
    except SlackRefusal as refusal:
        raise SlackRefusal("invalid_arguments", refusal.problems) from refusal
    return {**view, "blocks": blocks}


def _modal(value: Any, pointer: str, problems: list[str]) -> None:
    _MODAL_SHAPE(value, pointer, problems)
    blocks = value.get("blocks") if isinstance(value, dict) else None
    kinds = [one.get("type") for one in blocks if isinstance(one, dict)] if blocks else []
    if "input" in kinds and "submit" not in value:  # [K]: inputs could not be sent otherwise
        add(problems, "missing required field: submit", pointer)
