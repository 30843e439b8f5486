"""The filter language of the query service, read as reference §9 has it.

```
expr  := term { "," term }          "," is OR
term  := atom { ";" atom }          ";" is AND and binds closer (inferred there)
atom  := "(" expr ")" | property operator value
value := bare letters, digits and underscores | "quoted, with each inner quote doubled"
```
Outside quotes spaces are dropped without a word, so `Name==SQL Replica` asks for `SQLReplica`.
Backslash is an ordinary character. A bare date or time is let through: public clients send it.
The documents' example `Name==""Backup""` is refused: §9 takes outer quotes as needed as well.
What a property is, and which exist, is left to `filtering`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Expression: TypeAlias = "Comparison | Every | Some"

OPERATORS = ("==", "!=", "<=", ">=", "<", ">")
# A guard of ours against exhausting the stack, not EM's.
MOST_NESTED = 50

_TOKEN = re.compile(
    r"""
    (?P<quoted>"(?:[^"]|"")*")
  | (?P<operator>==|!=|<=|>=|<|>)
  | (?P<mark>[(),;])
  | (?P<moment>\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?)
  | (?P<bare>[A-Za-z0-9_][A-Za-z0-9_\s]*)
  | (?P<space>\s+)
    """,
    re.VERBOSE,
)


class FilterRefused(ValueError):
    """A filter that does not follow §9, with the sentence for the error body."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`property operator value`, the value as text."""

    name: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold: `;`."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds: `,`."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def parse_filter(text: str) -> Expression:
    """The expression that a filter means, or FilterRefused."""
    reader = _Reader(_tokens(text))
    expression = reader.expression()
    if reader.left:
        raise FilterRefused(f"Unexpected '{reader.left[0].text}' in the filter.")
    return expression


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FilterRefused(f"Unexpected character '{text[at]}' at {at} in the filter.")
        at = match.end()
        kind = str(match.lastgroup)
        if kind != "space":
            tokens.append(_Token(kind, _meaning(kind, match.group())))
    return tokens


def _meaning(kind: str, text: str) -> str:
    if kind == "quoted":
        return text[1:-1].replace('""', '"')
    return "".join(text.split()) if kind == "bare" else text


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self.left = tokens
        self._depth = 0

    def expression(self) -> Expression:
        parts = self._separated(",", self._term)
        return parts[0] if len(parts) == 1 else Some(parts)

    def _term(self) -> Expression:
        parts = self._separated(";", self._atom)
        return parts[0] if len(parts) == 1 else Every(parts)

    def _separated(self, mark: str, read: Callable[[], Expression]) -> tuple[Expression, ...]:
        parts = [read()]
        while self.left and self.left[0] == _Token("mark", mark):
            self.left = self.left[1:]
            parts.append(read())
        return tuple(parts)

    def _atom(self) -> Expression:
        token = self._next()
        if token == _Token("mark", "("):
            return self._group()
        if token.kind != "bare":
            raise FilterRefused(f"A property name is expected, not '{token.text}'.")
        operator = self._next()
        if operator.kind != "operator":
            raise FilterRefused(f"An operator is expected after '{token.text}'.")
        value = self._next()
        if value.kind not in ("bare", "moment", "quoted"):
            raise FilterRefused(f"A value is expected after '{token.text}{operator.text}'.")
        return Comparison(token.text, operator.text, value.text)

    def _group(self) -> Expression:
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise FilterRefused("The filter is nested too deeply.")
        inside = self.expression()
        if self._next() != _Token("mark", ")"):
            raise FilterRefused("A closing parenthesis is missing.")
        self._depth -= 1
        return inside

    def _next(self) -> _Token:
        if not self.left:
            raise FilterRefused("The filter ends too early.")
        token, self.left = self.left[0], self.left[1:]
        return token
