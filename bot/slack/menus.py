"""Menus that several messages offer, and what a choice from them means."""

from collections.abc import Sequence
from typing import Any

from bot.core.mutes import Scope
from bot.core.targets import KnownJob
from bot.slack.action_ids import MUTE
from bot.slack.documents import Menu
from bot.slack.layout import OPTION_TEXT, OPTION_VALUE, OPTIONS
from bot.slack.words import cut

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


def job_options(jobs: Sequence[KnownJob]) -> list[dict[str, Any]]:
    """Write the options of a menu of jobs; one whose uid Slack would not take is left out."""
    return [
        {
            "text": {"type": "plain_text", "text": cut(job.full_name, OPTION_TEXT) or "…"},
            "value": job.uid,
        }
        for job in jobs[:OPTIONS]
        if 0 < len(job.uid) <= OPTION_VALUE
    ]


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
