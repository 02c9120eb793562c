"""All that is known of one image, or of one digest, in a bounded number of reads."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from berth.db.tables import image, manifest, tag
from berth.registry import below, images, locks, manifests, measuring, reach, repositories, rows, sizes
from berth.registry.below import Below
from berth.registry.images import Image
from berth.registry.reach import Parent
from berth.registry.rows import Row
from berth.registry.sizes import Sizes
from berth.words import text
from berth.words.digest import Digest
from berth.words.errors import ImageUnknown, Locked, ManifestUnknown
from berth.words.policies import DeletionPolicy, Policies, PullPolicy, ScanPolicy

MAX_NAMES = 1000
"""Names that the detail of a digest shows; it says whether there are more."""


@dataclass(frozen=True)
class ImageDetail:
    id: int
    path: str
    description: str
    state: str
    state_reason: str
    operation: str | None
    """The one that is changing the image."""
    lock: Locked | None
    policies: Policies
    digests: int
    tags: int
    pulls: int
    pulled_at: datetime | None
    sizes: Sizes
    measured_at: datetime | None
    """When digests, tags and sizes were counted, where that is some time ago."""
    version: int
    created_by: str
    created_at: datetime
    edited_by: str
    edited_at: datetime


@dataclass(frozen=True)
class Head:
    """What stands above every list of what an image has."""

    state: str
    state_reason: str
    lock: Locked | None
    digests: int
    tags: int
    policy: DeletionPolicy
    scan: ScanPolicy
    pull: PullPolicy


@dataclass(frozen=True)
class DigestDetail:
    row: Row
    image: str
    tags: list[str]
    more_tags: bool
    document_size: int
    annotations: dict[str, str]
    own_lock: Locked | None
    policies: Policies
    """Of its image."""
    parents: list[Parent]
    below: Below
    """Children and referrers."""
    subject_present: bool
    sizes: Sizes


def of_image(tx: Connection, found: Image, *, at: datetime) -> ImageDetail:
    """Raises `ImageUnknown`."""
    row = _image_row(tx, found)
    own, measured = images.lock_of(row), measuring.of(tx, found)
    same = ("id", "description", "state", "state_reason", "pulls", "pulled_at", "version")
    made = ("created_by", "created_at", "edited_by", "edited_at")
    return ImageDetail(
        path=str(found.path),
        operation=images.operation_on(tx, found),
        lock=locks.refusal(str(found.path), own) if own is not None and own.holds(at) else None,
        policies=repositories.policies_of(row),
        digests=measured.digests,
        tags=measured.tags,
        sizes=measured.sizes,
        measured_at=measured.at,
        **{field: row[field] for field in (*same, *made)},
    )


def head(tx: Connection, found: Image, *, at: datetime) -> Head:
    own, path = found.lock, str(found.path)
    lock = locks.refusal(path, own) if own is not None and own.holds(at) else None
    policies = (image.c.policy_deletion, image.c.policy_scan, image.c.policy_pull)
    row = tx.execute(select(*measuring.counted(), *policies).where(image.c.id == found.id)).first()
    if row is None:
        raise ImageUnknown(path)
    own_policies = DeletionPolicy.from_json(row[2]), ScanPolicy.from_json(row[3]), PullPolicy.from_json(row[4])
    return Head(found.state, found.state_reason, lock, row[0], row[1], *own_policies)


def of_digest(tx: Connection, found: Image, content: Digest, *, at: datetime) -> DigestDetail:
    """Raises `ManifestUnknown`, `ImageUnknown`."""
    row = rows.one(tx, found, content, at=at)
    if row is None:
        raise ManifestUnknown(str(content))
    stored = tx.execute(select(manifest).where(manifest.c.id == row.id)).mappings().one()
    own = images.lock_of(stored)
    names = rows.first_names(tx, [row.id], MAX_NAMES).get(row.id, [])
    return DigestDetail(
        row=row,
        image=str(found.path),
        tags=names[:MAX_NAMES],
        more_tags=len(names) > MAX_NAMES,
        document_size=stored["size"],
        annotations={text.whole(name): text.whole(value) for name, value in stored["annotations"].items()},
        own_lock=locks.refusal(row.digest, own) if own is not None and own.holds(at) else None,
        policies=repositories.policies_of(_image_row(tx, found)),
        parents=reach.parents(tx, [row.id]).get(row.id, []),
        below=below.of_one(tx, found, content, at=at),
        subject_present=row.subject is not None and _present(tx, found, row.subject),
        sizes=sizes.of_digest(tx, found, row.id, row.digest),
    )


def document(tx: Connection, found: Image, content: Digest) -> tuple[str, bytes]:
    """Media type and exact bytes of a manifest, in whatever state. Raises `ManifestUnknown`."""
    query = select(manifest.c.id, manifest.c.media_type)
    row = tx.execute(query.where(manifest.c.image_id == found.id, manifest.c.digest == str(content))).first()
    if row is None:
        raise ManifestUnknown(str(content))
    return row.media_type, manifests.body(tx, row.id)


def resolve(tx: Connection, found: Image, name: str) -> str:
    """The digest that a tag points at, as people see it. Raises `ManifestUnknown`."""
    query = select(manifest.c.digest).join(tag, tag.c.manifest_id == manifest.c.id)
    digest: str | None = tx.scalar(query.where(tag.c.image_id == found.id, tag.c.name == name))
    if digest is None:
        raise ManifestUnknown(name)
    return digest


def _image_row(tx: Connection, found: Image) -> RowMapping:
    row = tx.execute(select(image).where(image.c.id == found.id)).mappings().first()
    if row is None:
        raise ImageUnknown(str(found.path))
    return row


def _present(tx: Connection, found: Image, digest: str) -> bool:
    query = select(manifest.c.id).where(manifest.c.image_id == found.id, manifest.c.digest == digest)
    return tx.scalar(query) is not None
