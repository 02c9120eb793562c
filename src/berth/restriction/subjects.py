"""What is judged: digests of an image with the facts about them, read a page at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from berth.db.tables import manifest, scan_result
from berth.registry import reach
from berth.restriction.verdict import Facts, Quarantine
from berth.scan.tally import Tally


@dataclass(frozen=True, slots=True)
class Subject:
    id: int
    digest: str
    facts: Facts
    result_id: int | None
    """Of the last good scan."""
    allowed_since: datetime | None
    """When it had its first good result: see `sparing.is_fresh`."""


def some(tx: Connection, ids: Collection[int]) -> dict[int, Subject]:
    """Those of these digests that are there."""
    found: dict[int, Subject] = {}
    for part in reach.batches(ids):
        found |= {each.id: each for each in map(_subject, tx.execute(_query().where(manifest.c.id.in_(part))))}
    return found


def children(tx: Connection, index_ids: Collection[int]) -> dict[int, list[Subject]]:
    """By index the images that it lists, and indexes in it; what is no image has no part in it."""
    found: dict[int, list[Subject]] = {}
    for part in reach.batches(index_ids):
        listed = reach.listed(part)
        query = _query().add_columns(listed.c.root).join(listed, listed.c.id == manifest.c.id)
        for row in tx.execute(query.where(manifest.c.kind == "image").order_by(manifest.c.id)):
            found.setdefault(row.root, []).append(_subject(row))
    return found


def _query() -> Select[Any]:  # Any: columns of different types
    own = ("id", "digest", "kind", "scan_state", "scan_code", "first_result_at")
    put_out = ("quarantined_by", "quarantined_at", "quarantine_reason")
    columns = [manifest.c[name] for name in (*own, *put_out)]
    result = (scan_result.c.id.label("result_id"), scan_result.c.tally, scan_result.c.evaluated_at)
    return select(*columns, *result).outerjoin(scan_result, scan_result.c.id == manifest.c.result_id)


def _subject(row: Row[Any]) -> Subject:  # Any: columns of different types
    good = row.evaluated_at is not None
    facts = Facts(
        row.kind,
        Tally.from_json(row.tally) if good else None,
        row.scan_state,
        row.scan_code,
        quarantine_of(row.quarantined_by, row.quarantined_at, row.quarantine_reason),
    )
    return Subject(row.id, row.digest, facts, row.result_id if good else None, row.first_result_at)


def quarantine_of(by: str, at: datetime | None, reason: str) -> Quarantine | None:
    return None if at is None else Quarantine(by, at, reason)
