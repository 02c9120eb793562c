"""A number beside a SQLite database that tells, without a look into it, whether a counter in it may have moved.

Every request asks whether anything about access has changed, and while others write SQLite takes longer over that than
many a request over all the rest. So whoever changes it makes the number in this file odd before the rows change, and
even again when their transaction is over:

    4 ── a change begins ──> 5 ── committed, or rolled back ──> 6

All processes have the file in their memory. What was read while the number was even stands as long as it is the same;
while it is odd, the database is asked. One change waits for the other by a lock on the file, for SQLite lets the next
writer in before the last has put the number right. A process that is killed on the way leaves it odd, which costs time
but hides nothing, until the file is opened or changed again.

As with the files that SQLite has in memory itself, whoever makes this one shorter ends the processes that look at it.
"""

import fcntl
import mmap
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

SIZE = 8
"""Bytes, the lowest first."""
BUSY_SECONDS = 10.0
REST_SECONDS = 0.005


class Mark:
    """Of one process. It is begun and ended by whoever has the one connection that writes."""

    def __init__(self, database: str) -> None:
        """Beside the file of this name."""
        self._database = os.path.realpath(database)  # SQLite has one log for all the names of a file
        self._opening = threading.Lock()
        self._file = -1
        self._map: mmap.mmap | None = None
        self._changing = False

    def value(self) -> int | None:
        """The number; None while it says nothing, or may not be read."""
        try:
            number = self._number()
        except (OSError, ValueError):  # somebody opens or changes it, or it was closed this instant
            return None
        return None if number % 2 else number

    def begin(self) -> None:
        """A change begins in the transaction that is open. Raises `OSError` when the others cannot be told."""
        if self._changing:
            return
        over = time.monotonic() + BUSY_SECONDS
        while not self._locked():
            if time.monotonic() > over:
                raise TimeoutError(f"another process has been changing {self._name} for {BUSY_SECONDS:.0f} seconds")
            time.sleep(REST_SECONDS)
        self._changing = True
        self._set(self._number() | 1)

    def end(self) -> None:
        """The transaction is over."""
        if self._changing:
            self._changing = False
            with suppress(OSError):  # left odd, which is as good as a change that goes on
                self._set((self._number() | 1) + 1)
            with suppress(OSError):
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """By whoever has the connection that writes."""
        with self._opening:
            seen, self._map = self._map, None
            if seen is not None:
                seen.close()
                os.close(self._file)
                self._file = -1

    @property
    def _name(self) -> str:
        return f"{self._database}-access"

    def _locked(self) -> bool:
        try:
            if self._map is None:
                self._opened()
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _number(self) -> int:
        return int.from_bytes((self._map or self._opened())[:SIZE], "little")

    def _set(self, number: int) -> None:
        """Through the file, for memory without room on the disk behind it would end the process."""
        os.pwrite(self._file, number.to_bytes(SIZE, "little"), 0)

    def _opened(self) -> mmap.mmap:
        with self._opening:
            if self._map is None:
                self._file = os.open(self._name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    self._map = self._prepared()
                except BaseException:
                    os.close(self._file)
                    raise
            return self._map

    def _prepared(self) -> mmap.mmap:
        """The file in memory, once it is whole and no number of the dead is in it. Raises `BlockingIOError`."""
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
        with suppress(OSError):
            os.fchown(self._file, -1, of.st_gid)
        with suppress(OSError):
            os.fchown(self._file, of.st_uid, -1)
        with suppress(OSError):
            os.fchmod(self._file, of.st_mode & 0o777)
