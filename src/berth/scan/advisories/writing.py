"""Records become rows of a file that is being made."""

import json
import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from berth.scan import ecosystems, severity
from berth.scan.advisories import ranges, records
from berth.scan.advisories.records import Affected, Record, RecordBroken
from berth.scan.severity import Rating
from berth.words import time

MAX_REASONS = 100
MAX_SHOWN = 1024 * 1024
PACKED = 256
"""Bytes of a list of versions from which on it is worth packing."""


@dataclass
class Tally:
    """What became of the records that were given."""

    read: int = 0
    taken: int = 0
    unchanged: int = 0
    """Known already, to the byte."""
    older: int = 0
    """Than what is known of the same advisory."""
    skipped: int = 0
    """Broken ones."""
    reasons: list[str] = field(default_factory=list)
    """Why some were skipped or used in part; the first of them."""

    def tell(self, reason: str) -> None:
        if len(self.reasons) < MAX_REASONS:
            self.reasons.append(reason)


def connect(path: Path) -> sqlite3.Connection:
    """A file that nobody else reads and that is thrown away when it does not get whole: it needs no journal."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}", uri=True, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -65536"):
        db.execute(f"PRAGMA {pragma}")
    return db


class Writer:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.tally = Tally()

    def take(self, source: str, body: bytes) -> None:
        """Put a record in place of what is known of it. A broken one is counted, and changes nothing."""
        self.tally.read += 1
        total = blake2b(body, digest_size=16).digest()
        known = self._db.execute("SELECT number FROM advisory WHERE sum = ?", (total,)).fetchone()
        if known is not None:
            self.tally.unchanged += 1
            self._came_from(source, known[0])
            return
        try:
            record = records.parse(body)
        except RecordBroken as reason:
            self.tally.skipped += 1
            self.tally.tell(f"{source}: {_name_of(body)}: {reason}")
            return
        for left_out in record.left_out:
            self.tally.tell(f"{source}: {record.id}: {left_out}")
        self._put(source or _source_of(record), record, body, total)

    def _put(self, source: str, record: Record, body: bytes, total: bytes) -> None:
        modified = time.text(record.modified) if record.modified is not None else ""
        known = self._db.execute("SELECT number, modified FROM advisory WHERE id = ?", (record.id,)).fetchone()
        if known is not None and modified < known[1]:
            self.tally.older += 1
            self._came_from(source, known[0])
            return
        number = self._renewed(known[0]) if known is not None else None
        ratings = [severity.rate(record.document, each.document) for each in record.affected]
        rating = severity.highest(ratings) if ratings else severity.rate(record.document, {})
        cursor = self._db.execute(
            "INSERT INTO advisory VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, record.id, modified, record.withdrawn, total, *_columns(rating)),
        )
        number = cursor.lastrowid
        if number is None:  # pragma: no cover  an insert has a row
            raise RuntimeError("no row")
        self._put_parts(number, record, body, ratings)
        self._came_from(source, number)
        self.tally.taken += 1

    def _put_parts(self, number: int, record: Record, body: bytes, ratings: Sequence[Rating]) -> None:
        self._db.execute("INSERT INTO body VALUES (?, ?)", (number, zlib.compress(body)))
        links = [(number, "same", other) for other in record.links.same]
        links += [(number, "speaks", other) for other in record.links.speaks_of]
        self._db.executemany("INSERT OR IGNORE INTO link VALUES (?, ?, ?)", links)
        rows = (_row(number, each, rating) for each, rating in zip(record.affected, ratings, strict=True))
        self._db.executemany("INSERT INTO affected VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _renewed(self, number: int) -> int:
        """Its number stays, what was said under it goes."""
        self._db.execute("DELETE FROM advisory WHERE number = ?", (number,))
        for table in ("body", "link", "affected"):
            self._db.execute(f"DELETE FROM {table} WHERE advisory = ?", (number,))  # noqa: S608  our own names
        return number

    def _came_from(self, source: str, number: int) -> None:
        self._db.execute("INSERT OR IGNORE INTO origin VALUES (?, ?)", (source, number))


def _row(number: int, affected: Affected, rating: Rating) -> tuple[Any, ...]:  # Any: the columns of one row
    return (
        affected.name,
        affected.ecosystem,
        number,
        affected.variant,
        ranges.dump(affected.ranges),
        pack(affected.versions),
        *_columns(rating),
    )


def _columns(rating: Rating) -> tuple[str, str, float | None, str]:
    return str(rating.level), rating.source, rating.score, rating.vector


def pack(listed: tuple[str, ...]) -> bytes:
    """Versions, each in a line between line ends, so that one is found as it stands; long lists are packed."""
    if not listed:
        return b""
    text = "\n".join(("", *listed, "")).encode()
    return b"z" + zlib.compress(text, 1) if len(text) > PACKED else text


def lists(packed: bytes, version: str) -> bool:
    text = zlib.decompress(packed[1:]) if packed[:1] == b"z" else packed
    return f"\n{version}\n".encode() in text


def _source_of(record: Record) -> str:
    """Where nobody said: the first ecosystem that it speaks of, of those that are known."""
    return ecosystems.base(record.affected[0].ecosystem) if record.affected else "other"


def _name_of(body: bytes) -> str:
    """Something to find a broken record by."""
    try:
        document = json.loads(body[:MAX_SHOWN])
        return str(document["id"])[:80] if isinstance(document, dict) and "id" in document else "a record"
    except (ValueError, RecursionError):
        return f"a record that begins {bytes(body[:40])!r}"
