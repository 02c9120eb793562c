"""All digests of an image by what they are judged by. However many there are, they come to few groups.

Of a tally only Critical and High findings are judged, and of a digest without a good result only that there is none.
An index is judged by the groups that its images are in.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Integer, Select, Text, and_, case, cast, func, select

from berth.db.tables import manifest, manifest_edge, scan_result, tag
from berth.registry.kinds import Kind
from berth.restriction.verdict import NOTHING, Facts, Quarantine, Spared
from berth.scan.tally import CELLS, KINDS, Tally, cell
from berth.words.policies import Level

JUDGED = tuple(
    cell(kind, level, fixed=fixed)
    for kind in KINDS
    for fixed in (False, True)
    for level in (Level.HIGH, Level.CRITICAL)
)
"""The cells of a tally that count for pulls."""
_judged = itemgetter(*JUDGED)


@dataclass(frozen=True, slots=True)
class Fresh:
    """What tells digests apart of which findings may be within a grace, as each has its own time."""

    result_id: int
    manifest_id: int
    allowed_since: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    facts: Facts
    spared: Spared = NOTHING
    """What is waived."""
    fresh: Fresh | None = None
    """None: nothing can be within a grace."""
    children: tuple[int, ...] = ()
    """Of an index, the groups of its images."""


@dataclass(slots=True)
class Size:
    digests: int = 0
    tags: int = 0
    pulled: int = 0
    """Tags of digests that were pulled lately."""


@dataclass(frozen=True)
class Census:
    groups: list[Group] = field(default_factory=list)
    sizes: list[Size] = field(default_factory=list)
    members: dict[int, int] = field(default_factory=dict)
    """By digest its group."""
    lately: set[int] = field(default_factory=set)
    """Digests that were pulled lately."""


Key = tuple[Any, ...]  # Any: what a group is told from others by
Waived = Callable[[int, int | None], Spared]
"""By the ids of a digest and of its result."""


@dataclass
class _Counting:
    """Groups as they are found."""

    waived: Waived
    graced: frozenset[int]
    at: datetime
    census: Census = field(default_factory=Census)
    _by_key: dict[Key, int] = field(default_factory=dict)
    _by_text: dict[tuple[str, bool, str | None], tuple[Key, Facts]] = field(default_factory=dict)

    def of(self, row: Any) -> int:  # Any: see `_digests`
        key, facts = self._facts(row.kind, bool(row.put_out), row.tally)
        spared = self.waived(row.id, row.result_id)
        fresh = Fresh(row.result_id, row.id, row.first_result_at) if row.result_id in self.graced else None
        return self._group((key, spared, fresh), Group(facts, spared, fresh))

    def of_index(self, number: int, children: tuple[int, ...]) -> int:
        own = self.census.groups[number]
        return self._group((number, children), Group(own.facts, children=children))

    def _facts(self, kind: Kind, put_out: bool, tally: str | None) -> tuple[Key, Facts]:
        known = self._by_text.get((kind, put_out, tally))
        if known is None:
            cells = None if tally is None else _judged(json.loads(tally) or [0] * CELLS)
            quarantine = Quarantine("", self.at, "") if put_out else None
            known = (kind, put_out, cells), Facts(kind, _tally(cells), quarantine=quarantine)
            self._by_text[kind, put_out, tally] = known
        return known

    def _group(self, key: Key, made: Group) -> int:
        number = self._by_key.get(key)
        if number is None:
            number = self._by_key[key] = len(self.census.groups)
            self.census.groups.append(made)
            self.census.sizes.append(Size())
        return number


def take(
    tx: Connection,
    image_id: int,
    *,
    since: datetime,
    at: datetime,
    waived: Waived = lambda _manifest_id, _result_id: NOTHING,
    graced: frozenset[int] = frozenset(),
) -> Census:
    """Of the digests that can be pulled now. `since`: from when on a pull was lately.

    `graced`: results of which findings may be within a grace, where any policy to be tried has one.
    """
    counting = _Counting(waived, graced, at)
    census = counting.census
    tags: dict[int, int] = {}
    for row in tx.execute(_digests(image_id, since)):
        census.members[row.id] = counting.of(row)
        tags[row.id] = row.tags
        if row.lately:
            census.lately.add(row.id)
    for number, children in _listed(tx, image_id):
        if number in census.members:
            below = tuple(sorted(census.members[child] for child in children if child in census.members))
            census.members[number] = counting.of_index(census.members[number], below)
    for number, group in census.members.items():
        size = census.sizes[group]
        size.digests += 1
        size.tags += tags[number]
        size.pulled += tags[number] if number in census.lately else 0
    return census


def _digests(image_id: int, since: datetime) -> Select[Any]:  # Any: columns of different types
    good = case((scan_result.c.evaluated_at.is_not(None), cast(scan_result.c.tally, Text)))
    named = (tag.c.manifest_id == manifest.c.id) & tag.c.fallback_of.is_(None)
    tags = select(func.count()).where(named).scalar_subquery()
    lately = and_(manifest.c.pulled_at.is_not(None), manifest.c.pulled_at >= since)
    return (
        select(
            manifest.c.id,
            manifest.c.kind,
            cast(manifest.c.quarantined_at.is_not(None), Integer).label("put_out"),
            manifest.c.result_id,
            manifest.c.first_result_at,
            good.label("tally"),
            tags.label("tags"),
            cast(lately, Integer).label("lately"),
        )
        .outerjoin_from(manifest, scan_result, scan_result.c.id == manifest.c.result_id)
        .where(manifest.c.image_id == image_id, manifest.c.state == "active")
    )


def _listed(tx: Connection, image_id: int) -> Iterator[tuple[int, list[int]]]:
    """Indexes with the images that they list; one that lists none is not among them."""
    child = manifest.alias("child")
    query = (
        select(manifest_edge.c.parent_id, manifest_edge.c.child_id)
        .join(manifest, manifest.c.id == manifest_edge.c.parent_id)
        .join(child, child.c.id == manifest_edge.c.child_id)
        .where(manifest.c.image_id == image_id, child.c.kind == "image")
        .order_by(manifest_edge.c.parent_id)
    )
    found: dict[int, list[int]] = {}
    for parent, below in tx.execute(query):
        found.setdefault(parent, []).append(below)
    return iter(found.items())


def _tally(cells: tuple[int, ...] | None) -> Tally | None:
    if cells is None:
        return None
    whole = [0] * CELLS
    for place, count in zip(JUDGED, cells, strict=True):
        whole[place] = count
    return Tally(tuple(whole))
