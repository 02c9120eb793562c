"""Inserts that leave uniqueness to the database, the same on both."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    Table,
    TableValuedAlias,
    Text,
    any_,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from berth.db import documents
from berth.db.prepared import Prepared

Values = dict[str, Any]  # Any: column values

_Insert = sqlite.Insert | postgresql.Insert


def _insert(dialect: str, table: Table) -> _Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@lru_cache(maxsize=256)
def _insert_ignore(dialect: str, table: Table, names: tuple[str, ...]) -> Prepared:
    return Prepared(_insert(dialect, table).on_conflict_do_nothing(), *names)


@lru_cache(maxsize=256)
def _insert_few_ignore(dialect: str, table: Table, names: tuple[str, ...], count: int) -> Prepared:
    kinds = {name: table.c[name].type for name in names}
    return Prepared(_insert(dialect, table).values(places(kinds, count)).on_conflict_do_nothing())


@lru_cache(maxsize=256)
def _upsert(dialect: str, table: Table, names: tuple[str, ...], key: tuple[str, ...]) -> Prepared:
    return Prepared(_or_set(_insert(dialect, table), names, key), *names)


def _or_set(statement: _Insert, names: Sequence[str], key: Sequence[str]) -> _Insert:
    values = {name: statement.excluded[name] for name in names if name not in key}
    return statement.on_conflict_do_update(index_elements=list(key), set_=values)


def insert_ignore(tx: Connection, table: Table, values: Values | Sequence[Values]) -> int:
    """Insert what is not there yet; returns how many rows were new. Existing rows stay as they are."""
    if not values:
        return 0
    if isinstance(values, dict):
        return _insert_ignore(tx.dialect.name, table, tuple(values)).run(tx, **values)
    statement = _insert(tx.dialect.name, table).values(values).on_conflict_do_nothing()
    # Without being told to, SQLAlchemy does not count inserted rows on PostgreSQL.
    return tx.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def insert_few_ignore(tx: Connection, table: Table, rows: Sequence[Values]) -> int:
    """The same of as many rows as often come: the statement is prepared for each number of them."""
    return _insert_few_ignore(tx.dialect.name, table, tuple(rows[0]), len(rows)).run(tx, **in_places(rows))


def places(kinds: Mapping[str, TypeEngine[Any]], count: int) -> list[dict[str, BindParameter[Any]]]:
    """Parameters of these kinds for a number of rows, to be given as `in_places` names them."""
    return [{name: bindparam(f"{name}_{place}", type_=kind) for name, kind in kinds.items()} for place in range(count)]


def in_places(rows: Sequence[Values]) -> Values:
    return {f"{name}_{place}": value for place, row in enumerate(rows) for name, value in row.items()}


def insert_many_ignore(tx: Connection, table: Table, rows: Sequence[Values]) -> None:
    """The same of many rows, which are not counted: the statement is built once for all."""
    if rows:
        tx.execute(_insert(tx.dialect.name, table).on_conflict_do_nothing(), rows)


def insert_fresh(tx: Connection, table: Table, rows: Sequence[Values], key: str) -> set[Any]:
    """Insert those that are not there yet; returns their values of the column `key`. Any: these."""
    if not rows:
        return set()
    statement = _insert(tx.dialect.name, table).on_conflict_do_nothing().returning(table.c[key])
    return set(tx.scalars(statement, rows))


def among(tx: Connection, one: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column has one of many values, which are numbers or texts.

    They go as one value, an array, for SQLAlchemy and the database take long to read a list of them. Any: such values.
    """
    if tx.dialect.name == "sqlite":
        array = func.json_each(documents.dumps(list(values))).table_valued("value")
        return one.in_(select(array.c.value))
    return one == any_(literal(list(values), ARRAY(one.type)))


def insert_many(tx: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows that are not there. All have the same columns."""
    if not rows:
        return
    names = tuple(rows[0])
    if tx.dialect.name == "sqlite":
        _insert_one(table, names).run_many(tx, names, _values(names, rows))
        return
    given = _given(table, names, rows)
    tx.execute(insert(table).from_select(names, select(*(cast(given.c[n], table.c[n].type) for n in names))))


def update_many(tx: Connection, table: Table, key: Sequence[str], rows: Sequence[Values]) -> None:
    """Set the other columns of each on the row that has the same `key` columns. All rows have the same columns."""
    if not rows:
        return
    names = tuple(rows[0])
    if tx.dialect.name == "sqlite":
        _update_one(table, names, tuple(key)).run_many(tx, [f"new_{n}" for n in names], _values(names, rows))
        return
    given = _given(table, names, rows)
    same = [table.c[n] == given.c[n] for n in key]
    tx.execute(update(table).where(*same).values({n: cast(given.c[n], table.c[n].type) for n in names if n not in key}))


def _values(names: Sequence[str], rows: Sequence[Values]) -> Iterator[list[Any]]:  # Any: column values
    return ([row[n] for n in names] for row in rows)


def _given(table: Table, names: Sequence[str], rows: Sequence[Values]) -> TableValuedAlias:
    """Rows in one statement: to go to PostgreSQL and back with each takes longer than all that it does.

    They go as one document, for what is written value by value is written by Python. In it JSON is text, as it came:
    PostgreSQL would refuse escapes in it that it keeps otherwise. Bytes cannot go so.
    """
    kinds = {n: table.c[n].type for n in names}
    plain = [{n: _plain(kinds[n], row[n]) for n in names} for row in rows]
    document = literal(documents.dumps(plain), Text)
    columns = (column(n, Text() if isinstance(kind, JSON) else kind) for n, kind in kinds.items())
    return func.json_to_recordset(cast(document, JSON)).table_valued(*columns).render_derived("given", with_types=True)


def _plain(kind: TypeEngine[Any], value: Any) -> Any:  # Any: a value of a column
    if not isinstance(kind, JSON) or (value is None and kind.none_as_null):
        return value
    return documents.dumps(value)


@lru_cache(maxsize=16)
def _insert_one(table: Table, names: tuple[str, ...]) -> Prepared:
    return Prepared(insert(table), *names)


@lru_cache(maxsize=16)
def _update_one(table: Table, names: tuple[str, ...], key: tuple[str, ...]) -> Prepared:
    same = [table.c[n] == bindparam(f"new_{n}") for n in key]
    return Prepared(update(table).where(*same).values({n: bindparam(f"new_{n}") for n in names if n not in key}))


def upsert(tx: Connection, table: Table, values: Values, key: Sequence[str], change: Values | None = None) -> None:
    """Insert a row, or set `change` (by default all the values) on the one that has the same `key` columns."""
    dialect = tx.dialect.name
    if change is None:
        _upsert(dialect, table, tuple(values), tuple(key)).run(tx, **values)
    else:
        statement = _insert(dialect, table).on_conflict_do_update(index_elements=list(key), set_=change)
        tx.execute(statement, values)


def upsert_from(
    dialect: str, table: Table, names: Sequence[str], rows: Select[Any], key: Sequence[str]
) -> _Insert:  # Any: rows of any shape
    """Insert what a query finds as these columns, or set them on the rows that have the same `key` columns."""
    return _or_set(_insert(dialect, table).from_select(list(names), rows), names, key)
