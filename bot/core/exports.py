"""Lists as files: comma-separated values that a spreadsheet opens and does not run."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime

BYTE_ORDER_MARK = "\ufeff"
"""Without it, Excel reads UTF-8 as the code page of the machine."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""A cell that begins so may be run as a formula by a spreadsheet."""

Cell = str | int | datetime | None


@dataclass(frozen=True, slots=True)
class Export:
    """A list as a file: its name, its columns and rows, and how many rows were left out."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: int = 0


def write_csv(export: Export) -> bytes:
    """Write it down; moments are in UTC."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(export.header)
    writer.writerows([_spell(cell) for cell in row] for row in export.rows)
    return (BYTE_ORDER_MARK + text.getvalue()).encode("utf-8", "replace")


def _spell(cell: Cell) -> str:
    """Write one cell; names and reasons are data, so what looks like a formula is made text."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, int):
        return str(cell)
    text = cell.replace("\x00", "")
    return f"'{text}" if text.lstrip(" \ufeff").startswith(FORMULA_STARTS) else text
