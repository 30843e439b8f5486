"""The neutral tree that every answer is, before it becomes XML or JSON (reference §4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

Scalar: TypeAlias = "str | int | bool | datetime | None"
Value: TypeAlias = "Scalar | Element | Links | Repeated"


@dataclass(frozen=True, slots=True)
class Element:
    """An XML element with attributes and children; in JSON one object holds both alike.

    A value None is absent in XML; in JSON it is null, or left out without `nulls`. With a text it
    is just that text.
    """

    name: str
    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    fields: Mapping[str, Value] = field(default_factory=dict)
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """The links of a resource: wrapped in `Links` in XML, always a flat list in JSON."""

    items: Sequence[Element]


@dataclass(frozen=True, slots=True)
class Repeated:
    """Children without a wrapper of their own in XML; a list under the field's name in JSON."""

    items: Sequence[Element]


def link(rel: str, href: str, kind: str | None = None, name: str | None = None) -> Element:
    """A link, with its attributes in the order of the 13.1 documents."""
    return Element("Link", {"Href": href, "Name": name, "Type": kind, "Rel": rel})


def wrapped(name: str, items: Sequence[Element], key: str | None = None) -> Element:
    """A list with a wrapper: `X/Y…` in XML, the doubled `{"Xs": {"Xs": […]}}` in JSON."""
    return Element(name, fields={key or name: Repeated(items)})
