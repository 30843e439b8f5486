"""What answers about alerts offer to press: a note, another end of a mute, its end."""

from bot.core.mutes import Mute, Scope
from bot.slack.action_ids import ADD_NOTE, MUTE_OTHERWISE, UNMUTE, numbered
from bot.slack.documents import Button

BETWEEN = "|"  # parts a value; the last part may hold it too

_ENDS = (("1 h", "1h"), ("1 d", "1d"), ("until Monday 08:00", "until Monday 08:00"))
_SUCCESS = ("until its next success", "until success")


def note_button(incident_id: int) -> Button:
    """Offer the form for a note."""
    return Button("Add a note", ADD_NOTE, str(incident_id))


def unmute_button(mute: Mute, name: str) -> Button:
    """Offer to end a mute."""
    return Button("Unmute", numbered(UNMUTE, mute.id), _subject(mute), label=f"Unmute {name}")


def read_subject(value: str) -> tuple[Scope, str]:
    """Read what is muted; raises ValueError."""
    scope, subject = value.split(BETWEEN, 1)
    return Scope(scope), subject


def other_end_buttons(mute: Mute) -> list[Button]:
    """Offer other ends for a mute; `bot.slack.menus.read_mute_choice` reads their values."""
    ends = (*_ENDS, _SUCCESS) if mute.scope is Scope.JOB else _ENDS
    return [
        Button(text, numbered(MUTE_OTHERWISE, index), f"{end}{BETWEEN}{_subject(mute)}")
        for index, (text, end) in enumerate(ends)
    ]


def _subject(mute: Mute) -> str:
    return f"{mute.scope.value}{BETWEEN}{mute.subject}"
