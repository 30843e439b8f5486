"""views.*: App Home and modals (reference §1.1, §1.5, §1.10)."""

import hashlib
import json
from typing import Any

from bot.demo.slack.blocks import VIEW_BLOCKS, VIEW_TYPES, check_blocks
from bot.demo.slack.contents import read_json, rules_of
from bot.demo.slack.elements import plain_text
from bot.demo.slack.methods.context import Context
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal
from bot.demo.slack.schemas import Check, anything, boolean, choice, shape, string

VIEW_BYTES = 250_000  # reference §1.10, view_too_large
PRIVATE_METADATA = 3000  # reference §1.10

_COMMON: dict[str, Check] = {
    "private_metadata": string(PRIVATE_METADATA, least=0),
    "callback_id": string(255),
    "external_id": string(255),
}
_HOME = shape({"type": choice("home"), "blocks": anything}, _COMMON)
_MODAL = shape(
    {"type": choice("modal"), "title": plain_text(24), "blocks": anything},
    {
        **_COMMON,
        "submit": plain_text(24),
        "close": plain_text(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
    },
)


def publish(context: Context) -> Json:
    """views.publish: a person's Home tab; a stale `hash` is a conflict (reference §1.10)."""
    if not context.workspace.options.app_home:
        raise SlackRefusal("not_enabled")
    user = context.request.required("user_id")
    if user not in context.workspace.members:
        raise SlackRefusal("invalid_user")
    view = _read_view(context, _HOME)
    before = context.workspace.homes.get(user, {})
    given = context.request.text("hash")
    if given is not None and given != before.get("hash"):
        raise SlackRefusal("hash_conflict")
    context.workspace.homes[user] = _stored(view, len(context.workspace.homes))
    context.workspace.changes.ring()
    return {"ok": True, "view": context.workspace.homes[user]}


def open_modal(context: Context) -> Json:
    """views.open: a modal, within three seconds of what it answers (reference §1.1)."""
    trigger = context.request.required("trigger_id")
    view = _read_view(context, _MODAL)
    context.workspace.triggers.exchange(trigger)
    stored = _stored(view, len(context.workspace.views))
    context.workspace.views.append(stored)
    context.workspace.changes.ring()
    return {"ok": True, "view": stored}


def _read_view(context: Context, form: Check) -> Json:
    view: Any = read_json(context.request.values.get("view"), "invalid_arguments")
    if len(json.dumps(view)) > VIEW_BYTES:
        raise SlackRefusal("view_too_large")
    problems: list[str] = []
    form(view, "/view", problems)
    if problems:
        raise SlackRefusal("invalid_arguments", problems)
    rules = rules_of(context.workspace, most=VIEW_BLOCKS, types=VIEW_TYPES, pointer="/view/blocks")
    try:
        blocks = check_blocks(view["blocks"], rules)
    except SlackRefusal as refusal:
        raise SlackRefusal("invalid_arguments", refusal.problems) from refusal
    return {**view, "blocks": blocks}


def _stored(view: Json, number: int) -> Json:
    digest = hashlib.sha256(json.dumps([view, number], sort_keys=True).encode()).hexdigest()
    return {**view, "id": f"V{digest[:10].upper()}", "hash": digest[:16]}
