"""Deleting: asked for in a request, after which clients see nothing of it; done by a job that `erasing` holds.

    active ──asked──> deleting ──job──> gone, in the trash
                         └──failed──> inactive, with the reason; deleting can be asked for again

While digests of an image are deleted the image is `editing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db import changes
from berth.db.tables import AWAY, image, manifest, registry, repository, tag
from berth.people.access import Place
from berth.registry import deletable, erasing, images, limits, locks, operations, reach, registries, repositories
from berth.registry.deletable import Verdict
from berth.registry.images import Image
from berth.registry.operations import Item
from berth.words.digest import Digest
from berth.words.errors import FieldInvalid, ImageDeleting, PlaceDeleting
from berth.words.lock import Lock
from berth.words.names import ImagePath


@dataclass(frozen=True)
class Inside:
    """What goes with a whole."""

    repositories: int
    images: int
    digests: int
    tags: int


@dataclass(frozen=True)
class Requested:
    operation: str | None
    """None when there is nothing to do, or when it was only asked what would be done."""
    verdicts: list[Verdict]
    inside: Inside | None = None
    """Of an image, a repository or a registry."""


def request_digests(
    tx: Connection, found: Image, contents: Sequence[Digest], actor: Actor, *, at: datetime, dry_run: bool = False
) -> Requested:
    """Delete up to 50 digests with their names and referrers; the verdicts tell of each what happens.

    Raises `FieldInvalid`, `ImageUnknown`, `ImageDeleting`, `ImageInactive`.
    """
    limits.at_most("digests", contents)
    now = images.again(tx, found)
    verdicts = deletable.judge(tx, now, contents, at=at)
    accepted = [verdict for verdict in verdicts if verdict.accepted]
    if dry_run or not accepted:
        return Requested(None, verdicts)
    for some in reach.batches(each for verdict in accepted for each in (verdict.id or 0, *verdict.referrers)):
        tx.execute(update(manifest).where(manifest.c.id.in_(some)).values(state="deleting", state_reason=""))
    tx.execute(update(image).where(image.c.id == now.id).values(state="editing", edited_by=actor.name, edited_at=at))
    for verdict in accepted:
        facts = {"tags": list(verdict.tags), "referrers": sorted(verdict.referrers.values())}
        events.record(tx, actor, "manifest.delete", f"{now.path}@{verdict.digest}", at=at, before=facts)
    items = [_item(verdict) for verdict in verdicts]
    operation = operations.start(
        tx,
        "delete digests",
        str(now.path),
        actor,
        at=at,
        total=len(accepted),
        items=items,
        repository_id=now.repository_id,
    )
    erasing.digests.put(tx, at=at, operation_id=operation, image_id=now.id)
    return Requested(operation, verdicts)


def request_image(tx: Connection, found: Image, actor: Actor, *, at: datetime, dry_run: bool = False) -> Requested:
    """Delete an image with all that is in it; also one whose deletion has failed before.

    `found` may be one that clients do not see. Raises `ImageUnknown`, `ImageDeleting`, and `Locked` when it or any
    digest in it is.
    """
    now = _not_deleting(tx, found)
    _refuse_locked(tx, image.c.id == now.id, at=at)
    inside = _count(tx, image.c.id == now.id, 0)
    if dry_run:
        return Requested(None, [], inside)
    _mark(tx, image.c.id == now.id)
    events.record(tx, actor, "image.delete", str(now.path), at=at, before={"digests": inside.digests})
    operation = operations.start(
        tx, "delete image", str(now.path), actor, at=at, total=inside.digests, repository_id=now.repository_id
    )
    erasing.image_.put(tx, at=at, operation_id=operation, image_id=now.id)
    return Requested(operation, [], inside)


def request_place(
    tx: Connection, place: Place, typed: str, actor: Actor, *, at: datetime, dry_run: bool = False
) -> Requested:
    """Delete a registry or repository with everything inside, into the trash, which brings it back as a whole.

    `typed` is its path as the person has typed it. Raises `FieldInvalid` when that is another one, `PlaceDeleting`,
    and `Locked` when anything inside is.
    """
    if typed != str(place):
        raise FieldInvalid("name", f"type {place} to delete it with everything inside")
    _hold_place(tx, place)
    here = image.c.repository_id.in_(_repositories(place))
    _refuse_locked(tx, here, at=at)
    inside = _count(tx, here, _count_repositories(tx, place))
    if dry_run:
        return Requested(None, [], inside)
    _mark_place(tx, place)
    _mark(tx, here)
    what = "registry" if place.repository_id is None else "repository"
    events.record(tx, actor, f"{what}.delete", str(place), at=at, before=vars(inside))
    above, within = place.registry_id, place.repository_id
    operation = operations.start(
        tx, f"delete {what}", str(place), actor, at=at, total=inside.digests, registry_id=above, repository_id=within
    )
    erasing.place_.put(tx, at=at, operation_id=operation, registry_id=above, repository_id=within)
    return Requested(operation, [], inside)


def _count(tx: Connection, images_: ColumnElement[bool], repositories_: int) -> Inside:
    born = select(image.c.id).where(images_, image.c.born_at.is_not(None))
    counts = (
        select(func.count()).select_from(born.subquery()),
        select(func.count()).where(manifest.c.image_id.in_(born)),
        select(func.count()).where(tag.c.image_id.in_(born)),
    )
    return Inside(repositories_, *(tx.scalar(count) or 0 for count in counts))


def _count_repositories(tx: Connection, place: Place) -> int:
    if place.repository_id is not None:
        return 0
    there = (repository.c.registry_id == place.registry_id) & (repository.c.state.not_in(AWAY))
    return tx.scalar(select(func.count()).where(there)) or 0


def _item(verdict: Verdict) -> Item:
    digest = str(verdict.digest)
    if verdict.refusal is not None:
        return {"item": digest, "state": "refused", "reason": str(verdict.refusal)}
    referrers = sorted(verdict.referrers.values())
    return {"item": digest, "state": "queued", "reason": "", "tags": list(verdict.tags), "referrers": referrers}


def _not_deleting(tx: Connection, found: Image) -> Image:
    """Raises `ImageUnknown`, `ImageDeleting`."""
    images.lock(tx, found.id)
    registry_name, repository_name = found.path.registry, found.path.repository
    place = Place(0, registry_name, "", found.repository_id, repository_name)
    now = images.seen(tx, place, found.path)
    if now.state == "deleting":
        raise ImageDeleting(str(now.path))
    return now


def _refuse_locked(tx: Connection, inside: ColumnElement[bool], *, at: datetime) -> None:
    """Raises `Locked` for the first image, or digest of one, that is."""
    names = (registry.c.name.label("registry"), repository.c.name.label("repository"), image.c.name.label("image"))
    held = locks.in_force_on(image, at)
    query = select(image, *names).join_from(image, repository).join(registry)
    row = tx.execute(query.where(inside, held).order_by(image.c.id).limit(1)).mappings().first()
    if row is not None:
        path = ImagePath(row["registry"], row["repository"], row["image"])
        raise locks.refusal(str(path), _lock(images.lock_of(row)))
    query = select(manifest).join(image, image.c.id == manifest.c.image_id)
    row = tx.execute(query.where(inside, locks.in_force_on(manifest, at)).limit(1)).mappings().first()
    if row is not None:
        raise locks.refusal(row["digest"], _lock(images.lock_of(row)))


def _lock(own: Lock | None) -> Lock:
    assert own is not None  # noqa: S101  the query asked for rows that have one
    return own


def _mark(tx: Connection, inside: ColumnElement[bool]) -> None:
    tx.execute(update(image).where(inside).values(state="deleting", state_reason=""))


def _repositories(place: Place) -> list[int] | ColumnElement[int]:
    if place.repository_id is not None:
        return [place.repository_id]
    there = (repository.c.registry_id == place.registry_id) & (repository.c.state.not_in(AWAY))
    return select(repository.c.id).where(there).scalar_subquery()


def _hold_place(tx: Connection, place: Place) -> None:
    """Raises `RegistryUnknown`, `RepositoryUnknown`, `PlaceDeleting`."""
    if place.repository_id is None:
        tx.execute(select(registry.c.id).where(registry.c.id == place.registry_id).with_for_update())
        state = registries.find(tx, place.registry_name).state
    else:
        tx.execute(select(repository.c.id).where(repository.c.id == place.repository_id).with_for_update())
        state = repositories.find(tx, place.registry_name, place.repository_name or "").state
    if state == "deleting":
        raise PlaceDeleting("registry" if place.repository_id is None else "repository", str(place))


def _mark_place(tx: Connection, place: Place) -> None:
    marked = {"state": "deleting", "state_reason": ""}
    if place.repository_id is None:
        tx.execute(update(registry).where(registry.c.id == place.registry_id).values(**marked))
    tx.execute(update(repository).where(repository.c.id.in_(_repositories(place))).values(**marked))
    changes.bump(tx, changes.ACCESS)
