"""An advisory file that is open: what it has, and what it says of a package or a flaw."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from berth.scan import ecosystems
from berth.scan.advisories import layout, ranges, writing
from berth.scan.advisories.ranges import Range
from berth.scan.severity import Rating
from berth.words.policies import Level


@dataclass(frozen=True, slots=True)
class Source:
    """What was imported, and whose it is."""

    ecosystem: str
    last_modified: datetime | None
    """Of its newest record."""
    records: int
    attribution: str


@dataclass(frozen=True, slots=True)
class Covered:
    """A system or a language that there are advisories for."""

    ecosystem: str
    packages: int
    left_at: datetime | None
    """When it left the export: what is known of it grows old."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one record says of one package."""

    number: int
    record: str
    ecosystem: str
    variant: str
    ranges: tuple[Range, ...]
    packed: bytes
    rating: Rating

    def lists(self, version: str) -> bool:
        return writing.lists(self.packed, version)


@dataclass(frozen=True, slots=True)
class Telling:
    """A record that tells of a flaw."""

    number: int
    record: str
    rating: Rating


class Advisories:
    """One build. It stays what it is for as long as it is open, whatever comes into force meanwhile."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._meta = dict(db.execute("SELECT name, value FROM meta"))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises `AdvisoriesUnreadable`."""
        return cls(layout.connect(path))

    def close(self) -> None:
        self._db.close()

    @property
    def build(self) -> str:
        return str(self._meta["build"])

    @property
    def made_at(self) -> datetime:
        return datetime.fromisoformat(self._meta["made_at"])

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        rows = self._db.execute("SELECT ecosystem, last_modified, records, attribution FROM source ORDER BY ecosystem")
        return tuple(Source(name, _instant(newest), count, text) for name, newest, count, text in rows)

    @cached_property
    def covered(self) -> dict[str, Covered]:
        """By ecosystem, as it is kept in the file."""
        rows = self._db.execute("SELECT name, packages, left_at FROM ecosystem ORDER BY name")
        return {name: Covered(name, packages, _instant(left_at)) for name, packages, left_at in rows}

    def looked_up(self, ecosystem: str) -> tuple[Covered, ...]:
        """Where a component's advisories are; empty: there are none for its ecosystem."""
        return tuple(self.covered[key] for key in ecosystems.looked_up(ecosystem, self.covered))

    def about(self, ecosystem: str, name: str) -> list[Said]:
        """All that is said of a package; records that were withdrawn say nothing."""
        keys = [each.ecosystem for each in self.looked_up(ecosystem)]
        return [_said(row) for key in keys for row in self._db.execute(_ABOUT, (name, key))]

    def flaws(self, number: int) -> list[str]:
        """Of which flaws a record tells."""
        return [
            flaw for (flaw,) in self._db.execute("SELECT flaw FROM tells WHERE advisory = ? ORDER BY flaw", (number,))
        ]

    def aliases(self, flaw: str) -> tuple[str, ...]:
        return tuple(
            name for (name,) in self._db.execute("SELECT name FROM alias WHERE flaw = ? ORDER BY name", (flaw,))
        )

    def tellings(self, flaw: str) -> list[Telling]:
        """The records that tell of a flaw, of whichever ecosystem."""
        return [
            Telling(number, record, _rating(rest)) for number, record, *rest in self._db.execute(_TELLINGS, (flaw,))
        ]

    def document(self, number: int) -> dict[str, Any]:  # Any: a JSON object
        """The record as it came."""
        (packed,) = self._db.execute("SELECT record FROM body WHERE advisory = ?", (number,)).fetchone()
        document: dict[str, Any] = json.loads(zlib.decompress(packed))
        return document

    def records(self) -> Iterator[tuple[str, str, bytes]]:
        """Of every source each record: its id, and its bytes as zlib packs them."""
        yield from self._db.execute(_RECORDS)

    def ids(self) -> Iterator[str]:
        return (name for (name,) in self._db.execute("SELECT id FROM advisory"))

    def packages(self, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Ecosystem and name of all packages that are spoken of in these."""
        for key in keys:
            yield from self._db.execute("SELECT DISTINCT ecosystem, name FROM affected WHERE ecosystem = ?", (key,))

    def spoken_of(self, record: str) -> list[tuple[str, str]]:
        """The packages that a record and all that tell of the same flaws speak of, as the file keeps their names.

        Of the others too, for they take levels and names from each other.
        """
        return list(self._db.execute(_SPOKEN_OF, {"id": record}))


def _said(row: tuple[Any, ...]) -> Said:  # Any: the columns of one row
    number, record, ecosystem, variant, events, packed, *rest = row
    return Said(number, record, ecosystem, variant, ranges.load(events), packed, _rating(rest))


def _rating(columns: list[Any]) -> Rating:  # Any: the columns of one row
    level, rated_by, score, vector = columns
    return Rating(Level(level), rated_by, score, vector)


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_ABOUT = """
SELECT number, id, ecosystem, variant, ranges, versions, a.level, a.rated_by, a.score, a.vector
FROM affected a JOIN advisory ON number = a.advisory
WHERE name = ? AND ecosystem = ? AND NOT withdrawn
"""
_TELLINGS = """
SELECT number, id, level, rated_by, score, vector
FROM tells JOIN advisory ON number = tells.advisory WHERE flaw = ? ORDER BY id
"""
_RECORDS = """
SELECT source, id, record
FROM origin JOIN advisory ON number = origin.advisory JOIN body ON number = body.advisory ORDER BY source, id
"""
_SPOKEN_OF = """
SELECT DISTINCT ecosystem, name FROM affected WHERE advisory IN (
    SELECT number FROM advisory WHERE id = :id
    UNION SELECT others.advisory FROM advisory JOIN tells own ON own.advisory = number
    JOIN tells others ON others.flaw = own.flaw WHERE id = :id
)
"""
