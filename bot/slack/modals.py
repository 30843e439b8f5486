"""The form for a note on an incident: how it looks, and what comes back from it."""

import json
from dataclasses import dataclass

from bot.services.acknowledging import LONGEST_NOTE
from bot.slack.action_ids import NOTE_WRITTEN
from bot.slack.clients import Json
from bot.slack.responding import Asker
from bot.slack.words import cut

NOTE_BLOCK = "note"
NOTE_INPUT = "note_text"
TITLE = 24  # characters of a form's title, Slack's limit ([S], slack_sdk/models/views)


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """What a person wrote, on which incident, and where the answer goes."""

    incident_id: int
    note: str
    asker: Asker


def note_form(incident_id: int, asker: Asker, note: str = "") -> Json:
    """Build the form; it carries where its answer goes, since Slack does not tell that later."""
    element: Json = {
        "type": "plain_text_input",
        "action_id": NOTE_INPUT,
        "multiline": True,
        "max_length": LONGEST_NOTE,
        "placeholder": _plain("What you found, what you do, whom you called"),
    }
    if note:
        element["initial_value"] = note[:LONGEST_NOTE]
    place = {
        "incident": incident_id,
        "channel": asker.channel_id,
        "response_url": asker.response_url,
    }
    return {
        "type": "modal",
        "callback_id": NOTE_WRITTEN,
        "private_metadata": json.dumps(place),
        "title": _plain(cut(f"Note on #{incident_id}", TITLE)),
        "submit": _plain("Save"),
        "close": _plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": NOTE_BLOCK,
                "optional": True,
                "label": _plain("Note, for all who see the alert"),
                "element": element,
            }
        ],
    }


def read_note(body: Json) -> WrittenNote:
    """Read what was written; an empty note is none."""
    view = body.get("view") or {}
    place = json.loads(view.get("private_metadata") or "{}")
    values = (view.get("state") or {}).get("values") or {}
    given = (values.get(NOTE_BLOCK) or {}).get(NOTE_INPUT) or {}
    asker = Asker(
        (body.get("user") or {}).get("id", ""),
        str(place.get("channel", "")),
        str(place.get("response_url", "")),
    )
    return WrittenNote(int(place.get("incident", 0)), str(given.get("value") or ""), asker)


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
