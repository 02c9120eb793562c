"""A number beside a SQLite database that tells, without a look into it, whether a counter in it may have moved.

Every request asks whether anything about access has changed, and while others write SQLite takes longer over that than
many a request over all the rest. So whoever changes it makes the number in this file odd before the rows change, and
even again when their transaction is over:

    4 ── a change begins ──> 5 ── committed, or rolled back ──> 6

All processes have the file in their memory. What was read while the number was even stands as long as it is the same;
while it is odd, the database is asked. One change waits for the other by a lock on the file, for SQLite lets the next
writer in before the last has put the number right. A process that is killed on the way leaves it odd, which costs time
but hides nothing, until the file is opened or changed again.
"""

import fcntl
import mmap
import os
import threading
from contextlib import suppress
from pathlib import Path

SIZE = 8
"""Bytes, the lowest first."""


class Mark:
    """Of one process. It is begun and ended by whoever has the one connection that writes."""

    def __init__(self, database: str) -> None:
        """Beside the file of this name."""
        self._database = database
        self._opening = threading.Lock()
        self._file = -1
        self._map: mmap.mmap | None = None
        self._changing = False

    def value(self) -> int | None:
        """The number; None while it says nothing, or may not be read."""
        try:
            number = self._number()
        except OSError:
            return None
        return None if number % 2 else number

    def begin(self) -> None:
        """A change begins in the transaction that is open. Raises `OSError` when the others cannot be told."""
        if self._changing:
            return
        if self._map is None:
            self._opened()
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._changing = True
        self._set(self._number() | 1)

    def end(self) -> None:
        """The transaction is over."""
        if self._changing:
            self._changing = False
            with suppress(OSError):  # left odd, which is as good as a change that goes on
                self._set(self._number() + 1)
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        with self._opening:
            if self._map is not None:
                self._map.close()
                os.close(self._file)
                self._map = None

    def _number(self) -> int:
        return int.from_bytes((self._map or self._opened())[:SIZE], "little")

    def _set(self, number: int) -> None:
        """Through the file, for memory without room on the disk behind it would end the process."""
        os.pwrite(self._file, number.to_bytes(SIZE, "little"), 0)

    def _opened(self) -> mmap.mmap:
        with self._opening:
            if self._map is None:
                self._file = os.open(f"{self._database}-access", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    self._map = self._prepared()
                except BaseException:
                    os.close(self._file)
                    raise
            return self._map

    def _prepared(self) -> mmap.mmap:
        """The file in memory, once it is whole and no number of the dead is in it."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            known = os.pread(self._file, SIZE, 0)
            number = int.from_bytes(known, "little")
            if len(known) < SIZE or number % 2:
                self._set(number + number % 2)
            self._as_the_database()
            return mmap.mmap(self._file, SIZE, access=mmap.ACCESS_READ)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _as_the_database(self) -> None:
        """Whoever may write the database may write this, as SQLite has it with the files that it makes."""
        of = Path(self._database).stat()
        with suppress(PermissionError):
            os.fchmod(self._file, of.st_mode & 0o777)
            os.fchown(self._file, of.st_uid, of.st_gid)
