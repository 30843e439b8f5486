"""Turns the body of a reply into plain data with lower-cased keys, by its Content-Type.

JSON in either key case and XML give the same shape (reference §4); `wire` reads it.
"""

import json

from bot.veeam.xml import XmlRefused, parse_xml


class Undecodable(ValueError):
    """The body is not what its Content-Type says, or is of a type that EM does not send."""


def decode(media_type: str, body: bytes) -> dict[str, object]:
    """Read a JSON or XML body; raises `Undecodable`, whose text says what was found instead."""
    kind = _kind_of(media_type)
    if kind is None:
        raise Undecodable(f"the answer is {media_type or 'of no stated type'}, not JSON or XML")
    if not body.strip():
        raise Undecodable("the answer is empty")
    return _decode_json(body) if kind == "json" else _decode_xml(body)


def _kind_of(media_type: str) -> str | None:
    name = media_type.partition(";")[0].strip().lower()
    if name in ("application/json", "text/json"):
        return "json"
    return "xml" if name in ("application/xml", "text/xml") else None


def _decode_json(body: bytes) -> dict[str, object]:
    lower: dict[str, str] = {}

    def lower_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
        """EM 12 writes PascalCase, EM 13 camelCase; the same few keys come again and again."""
        try:
            return {lower[key]: value for key, value in pairs}
        except KeyError:
            lower.update((key, key.lower()) for key, _ in pairs)
            return {lower[key]: value for key, value in pairs}

    try:
        found = json.loads(body.decode("utf-8-sig"), object_pairs_hook=lower_keys)
    except (ValueError, RecursionError) as error:
        raise Undecodable(f"the answer is cut off or no JSON ({_brief(error)})") from error
    if not isinstance(found, dict):
        raise Undecodable("the answer is JSON, but not an object")
    return found


def _decode_xml(body: bytes) -> dict[str, object]:
    try:
        return parse_xml(body)
    except XmlRefused as error:
        raise Undecodable(f"the answer is refused: {error}") from error


def _brief(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos}"
    return "nested too deep" if isinstance(error, RecursionError) else "not UTF-8"
