"""The ids of everything that can be pressed, for rendering and registration alike."""

from typing import Final

DETAILS: Final = "session_details"
"""Show one session to the one who pressed; the value is its uid."""

SHARE: Final = "session_share"
"""Show a session's answer to the whole channel; the value is its uid."""

REFRESH: Final = "session_refresh"
"""Ask EM again and replace the answer; the value is its uid."""

ALL_VMS: Final = "session_tasks"
"""List every VM of a session; the value is its uid."""

OPEN_IN_EM: Final = "session_open"
"""A link to EM's own page; Slack tells us of the press all the same."""

PICK: Final = "asked_pick"
"""One of several candidates; the value is a session uid or a job name."""


def numbered(action_id: str, index: int) -> str:
    """Make an id unique among the buttons of one row."""
    return f"{action_id}:{index}"
