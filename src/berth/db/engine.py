"""The database: read and write transactions, and prepared single reads by the plain driver.

SQLite runs in WAL mode with one writer at a time and foreign keys on. A write that is acknowledged to anybody is
flushed to the disk (`synchronous=FULL`); one that nobody relies on may say `durable=False`.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, create_engine, event, make_url

BUSY_SECONDS = 10
POOL = 16

Row = tuple[Any, ...]  # Any: column values as the driver gives them


class Database:
    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_embedded = self.url.get_backend_name() == "sqlite"
        self._engine = _sqlite(url) if self.is_embedded else _postgresql(url)
        self._writer = threading.Lock()
        self._kept: Connection | None = None
        self._local = threading.local()

    @property
    def engine(self) -> Engine:
        return self._engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the rows."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block and rolled back by an exception.

        Only a write nobody was told of may be `durable=False`: a loss of power can undo it, a crash cannot.
        """
        if not self.is_embedded:
            with self._engine.connect() as connection, connection.begin():
                if not durable:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                yield connection
            return
        options = {"berth_begin": "IMMEDIATE", "berth_synchronous": "FULL" if durable else "NORMAL"}
        with self._writing() as connection, connection.execution_options(**options).begin():
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """The one connection that writes: kept open, for to open one costs as much as a short transaction."""
        with self._writer:
            connection, self._kept = self._kept or self._engine.connect(), None
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._kept = connection

    def prepare(self, statement: Select[Any]) -> "Query":  # Any: rows of any shape
        """A single read that is run often: written in SQLAlchemy once, executed by the plain driver."""
        return Query(self, statement)

    def close(self) -> None:
        with self._writer:
            if self._kept is not None:
                self._kept.close()
                self._kept = None
        self._engine.dispose()

    def reader(self) -> sqlite3.Connection:
        """This thread's own plain connection; SQLite only."""
        connection: sqlite3.Connection | None = getattr(self._local, "reader", None)
        if connection is None:
            connection = sqlite3.connect(
                self.url.database or "",
                isolation_level=None,
                timeout=BUSY_SECONDS,
                check_same_thread=False,
                factory=_Reader,
            )
            connection.execute("PRAGMA query_only=ON")
            connection.execute("PRAGMA mmap_size=268435456")
            self._local.reader = connection
        return connection


class _Reader(sqlite3.Connection):
    """Closed when its thread or its database is gone, by whichever thread notices."""

    def __del__(self) -> None:
        self.close()


class Query:
    """A prepared read; values go in and come out as SQLAlchemy's own execution would have them."""

    def __init__(self, database: Database, statement: Select[Any]) -> None:  # Any: rows of any shape
        self._database = database
        dialect = database.engine.dialect
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._order = compiled.positiontup or ()
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self._bind = {
            bind.key: processor
            for bind in compiled.binds.values()
            if (processor := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        self._result = [
            (place, processor)
            for place, column in enumerate(statement.selected_columns)
            if (processor := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]

    def first(self, **values: object) -> Row | None:
        for name in self._bind.keys() & values.keys():
            values[name] = self._bind[name](values[name])
        found = self._fetch({**self._fixed, **values})
        if found is None or not self._result:
            return found
        row = list(found)
        for place, processor in self._result:
            row[place] = processor(row[place])
        return tuple(row)

    def _fetch(self, values: dict[str, Any]) -> Row | None:  # Any: parameters as the driver takes them
        if self._database.is_embedded:
            ordered = [values[name] for name in self._order]
            found: Row | None = self._database.reader().execute(self._sql, ordered).fetchone()
            return found
        with self._database.engine.connect() as connection:
            row = connection.exec_driver_sql(self._sql, values).first()
        return None if row is None else tuple(row)


def _postgresql(url: str) -> Engine:
    engine = create_engine(
        url, pool_size=POOL, max_overflow=POOL, pool_pre_ping=True, connect_args={"prepare_threshold": 2}
    )
    event.listen(engine, "connect", _without_jit)
    return engine


def _without_jit(connection: Any, _record: object) -> None:  # Any: the driver's connection
    """PostgreSQL spends a second on compiling queries that take a few milliseconds."""
    connection.autocommit = True
    connection.execute("SET jit = off")
    connection.autocommit = False


def _sqlite(url: str) -> Engine:
    database = make_url(url).database
    if database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=POOL,
        max_overflow=-1,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, never by the driver
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=FULL",
        "temp_store=MEMORY",
        "mmap_size=268435456",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Speaks to the driver itself: a round through SQLAlchemy takes ten times as long as these words."""
    driver = connection.connection.driver_connection
    options = connection.get_execution_options()
    if driver is None:
        return
    if "berth_begin" in options:
        driver.execute(f"PRAGMA synchronous={options['berth_synchronous']}")
    driver.execute(f"BEGIN {options.get('berth_begin', '')}")
