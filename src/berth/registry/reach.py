"""What reaches what: index to child, subject to referrer. Every question about it is asked here.

A referrer of a digest is a manifest whose `subject` it is, or one that a fallback name of it points at
(`sha256-<hex>` alone or with `.sig`, `.att`, `.sbom`). Referrers go with their subject.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import CTE, Connection, Select, delete, func, select, union

from berth.db.tables import blob, manifest, manifest_blob, manifest_edge, tag
from berth.words.names import Reference

BATCH = 1000

T = TypeVar("T", int, str)


def by_reference(image_id: int, reference: Reference) -> Select[Any]:  # Any: manifest rows
    """The visible manifest that a tag or digest names."""
    mine = select(manifest).where(manifest.c.image_id == image_id, manifest.c.state == "active")
    if isinstance(reference, str):
        return mine.join(tag, tag.c.manifest_id == manifest.c.id).where(
            tag.c.image_id == image_id, tag.c.name == reference
        )
    return mine.where(manifest.c.digest == str(reference))


def below(manifest_id: int) -> Select[Any]:  # Any: ids
    """The ids of a manifest and of all that it lists, and these list."""
    reached = select(manifest.c.id).where(manifest.c.id == manifest_id).cte("below", recursive=True)
    reached = reached.union(select(manifest_edge.c.child_id).join(reached, manifest_edge.c.parent_id == reached.c.id))
    return select(reached.c.id)


def listed(parents: Collection[int]) -> CTE:
    """Columns `root` and `id`: of each of these indexes all that it lists, and these list."""
    edge = manifest_edge.c
    first = select(edge.parent_id.label("root"), edge.child_id.label("id")).where(edge.parent_id.in_(parents))
    found = first.cte("listed", recursive=True)
    return found.union(select(found.c.root, edge.child_id).join(found, edge.parent_id == found.c.id))


def listing(tx: Connection, manifest_ids: Collection[int]) -> set[int]:
    """These manifests, the indexes that list them, and those that list these."""
    found: set[int] = set()
    wanted = set(manifest_ids)
    while wanted:
        found |= wanted
        above: set[int] = set()
        for some in batches(wanted):
            above.update(tx.scalars(select(manifest_edge.c.parent_id).where(manifest_edge.c.child_id.in_(some))))
        wanted = above - found
    return found


def total_size(tx: Connection, manifest_ids: list[int]) -> int:
    """Bytes of these manifests with all that they reach, each digest once."""
    if not manifest_ids:
        return 0
    reached = select(manifest.c.id).where(manifest.c.id.in_(manifest_ids)).cte("reached", recursive=True)
    reached = reached.union(select(manifest_edge.c.child_id).join(reached, manifest_edge.c.parent_id == reached.c.id))
    documents = select(func.coalesce(func.sum(manifest.c.size), 0)).where(manifest.c.id.in_(select(reached.c.id)))
    held = select(manifest_blob.c.digest).where(manifest_blob.c.manifest_id.in_(select(reached.c.id)))
    bytes_ = select(func.coalesce(func.sum(blob.c.size), 0)).where(blob.c.digest.in_(held))
    return int(tx.scalar(documents) or 0) + int(tx.scalar(bytes_) or 0)


@dataclass(frozen=True)
class Parent:
    """An index that lists a digest."""

    id: int
    digest: str
    tag: str | None
    """One of its names."""

    def __str__(self) -> str:
        return f"{self.tag} ({self.digest})" if self.tag else self.digest


@dataclass(frozen=True)
class Name:
    name: str
    fallback_of: str | None


def referrers(tx: Connection, image_id: int, subjects: Collection[str]) -> dict[str, dict[int, str]]:
    """By subject: id and digest of each manifest that refers to it, whether clients see it or not."""
    found: dict[str, dict[int, str]] = {}
    for some in batches(subjects):
        by_subject = select(manifest.c.subject, manifest.c.id, manifest.c.digest).where(
            manifest.c.image_id == image_id, manifest.c.subject.in_(some)
        )
        by_name = (
            select(tag.c.fallback_of, manifest.c.id, manifest.c.digest)
            .join(manifest, manifest.c.id == tag.c.manifest_id)
            .where(tag.c.image_id == image_id, tag.c.fallback_of.in_(some))
        )
        for subject, manifest_id, content in tx.execute(union(by_subject, by_name)):
            if content != subject:
                found.setdefault(subject, {})[manifest_id] = content
    return found


def with_referrers(tx: Connection, image_id: int, digests: Collection[str]) -> dict[str, dict[int, str]]:
    """By digest: its referrers, theirs, and so on."""
    known: dict[str, dict[int, str]] = {}
    waiting = set(digests)
    while waiting:
        found = referrers(tx, image_id, waiting)
        known.update({digest: found.get(digest, {}) for digest in waiting})
        waiting = {each for those in found.values() for each in those.values()} - known.keys()
    return {digest: _follow(known, digest) for digest in digests}


def _follow(known: dict[str, dict[int, str]], start: str) -> dict[int, str]:
    reached: dict[int, str] = {}
    waiting = [start]
    while waiting:
        for manifest_id, digest in known[waiting.pop()].items():
            if manifest_id not in reached and digest != start:
                reached[manifest_id] = digest
                waiting.append(digest)
    return reached


def parents(tx: Connection, manifest_ids: Collection[int]) -> dict[int, list[Parent]]:
    """For each of these that indexes list, those indexes."""
    found: dict[int, list[Parent]] = {}
    for some in batches(manifest_ids):
        query = (
            select(manifest_edge.c.child_id, manifest.c.id, manifest.c.digest, func.min(tag.c.name))
            .join(manifest, manifest.c.id == manifest_edge.c.parent_id)
            .outerjoin(tag, tag.c.manifest_id == manifest.c.id)
            .where(manifest_edge.c.child_id.in_(some))
            .group_by(manifest_edge.c.child_id, manifest.c.id, manifest.c.digest)
            .order_by(manifest_edge.c.child_id, manifest.c.digest)
        )
        for child_id, *parent in tx.execute(query):
            found.setdefault(child_id, []).append(Parent(*parent))
    return found


def names(tx: Connection, manifest_ids: Collection[int]) -> dict[int, list[Name]]:
    """For each of these that has tags, those tags."""
    found: dict[int, list[Name]] = {}
    for some in batches(manifest_ids):
        query = select(tag.c.manifest_id, tag.c.name, tag.c.fallback_of).where(tag.c.manifest_id.in_(some))
        for manifest_id, name, subject in tx.execute(query.order_by(tag.c.natural)):
            found.setdefault(manifest_id, []).append(Name(name, subject))
    return found


def batches(wanted: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """Each once, in order; so many in one statement."""
    ordered = sorted(set(wanted))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def erase(tx: Connection, manifest_ids: Collection[int]) -> None:
    """Delete the rows of manifests, whose tags are gone already."""
    for some in batches(manifest_ids):
        tx.execute(delete(manifest_edge).where(manifest_edge.c.parent_id.in_(some)))
    for some in batches(manifest_ids):
        tx.execute(delete(manifest).where(manifest.c.id.in_(some)))
