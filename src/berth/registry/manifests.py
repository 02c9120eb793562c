"""Manifests: one digest of an image each, kept as the exact bytes that were pushed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from berth.audit import events
from berth.audit.events import Actor
from berth.db.tables import blob, image_blob, manifest, manifest_blob, manifest_body, manifest_edge
from berth.people.access import Place
from berth.registry import deletable, images, kinds, locks, platforms, policy_runs, reach, tags, trash
from berth.registry.images import Image
from berth.words import digest as digests
from berth.words.digest import Digest
from berth.words.errors import (
    DigestMismatch,
    ManifestDeleting,
    ManifestInactive,
    ManifestInvalid,
    ManifestUnknown,
    PartsMissing,
)
from berth.words.manifest import Document, Part
from berth.words.names import Reference


@dataclass(frozen=True)
class Pushed:
    digest: Digest
    id: int
    new: bool


@dataclass(frozen=True)
class Manifest:
    id: int
    digest: str
    media_type: str
    size: int
    body: bytes


def put(
    tx: Connection,
    place: Place,
    found: Image,
    reference: Reference,
    document: Document,
    actor: Actor,
    *,
    at: datetime,
    also_tags: Sequence[str] = (),
    platform: str | None = None,
) -> Pushed:
    """Store a manifest and point its tags at it. Pushing again what is there changes nothing.

    Raises `DigestMismatch`, `PartsMissing` naming all that is missing, `ManifestInvalid` for a wrong size, `Locked`,
    `TagImmutable`, `ManifestDeleting` and `ManifestInactive`.
    """
    content = _digest_of(document, reference)
    names = [*([reference] if isinstance(reference, str) else []), *also_tags]
    known = _known(tx, found, content)
    manifest_id = known if known is not None else _add(tx, found, content, document, actor, platform, names, at=at)
    if not found.born:
        found = images.born(tx, place, found, actor, at=at)
    for name in names:
        tags.put(tx, found, name, manifest_id, content, actor, at=at, new=known is None)
    policy_runs.pushed(tx, found, content)
    if found.locks_when_tagged and tags.has_own(names):
        locks.when_tagged(tx, found, actor, at=at)
    facts = {"digest": str(content), "tags": names, "media_type": document.media_type}
    events.record(tx, actor, "manifest.push", str(found.path), at=at, after=facts)
    return Pushed(content, manifest_id, known is None)


def find(tx: Connection, found: Image, reference: Reference) -> Manifest:
    """Raises `ManifestUnknown`."""
    row = tx.execute(reach.by_reference(found.id, reference)).first()
    if row is None:
        raise ManifestUnknown(str(reference))
    return Manifest(row.id, row.digest, row.media_type, row.size, body(tx, row.id))


def body(tx: Connection, manifest_id: int) -> bytes:
    stored: bytes = tx.execute(
        select(manifest_body.c.body).where(manifest_body.c.manifest_id == manifest_id)
    ).scalar_one()
    return stored


def remove(
    tx: Connection, found: Image, content: Digest, actor: Actor, *, at: datetime, keep: timedelta, why: str = "delete"
) -> None:
    """Delete a digest with its names and its referrers; the trash keeps them for a time. The image's row is held.

    Raises `ManifestUnknown`, `ManifestReferenced` naming the indexes that list it, `ReferrerHeld` and `Locked`.
    """
    if _visible_id(tx, found, content) is None:
        raise ManifestUnknown(str(content))
    [verdict] = deletable.judge(tx, found, [content], at=at)
    if verdict.id is None or verdict.refusal is not None:
        raise verdict.refusal or ManifestUnknown(str(content))
    going = [verdict.id, *verdict.referrers]
    names = trash.move(tx, found, going, actor, at=at, keep=keep, why=why, batch=trash.new_batch())
    images.edited(tx, found, actor, at=at)
    facts = {"tags": names, "referrers": sorted(verdict.referrers.values())}
    events.record(tx, actor, "manifest.delete", f"{found.path}@{content}", at=at, before=facts)


def _digest_of(document: Document, reference: Reference) -> Digest:
    if isinstance(reference, str):
        return digests.of(document.body)
    content = digests.of(document.body, reference.algorithm)
    if content != reference:
        raise DigestMismatch(reference, content)
    return content


def _visible_id(tx: Connection, found: Image, content: Digest) -> int | None:
    query = select(manifest.c.id).where(manifest.c.image_id == found.id, manifest.c.digest == str(content))
    return tx.scalar(query.where(manifest.c.state == "active"))


def _known(tx: Connection, found: Image, content: Digest) -> int | None:
    """The id of a digest that is there to be pushed again. Raises `ManifestDeleting`, `ManifestInactive`."""
    query = select(manifest.c.id, manifest.c.state, manifest.c.state_reason).where(
        manifest.c.image_id == found.id, manifest.c.digest == str(content)
    )
    row = tx.execute(query).first()
    if row is None:
        return None
    if row.state == "deleting":
        raise ManifestDeleting(str(content))
    if row.state == "inactive":
        raise ManifestInactive(str(content), row.state_reason)
    return int(row.id)


def _add(
    tx: Connection,
    found: Image,
    content: Digest,
    document: Document,
    actor: Actor,
    platform: str | None,
    names: Sequence[str],
    *,
    at: datetime,
) -> int:
    if found.lock is not None and found.lock.holds(at):
        raise locks.refusal(str(found.path), found.lock)
    held = _held(tx, found, document.blobs)
    children = _children(tx, found, document.children)
    _nothing_missing(document, held, children)
    config_type = None if document.config is None else document.config.media_type
    named = [platform] if platform else sorted({part.platform for part in document.children if part.platform})
    values = {
        "image_id": found.id,
        "digest": str(content),
        "media_type": document.media_type,
        "artifact_type": document.artifact_type,
        "config_type": config_type,
        "kind": kinds.of(document),
        "subject": None if document.subject is None else str(document.subject),
        "annotations": document.annotations,
        "platforms": named,
        "size": len(document.body),
        "first_tag": tags.first_of(names),
        "total_size": len(document.body) + sum(held.values()) + reach.total_size(tx, list(children.values())),
        **trash.quarantine_of(tx, found, content),
    }
    made = {"created_by": actor.name, "created_at": at, "edited_by": actor.name, "edited_at": at}
    manifest_id: int = tx.execute(insert(manifest).values(**values, **made).returning(manifest.c.id)).scalar_one()
    tx.execute(insert(manifest_body).values(manifest_id=manifest_id, body=document.body))
    platforms.remember(tx, found.id, manifest_id, named)
    if held:
        tx.execute(insert(manifest_blob), [{"manifest_id": manifest_id, "digest": digest} for digest in held])
    edges = {
        children[str(part.digest)]: {
            "parent_id": manifest_id,
            "child_id": children[str(part.digest)],
            "platform": part.platform,
        }
        for part in document.children
    }
    if edges:
        tx.execute(insert(manifest_edge), list(edges.values()))
    return manifest_id


def _held(tx: Connection, found: Image, parts: Iterable[Part]) -> dict[str, int]:
    """Which of these blobs the image holds, with their sizes; each once."""
    held: dict[str, int] = {}
    for some in reach.batches(str(part.digest) for part in parts):
        query = (
            select(blob.c.digest, blob.c.size)
            .join(image_blob)
            .where(image_blob.c.image_id == found.id, blob.c.digest.in_(some))
            .with_for_update(read=True, of=blob)
        )
        held.update((row.digest, row.size) for row in tx.execute(query))
    return held


def _children(tx: Connection, found: Image, parts: Iterable[Part]) -> dict[str, int]:
    """Which of these manifests the image has, with their ids."""
    known: dict[str, int] = {}
    for some in reach.batches(str(part.digest) for part in parts):
        query = select(manifest.c.digest, manifest.c.id).where(
            manifest.c.image_id == found.id, manifest.c.digest.in_(some), manifest.c.state == "active"
        )
        known.update((row.digest, row.id) for row in tx.execute(query))
    return known


def _nothing_missing(document: Document, held: dict[str, int], children: dict[str, int]) -> None:
    """All that the document refers to is here, but for layers that may live elsewhere; sizes are true."""
    blobs = {part.digest: None for part in document.blobs if str(part.digest) not in held and not part.external}
    manifests = {part.digest: None for part in document.children if str(part.digest) not in children}
    if blobs or manifests:
        raise PartsMissing(list(blobs), list(manifests))
    for part in document.blobs:
        size = held.get(str(part.digest), part.size)
        if size != part.size:
            raise ManifestInvalid(f"{part.digest} has {size} bytes, its descriptor says {part.size}")
