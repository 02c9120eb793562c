"""Inserts that leave uniqueness to the database, the same on both."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from berth.db.prepared import Prepared

Values = dict[str, Any]  # Any: column values

_Insert = sqlite.Insert | postgresql.Insert


def _insert(dialect: str, table: Table) -> _Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@lru_cache(maxsize=256)
def _insert_ignore(dialect: str, table: Table, names: tuple[str, ...]) -> Prepared:
    return Prepared(_insert(dialect, table).on_conflict_do_nothing(), *names)


@lru_cache(maxsize=256)
def _upsert(dialect: str, table: Table, names: tuple[str, ...], key: tuple[str, ...]) -> Prepared:
    statement = _insert(dialect, table)
    values = {name: statement.excluded[name] for name in names if name not in key}
    return Prepared(statement.on_conflict_do_update(index_elements=key, set_=values), *names)


def insert_ignore(tx: Connection, table: Table, values: Values | Sequence[Values]) -> int:
    """Insert what is not there yet; returns how many rows were new. Existing rows stay as they are."""
    if not values:
        return 0
    if isinstance(values, dict):
        return _insert_ignore(tx.dialect.name, table, tuple(values)).run(tx, **values)
    statement = _insert(tx.dialect.name, table).values(values).on_conflict_do_nothing()
    # Without being told to, SQLAlchemy does not count inserted rows on PostgreSQL.
    return tx.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def insert_many_ignore(tx: Connection, table: Table, rows: Sequence[Values]) -> None:
    """The same of many rows, which are not counted: the statement is built once for all."""
    if rows:
        tx.execute(_insert(tx.dialect.name, table).on_conflict_do_nothing(), rows)


def upsert(tx: Connection, table: Table, values: Values, key: Sequence[str], change: Values | None = None) -> None:
    """Insert a row, or set `change` (by default all the values) on the one that has the same `key` columns."""
    dialect = tx.dialect.name
    if change is None:
        _upsert(dialect, table, tuple(values), tuple(key)).run(tx, **values)
    else:
        statement = _insert(dialect, table).on_conflict_do_update(index_elements=list(key), set_=change)
        tx.execute(statement, values)
