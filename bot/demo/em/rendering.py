"""Writes a tree as XML or JSON, in every spelling that EM versions use (reference §4, §5)."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from bot.demo.em.options import EmOptions
from bot.demo.em.trees import Element, Links, Repeated, Scalar, Value

NAMESPACE = "http://www.veeam.com/ent/v1.0"
# With the unused prefixes that roots carry (reference §4); the stubs of lxml know no None key.
PREFIXES: Any = {
    None: NAMESPACE,
    "xsd": "http://www.w3.org/2001/XMLSchema",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# JSON has a resource's own fields first, these last and in this order (reference §4).
JSON_TAIL = ("Name", "UID", "Links", "Href", "Type")
# Keys that camelCase does not make by lowering the first letter (reference §4).
ODD_CAMELS = {"UID": "uid", "NASJobs": "nasJobs"}

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_json(tree: Element, options: EmOptions) -> bytes:
    """The tree as a JSON body, in the key case and with the nulls of the options."""
    body = json.dumps(_Json(options).value(tree), ensure_ascii=False).encode("utf-8", "replace")
    return BYTE_ORDER_MARK + body if options.bom else body


def render_xml(tree: Element, options: EmOptions) -> bytes:
    """The tree as an XML document in EM's namespace."""
    root = etree.Element(_qualified(tree.name), nsmap=PREFIXES)
    _fill(root, tree, options)
    return DECLARATION + etree.tostring(root, encoding="utf-8")


def render_time(moment: datetime, digits: int | None) -> str:
    """UTC with `Z` and so many digits of a second, or as many as it has (reference §5)."""
    text = moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()
    fraction = f"{moment.microsecond:06d}0"
    fraction = fraction.rstrip("0") if digits is None else fraction[:digits]
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


class _Json:
    """One tree on its way to JSON."""

    def __init__(self, options: EmOptions) -> None:
        self._options = options

    def value(self, value: Value) -> object:
        if isinstance(value, Element):
            return self._object(value)
        if isinstance(value, Links | Repeated):
            return [self._object(item) for item in value.items]
        if isinstance(value, datetime):
            return render_time(value, self._options.fraction_digits)
        return value

    def _object(self, element: Element) -> object:
        if element.text is not None:
            return element.text
        return {
            self._key(name): self.value(value)
            for name, value in _members(element)
            if value is not None or self._options.nulls
        }

    def _key(self, name: str) -> str:
        if self._options.json_case == "pascal":
            return name
        return ODD_CAMELS.get(name, name[0].lower() + name[1:])


def _members(element: Element) -> Iterator[tuple[str, Value]]:
    members: dict[str, Value] = {**element.fields, **element.attributes}
    yield from ((name, value) for name, value in members.items() if name not in JSON_TAIL)
    yield from ((name, members[name]) for name in JSON_TAIL if name in members)


def _fill(node: "etree._Element", element: Element, options: EmOptions) -> None:
    for name, value in element.attributes.items():
        if value is not None:
            node.set(name, _text(value, options))
    if element.text is not None:
        node.text = _text(element.text, options)
    for name, member in element.fields.items():
        _append(node, name, member, options)


def _append(node: "etree._Element", name: str, value: Value, options: EmOptions) -> None:
    if value is None:
        return
    if isinstance(value, Repeated):
        for item in value.items:
            _fill(etree.SubElement(node, _qualified(item.name)), item, options)
        return
    child = etree.SubElement(node, _qualified(name))
    if isinstance(value, Element):
        _fill(child, value, options)
    elif isinstance(value, Links):
        _append(child, "Link", Repeated(value.items), options)
    else:
        child.text = _text(value, options)


def _text(value: Scalar, options: EmOptions) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return render_time(value, options.fraction_digits)
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", str(value))


def _qualified(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
