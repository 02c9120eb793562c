"""The jobs that erase what `deletion` has marked: in small transactions, and again from where a crash left them.

What cannot be erased becomes inactive with the reason. An operation always ends; only when the database cannot even
take that down does the job rest and run again.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

import structlog
from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select, update

from berth.audit.events import Actor
from berth.db import changes
from berth.db.tables import AWAY, image, image_blob, manifest, registry, repository, tag_history
from berth.jobs import job
from berth.registry import images as rooms
from berth.registry import operations, past, place_trash, reach, trash
from berth.registry.images import Image
from berth.registry.operations import Item, Operation
from berth.site import Site
from berth.words.names import ImagePath

BATCH = 100
ROWS = 5000
"""Rows of history and holds that go in one transaction."""

NOTHING = timedelta(0)

log = structlog.get_logger("berth.registry")


@dataclass(frozen=True)
class Deed:
    """What is done to an image, and how it stands in the trash afterwards."""

    operation: Operation
    keep: timedelta
    why: str
    batch: str


@job("registry.delete_digests")
def digests(site: Site, *, operation_id: str, image_id: int) -> None:
    operation = _begin(site, operation_id)
    if operation.ended:
        return
    waiting = [item for item in operation.items if item["state"] == "queued"]
    reasons = _together(site, operation, image_id, waiting)
    if reasons is None:
        reasons = _one_by_one(site, operation, image_id, waiting)
    with site.db.write() as tx:
        for item in waiting:
            item["state"], item["reason"] = "done", ""
            if item["item"] in reasons:
                item["state"], item["reason"] = "failed", reasons[item["item"]]
                _inactive(tx, manifest, _those(image_id, item), item["reason"])
        failed = sum(item["state"] == "failed" for item in waiting)
        reason = f"{failed} of {len(waiting)} could not be deleted" if failed else ""
        operations.end(tx, operation_id, at=site.now(), reason=reason, items=operation.items)
        if not operations.others_going_on(tx, operation):
            edited = (image.c.id == image_id) & (image.c.state == "editing")
            tx.execute(update(image).where(edited).values(state="active"))


@job("registry.delete_image")
def image_(site: Site, *, operation_id: str, image_id: int) -> None:
    operation = _begin(site, operation_id)
    if operation.ended:
        return
    reason = _erase_image(site, image_id, Deed(operation, trash.kept(site.settings), "delete", operation.id))
    with site.db.write() as tx:
        if reason:
            _inactive(tx, image, image.c.id == image_id, reason)
            past.put_back(tx, image_id, operation_id)
        operations.end(tx, operation_id, at=site.now(), reason=reason)


@job("registry.delete_place")
def place_(site: Site, *, operation_id: str, registry_id: int, repository_id: int | None) -> None:
    operation = _begin(site, operation_id)
    if operation.ended:
        return
    reason = ""
    with_registry = repository_id is None
    for each in _repository_ids(site, registry_id, repository_id):
        reason = _erase_repository(site, each, operation, with_registry=with_registry) or reason
    if not reason and with_registry:
        reason = _attempt(site, lambda tx: _to_place_trash(tx, site, registry, registry_id, operation))
    with site.db.write() as tx:
        if reason and with_registry:
            _inactive(tx, registry, registry.c.id == registry_id, reason)
        changes.bump(tx, changes.ACCESS)
        operations.end(tx, operation_id, at=site.now(), reason=reason)


def _begin(site: Site, operation_id: str) -> Operation:
    with site.db.write() as tx:
        return operations.begin(tx, operation_id)


def _attempt(site: Site, act: Callable[[Connection], object]) -> str:
    """Do one transaction; returns why it could not be done."""
    try:
        with site.db.write() as tx:
            act(tx)
    except Exception as error:
        log.exception("not deleted")
        return f"{type(error).__name__}: {str(error).splitlines()[0][:500]}"
    return ""


def _together(site: Site, operation: Operation, image_id: int, items: Sequence[Item]) -> dict[str, str] | None:
    """All in one transaction, which is the ordinary case; None when that could not be done."""
    return (
        None if _attempt(site, partial(_move, site=site, operation=operation, image_id=image_id, items=items)) else {}
    )


def _one_by_one(site: Site, operation: Operation, image_id: int, items: Sequence[Item]) -> dict[str, str]:
    """Indexes before their children, which is found out by trying; returns the reasons of those that stay."""
    waiting, reasons = list(items), {}
    while waiting:
        reasons = {
            item["item"]: _attempt(
                site, partial(_move, site=site, operation=operation, image_id=image_id, items=[item])
            )
            for item in waiting
        }
        left = [item for item in waiting if reasons[item["item"]]]
        if len(left) == len(waiting):
            break
        waiting = left
    return {item: reason for item, reason in reasons.items() if reason}


def _move(tx: Connection, *, site: Site, operation: Operation, image_id: int, items: Iterable[Item]) -> None:
    found = _image(tx, image_id)
    if found is None:
        return
    ids: set[int] = set()
    for item in items:
        ids.update(tx.scalars(select(manifest.c.id).where(_those(image_id, item))))
    if ids:
        _to_trash(tx, site, found, ids, Deed(operation, trash.kept(site.settings), "delete", operation.id))


def _those(image_id: int, item: Item) -> ColumnElement[bool]:
    """A digest and the referrers that go with it, as far as they are still being deleted."""
    named = [item["item"], *item["referrers"]]
    return (manifest.c.image_id == image_id) & manifest.c.digest.in_(named) & (manifest.c.state == "deleting")


def _to_trash(tx: Connection, site: Site, found: Image, ids: Collection[int], deed: Deed) -> None:
    actor = Actor(deed.operation.started_by)
    trash.move(tx, found, ids, actor, at=site.now(), keep=deed.keep, why=deed.why, batch=deed.batch)


def _image(tx: Connection, image_id: int) -> Image | None:
    """The image, in whatever state, held to the end of the transaction; None when it is gone."""
    rooms.lock(tx, image_id)
    query = (
        select(image.c.id, image.c.repository_id, registry.c.name, repository.c.name, image.c.name)
        .join_from(image, repository)
        .join(registry)
        .where(image.c.id == image_id)
    )
    row = tx.execute(query).first()
    return None if row is None else Image(row[0], row[1], ImagePath(*row[2:]), born=True)


def _erase_image(site: Site, image_id: int, deed: Deed) -> str:
    """Everything in an image, then itself; returns why that could not be done."""
    reason = ""
    while True:
        gone, reason = _erase_pass(site, image_id, deed)
        if not gone:
            break
    with site.db.read() as tx:
        left = tx.execute(select(manifest.c.id).where(manifest.c.image_id == image_id).limit(1)).first()
    if left is not None:
        return reason or "a digest could not be deleted"
    _erase_rest(site, image_id, deed)
    return _attempt(site, lambda tx: _erase_row(tx, site, image_id, deed))


def _erase_pass(site: Site, image_id: int, deed: Deed) -> tuple[int, str]:
    """Go through an image from its newest digest to its oldest; returns how many went, and what stood in the way.

    Indexes are newer than what they list, so one pass is mostly enough.
    """
    gone, reason = 0, ""
    last: tuple[datetime, int] | None = None
    while True:
        with site.db.read() as tx:
            rows = _older(tx, image_id, last)
        if not rows:
            return gone, reason
        last, began = rows[-1], monotonic()
        some, why = _erase_some(site, image_id, [manifest_id for _, manifest_id in rows], deed)
        gone, reason = gone + some, why or reason
        if len(rows) == BATCH:
            site.db.give_way(began)


def _older(tx: Connection, image_id: int, last: tuple[datetime, int] | None) -> list[tuple[datetime, int]]:
    """When the next ones were pushed, and their ids."""
    query = select(manifest.c.created_at, manifest.c.id).where(manifest.c.image_id == image_id)
    if last is not None:
        at, manifest_id = last
        same = (manifest.c.created_at == at) & (manifest.c.id < manifest_id)
        query = query.where(manifest.c.created_at <= at, or_(manifest.c.created_at < at, same))
    order = (manifest.c.created_at.desc(), manifest.c.id.desc())
    return [(row.created_at, row.id) for row in tx.execute(query.order_by(*order).limit(BATCH))]


def _erase_some(site: Site, image_id: int, ids: list[int], deed: Deed) -> tuple[int, str]:
    """Those that no index outside of them lists; when one of them fails, each by itself."""
    with site.db.read() as tx:
        free = _unlisted(tx, ids)
    erase = partial(_erase, site=site, image_id=image_id, deed=deed)
    if not free or not _attempt(site, partial(erase, asked=free)):
        return len(free), ""
    reasons = [_attempt(site, partial(erase, asked=[each])) for each in sorted(free, reverse=True)]
    with site.db.read() as tx:
        left = set(tx.scalars(select(manifest.c.id).where(manifest.c.id.in_(free))))
    return len(free - left), next(filter(None, reasons), "")


def _erase(tx: Connection, *, asked: Collection[int], site: Site, image_id: int, deed: Deed) -> None:
    found = _image(tx, image_id)
    free = _unlisted(tx, asked)
    if found is not None and free:
        _to_trash(tx, site, found, free, deed)
        operations.progress(tx, deed.operation.id, len(free))


def _unlisted(tx: Connection, ids: Collection[int]) -> set[int]:
    """Without those that an index lists which stays, and without what these list in turn."""
    free = set(ids)
    parents = reach.parents(tx, free)
    while held := {each for each in free if any(parent.id not in free for parent in parents.get(each, ()))}:
        free -= held
    return free


def _erase_rest(site: Site, image_id: int, deed: Deed) -> None:
    """What there may be very much of, in small transactions."""
    while deed.keep and _history_kept(site, image_id, deed):
        pass
    for table, key in ((tag_history, tag_history.c.id), (image_blob, image_blob.c.digest)):
        some = select(key).where(table.c.image_id == image_id).limit(ROWS)
        going = (table.c.image_id == image_id) & key.in_(some)
        while _deleted(site, table, going):
            pass


def _history_kept(site: Site, image_id: int, deed: Deed) -> int:
    with site.db.write(durable=False) as tx:
        return past.move_some(tx, image_id, deed.batch, ROWS)


def _deleted(site: Site, table: Table, going: ColumnElement[bool]) -> int:
    with site.db.write(durable=False) as tx:
        return tx.execute(delete(table).where(going)).rowcount


def _erase_row(tx: Connection, site: Site, image_id: int, deed: Deed) -> None:
    found = _image(tx, image_id)
    if found is None:
        return
    actor, at = Actor(deed.operation.started_by), site.now()
    trash.keep_image(tx, found, actor, at=at, keep=deed.keep, why=deed.why, batch=deed.batch)
    tx.execute(delete(image_blob).where(image_blob.c.image_id == image_id))
    tx.execute(delete(image).where(image.c.id == image_id))


def _repository_ids(site: Site, registry_id: int, repository_id: int | None) -> list[int]:
    if repository_id is not None:
        return [repository_id]
    with site.db.read() as tx:
        mine = select(repository.c.id).where(repository.c.registry_id == registry_id, repository.c.state.not_in(AWAY))
        return list(tx.scalars(mine.order_by(repository.c.id)))


def _erase_repository(site: Site, repository_id: int, operation: Operation, *, with_registry: bool) -> str:
    """All its images, each a batch of its own, and itself, into the trash."""
    why = place_trash.WENT_WITH[registry.name if with_registry else repository.name]
    with site.db.read() as tx:
        query = select(image.c.id, image.c.born_at).where(image.c.repository_id == repository_id).order_by(image.c.id)
        rows = tx.execute(query).all()
    reason = ""
    for image_id, born_at in rows:
        keep = NOTHING if born_at is None else trash.kept(site.settings)
        deed = Deed(operation, keep, why, _batch(operation, image_id))
        stuck = _erase_image(site, image_id, deed)
        if stuck:
            with site.db.write() as tx:
                _inactive(tx, image, image.c.id == image_id, stuck)
                past.put_back(tx, image_id, deed.batch)
        reason = stuck or reason
    told = {"with_registry": with_registry}
    reason = reason or _attempt(
        site, lambda tx: _to_place_trash(tx, site, repository, repository_id, operation, **told)
    )
    if reason:
        with site.db.write() as tx:
            _inactive(tx, repository, repository.c.id == repository_id, reason)
    return reason


def _batch(operation: Operation, image_id: int) -> str:
    """The same one after a crash."""
    return str(uuid.uuid5(uuid.UUID(operation.id), str(image_id)))


def _to_place_trash(
    tx: Connection, site: Site, table: Table, place_id: int, operation: Operation, **told: bool
) -> None:
    found = tx.execute(select(table.c.state).where(table.c.id == place_id).with_for_update()).first()
    if found is not None and found.state not in AWAY:
        actor, keep = Actor(operation.started_by), trash.kept(site.settings)
        place_trash.put(tx, table, place_id, actor, at=site.now(), keep=keep, **told)


def _inactive(tx: Connection, table: Table, which: ColumnElement[bool], reason: str) -> None:
    tx.execute(update(table).where(which).values(state="inactive", state_reason=reason))
