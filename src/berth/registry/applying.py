"""Applying a repository's default policies to the images it has: shown first, then done by a job.

While it goes on these images are `editing`.
"""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping, Select, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db.tables import image, repository
from berth.jobs import job
from berth.people.access import Place
from berth.registry import editing, images, operations, reach
from berth.registry.editing import Columns
from berth.registry.images import Image
from berth.registry.operations import Operation
from berth.site import Site
from berth.words.errors import FieldInvalid, ImageDeleting, ImageInactive, RepositoryUnknown, Unknown
from berth.words.names import ImagePath

BATCH = 100
SHOWN = 1000
"""Differences that a preview shows."""

KIND = "apply default policies"

log = structlog.get_logger("berth.registry")


@dataclass(frozen=True)
class Difference:
    image: str
    policy: str
    before: dict[str, Any]  # Any: a policy as JSON
    after: dict[str, Any]  # Any: a policy as JSON


def preview(tx: Connection, place: Place, which: Collection[str]) -> list[Difference]:
    """What would become different, as far as it is shown. Raises `FieldInvalid`, `RepositoryUnknown`."""
    defaults = _defaults(tx, place, which)
    found = [
        Difference(f"{place}/{row['name']}", name.removeprefix("policy_"), row[name], value)
        for row in _differing(tx, place, defaults)
        for name, value in editing.different(row, defaults).items()
    ]
    return found[:SHOWN]


def request(tx: Connection, place: Place, which: Collection[str], actor: Actor, *, at: datetime) -> str:
    """Have them applied; returns the id of the operation. Raises as `preview` does."""
    ids = [row["id"] for row in _differing(tx, place, _defaults(tx, place, which))]
    for some in reach.batches(ids):
        active = image.c.id.in_(some) & (image.c.state == "active")
        tx.execute(update(image).where(active).values(state="editing"))
    operation = operations.start(tx, KIND, str(place), actor, at=at, total=len(ids), repository_id=place.repository_id)
    apply.put(tx, at=at, operation_id=operation, repository_id=place.repository_id, which=sorted(which))
    facts = {"policies": sorted(which), "images": len(ids)}
    events.record(tx, actor, "repository.apply", str(place), at=at, after=facts)
    return operation


@job("registry.apply_defaults")
def apply(site: Site, *, operation_id: str, repository_id: int, which: list[str]) -> None:
    with site.db.write() as tx:
        operation = operations.begin(tx, operation_id)
    if operation.ended:
        return
    place = _place(operation.target, repository_id)
    reason = ""
    try:
        _apply_all(site, place, which, operation)
    except Exception as error:
        log.exception("default policies not applied")
        reason = f"{type(error).__name__}: {str(error).splitlines()[0][:500]}"
    with site.db.write() as tx:
        operations.end(tx, operation_id, at=site.now(), reason=reason)
        for row in tx.execute(_of(place).where(image.c.state == "editing")).mappings():
            _release(tx, place, row)


def _apply_all(site: Site, place: Place, which: Collection[str], operation: Operation) -> None:
    with site.db.read() as tx:
        ids = [row["id"] for row in _differing(tx, place, _defaults(tx, place, which))]
    for some in reach.batches(ids, BATCH):
        with site.db.write() as tx:
            wanted = _defaults(tx, place, which)
            for row in tx.execute(_of(place).where(image.c.id.in_(some))).mappings().all():
                _apply(tx, place, row, wanted, Actor(operation.started_by), at=site.now())
            operations.progress(tx, operation.id, len(some))


def _apply(tx: Connection, place: Place, row: RowMapping, wanted: Columns, actor: Actor, *, at: datetime) -> None:
    """One that is being deleted meanwhile is left alone."""
    path = ImagePath(place.registry_name, place.repository_name or "", row["name"])
    with contextlib.suppress(Unknown, ImageDeleting, ImageInactive):
        now = images.again(tx, Image(row["id"], row["repository_id"], path, born=True))
        editing.set_image(tx, now, wanted, actor, at=at)


def _release(tx: Connection, place: Place, row: RowMapping) -> None:
    """An image is editing no longer, unless something else changes it."""
    if operations.on(tx, row["repository_id"], f"{place}/{row['name']}", str(place)) is None:
        mine = (image.c.id == row["id"]) & (image.c.state == "editing")
        tx.execute(update(image).where(mine).values(state="active"))


def _place(path: str, repository_id: int) -> Place:
    registry_name, _, name = path.partition("/")
    return Place(0, registry_name, "", repository_id, name)


def _of(place: Place) -> Select[Any]:  # Any: image rows
    here = (image.c.repository_id == place.repository_id) & image.c.born_at.is_not(None)
    return select(image).where(here, image.c.state.in_(images.VISIBLE))


def _defaults(tx: Connection, place: Place, which: Collection[str]) -> Columns:
    if not which or set(which) - set(editing.POLICIES):
        raise FieldInvalid("policies", f"some of {', '.join(editing.POLICIES)}")
    columns = [repository.c[f"policy_{name}"] for name in which]
    row = tx.execute(select(*columns).where(repository.c.id == place.repository_id)).mappings().first()
    if row is None:
        raise RepositoryUnknown(place.registry_name, place.repository_name or "")
    return dict(row)


def _differing(tx: Connection, place: Place, wanted: Columns) -> list[RowMapping]:
    """The databases do not compare JSON alike, so this is done here."""
    rows = tx.execute(_of(place).order_by(image.c.name)).mappings()
    return [row for row in rows if editing.different(row, wanted)]
