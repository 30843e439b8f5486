"""Menus that several messages offer, and what a choice from them means."""

from bot.core.mutes import Scope
from bot.slack.action_ids import MUTE
from bot.slack.documents import Menu

_ENDS = (
    ("1 hour", "1h"),
    ("4 hours", "4h"),
    ("until its next success", "until success"),
    ("until Monday 08:00", "until Monday 08:00"),
)


def mute_menu(job_uid: str, backup_server: str) -> Menu:
    """Offer to mute a job, or its whole backup server for a shorter time; always with an end."""
    options = [(f"Job: {reads}", _value(Scope.JOB, job_uid, end)) for reads, end in _ENDS]
    if backup_server:
        options += [
            (f"{backup_server}: {reads}", _value(Scope.SERVER, backup_server, end))
            for reads, end in _ENDS[:2]
        ]
    return Menu("Mute…", MUTE, tuple(options))


def read_mute_choice(value: str) -> tuple[Scope, str, str] | None:
    """Tell what was chosen: the scope, its subject, until when; None if it is no such choice."""
    end, _, rest = value.partition("|")
    scope, _, subject = rest.partition("|")
    try:
        return Scope(scope), subject, end
    except ValueError:
        return None


def _value(scope: Scope, subject: str, end: str) -> str:
    return f"{end}|{scope.value}|{subject}"
