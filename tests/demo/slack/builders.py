"""Small builders of what Slack is sent, and how its refusals are read."""

from collections.abc import Awaitable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def a_section(text: str = "text", **rest: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **rest}


def a_button(label: str = "Share", **rest: Any) -> Json:
    return {"type": "button", "text": plain(label), "action_id": "share", **rest}


def an_actions_block(*buttons: Json) -> Json:
    return {"type": "actions", "elements": list(buttons) or [a_button()]}


def a_notice(notice: str = "n1") -> Json:
    return {"event_type": "replica_bot", "event_payload": {"notice": notice}}


async def refusal(call: Awaitable[Any]) -> str:
    """The error code with which Slack refuses a call."""
    return str((await refused(call))["error"])


async def refused(call: Awaitable[Any]) -> Json:
    """The whole answer with which Slack refuses a call."""
    with pytest.raises(SlackApiError) as caught:
        await call
    answer: Json = dict(caught.value.response.data)
    return answer


def an_option(label: str, value: str, **rest: Any) -> Json:
    return {"text": plain(label), "value": value, **rest}


def a_select(*options: Json, **rest: Any) -> Json:
    given = {"options": list(options)} if options else {}
    return {"type": "static_select", "action_id": "mute", **given, **rest}


def an_overflow(*options: Json, **rest: Any) -> Json:
    return {"type": "overflow", "action_id": "more", "options": list(options), **rest}


def an_input(block_id: str, element: Json, **rest: Any) -> Json:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(block_id.title()),
        "element": element,
        **rest,
    }


def a_text_input(action_id: str = "note", **rest: Any) -> Json:
    return {"type": "plain_text_input", "action_id": action_id, **rest}


def a_modal(*blocks: Json, **rest: Any) -> Json:
    return {
        "type": "modal",
        "title": plain("Mute"),
        "submit": plain("Mute"),
        "callback_id": "mute",
        "blocks": list(blocks) or [a_section()],
        **rest,
    }
