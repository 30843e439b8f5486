"""Reads EM's XML, hardened, into the same plain shape that its JSON has (reference §4).

Attributes and child elements become lower-cased keys, list wrappers become lists, text stays text.
What the keys mean is the business of `wire`.
"""

from collections.abc import Mapping

from lxml import etree

LIST_ITEMS = {"entityreferences": "ref", "includes": "objectinjob"}
"""Wrappers whose name is not the plural of what they hold (reference §4, samples)."""

JSON_NAMES = {"entityreferences": "refs"}
"""Roots that JSON calls by another name (reference §4, table)."""

XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class XmlRefused(ValueError):
    """The text is not XML, or more than plain data: a DOCTYPE, entities."""


def parse_xml(body: bytes) -> dict[str, object]:
    """Turn an XML document into plain data; raises `XmlRefused`.

    No DTD is read, no entity is expanded, nothing is fetched: a DOCTYPE ends the reading.
    """
    builder = _Builder()
    parser = etree.XMLParser(
        target=builder,  # type: ignore[arg-type] # the stubs ask for more than lxml does
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise XmlRefused(f"it is no well-formed XML ({error.msg})") from error
    return builder.root()


class _Element:
    """An element being read: its keys so far, in order, and its text."""

    __slots__ = ("attributes", "children", "is_nil", "tag", "text")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.is_nil = False
        self.attributes: list[tuple[str, object]] = []
        self.children: list[tuple[str, object]] = []
        self.text: list[str] = []


class _LowerCased(dict[str, str]):
    """Remembers each name without its namespace and in lower case."""

    def __missing__(self, name: str) -> str:
        self[name] = short = name.rpartition("}")[2].lower()
        return short


class _Builder:
    """lxml calls this for every event of the document."""

    def __init__(self) -> None:
        self._names = _LowerCased()
        self._open: list[_Element] = []
        self._root: tuple[str, object] = ("", "")

    def doctype(self, name: str, public_id: str | None, system_url: str | None) -> None:
        """Refuse it: EM's XML has none, and it is where entity bombs come from."""
        raise XmlRefused(f"it declares a DOCTYPE ({name}), which Enterprise Manager never does")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        names = self._names
        element = _Element(names[tag])
        if attributes:
            element.is_nil = attributes.get(XSI_NIL) in ("true", "1")
            element.attributes = [(names[k], v) for k, v in attributes.items() if k[0] != "{"]
        self._open.append(element)

    def data(self, data: str) -> None:
        self._open[-1].text.append(data)

    def end(self, tag: str) -> None:
        element = self._open.pop()
        pair = (element.tag, _value_of(element))
        if self._open:
            self._open[-1].children.append(pair)
        else:
            self._root = pair

    def close(self) -> None:
        """Nothing is left open: lxml has seen to that."""

    def root(self) -> dict[str, object]:
        """Give the document's element; a list gets its name as its key, as in JSON."""
        name, value = self._root
        if isinstance(value, dict):
            return value
        return {JSON_NAMES.get(name, name): value}


def _value_of(element: _Element) -> object:
    if element.is_nil:
        return None
    children = element.children
    if not children and not element.attributes:
        return [] if element.tag == "links" else "".join(element.text)
    if children and _is_list(element.tag, children):
        return [value for _, value in children]
    return _merge(element.attributes + children)


def _is_list(tag: str, children: list[tuple[str, object]]) -> bool:
    item = LIST_ITEMS.get(tag, tag[:-1])
    return all(name == item for name, _ in children)


def _merge(pairs: list[tuple[str, object]]) -> dict[str, object]:
    merged = dict(pairs)
    if len(merged) == len(pairs):
        return merged
    several: dict[str, list[object]] = {}
    for name, value in pairs:
        several.setdefault(name, []).append(value)
    return {name: found if len(found) > 1 else found[0] for name, found in several.items()}
