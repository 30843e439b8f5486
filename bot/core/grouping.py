"""Which incidents are told together: many jobs of one backup server that fail at once.

Over `group_over` incidents of one backup server opening within 15 minutes are one message, and
those that open within 15 minutes of an open group join it (DESIGN §2, Groups).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

GROUP_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class OpeningNotice:
    """An incident's own notice that has opened lately. `is_sent` if Slack may already have it."""

    notice_id: str
    backup_server: str
    opened_at: datetime
    is_sent: bool


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """A message that tells of many incidents and has not ended."""

    notice_id: str
    backup_server: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which notices join which message; an empty `group_notice_id` asks for a new one."""

    backup_server: str
    group_notice_id: str
    members: tuple[str, ...]


def decide_groups(
    recent: Iterable[OpeningNotice], groups: Sequence[OpenGroup], group_over: int, now: datetime
) -> tuple[Grouping, ...]:
    """Say which unsent notices of one channel are told by a group from now on.

    `recent` holds the new notices and those of the last 15 minutes that tell of themselves.
    """
    by_server: Mapping[str, list[OpeningNotice]] = defaultdict(list)
    for notice in recent:
        if now - notice.opened_at <= GROUP_WINDOW:
            by_server[notice.backup_server].append(notice)
    found = (
        _decide_for_server(server, notices, groups, group_over, now)
        for server, notices in by_server.items()
    )
    return tuple(grouping for grouping in found if grouping)


def _decide_for_server(
    server: str,
    notices: Sequence[OpeningNotice],
    groups: Sequence[OpenGroup],
    group_over: int,
    now: datetime,
) -> Grouping | None:
    unsent = tuple(notice.notice_id for notice in notices if not notice.is_sent)
    if not unsent:
        return None
    for group in groups:
        if group.backup_server == server and now - group.opened_at <= GROUP_WINDOW:
            return Grouping(server, group.notice_id, unsent)
    return Grouping(server, "", unsent) if len(notices) > group_over else None
