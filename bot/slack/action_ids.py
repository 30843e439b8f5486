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

ACKNOWLEDGE: Final = "incident_acknowledge"
"""Somebody looks after an incident; the value is its id."""

ACKNOWLEDGE_ALL: Final = "group_acknowledge"
"""Somebody looks after all of a group; the value is the id of the group or of its notice."""

ADD_NOTE: Final = "incident_note"
"""Opens the form for a note; the value is the incident's id."""

NOTE_WRITTEN: Final = "incident_note_written"
"""The form's callback id."""

PICK_MEMBER: Final = "group_member"
"""A menu of a group's incidents; the chosen value is an incident's id."""

MUTE: Final = "incident_mute"
"""A menu of how long to mute; the chosen value is made by `bot.slack.menus.mute_menu`."""

MUTE_OTHERWISE: Final = "mute_otherwise"
"""Gives a mute another end; the value is what is muted, and for how long."""

UNMUTE: Final = "mute_end"
"""Ends a mute; the value is what is muted."""

UNSUBSCRIBE: Final = "subscription_end"
"""Ends a subscription; the value is its id."""

WATCH: Final = "watch_begin"
"""One of several candidates; the value is a session's uid, after `job ` if its job is meant."""

UNWATCH: Final = "watch_end"
"""Ends a watch; the value is its id."""

FINDING_CLOSE: Final = "finding_close"
"""Tells no more of a job that no longer runs; the value is the finding's id."""

ASK: Final = "asked_next"
"""A question as a button; the value is what would be typed after `/replica`."""

TURN: Final = "list_page"
"""Another page of a list, in the place of this one; the value is made by `bot.slack.paging`."""

EXPORT: Final = "list_export"
"""The whole list as a file; the value is that of a page."""

FIND_JOB: Final = "job_find"
"""A menu of jobs that is searched by typing; the chosen value is a job's uid."""

SHOW_JOB: Final = "job_show"
"""One of several jobs; the value is its uid or its full name."""


HOME_PAGE: Final = "home_page"
"""Turns a page of the Home tab; the value says which pages are shown then."""

HOME_REFRESH: Final = "home_refresh"
"""Shows the Home tab as things are now."""

HOME_DETAILS: Final = "home_details"
"""Opens a session in a modal, where there is no channel to answer in; the value is its uid."""

ALERTS_HERE: Final = "alerts_here"
"""Subscribes the channel that the bot was invited to; the value is the channel's id."""


RETRY_JOB: Final = "job_retry"
"""Has Veeam retry a job; the value is its uid."""

START_JOB: Final = "job_start"
"""Has Veeam start a job; the value is its uid."""

COLLECT: Final = "server_collect"
"""Has EM collect from a backup server now; the value is its uid."""

AUDIT_OLDER: Final = "audit_older"
"""Shows what was done before; the value is the id before which, and the words that filter."""


def numbered(action_id: str, index: int) -> str:
    """Make an id unique among the buttons of one row."""
    return f"{action_id}:{index}"
