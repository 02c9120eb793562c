"""Databases for tests: every test gets its own, copied from one that was migrated once per test process.

A copy on PostgreSQL costs more than most tests do. So one whose test has ended is emptied and given to the next, unless
the test has changed more than rows.
"""

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from berth import migrations
from berth.db import Database
from tests import postgres, programs


def sqlite_template(folder: Path) -> Path:
    """A migrated SQLite file, closed and complete in itself."""
    path = folder / "template.sqlite"
    _migrate(f"sqlite:///{path}")
    assert not path.with_name(path.name + "-wal").exists(), "migrations left the database open"
    return path


def _migrate(url: str) -> None:
    with contextlib.closing(Database(url)) as database:
        migrations.upgrade(database)


def sqlite_copy(template: Path, folder: Path) -> str:
    return f"sqlite:///{shutil.copyfile(template, folder / 'berth.sqlite')}"


def url_of(request: pytest.FixtureRequest) -> str:
    """Of a new database of the kind that the fixture was given."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


class PostgresTemplates:
    """A server with a migrated database, and copies of it."""

    def __init__(self, server: postgres.Server) -> None:
        self.server = server
        self._numbers = itertools.count(1)
        self._free: list[str] = []
        server.run(f"CREATE DATABASE {TEMPLATE}")
        _migrate(server.url(TEMPLATE))
        with server.connected(TEMPLATE) as connection:
            self._shape = _shape(connection)
            self._tables = [row[0] for row in connection.execute(_TABLES)]
            assert _filled(connection, self._tables) == [], "a new database has rows, which emptying it would lose"

    @contextlib.contextmanager
    def copy(self) -> Iterator[str]:
        name = self._free.pop() if self._free else self._made(TEMPLATE)
        try:
            yield self.server.url(name)
        finally:
            if self._emptied(name):
                self._free.append(name)
            else:
                self._drop(name)

    @contextlib.contextmanager
    def empty(self) -> Iterator[str]:
        name = self._made("template0")
        try:
            yield self.server.url(name)
        finally:
            self._drop(name)

    def _made(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        self.server.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def _drop(self, name: str) -> None:
        # A test that failed may have left connections open, and they must not fail the next one.
        self.server.run(f"DROP DATABASE {name} WITH (FORCE)")

    def _emptied(self, name: str) -> bool:
        """Whether it is as the template again."""
        with contextlib.suppress(psycopg.Error), self.server.connected(name) as connection:
            connection.execute(_ALONE)
            filled = _filled(connection, self._tables)
            if filled:
                connection.execute(f"TRUNCATE {', '.join(filled)}".encode())
            connection.execute(_FROM_ONE)
            return _shape(connection) == self._shape
        return False


TEMPLATE = "template_berth"
_TABLES = b"SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_ALONE = b"""SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_FROM_ONE = (
    b"SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S' AND pg_sequence_last_value(oid) > 0"
)
_SHAPE = b"""SELECT (SELECT version_num FROM alembic_version),
                    (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
                    (SELECT count(*) FROM pg_attribute WHERE NOT attisdropped),
                    (SELECT count(*) FROM pg_trigger),
                    (SELECT count(*) FROM pg_proc),
                    (SELECT count(*) FROM pg_constraint),
                    (SELECT count(*) FROM pg_db_role_setting)"""


def _shape(connection: psycopg.Connection) -> object:
    return connection.execute(_SHAPE).fetchone()


def _filled(connection: psycopg.Connection, tables: list[str]) -> list[str]:
    """Those that have rows."""
    query = " UNION ALL ".join(f"(SELECT '{table}' FROM {table} LIMIT 1)" for table in tables)  # noqa: S608  our own names
    return [row[0] for row in connection.execute(query.encode())]


@contextlib.contextmanager
def postgres_templates() -> Iterator[PostgresTemplates]:
    """Skips, or in CI fails, where PostgreSQL is not installed."""
    programs.need("postgres")
    with postgres.server() as server:
        yield PostgresTemplates(server)
