"""Databases for tests: every test gets its own, copied from one that was migrated once per test process."""

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

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


class PostgresTemplates:
    """A server with a migrated database, and copies of it."""

    def __init__(self, server: postgres.Server) -> None:
        self.server = server
        self._numbers = itertools.count(1)
        server.run("CREATE DATABASE template_berth")
        _migrate(server.url("template_berth"))

    @contextlib.contextmanager
    def copy(self) -> Iterator[str]:
        with self._database("template_berth") as url:
            yield url

    @contextlib.contextmanager
    def empty(self) -> Iterator[str]:
        with self._database("template0") as url:
            yield url

    @contextlib.contextmanager
    def _database(self, template: str) -> Iterator[str]:
        name = f"test_{next(self._numbers)}"
        self.server.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.server.url(name)
        finally:
            # A test that failed may have left connections open, and they must not fail the next one.
            self.server.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def postgres_templates() -> Iterator[PostgresTemplates]:
    """Skips, or in CI fails, where PostgreSQL is not installed."""
    programs.need("postgres")
    with postgres.server() as server:
        yield PostgresTemplates(server)
