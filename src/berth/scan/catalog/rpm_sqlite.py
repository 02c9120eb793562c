"""`rpmdb.sqlite`: one table `Packages` with a header in each row.

The file comes from an image, so SQLite gets it as a file that nothing else can find, and reads one column of one table
there: no trigger, view, function or other table, no second file, no more time than it is given.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from berth.scan.catalog import rpm_header
from berth.scan.catalog.gathered import Damaged, Deadline

_MAGIC = b"SQLite format 3\0"
_STEPS = 10_000
"""Of SQLite's machine, between two looks at the clock."""
_PLAIN = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'Packages' AND rootpage > 0"
_READS = frozenset({("Packages", "blob")} | {("sqlite_master", column) for column in ("type", "name", "rootpage")})


def blobs(file: BinaryIO, deadline: Deadline) -> Iterator[bytes]:
    """Every header. Raises `Damaged` or `Exhausted`."""
    file.seek(0)
    if file.read(len(_MAGIC)) != _MAGIC:
        raise Damaged("it is no SQLite database")
    try:
        with closing(_connected(file, deadline)) as db:
            yield from _rows(db)
    except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
        deadline.check()
        raise Damaged(f"SQLite cannot read it ({error})") from None


def _rows(db: sqlite3.Connection) -> Iterator[bytes]:
    if db.execute(_PLAIN).fetchone() is None:
        raise Damaged("it has no table of packages")
    for (blob,) in db.execute("SELECT blob FROM Packages"):
        if not isinstance(blob, bytes):
            raise Damaged("a row of its packages is no header")
        yield blob


def _connected(file: BinaryIO, deadline: Deadline) -> sqlite3.Connection:
    db = _opened(file)
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA cell_size_check = ON")
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, rpm_header.MOST_BYTES)
    db.set_progress_handler(lambda: deadline.passed, _STEPS)
    db.set_authorizer(_authorized)
    db.text_factory = bytes
    return db


def _opened(file: BinaryIO) -> sqlite3.Connection:
    """A copy, under a name of our own that is gone as soon as SQLite has opened it.

    It opens by name only, and even by /proc/self/fd no file that has none, as temporary files do not.
    """
    file.seek(0)
    with tempfile.NamedTemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.flush()
        return sqlite3.connect(f"{Path(copy.name).as_uri()}?mode=ro&immutable=1", uri=True)


def _authorized(action: int, table: str | None, column: str | None, _: str | None, __: str | None) -> int:
    if action == sqlite3.SQLITE_SELECT or (action == sqlite3.SQLITE_READ and (table, column) in _READS):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY
