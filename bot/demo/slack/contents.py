"""From the arguments of a call to what a message says, or Slack's refusal of it.

Text, blocks, attachments and metadata, each with the limits of reference §1.5 and §1.7.
"""

import json
from dataclasses import dataclass
from typing import Any

from bot.demo.slack.blocks import BlockRules, check_blocks
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal
from bot.demo.slack.schemas import anything, array, shape, string
from bot.demo.slack.workspace import Content, Workspace

TEXT = 40_000  # reference §1.5: chat.postMessage cuts longer text off
UPDATED_TEXT = 4_000  # reference §1.5: chat.update refuses longer text
METADATA_CHARACTERS = 8_000  # reference §1.7 names the error, not the size; a cautious number
ATTACHMENTS = 100  # [D-ref] chat.postMessage, too_many_attachments
_SHOWN = ("text", "title", "title_link", "pretext", "footer", "fallback")
_ATTACHMENT = shape(
    {}, {**dict.fromkeys(_SHOWN, string(40_000, least=0)), "color": string(10), "blocks": anything}
)
_METADATA_KEYS = {"event_type", "event_payload", "entities"}


@dataclass(frozen=True, slots=True)
class Draft:
    """Content as given: what is None was not given at all."""

    text: str | None
    blocks: list[Json] | None
    attachments: list[Json] | None
    metadata: Json | None


def read_draft(workspace: Workspace, given: Json) -> Draft:
    """Check the content of a call; JSON may come as a string, as in forms."""
    markdown = given.get("markdown_text")
    blocks = read_json(given.get("blocks"), "invalid_blocks_format")
    if markdown is not None and (given.get("text") or blocks):
        raise SlackRefusal("markdown_text_conflict")
    if markdown is not None:
        blocks = [{"type": "markdown", "text": str(markdown)}]
    return Draft(
        text=None if given.get("text") is None else str(given["text"]),
        blocks=None if blocks is None else check_blocks(blocks, rules_of(workspace)),
        attachments=_read_attachments(workspace, given.get("attachments")),
        metadata=read_metadata(given.get("metadata")),
    )


def rules_of(workspace: Workspace, **rules: Any) -> BlockRules:
    """The rules for blocks under this workspace's switches."""
    refused = workspace.options.refused_block_types
    return BlockRules(refused_types=refused, is_file=workspace.files.is_usable, **rules)


def new_content(draft: Draft) -> Content:
    """What a new message says; without any of it Slack answers `no_text`."""
    if not (draft.text or draft.blocks or draft.attachments):
        raise SlackRefusal("no_text")
    return Content(
        text=(draft.text or "")[:TEXT],
        blocks=draft.blocks or [],
        attachments=draft.attachments or [],
        metadata=draft.metadata or None,
    )


def read_json(value: object, error: str) -> Any:
    """A JSON argument, decoded where a form carried it as a string."""
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        return json.loads(value)
    except ValueError as refused:
        raise SlackRefusal(error) from refused


def read_metadata(value: object) -> Json | None:
    """Metadata as reference §1.7 wants it; `{}` stays `{}`, which removes it on chat.update."""
    metadata = read_json(value, "invalid_metadata_format")
    if metadata is None:
        return None
    if metadata == {}:
        return {}
    if not isinstance(metadata, dict) or metadata.keys() - _METADATA_KEYS:
        raise SlackRefusal("invalid_metadata_format")
    event_type, payload = metadata.get("event_type"), metadata.get("event_payload")
    if not isinstance(event_type, str) or not event_type or not isinstance(payload, dict):
        raise SlackRefusal("invalid_metadata_format")
    if len(json.dumps(metadata)) > METADATA_CHARACTERS:
        raise SlackRefusal("metadata_too_large")
    return metadata


def _read_attachments(workspace: Workspace, value: object) -> list[Json] | None:
    """Attachments: with the fields that the page shows, their blocks with ids of their own."""
    attachments = read_json(value, "invalid_attachments")
    if attachments is None:
        return None
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise SlackRefusal("invalid_attachments")
    problems: list[str] = []
    array(_ATTACHMENT, ATTACHMENTS, least=0)(attachments, "/attachments", problems)
    if problems:
        raise SlackRefusal("invalid_attachments", problems)
    return [_with_ids(workspace, one, index) for index, one in enumerate(attachments)]


def _with_ids(workspace: Workspace, attachment: Json, index: int) -> Json:
    if "blocks" not in attachment:
        return attachment
    rules = rules_of(workspace, pointer=f"/attachments/{index}/blocks", id_prefix=f"a{index}b")
    return attachment | {"blocks": check_blocks(attachment["blocks"], rules)}
