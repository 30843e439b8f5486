"""What a filter or a sort means for rows: properties, their types, and rows without an EndTime."""

import operator as operators
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from bot.demo.em.grammar import Comparison, Every, Expression, FilterRefused
from bot.demo.em.options import RowsWithoutEndTime

Predicate: TypeAlias = Callable[[Any], bool]
Read: TypeAlias = Callable[[str], Any]

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operators.eq,
    "!=": operators.ne,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Property:
    """A filterable and sortable property: how a row has it, and how to read a value for it."""

    get: Callable[[Any], Any]
    read: Read
    order: Mapping[str, int] | None = None

    def of(self, row: object) -> Any:
        """The row's value in the form that `read` gives, None where the row has none."""
        value = self.get(row)
        if self.order is not None:
            return self.order.get(value.lower(), len(self.order))
        return self.read(value) if isinstance(value, str) else value


def text(value: str) -> str:
    """Compared as it is: whether EM minds the case of strings is unknown."""
    return value


def urn(value: str) -> str:
    """A UID: sent as URN, a bare GUID is taken too (reference §5)."""
    return value.rpartition(":")[2].lower()


def number(value: str) -> int:
    """A whole number."""
    return int(value)


def flag(value: str) -> bool:
    """`True` or `false`, in any case (reference §9)."""
    return {"true": True, "false": False}[value.lower()]


def moment(value: str) -> datetime:
    """A date or a UTC time with up to seven digits of a second (reference §5, §9)."""
    match = _MOMENT.fullmatch(value)
    if match is None:
        raise ValueError(value)
    day, time, fraction, zone = match.groups()
    offset = "+00:00" if zone in (None, "Z") else zone
    micros = (fraction or "")[:6].ljust(6, "0")
    return datetime.fromisoformat(f"{day}T{time or '00:00:00'}.{micros}{offset}").astimezone(UTC)


def enumeration(get: Callable[[Any], str], names: Sequence[str]) -> Property:
    """A property that compares by position in the list, in any case (reference §9).

    A row may hold a word that the list lacks; it stands behind all others.
    """
    order = {name.lower(): at for at, name in enumerate(names)}
    return Property(get, lambda value: order[value.lower()], order)


def predicate(
    expression: Expression,
    properties: Mapping[str, Property],
    without_end: RowsWithoutEndTime,
) -> Predicate:
    """The test that an expression is, with its properties and values checked beforehand."""
    if isinstance(expression, Comparison):
        return _comparison(expression, properties, without_end)
    parts = [predicate(part, properties, without_end) for part in expression.parts]
    if isinstance(expression, Every):
        return lambda row: all(part(row) for part in parts)
    return lambda row: any(part(row) for part in parts)


def find_property(name: str, properties: Mapping[str, Property]) -> Property:
    """A property by its name in any case; only those of the type's list exist (reference §9)."""
    lowered = {known.lower(): known for known in properties}
    if name.lower() not in lowered:
        raise FilterRefused(f"Property '{name}' cannot be used for filtering or sorting.")
    return properties[lowered[name.lower()]]


def sort_rows(
    rows: Sequence[Any], by: Property, *, descending: bool, without_end: RowsWithoutEndTime
) -> list[Any]:
    """The rows in order; those without a value come first or not at all, as the option says."""
    valued = [(by.of(row), row) for row in rows]
    missing = [row for value, row in valued if value is None]
    present = [(value, row) for value, row in valued if value is not None]
    present.sort(key=operators.itemgetter(0), reverse=descending)
    ordered = [row for _, row in present]
    return [*missing, *ordered] if without_end == "returned" else ordered


def _comparison(
    comparison: Comparison, properties: Mapping[str, Property], without_end: RowsWithoutEndTime
) -> Predicate:
    wanted = find_property(comparison.name, properties)
    compare = COMPARE[comparison.operator]
    try:
        value = wanted.read(comparison.value)
    except (ValueError, KeyError) as error:
        raise FilterRefused(
            f"'{comparison.value}' is not a value of property '{comparison.name}'."
        ) from error

    def holds(row: object) -> bool:
        own = wanted.of(row)
        return without_end == "returned" if own is None else compare(own, value)

    return holds
