"""The kinds of fields that EM's models are made of, each lenient in its own way.

They read the plain lower-cased data that `decoding` makes of JSON and XML alike; which fields there
are is told in `wire`.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar

import structlog
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from bot.core.sessions import Link

log = structlog.get_logger(__name__)

NO_TIME_YEARS = (1, 9999)
""".NET's DateTime.MinValue and MaxValue: it says "no time" with them (reference §5)."""


def read_moment(value: object) -> datetime | None:
    """Read a time as EM writes it: UTC, 0 to 7 fractional digits, perhaps no Z (reference §5)."""
    if value is None or value == "":
        return None
    moment = datetime.fromisoformat(str(value))
    if moment.year in NO_TIME_YEARS:
        return None
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    moment = moment.astimezone(UTC)
    return None if moment.year in NO_TIME_YEARS else moment


def read_links(value: object) -> tuple[Link, ...]:
    """Read a list of links, null or not; of each address only path and query (reference §4).

    By hand, because a page of sessions has 400 of them; those up to a job or a backup server are
    the same in session after session, and so is what is made of them.
    """
    if not isinstance(value, list | None):
        raise ValueError("it is no list of links")  # noqa: TRY004 - pydantic wants this one
    links = []
    for sent in value or ():
        if not isinstance(sent, dict):
            raise ValueError("it is no link")  # noqa: TRY004 - likewise
        get = sent.get
        rel = get("rel")
        make = _shared_link if rel == "Up" else _link
        try:
            links.append(make(rel, get("type"), get("name"), get("href")))
        except TypeError:  # a list or an object, which the cache cannot look up
            raise ValueError("it is no text") from None
    return tuple(links)


def _link(rel: object, kind: object, name: object, href: object) -> Link:
    return Link(_text(rel), _text(kind), _text(name), path_of(_text(href)))


_shared_link = lru_cache(maxsize=4096)(_link)


def path_of(href: str) -> str:
    """Drop scheme and host: a link never leads to another server (reference §4)."""
    host = href.find("//")
    if host < 0 or "/" in href[:host]:
        return "/" + href.lstrip("/\\")
    path = href.find("/", host + 2)
    return "/" + href[path:].lstrip("/\\") if path >= 0 else "/"


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("it is no text")  # noqa: TRY004 - pydantic wants this one
    return value


def unwrap_rows(value: object) -> list[object]:
    """Find the rows of a list: plain, null, empty, or nested under another name (reference §4)."""
    while isinstance(value, dict):
        value = next((inner for inner in value.values() if isinstance(inner, list | dict)), None)
    return value if isinstance(value, list) else []


def read_rows(value: object, validate: ValidatorFunctionWrapHandler) -> list[Any]:
    """Read all rows at once; if one cannot be read, each by itself, so that it costs no other."""
    rows = unwrap_rows(value)
    try:
        found: list[Any] = validate(rows)
    except ValidationError:
        found = [model for row in rows for model in _read_row(row, validate)]
        if not found:
            raise
    return found


def _read_row(row: object, validate: ValidatorFunctionWrapHandler) -> list[Any]:
    try:
        return validate([row]) or []
    except ValidationError as error:
        warn_once("em_row_unreadable", problems_of(error))
        return []


def problems_of(error: ValidationError) -> tuple[str, ...]:
    """Say what is wrong where, without the content."""
    return tuple(f"{problem['loc']}: {problem['type']}" for problem in error.errors())


@lru_cache(maxsize=256)
def warn_once(event: str, problems: tuple[str, ...]) -> None:
    """Log a fault of EM's rows once: they come with every poll again."""
    log.warning(event, problems=problems)


def _empty_as_none(value: object) -> object:
    return None if value == "" else value


def _several(value: object) -> object:
    return value if isinstance(value, list) else [value] if value else []


T = TypeVar("T")
Text = str | None
Moment = Annotated[datetime | None, PlainValidator(read_moment)]
Maybe = Annotated[T | None, BeforeValidator(_empty_as_none)]
Links = Annotated[tuple[Link, ...], PlainValidator(read_links)]
Rows = Annotated[list[T], WrapValidator(read_rows)]
Texts = Annotated[list[str], BeforeValidator(_several)]


class Model(BaseModel):
    """Fields are named in our way; EM's key is the same without underscores, in lower case."""

    model_config = ConfigDict(
        frozen=True,
        coerce_numbers_to_str=True,
        alias_generator=lambda name: name.replace("_", ""),
    )
