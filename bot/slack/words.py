"""Words and figures as people read them: durations, sizes, counts, and cuts that show."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_SIZES = ("B", "KB", "MB", "GB", "TB", "PB")
_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def duration(span: timedelta) -> str:
    """Say a duration with its one or two largest units: `14 min`, `2 d 4 h`, `45 s`."""
    seconds = max(0, round(span.total_seconds()))
    for position, (size, unit) in enumerate(_UNITS[:-1]):
        if seconds < size:
            continue
        smaller, small_unit = _UNITS[position + 1]
        rest = seconds % size // smaller
        whole = f"{seconds // size} {unit}"
        is_worth_it = rest and not (unit == "min" and seconds >= 300)
        return f"{whole} {rest} {small_unit}" if is_worth_it else whole
    return f"{seconds} s"


def size(byte_count: int) -> str:
    """Say a size in units of 1024: `3.2 GB`."""
    power = min((max(byte_count, 1).bit_length() - 1) // 10, len(_SIZES) - 1)
    digits = 1 if power else 0
    return f"{byte_count / 1024**power:.{digits}f} {_SIZES[power]}"


def plural(count: int, noun: str, nouns: str = "") -> str:
    """Count things: `1 job`, `12 jobs`, `2 retries`."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def ordinal(number: int) -> str:
    """Say a place in a row: `1st`, `2nd`, `3rd`, `11th`."""
    if 10 <= number % 100 <= 20:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def percent(part: int, whole: int) -> str:
    """Say a share so that anything short of all is never rounded up to 100 %."""
    if not whole or part == whole:
        return "100 %"
    return f"{min(99.9, round(100 * part / whole, 1)):g} %"


def one_line(text: str) -> str:
    """Put text from outside on one line, without control characters that turn or hide the rest."""
    return " ".join(visible(text).split())


def visible(text: str) -> str:
    """Replace what prints nothing, and drop the characters that turn the direction of the rest."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " for c in text.translate(_DIRECTIONS))


def cut(text: str, most: int) -> str:
    """Put text on one line of at most `most` characters; a cut shows as `…`."""
    line = one_line(text)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def listed(names: Iterable[str], most: int, each: int = 80) -> str:
    """Name things one after the other, the rest as `… and 12 more`."""
    everything = list(names)
    shown = ", ".join(cut(name, each) for name in everything[:most])
    return shown + more(everything, most, " … and {} more")


def more(everything: Sequence[object], most: int, sentence: str = "… and {} more") -> str:
    """Say how many of them are not shown when only `most` are; nothing when all are."""
    hidden = len(everything) - most
    return sentence.format(f"{hidden:,}") if hidden > 0 else ""
