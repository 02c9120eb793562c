"""What hangs together with some digests, without a look at the rest of their image, which may be of any size.

Each round reads the neighbours of those that the last one has found: most of a page stands alone and takes one.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    String,
    cast,
    literal_column,
    null,
    select,
    union_all,
)

from berth.db.tables import manifest, manifest_edge, tag
from berth.registry import reach
from berth.registry.images import Image
from berth.words import names

MOST_TOGETHER = 1000
"""Digests that hang together; what is part of more is left out."""
MOST = 5000
"""Digests in all; what has the most neighbours is left out first."""
MOST_ROUNDS = 10

LISTS: ColumnElement[int] = literal_column("1")
LISTS_NOT: ColumnElement[int] = literal_column("0")
NO_ID, NO_TEXT = cast(null(), BigInteger), cast(null(), String)


@dataclass
class Together:
    ids: set[int] = field(default_factory=set)
    """Those asked for, as far as they are not left out, and all that hangs together with them."""
    parents: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The indexes that list a digest."""
    names: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Its own names."""
    subjects: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    """What its fallback names speak of."""
    near: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    newest: set[str] = field(default_factory=set)
    """The names that were to be read as well."""


def read(
    tx: Connection,
    found: Image,
    ids: Collection[int],
    newest: Select[Any] | None = None,  # Any: names
) -> Together:
    """With all that lists them or that they list, speaks of them or that they speak of, and so on.

    What names are `newest` is read with the first of them, for each statement is a way to the database and back.
    """
    together = Together()
    known: set[int] = set()
    fresh = set(ids)
    for _ in range(MOST_ROUNDS):
        for some in reach.batches(fresh):
            _read(tx, found, some, together, newest)
            newest = None
        known |= fresh
        parts = _bounded(_parts(ids, together))
        fresh = set().union(*parts) - known
        if not fresh:
            break
    together.ids = {each for part in parts if part <= known for each in part}
    for each in together.names.values():
        each.sort(key=names.natural)
    return together


def _parts(ids: Collection[int], together: Together) -> list[set[int]]:
    """As far as it is known what hangs together with what."""
    parts: list[set[int]] = []
    placed: set[int] = set()
    for start in ids:
        if start in placed:
            continue
        part, waiting = {start}, [start]
        while waiting:
            more = together.near[waiting.pop()] - part
            part |= more
            waiting.extend(more)
        parts.append(part)
        placed |= part
    return parts


def _bounded(parts: list[set[int]]) -> list[set[int]]:
    bounded, size = [], 0
    for part in sorted(parts, key=len):
        size += len(part)
        if len(part) > MOST_TOGETHER or size > MOST:
            break
        bounded.append(part)
    return bounded


def _read(
    tx: Connection,
    found: Image,
    some: Collection[int],
    together: Together,
    newest: Select[Any] | None,  # Any: names
) -> None:
    query = _near(found, some)
    if newest is not None:
        listed = newest.subquery()
        query = union_all(*query.selects, select(LISTS_NOT, NO_ID, NO_ID, listed.c[0], NO_TEXT))
    for lists, one, other, name, subject in tx.execute(query):
        if one is None:
            together.newest.add(name)
        elif subject is not None:
            together.subjects[one].append(subject)
        elif name is not None:
            together.names[one].append(name)
        else:
            together.near[one].add(other)
            together.near[other].add(one)
        if lists:
            together.parents[one].add(other)


def _near(found: Image, some: Collection[int]) -> CompoundSelect[Any]:  # Any: rows as `_read` takes them
    """All in one statement: each for itself would be a way to the database and back.

    Where the ids are given, the image is not: SQLite would go through all that it holds.
    """
    other = manifest.alias("other")
    edge = select(LISTS, manifest_edge.c.child_id, manifest_edge.c.parent_id, NO_TEXT, NO_TEXT)
    spoken = (
        select(LISTS_NOT, manifest.c.id, other.c.id, NO_TEXT, NO_TEXT)
        .join_from(manifest, other, other.c.digest == manifest.c.subject)
        .where(manifest.c.id.in_(some), other.c.image_id == found.id)
    )
    speaking = (
        select(LISTS_NOT, manifest.c.id, other.c.id, NO_TEXT, NO_TEXT)
        .join_from(manifest, other, other.c.subject == manifest.c.digest)
        .where(manifest.c.id.in_(some), other.c.image_id == found.id)
    )
    spoken_by_name = (
        select(LISTS_NOT, tag.c.manifest_id, manifest.c.id, NO_TEXT, NO_TEXT)
        .join_from(tag, manifest, manifest.c.digest == tag.c.fallback_of)
        .where(tag.c.manifest_id.in_(some), manifest.c.image_id == found.id)
    )
    speaking_by_name = (
        select(LISTS_NOT, manifest.c.id, tag.c.manifest_id, NO_TEXT, NO_TEXT)
        .join_from(manifest, tag, tag.c.fallback_of == manifest.c.digest)
        .where(manifest.c.id.in_(some), tag.c.image_id == found.id)
    )
    named = select(LISTS_NOT, tag.c.manifest_id, NO_ID, tag.c.name, tag.c.fallback_of)
    return union_all(
        named.where(tag.c.manifest_id.in_(some)),
        edge.where(manifest_edge.c.parent_id.in_(some)),
        edge.where(manifest_edge.c.child_id.in_(some)),
        spoken,
        speaking,
        spoken_by_name,
        speaking_by_name,
    )
