"""Writes that come together and are committed together.

SQLite has one writer, and to flush a commit to the disk takes longer than to write all there is in it. So whoever
comes while another writes waits, and the next to write does so for all who wait, in one transaction:

    A ──write, flush──┐
       B, C, D wait ──┴──B writes for B, C and D, one flush──┐
                              E waits ───────────────────────┴── ...

What one is refused, or fails at, the others do not feel: then all of it is rolled back and begun anew with a savepoint
for each, which is rare, and takes half as long again. An act that was answered is committed; when the commit fails, it
fails for all of them.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import TypeVar, cast

from sqlalchemy import Connection

MOST = 64
"""Acts of one transaction: the first of them waits for the last."""

T = TypeVar("T")

Act = Callable[[Connection], object]


class Joint:
    """One per process. `writing` lends the connection that writes, `begun` begins and commits on it."""

    def __init__(
        self,
        writing: Callable[[], AbstractContextManager[Connection]],
        begun: Callable[[Connection], AbstractContextManager[object]],
    ) -> None:
        self._writing = writing
        self._begun = begun
        self._waiting: deque[_Turn] = deque()
        self._led = False
        self._lock = Lock()

    def run(self, act: Callable[[Connection], T]) -> T:
        """The act's own result, once it is committed; or what it raised, and then nothing of it is left."""
        mine = _Turn(act)
        with self._lock:
            self._waiting.append(mine)
            leads, self._led = not self._led, True
        if leads or mine.leads_when_woken():
            self._lead(mine)
        return cast("T", mine.outcome())

    def _lead(self, mine: "_Turn") -> None:
        """Write for all who wait when it is our turn to write. Whoever leads is the first of them."""
        batch = [mine]
        try:
            with self._writing() as connection:
                batch = self._taken()
                try:
                    with self._begun(connection):
                        for turn in batch:
                            turn.take(connection)
                except _Failed:
                    if len(batch) > 1:
                        self._apart(connection, batch)
        except BaseException as error:  # noqa: BLE001  each raises it where it waits
            for turn in batch:
                turn.failed(error)
        finally:
            self._pass_on(batch, mine)

    def _apart(self, connection: Connection, batch: list["_Turn"]) -> None:
        with self._begun(connection):
            for turn in batch:
                turn.take_apart(connection)

    def _taken(self) -> list["_Turn"]:
        with self._lock:
            return [self._waiting[place] for place in range(min(len(self._waiting), MOST))]

    def _pass_on(self, batch: list["_Turn"], mine: "_Turn") -> None:
        with self._lock:
            for _ in batch:
                self._waiting.popleft()
            self._led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].wake(leads=True)
        for turn in batch:
            if turn is not mine:
                turn.wake()


class _Failed(Exception):
    """An act of many, which are to be tried apart."""


class _Turn:
    """One act, who waits for it, and how it ended."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._result: object = None
        self._error: BaseException | None = None
        self._leads = False
        self._asleep = Lock()
        self._asleep.acquire()

    def leads_when_woken(self) -> bool:
        self._asleep.acquire()
        return self._leads

    def wake(self, *, leads: bool = False) -> None:
        self._leads = leads
        self._asleep.release()

    def take(self, connection: Connection) -> None:
        """Raises `_Failed`, which ends the transaction of all."""
        try:
            self._result = self._act(connection)
        except Exception as error:  # noqa: BLE001  it is raised where it waits, or comes again
            self._error = error
            raise _Failed from None

    def take_apart(self, connection: Connection) -> None:
        """Anew. Raises what ended the whole transaction."""
        self._error = None
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        try:
            with _savepoint(driver):
                self._result = self._act(connection)
        except Exception as error:
            if not driver.in_transaction:  # SQLite has rolled all of it back, as when the disk is full
                raise
            self._error = error

    def failed(self, error: BaseException) -> None:
        self._error = self._error or error

    def outcome(self) -> object:
        if self._error is not None:
            raise self._error
        return self._result


@contextmanager
def _savepoint(driver: sqlite3.Connection) -> Iterator[None]:
    """Speaks to the driver itself, as the words that begin a transaction do."""
    driver.execute("SAVEPOINT act")
    try:
        yield
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK TO act")
            driver.execute("RELEASE act")
        raise
    driver.execute("RELEASE act")
