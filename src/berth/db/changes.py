"""Counters that tell caches, in every process, that what they remember may be stale."""

from time import monotonic

from sqlalchemy import Connection, select

from berth.db.engine import Database
from berth.db.marks import Mark
from berth.db.rows import upsert
from berth.db.tables import change

ACCESS = "access"
"""Goes up with every change of accounts, keys, grants, registries and repositories."""

LONGEST_SECONDS = 1.0
"""How long a mark is believed, should its file have been taken away."""


def bump(tx: Connection, name: str) -> None:
    mark: Mark | None = tx.get_execution_options().get("berth_mark")
    if mark is not None:
        mark.begin()
    upsert(tx, change, {"name": name, "version": 1}, ["name"], {"version": change.c.version + 1})


class Watch:
    """Tells what a counter stands at now; the database is asked when it may have moved."""

    def __init__(self, database: Database, name: str) -> None:
        self._mark = database.mark
        self._counter = database.prepare(select(change.c.version).where(change.c.name == name))
        self._known = (-1, 0, 0.0)

    def now(self) -> int:
        mark = None if self._mark is None else self._mark.value()
        marked, version, until = self._known
        if mark == marked and monotonic() < until:
            return version
        row = self._counter.first()
        version = 0 if row is None else int(row[0])
        if mark is not None:  # it was looked at before the counter, so a change in between makes this stale
            self._known = (mark, version, monotonic() + LONGEST_SECONDS)
        return version
