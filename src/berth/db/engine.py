"""The database: read and write transactions, and prepared single reads by the plain driver.

SQLite runs in WAL mode with one writer at a time and foreign keys on. A write that is acknowledged to anybody is
flushed to the disk (`synchronous=FULL`); one that nobody relies on may say `durable=False`.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Select, create_engine, event, make_url, select

from berth.db import documents
from berth.db.joint import Act, Joint
from berth.db.marks import Mark
from berth.db.prepared import Form, Row
from berth.db.tables import change

BUSY_SECONDS = 10
POOL = 16
LEAST_REST, LONGEST_REST = 0.02, 0.25

_JSON: dict[str, Any] = {"json_serializer": documents.dumps, "json_deserializer": documents.loads}
_SMALLEST = select(change.c.version).limit(1)

G = TypeVar("G")
T = TypeVar("T")


class Database:
    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_embedded = self.url.get_backend_name() == "sqlite"
        self.mark = Mark(self.url.database or "") if self.is_embedded else None
        self._engine = _sqlite(url, self.mark) if self.is_embedded else _postgresql(url)
        self._writer = threading.Lock()
        self._kept: Connection | None = None
        self._joint = Joint(self._writing, lambda connection: self._begun(connection, durable=True))
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
        with self._writing() as connection, self._begun(connection, durable=durable):
            yield connection

    def give_way(self, since: float) -> None:
        """Between two of many transactions: a rest as long as the last took, which began at this monotonic time.

        SQLite lets whoever asks first have its one lock, and who writes again at once would have it until all is
        done. Who waits for it in another process asks again every few milliseconds, and after a while ten times a
        second: a shorter rest would help few, and a longer one nobody who was waiting.
        """
        if self.is_embedded:
            time.sleep(min(max(LEAST_REST, time.monotonic() - since), LONGEST_REST))

    def in_parts(self, act: Callable[[Connection], int], size: int) -> int:
        """Have an act done again and again until it does less than `size`; returns how much it did in all.

        Each time is a transaction of its own, which is not durable, and between them others come in.
        """
        done = 0
        while True:
            began = time.monotonic()
            with self.write(durable=False) as tx:
                some = act(tx)
            done += some
            if some < size:
                return done
            self.give_way(began)

    def together(self, act: Act[G, T], given: G) -> T:
        """As `write`, for what comes often and from many at once: those who come together share a commit.

        Returns when it is committed. What the act raises for what is given here is raised, and undoes that alone.
        PostgreSQL has many writers, and brings their commits together by itself.
        """
        if self.is_embedded:
            return self._joint.run(act, given)
        with self.write() as tx:
            [result] = act(tx, [given])
        return result

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

    @contextmanager
    def _begun(self, connection: Connection, *, durable: bool) -> Iterator[None]:
        options = {"berth_begin": "IMMEDIATE", "berth_synchronous": "FULL" if durable else "NORMAL"}
        try:
            with connection.execution_options(**options).begin():
                yield
        finally:
            if self.mark is not None:
                self.mark.end()

    def prepare(self, statement: Select[Any]) -> "Query":  # Any: rows of any shape
        """A single read that is run often."""
        return Query(self, statement)

    def check(self) -> None:
        """Raises what a read would raise, and `FileNotFoundError` when the file was deleted under us."""
        with self.read() as tx:
            tx.execute(_SMALLEST)
        if self.is_embedded:
            Path(self.url.database or "").stat()

    def close(self) -> None:
        self._joint.close()
        with self._writer:
            if self._kept is not None:
                self._kept.close()
                self._kept = None
            if self.mark is not None:
                self.mark.close()
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
    """A single read outside of any transaction."""

    def __init__(self, database: Database, statement: Select[Any]) -> None:  # Any: rows of any shape
        self._database = database
        self._form = Form(statement, database.engine.dialect)

    def first(self, **values: object) -> Row | None:
        if self._database.is_embedded:
            return self._form.row(self._form.execute(self._database.reader(), values).fetchone())
        with self._database.engine.connect() as connection:
            found = self._form.execute(connection.connection.driver_connection, values).fetchone()
        return self._form.row(found)


def _postgresql(url: str) -> Engine:
    engine = create_engine(
        url,
        pool_size=POOL,
        max_overflow=POOL,
        pool_pre_ping=True,
        connect_args={"prepare_threshold": 2},
        **_JSON,
    )
    event.listen(engine, "connect", _without_jit)
    return engine


def _without_jit(connection: Any, _record: object) -> None:  # Any: the driver's connection
    """PostgreSQL spends a second on compiling queries that take a few milliseconds."""
    connection.autocommit = True
    connection.execute("SET jit = off")
    connection.autocommit = False


def _sqlite(url: str, mark: Mark | None) -> Engine:
    database = make_url(url).database
    if database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=POOL,
        max_overflow=-1,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        execution_options={"berth_mark": mark},
        **_JSON,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, never by the driver
    _write_ahead(connection)
    for pragma in (
        "foreign_keys=ON",
        "synchronous=FULL",
        "temp_store=MEMORY",
        "mmap_size=268435456",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Of those that open a new file together one takes it over to WAL, for which SQLite lets no other wait."""
    over = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > over:
                raise
            time.sleep(LEAST_REST)
        else:
            return


def _begin(connection: Connection) -> None:
    """Speaks to the driver itself: a round through SQLAlchemy takes ten times as long as these words."""
    driver = connection.connection.driver_connection
    options = connection.get_execution_options()
    if driver is None:
        return
    wanted = options.get("berth_synchronous")
    if wanted is not None and connection.info.get("synchronous") != wanted:
        driver.execute(f"PRAGMA synchronous={wanted}")
        connection.info["synchronous"] = wanted
    driver.execute(f"BEGIN {options.get('berth_begin', '')}")
