"""The newest tag of images: the name that was put or moved last, and what it points at."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from berth.db.tables import image, manifest, scan_result, tag
from berth.registry import reach, rows
from berth.registry.kinds import Kind
from berth.registry.rows import ScanResult
from berth.words.policies import ScanPolicy


@dataclass(frozen=True)
class Latest:
    name: str
    at: datetime
    """When it was put, or moved."""
    id: int
    """Of what it points at; so are these."""
    digest: str
    kind: Kind
    size: int
    """With all it holds."""
    scan_state: str
    scan_code: str
    scan_reason: str
    result: ScanResult | None
    policy: ScanPolicy
    """Of the image."""


def of(tx: Connection, image_ids: Collection[int]) -> dict[int, Latest]:
    """By id of the image, for those that have a tag; one look into the index for each."""
    found: dict[int, Latest] = {}
    for some in reach.batches(image_ids):
        for row in tx.execute(_QUERY.where(image.c.id.in_(some))).mappings():
            same = {name: row[name] for name in _SAME}
            policy = ScanPolicy.from_json(row["policy_scan"])
            found[row["image_id"]] = Latest(**same, result=rows.result_of(row), policy=policy)
    return found


_SAME = tuple(Latest.__dataclass_fields__.keys() - {"result", "policy"})
_NEWEST = (
    select(tag.c.id)
    .where(tag.c.image_id == image.c.id, tag.c.fallback_of.is_(None))
    .order_by(tag.c.edited_at.desc(), tag.c.id.desc())
    .limit(1)
    .correlate(image)
    .scalar_subquery()
)
_QUERY = (
    select(
        image.c.id.label("image_id"),
        image.c.policy_scan,
        tag.c.name,
        tag.c.edited_at.label("at"),
        *(manifest.c[name] for name in ("id", "digest", "kind", "scan_state", "scan_code", "scan_reason", "result_id")),
        manifest.c.total_size.label("size"),
        *rows.RESULT,
    )
    .join_from(image, tag, tag.c.id == _NEWEST)
    .join(manifest, manifest.c.id == tag.c.manifest_id)
    .outerjoin(scan_result, scan_result.c.id == manifest.c.result_id)
)
