"""Changing what images, digests and repositories say of themselves: descriptions and policies.

Each change is audited with before and after and moves the version on, which `expected` compares. What would change
nothing is no change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db import changes, versions
from berth.db.tables import image, manifest, repository
from berth.people.access import Place
from berth.registry import images, locks, naming, policy_runs
from berth.registry.images import Image
from berth.words import expression, names
from berth.words.digest import Digest
from berth.words.errors import RepositoryUnknown
from berth.words.policies import DeletionPolicy, LockPolicy, PullPolicy, Record, ScanPolicy

POLICIES = ("scan", "pull", "lock", "deletion")

Columns = dict[str, Any]  # Any: column values


@dataclass(frozen=True)
class Chosen:
    """Policies to be set; those that are None stay as they are."""

    scan: ScanPolicy | None = None
    pull: PullPolicy | None = None
    lock: LockPolicy | None = None
    deletion: DeletionPolicy | None = None

    def columns(self) -> Columns:
        given: Mapping[str, Record | None] = {name: getattr(self, name) for name in POLICIES}
        return {f"policy_{name}": policy.to_json() for name, policy in given.items() if policy is not None}


NONE = Chosen()


def image_(
    tx: Connection,
    found: Image,
    actor: Actor,
    *,
    at: datetime,
    description: str | None = None,
    policies: Chosen = NONE,
    expected: int | None = None,
) -> None:
    """An image's lock policy is its lock: setting it locks or unlocks the image.

    Raises `FieldInvalid`, `Stale`, `ImageUnknown`, `ImageDeleting`, `ImageInactive`, `ImageBusy`.
    """
    now = images.for_settings(tx, found)
    versions.expect(tx, image, now.id, expected)
    set_image(tx, now, _described(description) | policies.columns(), actor, at=at)


def digest(
    tx: Connection,
    found: Image,
    content: Digest,
    actor: Actor,
    *,
    at: datetime,
    description: str,
    expected: int | None = None,
) -> None:
    """Raises `FieldInvalid`, `Stale`, `ManifestUnknown`, `ManifestDeleting`, `ManifestInactive`."""
    now = images.again(tx, found)
    manifest_id = naming.find(tx, now, content)
    versions.expect(tx, manifest, manifest_id, expected)
    _set(tx, manifest, manifest_id, _described(description), actor, "manifest.edit", f"{now.path}@{content}", at=at)


def repository_(
    tx: Connection,
    place: Place,
    actor: Actor,
    *,
    at: datetime,
    description: str | None = None,
    policies: Chosen = NONE,
    immutable_tags: str | None = None,
    expected: int | None = None,
) -> None:
    """Defaults count for images that are born from now on. An empty `immutable_tags` makes no tag immutable.

    Raises `FieldInvalid`, `Stale`, `RepositoryUnknown`.
    """
    versions.expect(tx, repository, place.repository_id or 0, expected)
    wanted = _described(description) | policies.columns()
    if immutable_tags is not None:
        wanted["immutable_tags"] = expression.parse(immutable_tags, "immutable_tags") if immutable_tags else ""
    _set(tx, repository, place.repository_id or 0, wanted, actor, "repository.edit", str(place), at=at)
    changes.bump(tx, changes.ACCESS)


def set_image(tx: Connection, now: Image, wanted: Columns, actor: Actor, *, at: datetime) -> None:
    """Set columns of an image as it is now, whose row is held."""
    lock = wanted.get("policy_lock")
    others = {name: value for name, value in wanted.items() if name != "policy_lock"}
    if "policy_deletion" in _set(tx, image, now.id, others, actor, "image.edit", str(now.path), at=at):
        policy_runs.policy_changed(tx, now.id, at=at)
    is_locked = now.lock is not None and now.lock.holds(at)
    if lock is not None and lock["locked"] and not is_locked:
        locks.put_on(tx, now, actor, at=at)
    elif lock is not None and not lock["locked"] and (is_locked or now.locks_when_tagged):
        locks.take_off(tx, now, actor, at=at)


def immutable_tags(tx: Connection, place: Place) -> str:
    """The expression of a repository; empty: none. Raises `RepositoryUnknown`."""
    rule: str | None = tx.scalar(select(repository.c.immutable_tags).where(repository.c.id == place.repository_id))
    if rule is None:
        raise RepositoryUnknown(place.registry_name, place.repository_name or "")
    return rule


def _described(description: str | None) -> Columns:
    return {} if description is None else {"description": names.description(description)}


def _set(
    tx: Connection, table: Table, row_id: int, wanted: Columns, actor: Actor, action: str, target: str, *, at: datetime
) -> Columns:
    """Returns what has become different."""
    row = tx.execute(select(table).where(table.c.id == row_id).with_for_update(key_share=True)).mappings().one()
    changed = different(row, wanted)
    if not changed:
        return changed
    edit = {"version": table.c.version + 1, "edited_by": actor.name, "edited_at": at}
    tx.execute(update(table).where(table.c.id == row_id).values(**changed, **edit))
    before = {_plain(name): row[name] for name in changed}
    after = {_plain(name): value for name, value in changed.items()}
    events.record(tx, actor, action, target, at=at, before=before, after=after)
    return changed


def different(row: RowMapping, wanted: Columns) -> Columns:
    """What of it the row does not say already."""
    return {name: value for name, value in wanted.items() if row[name] != value}


def _plain(column: str) -> str:
    return column.removeprefix("policy_")
