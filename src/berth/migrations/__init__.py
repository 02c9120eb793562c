"""Bring a database to this program's shape, under a lock, before anything else touches it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from berth.db import Database

LOCK = 0x42657274
"""Number of the advisory lock that PostgreSQL holds while one process migrates."""


class DatabaseNewerError(Exception):
    """A later release of Berth has changed this database."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"the database has the shape {found!r}, which this release of Berth does not know: it was changed by a "
            "later release. Start that release, or restore a backup made before the change."
        )


def upgrade(database: Database) -> None:
    """Run the migrations that are missing. Raises `DatabaseNewerError`."""
    with _alone(database) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        scripts = ScriptDirectory.from_config(_config())
        if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
            raise DatabaseNewerError(found)
        if found != scripts.get_current_head():
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A transaction nobody else migrates in: SQLite's write lock, or an advisory lock of PostgreSQL."""
    with database.write() as connection:
        if not database.is_embedded:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        yield connection


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
