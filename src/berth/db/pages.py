"""Pages of a list, by key: a page begins after the last row of the one before it, so a late page costs no more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    String,
    bindparam,
    func,
    literal,
    tuple_,
)

from berth.words.errors import FieldInvalid

Key = tuple[Any, ...]  # Any: values of the columns that a list is sorted by
Sorts = Mapping[str, Sequence[ColumnElement[Any]]]  # Any: columns of different types
"""By the name of an order its columns; the last of them tells all rows apart, and none is ever NULL."""

LARGEST = 1 << 62
KEY = "page_key_"
SIFTED = 500
"""Rows that are looked at together."""

T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """Which page: `sort` is the name of an order, with `-` before it from the end; `after` is the last row's key."""

    sort: str
    limit: int = 50
    after: Key | None = None


@dataclass(frozen=True)
class Found(Generic[T]):
    items: list[T]
    next: Key | None = None
    """The key to go on after; None on the last page."""


def fetch(
    tx: Connection, query: Select[Any], sorts: Sorts, wanted: Wanted, make: Callable[[RowMapping], T]
) -> Found[T]:  # Any: rows of any shape
    """Raises `FieldInvalid` for an order that is none of `sorts`, and for a key that does not fit it."""
    columns = sorts.get(wanted.sort.removeprefix("-"))
    if columns is None:
        raise FieldInvalid("sort", f"one of {', '.join(sorts)}, with '-' before it for the other way round")
    down = wanted.sort.startswith("-")
    keys = [_ordered(tx, column) for column in columns]
    if wanted.after is not None:
        query = query.where(_beyond(keys, _fitting(columns, wanted.after), down=down))
    order = [key.desc() if down else key.asc() for key in keys]
    labelled = [column.label(f"{KEY}{place}") for place, column in enumerate(columns)]
    rows = tx.execute(query.add_columns(*labelled).order_by(*order).limit(wanted.limit + 1)).mappings().all()
    page = rows[: wanted.limit]
    more = len(rows) > wanted.limit
    return Found(
        [make(row) for row in page], tuple(page[-1][label.name] for label in labelled) if more and page else None
    )


def sifted(
    part: Callable[[Wanted], Found[RowMapping]], wanted: Wanted, keeps: Callable[[RowMapping], bool]
) -> Found[RowMapping]:
    """Of a list that `fetch` gives the rows that are kept, gone through in order until a page is full.

    For what no index knows and is kept of so many rows that there soon is a page.
    """
    kept: list[RowMapping] = []
    after = wanted.after
    while True:
        some = part(Wanted(wanted.sort, SIFTED, after))
        kept += filter(keeps, some.items)
        if len(kept) > wanted.limit:
            page = kept[: wanted.limit]
            return Found(page, tuple(value for name, value in page[-1].items() if name.startswith(KEY)))
        if some.next is None:
            return Found(kept)
        after = some.next


def containing(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether a text is part of the column's, in whatever case."""
    return func.lower(column).contains(text.lower(), autoescape=True)


def _beyond(keys: list[ColumnElement[Any]], after: Key, *, down: bool) -> ColumnElement[bool]:
    here, there = tuple_(*keys), tuple_(*(_bound(key, value) for key, value in zip(keys, after, strict=True)))
    return here < there if down else here > there


def _bound(key: ColumnElement[Any], value: object) -> ColumnElement[Any]:
    return literal(value, key.type) if not isinstance(value, str) else bindparam(None, value, String())


def _ordered(tx: Connection, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Text sorts by its bytes, whatever the database's language; SQLite does so by itself."""
    is_text = isinstance(column.type, String) and not column.type.collation
    return column.collate("C") if is_text and tx.dialect.name == "postgresql" else column


def _fitting(columns: Sequence[ColumnElement[Any]], after: Key) -> Key:
    """A key comes from outside, so it may be anything."""
    if len(after) != len(columns) or not all(map(_fits, columns, after)):
        raise FieldInvalid("cursor", "it is none that this list has given out")
    return after


def _fits(column: ColumnElement[Any], value: object) -> bool:
    kind = column.type.python_type
    match value:
        case bool():
            return kind is bool
        case int():
            return kind is int and abs(value) < LARGEST
        case str():
            return kind is str and "\0" not in value
        case datetime():
            return kind is datetime and value.tzinfo is not None
    return False
