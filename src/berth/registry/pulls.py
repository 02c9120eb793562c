"""Pull counts: collected in memory, written in bulk, so that no pull waits for a row (SPEC 10, Pulls)."""

import threading
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Row, Table, bindparam, delete, exists, select, update

from berth.db import insert_ignore
from berth.db.tables import image, manifest, manifest_edge, pulled_by

KEPT = timedelta(days=30)
"""How long it is known who pulled a digest."""

BATCH = 500


Digest = tuple[int, str]
"""A manifest by its row, and what it is: SQLite gives the number of the last row, once it is gone, to the next one."""


class Pulls:
    """What was pulled since the last flush; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_tag: Counter[Digest] = Counter()
        self._by_digest: Counter[Digest] = Counter()
        self._principals: set[tuple[Digest, str, date]] = set()
        self._latest: datetime | None = None

    def count(self, manifest_id: int, digest: str, principal: str, at: datetime, *, by_tag: bool) -> None:
        pulled = (manifest_id, digest)
        with self._lock:
            (self._by_tag if by_tag else self._by_digest)[pulled] += 1
            self._principals.add((pulled, principal, at.date()))
            self._latest = at

    def take(self) -> "Taken | None":
        """What was collected, which is forgotten here; None when it is nothing."""
        with self._lock:
            if self._latest is None:
                return None
            taken = Taken(self._by_tag, self._by_digest, self._principals, self._latest)
            self._by_tag, self._by_digest, self._principals, self._latest = Counter(), Counter(), set(), None
        return taken


class Taken:
    def __init__(
        self,
        by_tag: Counter[Digest],
        by_digest: Counter[Digest],
        principals: set[tuple[Digest, str, date]],
        at: datetime,
    ) -> None:
        self._by_tag = by_tag
        self._by_digest = by_digest
        self._principals = principals
        self._at = at

    def write(self, tx: Connection) -> None:
        """Add to the counters of digests and images that are still there."""
        images: Counter[int] = Counter()
        counted, present = [], set()
        for row in self._present(tx):
            pulled = (row.id, row.digest)
            pulls = self._by_tag[pulled] + (self._by_digest[pulled] if row.top else 0)
            images[row.image_id] += pulls
            counted.append({"of": row.id, "more": pulls, "at": self._at})
            present.add(pulled)
        # Images before manifests, as a push locks them, so that the two never wait for each other.
        _add(tx, image, [{"of": of, "more": more, "at": self._at} for of, more in sorted(images.items()) if more])
        _add(tx, manifest, counted)
        self._remember(tx, present)
        tx.execute(delete(pulled_by).where(pulled_by.c.day < (self._at - KEPT).date()))

    def _present(self, tx: Connection) -> Iterator[Row[int, str, int, bool]]:
        """The manifests that are still there, in order; `top` where a pull by digest counts."""
        pulled = self._by_tag.keys() | self._by_digest.keys()
        ids = sorted({number for number, _ in pulled})
        top = (manifest.c.subject.is_(None)) & ~exists().where(manifest_edge.c.child_id == manifest.c.id)
        query = select(manifest.c.id, manifest.c.digest, manifest.c.image_id, top.label("top")).order_by(manifest.c.id)
        for start in range(0, len(ids), BATCH):
            rows = tx.execute(query.where(manifest.c.id.in_(ids[start : start + BATCH])))
            yield from (row for row in rows if (row.id, row.digest) in pulled)

    def _remember(self, tx: Connection, present: Collection[Digest]) -> None:
        """Who pulled what on which day."""
        seen: list[dict[str, object]] = [
            {"manifest_id": of[0], "principal": who, "day": day}
            for of, who, day in sorted(self._principals)
            if of in present
        ]
        for start in range(0, len(seen), BATCH):
            insert_ignore(tx, pulled_by, seen[start : start + BATCH])


def _add(tx: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    if rows:
        tx.execute(
            update(table)
            .where(table.c.id == bindparam("of"))
            .values(pulls=table.c.pulls + bindparam("more"), pulled_at=bindparam("at")),
            rows,
        )
