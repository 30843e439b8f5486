"""What a benchmark found, beside its limit, and the table of it all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

AT_MOST, AT_LEAST = "≤", "≥"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; without a limit it only explains another line."""

    what: str
    measured: float
    unit: str
    limit: float | None = None
    bound: str = AT_MOST
    detail: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the limit is broken."""
        if self.limit is None:
            return False
        over = self.measured > self.limit
        return over if self.bound == AT_MOST else self.measured < self.limit

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """The line as text."""
        limit = "" if self.limit is None else f"{self.bound} {self.limit:.2f} {self.unit}"
        verdict = "" if self.limit is None else "OVER" if self.is_over else "ok"
        return (self.what, f"{self.measured:.2f} {self.unit}", limit, verdict, self.detail)


HEAD = ("", "measured", "limit", "", "")


def render_table(figures: Iterable[Figure]) -> str:
    """Lay all lines out in columns: words to the left, numbers to the right."""
    rows = [HEAD, *(figure.cells for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [
        cell.rjust(width) if column in (1, 2) else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(aligned).rstrip()


def best_time(values: Iterable[float]) -> float:
    """The shortest: whatever else the machine does can only add to it."""
    return min(values)


def best_rate(values: Iterable[float]) -> float:
    """The highest, likewise."""
    return max(values)
