"""What a person types for "how long": `4h`, `until success`, `until Monday 08:00`, a date."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.mutes import LONGEST

DEFAULT_TIME = time(8, 0)
"""A day without a time means the start of work."""

_LEADING = re.compile(r"(?:(?:for|until|till|to|on)\s+)+")
_SUCCESS = re.compile(r"(?:(?:its|the)\s+)?(?:next\s+)?success|it\s+(?:succeeds|recovers)")
_SPAN_PART = re.compile(
    r"\s*(\d{1,6})\s*(m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?![a-z])"
)
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_MOMENT = re.compile(
    r"(?:next\s+)?(?P<day>today|tomorrow|[a-z]{3,9}|\d{4}-\d{1,2}-\d{1,2})?"
    r"(?:\s*,?\s*(?:at\s+)?|t)"
    r"(?:(?P<hour>\d{1,2}):(?P<minute>\d{2})|(?P<only_hour>\d{1,2})(?=\s?[ap]m))?"
    r"\s?(?P<half>[ap]m)?"
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class End:
    """When something ends, and whether a Success ends it earlier."""

    at: datetime
    with_success: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """Why no end was found, in a sentence; `is_understood` tells whether the words were."""

    words: str
    is_understood: bool = False


def parse_end(text: str, now: datetime, zone: ZoneInfo) -> End | Unclear:
    """Understand until when; days and times are those of `zone`, also where its clocks change."""
    said = _LEADING.sub("", " ".join(text.casefold().split()), count=1)
    if _SUCCESS.fullmatch(said):
        return End(now + LONGEST, with_success=True)
    span = _parse_span(said)
    at = now + span if span is not None else _parse_moment(said, now, zone)
    if at is None:
        return Unclear(f"I do not understand “{text}” as a time. {examples(now, zone)}")
    if at <= now:
        clock = f"{now.astimezone(zone):%Y-%m-%d %H:%M} in {zone.key}"
        return Unclear(f"“{text}” is over already: it is {clock}.", is_understood=True)
    if at > now + LONGEST:
        words = f"“{text}” is too far away: no mute lasts longer than {LONGEST.days} days."
        return Unclear(f"{words} {examples(now, zone)}", is_understood=True)
    return End(at)


def examples(now: datetime, zone: ZoneInfo) -> str:
    """Say what is understood."""
    soon = (now.astimezone(zone) + timedelta(days=7)).date()
    return (
        f"Say for example: 90m, 4h, 2d, until success, until Monday 08:00, until {soon} 08:00 "
        f"(times of {zone.key})."
    )


def is_understood(text: str, now: datetime, zone: ZoneInfo) -> bool:
    """Whether these words are an end, if perhaps not one that can be had."""
    end = parse_end(text, now, zone)
    return isinstance(end, End) or end.is_understood


def _parse_span(said: str) -> timedelta | None:
    """Add up `1h 30m`; None where anything else is said."""
    total, position = timedelta(0), 0
    while part := _SPAN_PART.match(said, position):
        total += int(part[1]) * _UNITS[part[2][0]]
        position = part.end()
    return total if position and position == len(said) else None


def _parse_moment(said: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    found = _MOMENT.fullmatch(said)
    if not found or not (found["day"] or found["hour"] or found["only_hour"]):
        return None
    try:
        return _next_moment(found["day"] or "", _time_of(found), now, zone)
    except (ValueError, OverflowError):  # no such date or time, such as 2026-02-30 or 25:00
        return None


def _time_of(found: re.Match[str]) -> time:
    if not (found["hour"] or found["only_hour"]):
        return DEFAULT_TIME
    hour, minute = int(found["hour"] or found["only_hour"]), int(found["minute"] or 0)
    if not found["half"]:
        return time(hour, minute)
    if not 1 <= hour <= 12:
        raise ValueError("a time of am or pm has 12 hours")
    return time(hour % 12 + (12 if found["half"] == "pm" else 0), minute)


def _next_moment(day: str, at: time, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Find the first moment after now that fits; one that is past where a date says so."""
    today = now.astimezone(zone).date()
    match day:
        case "":
            days = [today, today + timedelta(days=1), today + timedelta(days=2)]
        case "today":
            days = [today]
        case "tomorrow":
            days = [today + timedelta(days=1)]
        case _ if day[0].isdigit():
            year, month, of_month = map(int, day.split("-"))
            days = [date(year, month, of_month)]
        case _:
            days = _days_named(day, today)
    moments = [_moment(on, at, fold, zone) for on in days for fold in (0, 1)]
    return next((moment for moment in moments if moment > now), moments[0] if moments else None)


def _days_named(name: str, today: date) -> list[date]:
    weekday = next((n for n, full in enumerate(_WEEKDAYS) if full.startswith(name)), None)
    if weekday is None:
        return []
    ahead = (weekday - today.weekday()) % 7
    return [today + timedelta(days=ahead), today + timedelta(days=ahead + 7)]


def _moment(on: date, at: time, fold: int, zone: ZoneInfo) -> datetime:
    """Turn a local time into a moment.

    Of one that comes twice `fold` chooses; one that is skipped is taken by the old clock.
    """
    return datetime.combine(on, at.replace(fold=fold), zone).astimezone(UTC)
