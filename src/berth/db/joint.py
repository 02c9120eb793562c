"""Writes that come together and are committed together.

SQLite has one writer, and to flush a commit to the disk takes longer than to write all there is in it. So whoever
comes while one transaction is written waits, and the next is for all who wait:

    A ──write, flush──┐
       B, C, D wait ──┴──write for B, C and D, one flush──┐
                              E waits ────────────────────┴── ...

Each kind of act is told at once all that it is to be done with, and writes it by as few statements as it can: for each
of them the thread lets go of the interpreter, and waits until it has it again.

What one is refused, or fails at, the others do not feel: then all of it is rolled back and begun anew, apart and with a
savepoint for each, which is rare. What was answered is committed; when the commit fails, it fails for all of them.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import groupby
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar, cast

from sqlalchemy import Connection

MOST = 64
"""Who write in one transaction: the first of them waits for the last."""

G = TypeVar("G")
T = TypeVar("T")

Act = Callable[[Connection, Sequence[G]], Sequence[T]]
"""Does with each of what is given as it would with that alone, and returns a result for each."""


class Joint:
    """One per process. `writing` lends the connection that writes, `begun` begins and commits on it.

    What waits is written by a thread of its own, which is there from the first act on: between two transactions no
    other has to be woken to go on.
    """

    def __init__(
        self,
        writing: Callable[[], AbstractContextManager[Connection]],
        begun: Callable[[Connection], AbstractContextManager[object]],
    ) -> None:
        self._writing = writing
        self._begun = begun
        self._lock = Lock()
        self._waiting: SimpleQueue[_Turn | None] | None = None
        self._writer: Thread | None = None

    def run(self, act: Act[G, T], given: G) -> T:
        """The result for what is given, once committed; or what the act raised, and then nothing of it is left."""
        mine = _Turn(act, given)
        with self._lock:
            (self._waiting or self._start()).put(mine)
        return cast("T", mine.outcome())

    def close(self) -> None:
        """What waits is written first."""
        with self._lock:
            waiting, writer = self._waiting, self._writer
            self._waiting = self._writer = None
        if waiting is not None and writer is not None:
            waiting.put(None)
            writer.join()

    def _start(self) -> "SimpleQueue[_Turn | None]":
        waiting: SimpleQueue[_Turn | None] = SimpleQueue()
        writer = Thread(target=self._write_all, args=(waiting,), name="writes", daemon=True)
        writer.start()
        self._waiting, self._writer = waiting, writer
        return waiting

    def _write_all(self, waiting: "SimpleQueue[_Turn | None]") -> None:
        while (first := waiting.get()) is not None:
            self._write(first, waiting)
            del first

    def _write(self, first: "_Turn", waiting: "SimpleQueue[_Turn | None]") -> None:
        """One transaction for all who wait when it is our turn to write."""
        batch = [first]
        try:
            with self._writing() as connection:
                _gather(batch, waiting)
                try:
                    with self._begun(connection):
                        _take(connection, batch)
                except _Failed as failed:
                    if len(batch) > 1:
                        self._apart(connection, batch)
                    else:
                        first.failed(failed.reason)
        except BaseException as error:  # noqa: BLE001  each raises it where it waits
            for turn in batch:
                turn.failed(error)
        finally:
            for turn in batch:
                turn.wake()

    def _apart(self, connection: Connection, batch: list["_Turn"]) -> None:
        with self._begun(connection):
            for turn in batch:
                turn.take_apart(connection)


def _gather(batch: list["_Turn"], waiting: "SimpleQueue[_Turn | None]") -> None:
    """Who has come by now; what ends the thread is left for it."""
    with suppress(Empty):
        while len(batch) < MOST:
            turn = waiting.get_nowait()
            if turn is None:
                waiting.put(None)
                return
            batch.append(turn)


def _take(connection: Connection, batch: list["_Turn"]) -> None:
    """Every act for all who wait for it. Raises `_Failed`, which ends the transaction of all."""
    for act, turns in groupby(batch, lambda turn: turn.act):
        those = list(turns)
        try:
            results = act(connection, [turn.given for turn in those])
        except Exception as error:
            raise _Failed(error) from error
        for turn, result in zip(those, results, strict=True):
            turn.result = result


class _Failed(Exception):
    """One of several, or all there is: they are to be tried apart."""

    def __init__(self, reason: Exception) -> None:
        super().__init__()
        self.reason = reason


class _Turn:
    """What is to be done with what, who waits for it, and how it ended."""

    def __init__(self, act: Act[Any, Any], given: object) -> None:  # Any: whatever the act is for
        self.act = act
        self.given = given
        self.result: object = None
        self._error: BaseException | None = None
        self._asleep = Lock()
        self._asleep.acquire()

    def wake(self) -> None:
        self._asleep.release()

    def take_apart(self, connection: Connection) -> None:
        """Raises what ended the whole transaction."""
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        try:
            with _savepoint(driver):
                [self.result] = self.act(connection, [self.given])
        except Exception as error:
            if not driver.in_transaction:  # SQLite has rolled all of it back, as when the disk is full
                raise
            self._error = error

    def failed(self, error: BaseException) -> None:
        self._error = self._error or error

    def outcome(self) -> object:
        """Waits for it."""
        self._asleep.acquire()
        if self._error is not None:
            raise self._error
        return self.result


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
