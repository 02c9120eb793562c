"""The advisory file: its tables, and how it is opened.

    advisory ──┬── body       the record as it came
               ├── origin     the sources it came from; it goes when the last of them has it no more
               ├── link       the names it gives: `same` flaw, or flaws it `speaks` of
               ├── affected   what it says of packages, found by name
               └── tells      of which flaws, worked out from all links together ── alias: their other names

    ecosystem   what there are advisories for          source   what was imported, and whose it is
    meta        build, schema, times

Levels and scores are worked out when a record is read, so that looking up only ever compares versions.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

SCHEMA = 1
"""Raised when the tables change, or what is put into them: files of another one are not read."""

TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE source (
        ecosystem TEXT PRIMARY KEY, last_modified TEXT NOT NULL, records INTEGER NOT NULL, attribution TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE TABLE ecosystem (name TEXT PRIMARY KEY, packages INTEGER NOT NULL, left_at TEXT NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE advisory (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, modified TEXT NOT NULL, withdrawn INTEGER NOT NULL,
        sum BLOB NOT NULL, level TEXT NOT NULL, rated_by TEXT NOT NULL, score REAL, vector TEXT NOT NULL
    )
    """,
    "CREATE TABLE body (advisory INTEGER PRIMARY KEY, record BLOB NOT NULL)",
    """
    CREATE TABLE origin (
        source TEXT NOT NULL, advisory INTEGER NOT NULL, PRIMARY KEY (source, advisory)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE link (
        advisory INTEGER NOT NULL, kind TEXT NOT NULL, other TEXT NOT NULL, PRIMARY KEY (advisory, kind, other)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE affected (
        name TEXT NOT NULL, ecosystem TEXT NOT NULL, advisory INTEGER NOT NULL, variant TEXT NOT NULL,
        ranges TEXT NOT NULL, versions BLOB NOT NULL,
        level TEXT NOT NULL, rated_by TEXT NOT NULL, score REAL, vector TEXT NOT NULL
    )
    """,
    "CREATE TABLE tells (flaw TEXT NOT NULL, advisory INTEGER NOT NULL, PRIMARY KEY (flaw, advisory)) WITHOUT ROWID",
    "CREATE TABLE alias (flaw TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (flaw, name)) WITHOUT ROWID",
    "CREATE INDEX advisory_sum ON advisory (sum)",
    "CREATE INDEX affected_advisory ON affected (advisory)",
)
INDEXES = (
    "CREATE INDEX IF NOT EXISTS origin_advisory ON origin (advisory)",
    "CREATE INDEX IF NOT EXISTS affected_name ON affected (name, ecosystem)",
    "CREATE INDEX IF NOT EXISTS tells_advisory ON tells (advisory)",
)
"""Made when the rows are there, which is quicker."""


class AdvisoriesUnreadable(Exception):
    """A file that is no advisory file, is damaged, or is of another schema; the text says which."""


def connect(path: Path) -> sqlite3.Connection:
    """For looking up in alone. Raises `AdvisoriesUnreadable`."""
    try:
        db = sqlite3.connect(uri(path), uri=True, check_same_thread=False, isolation_level=None)
    except sqlite3.Error as error:
        raise AdvisoriesUnreadable(f"{path.name}: {error}") from None
    try:
        # A file may have come from elsewhere: what its schema could call is not trusted.
        db.execute("PRAGMA trusted_schema = OFF")
        check_schema(db)
    except (sqlite3.Error, AdvisoriesUnreadable) as error:
        db.close()
        raise AdvisoriesUnreadable(f"{path.name}: {error}") from None
    return db


def uri(path: Path) -> str:
    """Immutable: no locks are taken and nothing beside the file is looked for, so many may read it."""
    return f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"


def check_schema(db: sqlite3.Connection) -> None:
    """Raises `AdvisoriesUnreadable`."""
    found = db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    if found is None or found[0] != str(SCHEMA):
        raise AdvisoriesUnreadable(f"its schema is {found[0] if found else 'not said'}, this Berth reads {SCHEMA}")


def check_whole(path: Path) -> None:
    """That no page of it is damaged and its indexes have what its tables have. Raises `AdvisoriesUnreadable`."""
    with closing(connect(path)) as db:
        found = db.execute("PRAGMA integrity_check(1)").fetchone()
    if found[0] != "ok":
        raise AdvisoriesUnreadable(f"{path.name}: {found[0]}")
