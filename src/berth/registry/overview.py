"""The rows of two more lists: the images of a repository, and the tags of an image, one row for each name."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select

from berth.db import among as one_of
from berth.db import pages
from berth.db.pages import Found, Wanted
from berth.db.tables import image, manifest, tag
from berth.people.access import Place
from berth.registry import images, locks, measuring, search
from berth.registry.images import Image
from berth.registry.rows import FEW
from berth.words.errors import Locked

IMAGES = {
    "name": (image.c.name, image.c.id),
    "created_at": (image.c.created_at, image.c.id),
    "edited_at": (image.c.edited_at, image.c.id),
    "pulls": (image.c.pulls, image.c.id),
}
TAGS = {
    "name": (tag.c.natural,),
    "created_at": (tag.c.created_at, tag.c.id),
    "edited_at": (tag.c.edited_at, tag.c.id),
}
"""By name means as people count: 6.0.9 before 6.0.10."""


@dataclass(frozen=True)
class ImageRow:
    id: int
    name: str
    path: str
    description: str
    state: str
    state_reason: str
    lock: Locked | None
    digests: int
    tags: int
    pulls: int
    pulled_at: datetime | None
    version: int
    created_by: str
    created_at: datetime
    edited_by: str
    edited_at: datetime


@dataclass(frozen=True)
class TagRow:
    manifest_id: int
    name: str
    digest: str
    state: str
    """Of its digest."""
    created_by: str
    created_at: datetime
    edited_by: str
    edited_at: datetime


def image_page(
    tx: Connection,
    place: Place,
    wanted: Wanted,
    *,
    at: datetime,
    name: str | None = None,
    state: str | None = None,
    locked: bool | None = None,
    among: Collection[int] | None = None,
) -> Found[ImageRow]:
    """With `among` these alone. Raises `FieldInvalid` for an order that is none of IMAGES."""
    here = (image.c.repository_id == place.repository_id, image.c.born_at.is_not(None))
    digests, tags = measuring.counted()
    query = select(image, digests.label("digests"), tags.label("tags")).where(*here)
    if name is not None:
        query = query.where(pages.containing(image.c.name, name))
    if state is not None:
        query = query.where(image.c.state == state)
    if among is not None:
        query = query.where(one_of(tx, image.c.id, among))
    if locked is not None:
        holds = locks.in_force_on(image, at)
        query = query.where(holds if locked else ~holds)
    found: Found[RowMapping] = pages.fetch(tx, query, IMAGES, wanted, lambda row: row)
    rows = [
        ImageRow(
            path=f"{place}/{row['name']}",
            lock=_lock(row, f"{place}/{row['name']}", at),
            **{field: row[field] for field in _SAME},
        )
        for row in found.items
    ]
    return Found(rows, found.next)


def all_images(tx: Connection, place: Place) -> list[int]:
    return list(tx.scalars(select(image.c.id).where(image.c.repository_id == place.repository_id)))


def count(tx: Connection, place: Place, most: int) -> tuple[int, int]:
    """How many images and tags a repository has, each counted up to `most`; in one read."""
    here = (image.c.repository_id == place.repository_id) & image.c.born_at.is_not(None)
    some_images = select(image.c.id).where(here).limit(most).subquery()
    some_tags = select(tag.c.id).join(image, image.c.id == tag.c.image_id).where(here).limit(most).subquery()
    counts = (select(func.count()).select_from(each).scalar_subquery() for each in (some_images, some_tags))
    images_, tags = tx.execute(select(*counts)).one()
    return images_, tags


def tag_page(
    tx: Connection,
    found: Image,
    wanted: Wanted,
    *,
    name: str | None = None,
    digest: str | None = None,
    among: frozenset[int] | None = None,
) -> Found[TagRow]:
    """`among`: of these digests alone. Raises `FieldInvalid` for an order that is none of TAGS."""
    query = select(tag, manifest.c.digest, manifest.c.state).join(manifest, manifest.c.id == tag.c.manifest_id)
    few = None if name is None else _few(tx, found, name)
    if few == []:
        return Found([])
    query = query.where(tag.c.image_id == found.id if few is None else tag.c.id.in_(few))
    if name is not None:
        query = query.where(search.containing(name))
    if digest is not None:
        query = query.where(manifest.c.digest == digest)
    if among is None:
        return pages.fetch(tx, query, TAGS, wanted, _tag)
    if len(among) <= FEW:
        return pages.fetch(tx, query.where(tag.c.manifest_id.in_(among)), TAGS, wanted, _tag)
    part = pages.sifted(
        lambda part: pages.fetch(tx, query, TAGS, part, lambda row: row),
        wanted,
        lambda row: row["manifest_id"] in among,
    )
    return Found(list(map(_tag, part.items)), part.next)


def _few(tx: Connection, found: Image, name: str) -> list[int] | None:
    """The tags with such a name, when they are few."""
    some = tx.scalars(search.tags(found.id, name).limit(FEW + 1)).all()
    return sorted(set(some)) if len(some) <= FEW else None


_SAME = tuple(ImageRow.__dataclass_fields__.keys() - {"path", "lock"})


def _lock(row: RowMapping, path: str, at: datetime) -> Locked | None:
    own = images.lock_of(row)
    return locks.refusal(path, own) if own is not None and own.holds(at) else None


def _tag(row: RowMapping) -> TagRow:
    return TagRow(**{field: row[field] for field in TagRow.__dataclass_fields__})
