"""Images: born by their first manifest, with a copy of their repository's policies."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from berth.audit.events import Actor
from berth.db import insert_ignore
from berth.db.tables import image, manifest, repository, tag
from berth.people.access import Place
from berth.words.errors import ImageDeleting, ImageInactive, ImageUnknown
from berth.words.names import ImagePath

VISIBLE = ("active", "editing")
"""The states in which clients see an image."""

# Every push asks this several times, and building a statement costs more than running it.
_HERE = select(image.c.id, image.c.repository_id, image.c.state, image.c.state_reason, image.c.born_at).where(
    image.c.repository_id == bindparam("repository_id"), image.c.name == bindparam("name")
)
_LOCKED = _HERE.with_for_update(key_share=True)


@dataclass(frozen=True)
class Image:
    """An image somebody was allowed to open; whoever takes one need not ask again."""

    id: int
    repository_id: int
    path: ImagePath
    born: bool


@dataclass(frozen=True)
class Summary:
    path: str
    digests: int
    tags: int
    pulls: int
    state: str
    created_by: str
    created_at: datetime
    edited_by: str
    edited_at: datetime


def find(tx: Connection, place: Place, path: ImagePath) -> Image:
    """An image that clients see. Raises `ImageUnknown`, also before its first manifest."""
    row = _row(tx, place, path)
    if row is None or row.state not in VISIBLE or row.born_at is None:
        raise ImageUnknown(str(path))
    return Image(row.id, row.repository_id, path, born=True)


def for_change(tx: Connection, place: Place, path: ImagePath) -> Image:
    """As `find`, and the image's row stays locked to the end of the transaction. Raises `ImageUnknown`."""
    _row(tx, place, path, lock=True)
    return find(tx, place, path)


def holding(tx: Connection, place: Place, path: ImagePath) -> Image:
    """An image as the holder of blobs, which it may be before its first manifest. Raises `ImageUnknown`."""
    row = _row(tx, place, path)
    if row is None or row.state not in VISIBLE:
        raise ImageUnknown(str(path))
    return Image(row.id, row.repository_id, path, born=row.born_at is not None)


def for_push(tx: Connection, place: Place, path: ImagePath, actor: Actor, *, at: datetime) -> Image:
    """The image to push into, made when it is not there. Nobody sees it before its first manifest.

    Its row stays locked to the end of the transaction. Raises `ImageDeleting`, `ImageInactive`.
    """
    row = _row(tx, place, path, lock=True)
    if row is None:
        defaults = _defaults(tx, place)
        made = {"created_by": actor.name, "created_at": at, "edited_by": actor.name, "edited_at": at}
        values = {"repository_id": place.repository_id, "name": path.image}
        insert_ignore(tx, image, {**values, **defaults, **made})
        row = _row(tx, place, path, lock=True)
        if row is None:
            raise ImageDeleting(str(path))
    if row.state == "deleting":
        raise ImageDeleting(str(path))
    if row.state == "inactive":
        raise ImageInactive(str(path), row.state_reason)
    return Image(row.id, row.repository_id, path, born=row.born_at is not None)


def lock(tx: Connection, image_id: int) -> None:
    """Keep pushes of manifests, and other changes, out of an image to the end of the transaction."""
    tx.execute(select(image.c.id).where(image.c.id == image_id).with_for_update(key_share=True))


def born(tx: Connection, place: Place, found: Image, actor: Actor, *, at: datetime) -> None:
    """The first manifest is in: the image exists for people, with the policies its repository has now."""
    made = {"created_by": actor.name, "created_at": at, "edited_by": actor.name, "edited_at": at}
    tx.execute(
        update(image)
        .where(image.c.id == found.id, image.c.born_at.is_(None))
        .values(born_at=at, **_defaults(tx, place), **made)
    )


def edited(tx: Connection, found: Image, actor: Actor, *, at: datetime) -> None:
    tx.execute(update(image).where(image.c.id == found.id).values(edited_by=actor.name, edited_at=at))


def summaries(tx: Connection, repository_id: int, prefix: str) -> list[Summary]:
    """The images of a repository as people see them; `prefix` is `registry/repository`."""
    digests = select(func.count()).where(manifest.c.image_id == image.c.id).scalar_subquery()
    tags = select(func.count()).where(tag.c.image_id == image.c.id).scalar_subquery()
    query = (
        select(image, digests.label("digests"), tags.label("tags"))
        .where(image.c.repository_id == repository_id, image.c.born_at.is_not(None))
        .order_by(image.c.name)
    )
    same = ("digests", "tags", "pulls", "state", "created_by", "created_at", "edited_by", "edited_at")
    return [
        Summary(path=f"{prefix}/{row['name']}", **{field: row[field] for field in same})
        for row in tx.execute(query).mappings()
    ]


def _row(
    tx: Connection, place: Place, path: ImagePath, *, lock: bool = False
) -> Row[*tuple[Any, ...]] | None:  # Any: columns of different types
    return tx.execute(_LOCKED if lock else _HERE, {"repository_id": place.repository_id, "name": path.image}).first()


def _defaults(tx: Connection, place: Place) -> dict[str, object]:
    columns = [column for column in repository.c if column.name.startswith("policy_")]
    row = tx.execute(select(*columns).where(repository.c.id == place.repository_id)).mappings().one()
    return dict(row)
