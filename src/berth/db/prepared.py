"""Statements that run often: written in SQLAlchemy once, executed by the plain driver.

For a short statement SQLAlchemy takes several times as long as SQLite. Values go in and come out as its own execution
would have them, and errors are its own.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import Select

Row = tuple[Any, ...]  # Any: column values as the driver gives them
Statement = Select[Any] | UpdateBase  # Any: rows of any shape


class Form:
    """A statement as one kind of database takes it."""

    def __init__(self, statement: Statement, dialect: Dialect, names: tuple[str, ...] | None = None) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=names)
        self.sql = str(compiled)
        self._dialect = dialect
        self._order = compiled.positiontup if compiled.positional else None
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self._bind = {
            bind.key: processor
            for bind in compiled.binds.values()
            if (processor := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        self.names = tuple(getattr(column, "name", "") for column in columns)
        self._result = [
            (place, processor)
            for place, column in enumerate(columns)
            if (processor := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]

    def execute(self, driver: Any, values: dict[str, Any]) -> Any:  # Any: the driver's connection and cursor
        """Raises what SQLAlchemy would raise."""
        for name in self._bind.keys() & values.keys():
            values[name] = self._bind[name](values[name])
        given = {**self._fixed, **values}
        try:
            return driver.execute(self.sql, given if self._order is None else [given[name] for name in self._order])
        except self._dialect.loaded_dbapi.Error as error:
            raise self._error(error) from error

    def execute_many(self, driver: Any, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """With each of these rows, whose values stand as their names do; of SQLite, which takes values by their places.

        Raises what SQLAlchemy would raise. Any: the driver's connection, and values.
        """
        taken = [(names.index(name), _once(self._bind.get(name))) for name in self._order or ()]
        given = ([row[place] if bind is None else bind(row[place]) for place, bind in taken] for row in rows)
        try:
            driver.executemany(self.sql, given)
        except self._dialect.loaded_dbapi.Error as error:
            raise self._error(error) from error

    def _error(self, error: Exception) -> DBAPIError:
        of_driver = self._dialect.loaded_dbapi.Error
        return DBAPIError.instance(self.sql, None, error, of_driver, dialect=self._dialect)  # type: ignore[return-value]

    def row(self, found: Row | None) -> Row | None:
        if found is None or not self._result:
            return found
        row = list(found)
        for place, processor in self._result:
            row[place] = processor(row[place])
        return tuple(row)


class Prepared:
    """A statement that runs inside transactions."""

    def __init__(self, statement: Statement, *names: str) -> None:
        """An insert names its columns."""
        self._statement = statement
        self._names = names or None
        self._forms: dict[str, Form] = {}

    def run(self, tx: Connection, **values: Any) -> int:  # Any: column values
        """Returns how many rows it touched."""
        count: int = self._form(tx).execute(tx.connection.driver_connection, values).rowcount
        return count

    def run_many(self, tx: Connection, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """With each of these rows, whose values stand as their names do; on SQLite. Any: column values."""
        self._form(tx).execute_many(tx.connection.driver_connection, names, rows)

    def first(self, tx: Connection, **values: Any) -> dict[str, Any] | None:  # Any: column values
        form = self._form(tx)
        row = form.row(form.execute(tx.connection.driver_connection, values).fetchone())
        return None if row is None else dict(zip(form.names, row, strict=True))

    def _form(self, tx: Connection) -> Form:
        form = self._forms.get(tx.dialect.name)
        if form is None:
            form = self._forms[tx.dialect.name] = Form(self._statement, tx.dialect, self._names)
        return form


def _once(bind: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:  # Any: values
    """Makes what stands in row after row, as a time does, ready for the driver once."""
    if bind is None:
        return None
    last = ready = bind(None)

    def made(value: Any) -> Any:  # Any: values
        nonlocal last, ready
        if value is not last:
            last, ready = value, bind(value)
        return ready

    return made
