"""Builds of the advisory file: made beside the one in force, and put in its place when they are whole.

    build   a new file, of these records and nothing else
    change  a copy of the one in force, with these records in place of what it knew of the same advisories

A release that leaves an export while its system stays in it (Debian 11, when its free support had ended) would turn
full reports into empty ones. Its last rows are kept, and the file says since when it has left.
"""

import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from berth.scan import ecosystems
from berth.scan.advisories import attribution, flaws, kept, layout
from berth.scan.advisories.kept import Making
from berth.scan.advisories.layout import AdvisoriesUnreadable
from berth.scan.advisories.writing import Tally, Writer, connect
from berth.words import time

Progress = Callable[[int], None]
"""Told now and then how many records were read. What it raises ends the build, and the one in force stays."""

STEP = 1_000


class NothingLearnt(Exception):
    """Of the records that were given not one could be used: a feed that is broken replaces nothing."""


@dataclass(frozen=True, slots=True)
class Built:
    build: str
    path: Path
    tally: Tally
    removed: int
    """Advisories that their sources have no more."""
    left: tuple[str, ...]
    """Releases that left an export with this build."""


def build(folder: Path, records: Iterable[tuple[str, bytes]], *, progress: Progress | None = None) -> Built:
    """Raises `BuildBusy`, `NothingLearnt`, and whatever reading the records raises; then nothing has changed."""
    with kept.making(folder) as making:
        return _begin(making, records, progress)


def change(
    folder: Path,
    records: Iterable[tuple[str, bytes]],
    *,
    whole: Collection[str] = (),
    progress: Progress | None = None,
) -> Built:
    """As `build`, which it is where no build is in force that can be read.

    Of a source that is given as a whole, advisories that are not among the records are removed.
    """
    with kept.making(folder) as making:
        last = _last(folder)
        if last is None:
            return _begin(making, records, progress)
        shutil.copyfile(last, making.path)
        with closing(connect(making.path)) as db:
            db.execute(_FORGET_WHAT_LEFT)
            return _fill(db, making, last, records, whole, progress)


def _begin(making: Making, records: Iterable[tuple[str, bytes]], progress: Progress | None) -> Built:
    with closing(connect(making.path)) as db:
        for statement in layout.TABLES:
            db.execute(statement)
        return _fill(db, making, _last(making.path.parent), records, (), progress)


def _last(folder: Path) -> Path | None:
    """The build in force, unless it is of another schema or damaged."""
    last = kept.in_force(folder)
    if last is None:
        return None
    try:
        layout.connect(last).close()
    except AdvisoriesUnreadable:
        return None
    return last


def _fill(
    db: sqlite3.Connection,
    making: Making,
    last: Path | None,
    records: Iterable[tuple[str, bytes]],
    whole: Collection[str],
    progress: Progress | None,
) -> Built:
    if last is not None:
        db.execute("ATTACH ? AS old", (layout.uri(last),))
    db.execute("BEGIN")
    replaced = [source for source in whole if _is_there(db, source)]
    db.executemany("DELETE FROM origin WHERE source = ?", [(source,) for source in replaced])
    tally = _take_all(db, records, progress)
    learnt = tally.taken + tally.unchanged + tally.older
    if not _has_any(db) or not (learnt or replaced) or not all(_is_there(db, source) for source in replaced):
        raise NothingLearnt("; ".join(tally.reasons[:3]) or "there were no records")
    removed = _remove_orphans(db)
    for statement in layout.INDEXES:
        db.execute(statement)
    left = _keep_what_left(db) if last is not None else ()
    _finish(db, making.build)
    db.execute("COMMIT")
    return Built(making.build, kept.path(making.path.parent, making.build), tally, removed, left)


def _is_there(db: sqlite3.Connection, source: str) -> bool:
    return db.execute("SELECT 1 FROM origin WHERE source = ?", (source,)).fetchone() is not None


def _has_any(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM advisory").fetchone() is not None


def _take_all(db: sqlite3.Connection, records: Iterable[tuple[str, bytes]], progress: Progress | None) -> Tally:
    writer = Writer(db)
    for source, body in records:
        writer.take(source, body)
        if progress is not None and writer.tally.read % STEP == 0:
            progress(writer.tally.read)
    if progress is not None:
        progress(writer.tally.read)
    return writer.tally


def _remove_orphans(db: sqlite3.Connection) -> int:
    """Advisories that came from nowhere any more."""
    orphans = "SELECT number FROM advisory WHERE number NOT IN (SELECT advisory FROM origin)"
    for table in ("body", "link", "affected"):
        db.execute(f"DELETE FROM {table} WHERE advisory IN ({orphans})")  # noqa: S608  our own names
    return db.execute(f"DELETE FROM advisory WHERE number IN ({orphans})").rowcount  # noqa: S608  our own text


def _keep_what_left(db: sqlite3.Connection) -> tuple[str, ...]:
    """Bring back the last rows of the releases that are gone; returns those that are gone since the last build."""
    there = {name for (name,) in db.execute("SELECT DISTINCT ecosystem FROM affected")}
    systems = {ecosystems.base(name) for name in there}
    before = dict(db.execute("SELECT name, left_at FROM old.ecosystem").fetchall())
    gone = sorted(name for name in before if name not in there and ecosystems.base(name) in systems)
    for name in gone:
        for statement in _BRING_BACK:
            db.execute(statement, {"ecosystem": name})
    left = tuple(name for name in gone if not before[name])
    now = time.text(time.now())
    db.execute("DELETE FROM ecosystem")
    db.executemany("INSERT INTO ecosystem VALUES (?, 0, ?)", [(name, before[name] or now) for name in gone])
    return left


_FORGET_WHAT_LEFT = "DELETE FROM affected WHERE ecosystem IN (SELECT name FROM ecosystem WHERE left_at <> '')"
"""Before the changes; what is gone still is brought back after them."""
_BRING_BACK = (
    """
    INSERT INTO advisory
    SELECT NULL, id, modified, withdrawn, sum, level, rated_by, score, vector FROM old.advisory
    WHERE number IN (SELECT advisory FROM old.affected WHERE ecosystem = :ecosystem)
    AND id NOT IN (SELECT id FROM main.advisory)
    """,
    """
    INSERT OR IGNORE INTO body SELECT new.number, record FROM old.body
    JOIN old.advisory o ON o.number = body.advisory JOIN main.advisory new ON new.id = o.id
    WHERE o.number IN (SELECT advisory FROM old.affected WHERE ecosystem = :ecosystem)
    """,
    """
    INSERT OR IGNORE INTO link SELECT new.number, kind, other FROM old.link
    JOIN old.advisory o ON o.number = link.advisory JOIN main.advisory new ON new.id = o.id
    WHERE o.number IN (SELECT advisory FROM old.affected WHERE ecosystem = :ecosystem)
    """,
    """
    INSERT INTO affected
    SELECT a.name, a.ecosystem, new.number, a.variant, a.ranges, a.versions, a.level, a.rated_by, a.score, a.vector
    FROM old.affected a JOIN old.advisory o ON o.number = a.advisory JOIN main.advisory new ON new.id = o.id
    WHERE a.ecosystem = :ecosystem
    """,
)


def _finish(db: sqlite3.Connection, build: str) -> None:
    """What is worked out from all of it together."""
    flaws.work_out(db)
    db.execute(_COUNT_ECOSYSTEMS)
    db.execute("DELETE FROM source")
    counted = db.execute(_COUNT_SOURCES).fetchall()
    db.executemany("INSERT INTO source VALUES (?, ?, ?, ?)", [(*row, attribution.of(row[0])) for row in counted])
    meta = {"schema": str(layout.SCHEMA), "build": build, "made_at": time.text(time.now())}
    db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta.items())


_COUNT_ECOSYSTEMS = """
INSERT OR REPLACE INTO ecosystem
SELECT a.ecosystem, COUNT(DISTINCT a.name), COALESCE((SELECT left_at FROM ecosystem WHERE name = a.ecosystem), '')
FROM affected a GROUP BY a.ecosystem
"""
_COUNT_SOURCES = """
SELECT source, COALESCE(MAX(modified), ''), COUNT(*)
FROM origin JOIN advisory ON number = advisory GROUP BY source
"""
