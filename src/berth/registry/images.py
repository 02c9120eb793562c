"""Images: born by their first manifest, with a copy of their repository's policies."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, select, update

from berth.audit.events import Actor
from berth.db import Prepared, insert_ignore
from berth.db.tables import image, repository
from berth.people.access import Place
from berth.registry import operations
from berth.words.errors import ImageBusy, ImageDeleting, ImageInactive, ImageUnknown, PlaceDeleting
from berth.words.lock import Lock
from berth.words.names import ImagePath

Row = Mapping[Any, Any]  # Any: column values by name

VISIBLE = ("active", "editing")
"""The states in which clients see an image."""


def seen_at(repository_id: ColumnElement[int], name: ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
    """Such an image by its name, for statements that are prepared."""
    states: list[BindParameter[str]] = [bindparam(f"visible{place}", value) for place, value in enumerate(VISIBLE)]
    return image.c.repository_id == repository_id, image.c.name == name, image.c.state.in_(states)


# Every push asks this several times.
COLUMNS = (
    image.c.id,
    image.c.repository_id,
    image.c.name,
    image.c.state,
    image.c.state_reason,
    image.c.born_at,
    image.c.locked_at,
    image.c.locked_by,
    image.c.lock_reason,
    image.c.lock_until,
    image.c.policy_lock,
)
_NAMED = select(*COLUMNS).where(image.c.repository_id == bindparam("repository_id"), image.c.name == bindparam("name"))
_NUMBERED = select(*COLUMNS).where(image.c.id == bindparam("image_id"))
_HERE = Prepared(_NAMED)
_LOCKED = Prepared(_NAMED.with_for_update(key_share=True))
_TAKING = Prepared(_NAMED.with_for_update(read=True, key_share=True))
_AGAIN = Prepared(_NUMBERED.with_for_update(key_share=True))


@dataclass(frozen=True)
class Image:
    """An image somebody was allowed to open; whoever takes one need not ask again."""

    id: int
    repository_id: int
    path: ImagePath
    born: bool
    lock: Lock | None = None
    """Its own, as it was read; it may be over."""
    locks_when_tagged: bool = False
    """By its repository's default, once it has its first tag."""
    state: str = "active"
    state_reason: str = ""


def place_of(found: Image) -> Place:
    """As far as who has the image open asks for it: more of it only the first push of an image wants to know."""
    return Place(0, found.path.registry, "", found.repository_id, found.path.repository)


def find(tx: Connection, place: Place, path: ImagePath) -> Image:
    """An image that clients see. Raises `ImageUnknown`, also before its first manifest."""
    return _visible(_row(tx, place, path), path)


def for_change(tx: Connection, place: Place, path: ImagePath) -> Image:
    """As `find`, and the image's row stays locked to the end of the transaction. Raises `ImageUnknown`."""
    return _visible(_row(tx, place, path, lock=True), path)


def seen(tx: Connection, place: Place, path: ImagePath) -> Image:
    """An image as people see it, also while it is deleted or inactive. Raises `ImageUnknown`."""
    return seen_in(_row(tx, place, path), path)


def seen_in(row: Row | None, path: ImagePath) -> Image:
    """The same of a row that has COLUMNS."""
    if row is None or row["born_at"] is None:
        raise ImageUnknown(str(path))
    return _image(row, path)


def again(tx: Connection, found: Image) -> Image:
    """An image as it is now; its row stays locked to the end of the transaction.

    Raises `ImageUnknown`, `ImageDeleting`, `ImageInactive`.
    """
    row = _AGAIN.first(tx, image_id=found.id)
    if row is None or row["born_at"] is None or not _is_of(row, found):
        raise ImageUnknown(str(found.path))
    return _working(row, found.path)


def for_settings(tx: Connection, found: Image) -> Image:
    """As `again`, to change what the image itself says. Raises `ImageBusy` while an operation changes it."""
    now = again(tx, found)
    if now.state == "editing":
        raise ImageBusy(str(now.path), operation_on(tx, now) or "")
    return now


def operation_on(tx: Connection, found: Image) -> str | None:
    """The id of the operation that changes an image, or all images of its repository, if any does."""
    place = f"{found.path.registry}/{found.path.repository}"
    return operations.on(tx, found.repository_id, str(found.path), place)


def holding(tx: Connection, place: Place, path: ImagePath) -> Image:
    """An image as the holder of blobs, which it may be before its first manifest. Raises `ImageUnknown`."""
    row = _row(tx, place, path)
    if row is None or row["state"] not in VISIBLE:
        raise ImageUnknown(str(path))
    return _image(row, path)


def for_push(tx: Connection, place: Place, path: ImagePath, actor: Actor, *, at: datetime) -> Image:
    """The image to push into, made when it is not there. Nobody sees it before its first manifest.

    Its row stays locked to the end of the transaction. Raises `ImageDeleting`, `ImageInactive`, `PlaceDeleting`.
    """
    return _there(tx, _LOCKED, place, path, actor, at=at)


def for_blob(tx: Connection, place: Place, path: ImagePath, actor: Actor, *, at: datetime) -> Image:
    """As `for_push`, for what comes beside others: the image cannot go before the transaction ends."""
    return _there(tx, _TAKING, place, path, actor, at=at)


def may_take(tx: Connection, place: Place, path: ImagePath) -> None:
    """Whether a push may begin, into an image that is there or not. Raises what `for_push` raises."""
    row = _row(tx, place, path)
    if row is None:
        _takes_images(tx, place, path)
    else:
        _working(row, path)


def lock(tx: Connection, image_id: int) -> None:
    """Keep pushes of manifests, and other changes, out of an image to the end of the transaction."""
    tx.execute(select(image.c.id).where(image.c.id == image_id).with_for_update(key_share=True))


def born(tx: Connection, place: Place, found: Image, actor: Actor, *, at: datetime) -> Image:
    """The first manifest is in: the image exists for people, with the policies its repository has now."""
    made = {"created_by": actor.name, "created_at": at, "edited_by": actor.name, "edited_at": at}
    defaults = _defaults(tx, place)
    tx.execute(
        update(image).where(image.c.id == found.id, image.c.born_at.is_(None)).values(born_at=at, **defaults, **made)
    )
    return replace(found, born=True, locks_when_tagged=_wants_lock(defaults))


def edited(tx: Connection, found: Image, actor: Actor, *, at: datetime) -> None:
    tx.execute(update(image).where(image.c.id == found.id).values(edited_by=actor.name, edited_at=at))


def lock_of(row: Row | None) -> Lock | None:
    """The lock that a row of an image or digest carries."""
    if row is None or row["locked_at"] is None:
        return None
    return Lock(row["locked_by"], row["locked_at"], row["lock_reason"], row["lock_until"])


def _row(tx: Connection, place: Place, path: ImagePath, *, lock: bool = False) -> Row | None:
    return (_LOCKED if lock else _HERE).first(tx, repository_id=place.repository_id, name=path.image)


def _image(row: Row, path: ImagePath) -> Image:
    own = lock_of(row)
    return Image(
        id=row["id"],
        repository_id=row["repository_id"],
        path=path,
        born=row["born_at"] is not None,
        lock=own,
        locks_when_tagged=own is None and _wants_lock(row),
        state=row["state"],
        state_reason=row["state_reason"],
    )


def _is_of(row: Row, found: Image) -> bool:
    """SQLite gives the number of the last image, once it is gone, to the next one."""
    return bool(row["repository_id"] == found.repository_id and row["name"] == found.path.image)


def _visible(row: Row | None, path: ImagePath) -> Image:
    if row is None or row["state"] not in VISIBLE or row["born_at"] is None:
        raise ImageUnknown(str(path))
    return _image(row, path)


def _working(row: Row, path: ImagePath) -> Image:
    if row["state"] == "deleting":
        raise ImageDeleting(str(path))
    if row["state"] == "inactive":
        raise ImageInactive(str(path), row["state_reason"])
    return _image(row, path)


def _there(tx: Connection, query: Prepared, place: Place, path: ImagePath, actor: Actor, *, at: datetime) -> Image:
    """What the query finds by name, made where it is missing."""
    row = query.first(tx, repository_id=place.repository_id, name=path.image)
    if row is None:
        _make(tx, place, path, actor, at=at)
        row = query.first(tx, repository_id=place.repository_id, name=path.image)
        if row is None:
            raise ImageDeleting(str(path))
    return _working(row, path)


def _takes_images(tx: Connection, place: Place, path: ImagePath) -> None:
    """Held, so that whoever deletes the repository sees an image that is made now, or keeps it out.

    Raises `PlaceDeleting`.
    """
    of_repository = select(repository.c.state, repository.c.state_reason).where(repository.c.id == place.repository_id)
    state, reason = tx.execute(of_repository.with_for_update(read=True)).one()
    if state != "active":
        raise PlaceDeleting("repository", f"{path.registry}/{path.repository}", reason)


def _make(tx: Connection, place: Place, path: ImagePath, actor: Actor, *, at: datetime) -> None:
    _takes_images(tx, place, path)
    made = {"created_by": actor.name, "created_at": at, "edited_by": actor.name, "edited_at": at}
    values = {"repository_id": place.repository_id, "name": path.image}
    insert_ignore(tx, image, {**values, **_defaults(tx, place), **made})


def _wants_lock(row: Row) -> bool:
    return bool(row["policy_lock"]["locked"])


def _defaults(tx: Connection, place: Place) -> dict[str, Any]:  # Any: column values
    columns = [column for column in repository.c if column.name.startswith("policy_")]
    row = tx.execute(select(*columns).where(repository.c.id == place.repository_id)).mappings().one()
    return dict(row)
