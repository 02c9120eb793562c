"""Edit Tags: the names of one digest are added, renamed, moved and removed in one act, or none of them is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from berth.audit import events
from berth.audit.events import Actor
from berth.db import versions
from berth.db.tables import manifest, tag
from berth.registry import images, locks, tags
from berth.registry.images import Image
from berth.words import names
from berth.words.digest import Digest
from berth.words.errors import (
    FieldInvalid,
    ManifestDeleting,
    ManifestInactive,
    ManifestUnknown,
    TagInUse,
)

MAX_NAMES = 100
"""Names that one edit speaks of."""

OFFERED = 1000


@dataclass(frozen=True)
class Edit:
    """What is to become of a digest's names."""

    add: Sequence[str] = ()
    """Names that are free."""
    rename: Mapping[str, str] = field(default_factory=dict)
    """From a name the digest has to a free one."""
    move: Sequence[str] = ()
    """Names that are taken from other digests, or are free."""
    remove: Sequence[str] = ()


@dataclass(frozen=True)
class Change:
    name: str
    before: str | None
    """The digest it pointed at; None when it was free."""
    after: str | None
    """None when it is removed."""

    @property
    def moves(self) -> bool:
        """Whether it is taken from another digest."""
        return self.before is not None and self.after is not None


def edit(
    tx: Connection,
    found: Image,
    content: Digest,
    wanted: Edit,
    actor: Actor,
    *,
    at: datetime,
    expected: int | None = None,
    dry_run: bool = False,
) -> list[Change]:
    """Change the names of a digest. With `dry_run` nothing changes, and a name in use is shown as one that moves.

    Raises `FieldInvalid`, `TagInvalid`, `ManifestUnknown`, `TagInUse`, `TagImmutable`, `Locked`, `Stale`.
    """
    found = images.again(tx, found)
    manifest_id = find(tx, found, content)
    versions.expect(tx, manifest, manifest_id, expected)
    changes = _changes(tx, found, content, _checked(wanted))
    _may_be(tx, found, changes, manifest_id, at=at)
    if dry_run:
        return changes
    taken = [change for change in changes if change.moves and change.name not in wanted.move]
    for change in taken:
        raise TagInUse(change.name, change.before or "", free_name(tx, found, change.name))
    for change in changes:
        if change.after is None:
            tags.remove(tx, found, change.name, actor, at=at, why="edit", audited=False)
        else:
            tags.put(tx, found, change.name, manifest_id, content, actor, at=at, why="edit")
    if changes:
        _record(tx, found, content, changes, actor, at=at)
    return changes


def find(tx: Connection, found: Image, content: Digest) -> int:
    """The id of a digest that can be changed. Raises `ManifestUnknown`, `ManifestDeleting`, `ManifestInactive`."""
    refuse_hidden(tx, found, str(content))
    query = select(manifest.c.id).where(manifest.c.image_id == found.id, manifest.c.digest == str(content))
    manifest_id: int | None = tx.scalar(query)
    if manifest_id is None:
        raise ManifestUnknown(str(content))
    return manifest_id


def refuse_hidden(tx: Connection, found: Image, digest: str) -> None:
    """Raises `ManifestDeleting`, `ManifestInactive`."""
    query = select(manifest.c.state, manifest.c.state_reason)
    row = tx.execute(query.where(manifest.c.image_id == found.id, manifest.c.digest == digest)).first()
    if row is not None and row.state == "deleting":
        raise ManifestDeleting(digest)
    if row is not None and row.state == "inactive":
        raise ManifestInactive(digest, row.state_reason)


def refuse_in_use(tx: Connection, found: Image, name: str, digest: str) -> None:
    """Raises `TagInUse` when another digest has this name."""
    holder = holders(tx, found, [name]).get(name, digest)
    if holder != digest:
        raise TagInUse(name, holder, free_name(tx, found, name))


def holders(tx: Connection, found: Image, wanted: Sequence[str]) -> dict[str, str]:
    """Of these names those that are in use, with their digests."""
    query = (
        select(tag.c.name, manifest.c.digest)
        .join(manifest, manifest.c.id == tag.c.manifest_id)
        .where(tag.c.image_id == found.id, tag.c.name.in_(wanted))
    )
    return {row.name: row.digest for row in tx.execute(query)}


def free_name(tx: Connection, found: Image, name: str) -> str:
    """A name like this one that nobody has."""
    offers = [f"{name[:110]}-restored"] + [f"{name[:110]}-restored-{number}" for number in range(2, OFFERED)]
    taken = holders(tx, found, offers)
    return next(offer for offer in offers if offer not in taken)


def _checked(wanted: Edit) -> Edit:
    """Raises `FieldInvalid` when a name is spoken of twice or there are too many, `TagInvalid` for what is no name."""
    given = {
        "add": list(wanted.add),
        "rename": [*wanted.rename, *wanted.rename.values()],
        "move": list(wanted.move),
        "remove": list(wanted.remove),
    }
    every = [names.tag(name) for some in given.values() for name in some]
    if not every:
        raise FieldInvalid("add", "there is nothing to add, rename, move or remove")
    if len(every) > MAX_NAMES:
        raise FieldInvalid("add", f"at most {MAX_NAMES} names in one request, these are {len(every)}")
    for where, some in given.items():
        twice = next((name for name in some if every.count(name) > 1), None)
        if twice is not None:
            raise FieldInvalid(where, f"the tag {twice} is named twice")
    return wanted


def _changes(tx: Connection, found: Image, content: Digest, wanted: Edit) -> list[Change]:
    """What changes, in the order of the names; what is already as it is wanted does not."""
    going = [*wanted.remove, *wanted.rename]
    coming = [*wanted.add, *wanted.rename.values(), *wanted.move]
    now = holders(tx, found, [*going, *coming])
    for name in going:
        if now.get(name) != str(content):
            raise ManifestUnknown(name)
    changes = [Change(name, str(content), None) for name in going]
    changes += [Change(name, now.get(name), str(content)) for name in coming if now.get(name) != str(content)]
    return sorted(changes, key=lambda change: names.natural(change.name))


def _may_be(tx: Connection, found: Image, changes: Sequence[Change], manifest_id: int, *, at: datetime) -> None:
    """Raises `Locked`, `TagImmutable`."""
    if not changes:
        return
    taken_from = [change.before for change in changes if change.moves]
    query = select(manifest.c.id).where(manifest.c.image_id == found.id, manifest.c.digest.in_(taken_from))
    locks.refuse(tx, found, [manifest_id, *tx.scalars(query)], at=at)
    for change in changes:
        if change.moves:
            tags.refuse_immutable(tx, found, change.name)


def _record(
    tx: Connection, found: Image, content: Digest, changes: Sequence[Change], actor: Actor, *, at: datetime
) -> None:
    images.edited(tx, found, actor, at=at)
    before = {change.name: change.before for change in changes}
    after = {change.name: change.after for change in changes}
    events.record(tx, actor, "tag.edit", f"{found.path}@{content}", at=at, before=before, after=after)
