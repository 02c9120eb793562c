"""`rpmdb.sqlite`: one table `Packages` with a header in each row.

The file comes from an image, so SQLite gets it as a file that nothing else can find, and reads one column of one table
there: no trigger, view, function or other table, no second file, no more time than it is given.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from berth.scan.catalog import plain, rpm_header
from berth.scan.catalog.gathered import Damaged, Deadline

_MAGIC = b"SQLite format 3\0"
_START, _LARGEST = 100, 65_536
"""Bytes of its header, and of a page for which two bytes have no room."""
_STEPS = 10_000
"""Of SQLite's machine, between two looks at the clock."""
_PLAIN = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'Packages' AND rootpage > 0"
_READS = frozenset({("Packages", "blob")} | {("sqlite_master", column) for column in ("type", "name", "rootpage")})


def blobs(file: BinaryIO, deadline: Deadline) -> Iterator[bytes]:
    """Every header. Raises `Damaged` or `Exhausted`."""
    file.seek(0)
    start = file.read(_START)
    if len(start) < _START or not start.startswith(_MAGIC):
        raise Damaged("it is no SQLite database")
    try:
        with closing(_connected(file, deadline)) as db:
            yield from _rows(db)
    except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError) as error:  # a ValueError of its own messages
        deadline.check()
        raise Damaged(f"SQLite cannot read it ({_shown(error)})") from None
    if file.seek(0, os.SEEK_END) < _size(start):
        raise Damaged("its end is missing")


def _size(start: bytes) -> int:
    """How long it says it is; SQLite itself does not mind when a part of the last page is missing."""
    page, pages = int.from_bytes(start[16:18], "big"), int.from_bytes(start[28:32], "big")
    return pages * (_LARGEST if page == 1 else page)


def _shown(error: Exception) -> str:
    """SQLite's messages quote what is in the file, not always in UTF-8."""
    return "" if isinstance(error, UnicodeDecodeError) else plain.text(str(error).encode("utf-8", "replace"))


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
